-- Compares a load's staging, whose columns have the contract's types, with the columns of its target.
--
-- Redshift does not always refuse what a column cannot hold: 12.3456 becomes 12.35 in a decimal(10,2), without an error.
-- p_filled has the columns that staging would take as null, but that are filled before they are merged. The catalog is
-- on the leader node: its queries name no other table. A target that does not exist is left to the merge. One that is a
-- view is refused, bound to its tables or not.
--
-- Guarantees that every value that staging can hold stays the same in the target, or that the transaction fails:
--   there     every column of the contract is in the target;
--   as wide   it has the same type, with at least as many bytes, or digits before and after the point; or it is a wider
--             whole number;
--   nullable  it takes nulls if the contract does.
create or replace procedure etl.check_columns_v1(
    p_staging varchar(64),
    p_schema varchar(64),
    p_table varchar(64),
    p_filled varchar(65535)
)
as $$
declare
    v_target varchar(130) := p_schema || '.' || p_table;
    v_whole varchar(32) := 'smallint,integer,bigint';
    v_column record;
    v_views integer;                    -- of the target's name
    v_columns integer := 0;             -- of the target
    v_ahead integer := 0;
    v_list varchar(2048) := '';         -- amount is numeric(10,2), ...
    v_fault varchar(256);
    v_wanted varchar(32);               -- 12,4
    v_held varchar(32);                 -- 10,2
    v_scale integer;
begin
    select count(*) into v_views
    from pg_class k
    join pg_namespace n on n.oid = k.relnamespace
    where n.nspname = p_schema and k.relname = p_table and k.relkind <> 'r';
    if v_views > 0 then
        raise exception 'TARGET_NOT_TABLE: % is not a table; name a table as the target of the contract, or drop the view',
            v_target;
    end if;
    for v_column in
        select cast(s.attname as varchar(128)) as name,
            cast(format_type(s.atttypid, s.atttypmod) as varchar(128)) as wanted,
            cast(coalesce(t.type, '') as varchar(128)) as held,
            case when t.filled and not s.attnotnull then 1 else 0 end as needs_value
        from pg_attribute s
        join pg_class c on c.oid = s.attrelid
        left join (
            select a.attname, a.attnotnull as filled, format_type(a.atttypid, a.atttypmod) as type
            from pg_attribute a
            join pg_class k on k.oid = a.attrelid
            join pg_namespace n on n.oid = k.relnamespace
            where n.nspname = p_schema and k.relname = p_table and a.attnum > 0 and not a.attisdropped
        ) t on t.attname = s.attname
        where c.relname = p_staging and s.attnum > 0 and not s.attisdropped and s.attname <> '_source_mark'
            and substring(cast(s.attname as varchar(128)), 1, 9) <> '_ignored_'
        order by s.attnum
    loop
        v_fault := '';
        v_wanted := split_part(split_part(v_column.wanted, '(', 2), ')', 1);
        v_held := split_part(split_part(v_column.held, '(', 2), ')', 1);
        if v_column.held = '' then
            v_fault := 'missing';
        elsif v_column.held = v_column.wanted or (v_wanted <> '' and v_held = ''
            and v_column.held = split_part(v_column.wanted, '(', 1)) then
            v_fault := '';
        elsif v_wanted <> '' and split_part(v_column.held, '(', 1) = split_part(v_column.wanted, '(', 1) then
            v_scale := cast('0' || split_part(v_held, ',', 2) as integer)
                - cast('0' || split_part(v_wanted, ',', 2) as integer);
            if v_scale < 0 or cast(split_part(v_held, ',', 1) as integer)
                - cast(split_part(v_wanted, ',', 1) as integer) < v_scale then
                v_fault := v_column.held;
            end if;
        elsif strpos(v_whole, v_column.wanted) = 0 or strpos(v_whole, v_column.held) < strpos(v_whole, v_column.wanted)
        then
            v_fault := v_column.held;
        end if;
        if v_fault = '' and v_column.needs_value = 1
            and strpos(',' || p_filled || ',', ',' || v_column.name || ',') = 0 then
            v_fault := 'not null';
        end if;

        if v_column.held <> '' then
            v_columns := v_columns + 1;
        end if;
        if v_fault <> '' then
            v_ahead := v_ahead + 1;
        end if;
        if v_fault <> '' and v_ahead <= 4 then
            v_list := v_list || ', ' || v_column.name || ' is ' || v_fault;
        end if;
    end loop;
    if v_columns > 0 and v_ahead > 0 then
        v_list := substring(v_list, 3);
        raise exception 'CONTRACT_AHEAD: % columns of % cannot hold what the contract allows (%)',
            v_ahead, v_target, v_list;
    end if;
end;
$$ language plpgsql;

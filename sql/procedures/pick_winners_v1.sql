-- Picks the one row of each key that a load merges, and finds its effect on the target.
--
-- Reads counts_<group id>. Makes the temporary table merge_<group id>: the winners, each with its file's mark, age and
-- load id, its offset, and "_action": insert, update, unchanged, or superseded by an older or equal row of the target.
-- Makes fates_<group id>: for each file that has a winner, how many there are of each action.
--
-- Guarantees, or the transaction fails:
--   newest    the winner of a key is the newest row by the order column, then by the age of the file, then by the
--             place in the file;
--   one       every key has one winner, and one row of the target at most.
-- A corrected row is superseded, too, by a row that its own file has further on.
--
-- SUPER columns (p_documents, a subset of p_columns) are compared by their text: two documents of different types
-- compare as NULL, which is not a difference, and a change would be lost.
-- Texts (a 't' in p_texts for each such column, in the order of p_columns) are compared with their length: Redshift does
-- not compare the blanks at the end of a text, and a newer text that differs in these would be lost. Keys are compared
-- without the blanks: such keys are one.
create or replace procedure etl.pick_winners_v1(
    p_staging varchar(64),
    p_shares varchar(64),
    p_schema varchar(64),
    p_table varchar(64),
    p_columns varchar(65535),
    p_documents varchar(65535),
    p_texts varchar(2000),
    p_keys varchar(65535),
    p_order_by varchar(64),
    p_group_id varchar(32)
)
as $$
declare
    v_staging varchar(256) := quote_ident(p_staging);
    v_shares varchar(256) := quote_ident(p_shares);
    v_counts varchar(256) := quote_ident('counts_' || p_group_id);
    v_merge varchar(256) := quote_ident('merge_' || p_group_id);
    v_fates varchar(256) := quote_ident('fates_' || p_group_id);
    v_target varchar(256) := quote_ident(p_schema) || '.' || quote_ident(p_table);
    v_winner_list varchar(65535) := 'w."' || replace(replace(p_columns, '"', '""'), ',', '", w."') || '"';
    v_partition varchar(65535) := 's."' || replace(replace(p_keys, '"', '""'), ',', '", s."') || '"';
    v_first_key varchar(256) := quote_ident(split_part(p_keys, ',', 1));
    v_name varchar(256);
    v_differs varchar(65535);           -- w."b" <> t."b" or ..., null-safe
    v_join varchar(65535) := '';        -- w."a" = t."a"
    v_rank varchar(1024) := 'h.source_order desc, h.mark desc, s."_source_offset" desc';
    v_age varchar(1024);                -- of the target's row, in files
    v_older varchar(4096);
    v_files bigint;
    v_corrects varchar(32);
    v_left varchar(256);                -- w. while the winners are written, then their table
    v_columns integer;
    v_at integer;
    v_keys bigint;
    v_merged bigint;
begin
    execute 'select count(*), max(corrects) from ' || v_shares into v_files, v_corrects;
    for i in 1..regexp_count(p_keys, ',') + 1 loop
        v_name := quote_ident(split_part(p_keys, ',', i));
        if i > 1 then
            v_join := v_join || ' and ';
        end if;
        v_join := v_join || 'w.' || v_name || ' = t.' || v_name;
    end loop;

    -- A row from before Landfall has no _source_order: any file is newer.
    v_age := 'coalesce(t."_source_order", '''')';
    v_older := v_age || ' > w."_source_order"';
    if v_corrects <> '' then
        v_older := '(' || v_older || ' or (t."_source_order" = w."_source_order" and t."_source_offset" > '
            || 'w."_source_offset"))';
    end if;
    if p_order_by <> '' then
        v_name := quote_ident(p_order_by);
        v_rank := 's.' || v_name || ' desc nulls last, ' || v_rank;
        v_older := 'w.' || v_name || ' < t.' || v_name
            || ' or (w.' || v_name || ' is null and t.' || v_name || ' is not null)'
            || ' or ((w.' || v_name || ' = t.' || v_name
            || ' or (w.' || v_name || ' is null and t.' || v_name || ' is null)) and ' || v_older || ')';
    end if;

    if v_files = 1 then
        execute 'select sum(keys) from ' || v_counts into v_keys;
    else
        execute 'select count(*) from (select 1 as one from ' || v_staging || ' s join ' || v_shares
            || ' h on h.mark = s."_source_mark" group by ' || v_partition || ') k' into v_keys;
    end if;

    -- What differs is looked for while the winners are written; only a table too wide for one statement (they are
    -- kept well below Redshift's longest text) needs further looks.
    v_columns := regexp_count(p_columns, ',') + 1;
    v_at := 1;
    v_left := 'w.';
    while v_at <= v_columns loop
        v_differs := '1 = 0';
        while v_at <= v_columns and length(v_differs) < 20000 loop
            v_name := quote_ident(split_part(p_columns, ',', v_at));
            if strpos(',' || p_documents || ',', ',' || split_part(p_columns, ',', v_at) || ',') > 0 then
                v_differs := v_differs || ' or json_serialize_to_varbyte(' || v_left || v_name
                    || ') <> json_serialize_to_varbyte(t.' || v_name || ')';
            else
                v_differs := v_differs || ' or ' || v_left || v_name || ' <> t.' || v_name;
            end if;
            if substring(p_texts, v_at, 1) = 't' then
                v_differs := v_differs || ' or length(' || v_left || v_name || ') <> length(t.' || v_name || ')';
            end if;
            v_differs := v_differs
                || ' or (' || v_left || v_name || ' is null and t.' || v_name || ' is not null)'
                || ' or (' || v_left || v_name || ' is not null and t.' || v_name || ' is null)';
            v_at := v_at + 1;
        end loop;
        if v_left = 'w.' then
            -- Key columns are never null in the target, so a null there says that no row was found.
            execute 'create temp table ' || v_merge || ' as select ' || v_winner_list
                || ', w."_source_mark", w."_source_offset", w."_source_order", w."_load_id", '
                || 'case when t.' || v_first_key || ' is null then ''insert'' when ' || v_older
                || ' then ''superseded'' when ' || v_differs || ' then ''update'' else ''unchanged'' end as "_action" '
                || 'from (select s.*, h.source_order as "_source_order", h.load_id as "_load_id", '
                || 'row_number() over (partition by ' || v_partition || ' order by ' || v_rank
                || ') as "_rank" from ' || v_staging || ' s join ' || v_shares
                || ' h on h.mark = s."_source_mark") w left join ' || v_target || ' t on ' || v_join
                || ' where w."_rank" = 1';
            v_left := v_merge || '.';
        else
            execute 'update ' || v_merge || ' set "_action" = ''update'' from ' || v_target || ' t where '
                || replace(v_join, 'w.', v_left) || ' and ' || v_left || '"_action" = ''unchanged'' and ('
                || v_differs || ')';
        end if;
    end loop;

    execute 'insert into ' || v_fates || ' select "_source_mark", '
        || 'sum(case when "_action" = ''insert'' then 1 else 0 end), '
        || 'sum(case when "_action" = ''update'' then 1 else 0 end), '
        || 'sum(case when "_action" = ''unchanged'' then 1 else 0 end), '
        || 'sum(case when "_action" = ''superseded'' then 1 else 0 end) from ' || v_merge
        || ' group by "_source_mark"';
    execute 'select sum(inserted + updated + unchanged + superseded) from ' || v_fates into v_merged;
    if v_merged <> v_keys then
        raise exception 'TARGET_KEY_TWICE: a key of the load is in % more than once', v_target;
    end if;
end;
$$ language plpgsql;

-- Counts the rows of each file of a load, and refuses a load if a file lacks rows that were found good, or has others.
--
-- Corrected rows that are in etl.corrections were merged before. They are deleted from staging and counted.
-- Makes the temporary table counts_<group id>, with a row for each share: its mark, its rows (staged), the keys among
-- them (keys), and the rows that were corrected before (corrected).
--
-- Guarantees, or the transaction fails:
--   complete  for every file, staged + corrected = rows_good, and rows_read = rows_good + rows_rejected;
--   apart     if p_duplicate_keys is 'fail', no two rows of a file have one key.
create or replace procedure etl.count_rows_v1(
    p_staging varchar(64),
    p_shares varchar(64),
    p_keys varchar(65535),
    p_duplicate_keys varchar(16),
    p_group_id varchar(32)
)
as $$
declare
    v_staging varchar(256) := quote_ident(p_staging);
    v_shares varchar(256) := quote_ident(p_shares);
    v_counts varchar(256) := quote_ident('counts_' || p_group_id);
    v_partition varchar(65535) := 's."' || replace(replace(p_keys, '"', '""'), ',', '", s."') || '"';
    v_files bigint;
    v_corrects varchar(32);
    v_corrected bigint := 0;
    v_count bigint;
    v_first bigint;                     -- byte of the first row whose key another row has before it
begin
    execute 'select count(*), max(corrects) from ' || v_shares into v_files, v_corrects;
    if v_corrects <> '' then
        if v_files > 1 then
            raise exception 'BAD_LOAD_ORDER: corrected rows are loaded file by file';
        end if;
        execute 'delete from ' || v_staging || ' using etl.corrections m where m.load_id = '
            || quote_literal(v_corrects) || ' and m.byte_offset = ' || v_staging || '."_source_offset"';
        get diagnostics v_corrected := row_count;
    end if;

    execute 'create temp table ' || v_counts || ' as select h.mark, coalesce(sum(k.staged), 0) as staged, '
        || 'count(k.mark) as keys, cast(' || cast(v_corrected as varchar(20)) || ' as bigint) as corrected from '
        || v_shares || ' h left join (select s."_source_mark" as mark, count(*) as staged from ' || v_staging
        || ' s group by s."_source_mark", ' || v_partition || ') k on k.mark = h.mark group by h.mark';
    execute 'select count(*) from ' || v_shares || ' h join ' || v_counts || ' c on c.mark = h.mark '
        || 'where c.staged + c.corrected <> h.rows_good or h.rows_read <> h.rows_good + h.rows_rejected' into v_count;
    if v_count > 0 then
        raise exception 'BOOKS_OPEN: the rows of % files of load % do not add up', v_count, p_group_id;
    end if;

    execute 'select coalesce(sum(staged - keys), 0) from ' || v_counts into v_count;
    if p_duplicate_keys = 'fail' and v_count > 0 then
        execute 'select min(r."_source_offset") from (select s."_source_offset", row_number() over (partition by '
            || 's."_source_mark", ' || v_partition || ' order by s."_source_offset") as "_rank" from ' || v_staging
            || ' s) r where r."_rank" > 1' into v_first;
        raise exception 'DUPLICATE_KEYS: % rows repeat a key, the first at byte %; the key is %',
            v_count, v_first, p_keys;
    end if;
end;
$$ language plpgsql;

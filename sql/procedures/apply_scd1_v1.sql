-- Merges staged files into their target, one row per key, and writes a ledger row for each file: all or nothing.
--
-- p_shares names a table with one row per file: its load id, age and counts; "_source_mark" says whose a staged row is.
-- What comes of several files is what would come of them one after the other, the newest first: of rows with the same
-- key in two files one wins, and the other is booked as superseded.
--
-- Guarantees, given that the caller's transaction locked the target's gate before it read anything:
--   once      a file whose load id is in the ledger changes nothing, and is booked no second time;
--   fenced    a group that is in etl.fenced changes nothing;
--   newer     no row of the target is replaced by an older one. Age is the order column, then the age of the file,
--             then the place in the file. Without an order column it is the age of the file, then the place;
--   apart     if p_duplicate_keys is 'fail', no two rows of a file have one key, or the transaction fails. This is
--             looked at before a snapshot's age is: what becomes of such a file does not depend on other files;
--   balanced  for every file, staged = duplicates + inserted + updated + unchanged + superseded, or the transaction
--             fails.
-- A file of corrected rows ("corrects" in its share names the load that rejected them; its offsets are those of that load's
-- file) is loaded alone. Of its rows,
--   once      those in etl.corrections are not merged again, and are booked as duplicates; the others come into etl.corrections;
--   newer     one is superseded, too, by a row that its own file has further on.
-- Does not delete: a key that a snapshot no longer holds stays.
--
-- A row that is the same in a newer file is touched too: its _source_order moves on. Else this would go wrong:
--   file 1 says x, file 3 says x again, then file 2 comes late and says y: without the touch the row would still be as
--   old as file 1, and y would replace what file 3 confirmed.
-- _loaded_at stays: it says when the values last changed.
--
-- SUPER columns (p_documents, a subset of p_columns) are compared by their text: two documents of different types would
-- else compare as NULL, which is not a difference, and a change would be lost.
--
-- Numbers come as text, for the Data API sends text only. Names are quoted here; p_columns and p_keys have commas.
create or replace procedure etl.apply_scd1_v1(
    p_staging varchar(64),
    p_shares varchar(64),
    p_schema varchar(64),
    p_table varchar(64),
    p_columns varchar(65535),
    p_documents varchar(65535),
    p_keys varchar(65535),
    p_order_by varchar(64),
    p_delivery varchar(16),
    p_duplicate_keys varchar(16),
    p_group_id varchar(32),
    p_object varchar(63),
    p_fingerprint varchar(64)
)
as $$
declare
    v_staging varchar(256) := quote_ident(p_staging);
    v_shares varchar(256) := quote_ident(p_shares);
    v_merge varchar(256) := quote_ident('merge_' || p_group_id);
    v_counts varchar(256) := quote_ident('counts_' || p_group_id);
    v_fates varchar(256) := quote_ident('fates_' || p_group_id);
    v_table varchar(256) := quote_ident(p_table);
    v_target varchar(256) := quote_ident(p_schema) || '.' || quote_ident(p_table);
    v_now timestamp := getdate();
    v_name varchar(256);
    v_first_key varchar(256);
    v_list varchar(65535) := '';        -- "a", "b"
    v_winner_list varchar(65535) := ''; -- w."a", w."b"
    v_set varchar(65535) := '';         -- "b" = m."b", ...
    v_differs varchar(65535);           -- w."b" <> t."b" or ..., null-safe
    v_partition varchar(65535) := '';   -- s."a"
    v_join varchar(65535) := '';        -- w."a" = t."a"
    v_update_join varchar(65535) := '';
    v_rank varchar(1024) := 'h.source_order desc, h.mark desc, s."_source_offset" desc';
    v_age varchar(1024);                -- of the target's row, in files
    v_older varchar(4096);
    v_outcome varchar(16) := 'LOADED';
    v_twice varchar(256) := 'coalesce(c.staged - c.keys, 0)';
    v_lost varchar(256) := 'coalesce(c.keys - f.inserted - f.updated - f.unchanged, c.keys, 0)';
    v_order varchar(128);
    v_corrects varchar(32);
    v_corrected varchar(20) := '0';        -- rows that were corrected and merged before
    v_files bigint;
    v_left varchar(256);                -- w. while the winners are written, then their table
    v_columns integer;
    v_at integer;
    v_count bigint;
    v_staged bigint;
    v_keys bigint;
    v_first bigint;                     -- byte of the first row whose key another row has before it
    v_merged bigint;
    v_touched bigint;
    v_inserted bigint := 0;
    v_updated bigint := 0;
    v_unchanged bigint := 0;
begin
    select count(*) into v_count from etl.fenced where group_id = p_group_id;
    if v_count > 0 then
        return;
    end if;
    execute 'delete from ' || v_shares || ' using etl.ledger l where l.object = ' || quote_literal(p_object)
        || ' and l.load_id = ' || v_shares || '.load_id';
    execute 'select count(*), max(source_order), max(corrects) from ' || v_shares into v_files, v_order, v_corrects;
    if v_files = 0 then
        return;
    end if;
    if v_corrects <> '' then
        if v_files > 1 then
            raise exception 'BAD_LOAD_ORDER: corrected rows are loaded file by file';
        end if;
        execute 'delete from ' || v_staging || ' using etl.corrections m where m.load_id = ' || quote_literal(v_corrects)
            || ' and m.byte_offset = ' || v_staging || '."_source_offset"';
        get diagnostics v_count := row_count;
        v_corrected := cast(v_count as varchar(20));
    end if;

    for i in 1..regexp_count(p_keys, ',') + 1 loop
        v_name := quote_ident(split_part(p_keys, ',', i));
        if i = 1 then
            v_first_key := v_name;
        else
            v_partition := v_partition || ', ';
            v_join := v_join || ' and ';
            v_update_join := v_update_join || ' and ';
        end if;
        v_partition := v_partition || 's.' || v_name;
        v_join := v_join || 'w.' || v_name || ' = t.' || v_name;
        v_update_join := v_update_join || 'm.' || v_name || ' = ' || v_table || '.' || v_name;
    end loop;

    -- Rows and keys of each file.
    execute 'create temp table ' || v_counts || ' as select k.mark, sum(k.staged) as staged, count(*) as keys from '
        || '(select s."_source_mark" as mark, count(*) as staged from ' || v_staging || ' s join ' || v_shares
        || ' h on h.mark = s."_source_mark" group by s."_source_mark", ' || v_partition || ') k group by k.mark';
    execute 'select count(*) from ' || v_shares || ' h left join ' || v_counts || ' c on c.mark = h.mark '
        || 'where coalesce(c.staged, 0) + ' || v_corrected || ' <> h.rows_good or h.rows_read <> h.rows_good + h.rows_rejected' into v_count;
    if v_count > 0 then
        raise exception 'BOOKS_OPEN: the rows of % files of load % do not add up', v_count, p_group_id;
    end if;
    execute 'select coalesce(sum(staged), 0), coalesce(sum(staged - keys), 0) from ' || v_counts into v_staged, v_count;
    if p_duplicate_keys = 'fail' and v_count > 0 then
        execute 'select min(r."_source_offset") from (select s."_source_offset", row_number() over (partition by '
            || 's."_source_mark", ' || v_partition || ' order by s."_source_offset") as "_rank" from ' || v_staging
            || ' s) r where r."_rank" > 1' into v_first;
        raise exception 'DUPLICATE_KEYS: % rows repeat a key, the first at byte %; the key is %',
            v_count, v_first, p_keys;
    end if;

    if p_delivery = 'snapshot' then
        if v_files > 1 then
            raise exception 'BAD_LOAD_ORDER: snapshots are loaded one by one';
        end if;
        select count(*) into v_count
        from etl.ledger
        where object = p_object and outcome = 'LOADED' and source_order > v_order;
        if v_count > 0 then
            v_outcome := 'SUPERSEDED';
            v_twice := '0';
            v_lost := 'coalesce(c.staged, 0)';
        end if;
    end if;

    execute 'create temp table ' || v_fates
        || ' (mark char(8), inserted bigint, updated bigint, unchanged bigint, superseded bigint)';

    if v_outcome = 'LOADED' and v_staged > 0 then
        for i in 1..regexp_count(p_columns, ',') + 1 loop
            v_name := quote_ident(split_part(p_columns, ',', i));
            if i > 1 then
                v_list := v_list || ', ';
                v_winner_list := v_winner_list || ', ';
            end if;
            v_list := v_list || v_name;
            v_winner_list := v_winner_list || 'w.' || v_name;
            if strpos(',' || p_keys || ',', ',' || split_part(p_columns, ',', i) || ',') = 0 then
                v_set := v_set || v_name || ' = m.' || v_name || ', ';
            end if;
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
        execute 'select sum(inserted + updated + unchanged + superseded), sum(inserted), sum(updated), sum(unchanged) '
            || 'from ' || v_fates into v_merged, v_inserted, v_updated, v_unchanged;
        if v_merged <> v_keys then
            raise exception 'TARGET_KEY_TWICE: a key of the load is in % more than once', v_target;
        end if;

        execute 'update ' || v_target || ' set ' || v_set || '"_load_id" = m."_load_id", "_source_order" = '
            || 'm."_source_order", "_source_offset" = m."_source_offset", "_loaded_at" = '
            || 'case when m."_action" = ''update'' then cast('
            || quote_literal(cast(v_now as varchar(32))) || ' as timestamp) else ' || v_table || '."_loaded_at" end '
            || 'from ' || v_merge || ' m where ' || v_update_join || ' and m."_action" in (''update'', ''unchanged'')';
        get diagnostics v_count := row_count;
        v_touched := v_updated + v_unchanged;
        if v_count <> v_touched then
            raise exception 'BOOKS_OPEN: % rows of % were to be updated and % were', v_touched, v_target, v_count;
        end if;

        execute 'insert into ' || v_target || ' (' || v_list
            || ', "_load_id", "_source_order", "_source_offset", "_loaded_at") select ' || v_list
            || ', "_load_id", "_source_order", "_source_offset", cast('
            || quote_literal(cast(v_now as varchar(32))) || ' as timestamp) from ' || v_merge
            || ' where "_action" = ''insert''';
        get diagnostics v_count := row_count;
        if v_count <> v_inserted then
            raise exception 'BOOKS_OPEN: % rows were to be inserted into % and % were', v_inserted, v_target, v_count;
        end if;

        execute 'drop table ' || v_merge;
    end if;

    -- Of a file's keys, those that another file of the load won are superseded too.
    execute 'insert into etl.ledger (load_id, group_id, run_id, object, target, outcome, source_order, bucket, '
        || 'source_key, fingerprint, rows_read, rows_good, rows_rejected, staged, duplicates, inserted, updated, '
        || 'unchanged, superseded, committed_at, corrects) select h.load_id, ' || quote_literal(p_group_id) || ', h.run_id, '
        || quote_literal(p_object) || ', ' || quote_literal(p_schema || '.' || p_table) || ', '
        || quote_literal(v_outcome) || ', h.source_order, h.bucket, from_varbyte(from_hex(h.source_key), ''utf8''), '
        || quote_literal(p_fingerprint) || ', h.rows_read, h.rows_good, h.rows_rejected, coalesce(c.staged, 0) + '
        || v_corrected || ', ' || v_twice || ' + ' || v_corrected || ', coalesce(f.inserted, 0), coalesce(f.updated, 0), '
        || 'coalesce(f.unchanged, 0), ' || v_lost || ', cast(' || quote_literal(cast(v_now as varchar(32))) || ' as timestamp), h.corrects from ' || v_shares
        || ' h left join ' || v_counts || ' c on c.mark = h.mark left join ' || v_fates || ' f on f.mark = h.mark';

    select count(*) into v_count
    from etl.ledger
    where object = p_object and group_id = p_group_id
        and staged <> duplicates + inserted + updated + unchanged + superseded;
    if v_count > 0 then
        raise exception 'BOOKS_OPEN: the rows of load % do not add up', p_group_id;
    end if;
    if v_corrects <> '' and v_outcome = 'LOADED' then
        execute 'insert into etl.corrections (load_id, byte_offset, corrected_by, corrected_at) select h.corrects, s."_source_offset", '
            || 'h.load_id, cast(' || quote_literal(cast(v_now as varchar(32))) || ' as timestamp) from ' || v_staging
            || ' s join ' || v_shares || ' h on h.mark = s."_source_mark"';
        get diagnostics v_count := row_count;
        if v_count <> v_staged then
            raise exception 'BOOKS_OPEN: % corrected rows were merged and % are noted', v_staged, v_count;
        end if;
    end if;
    execute 'drop table ' || v_counts;
    execute 'drop table ' || v_fates;
end;
$$ language plpgsql;

-- Merges one staged load into its target, one row per key, and writes its ledger row: both or neither.
--
-- Guarantees, given that the caller's transaction locked the target's gate before it read anything:
--   once      a load id that is in the ledger changes nothing;
--   newer     no row of the target is replaced by an older one. Age is the order column, then the age of the file,
--             then the place in the file. Without an order column it is the age of the file, then the place;
--   apart     if p_duplicate_keys is 'fail', no two staged rows have one key, or the transaction fails. This is looked at
--             before a snapshot's age is: what becomes of such a file does not depend on other files;
--   balanced  staged = duplicates + inserted + updated + unchanged + superseded, or the transaction fails.
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
    p_schema varchar(64),
    p_table varchar(64),
    p_columns varchar(65535),
    p_documents varchar(65535),
    p_keys varchar(65535),
    p_order_by varchar(64),
    p_delivery varchar(16),
    p_duplicate_keys varchar(16),
    p_load_id varchar(32),
    p_run_id varchar(64),
    p_object varchar(63),
    p_source_order varchar(128),
    p_bucket varchar(255),
    p_source_key varchar(4096),
    p_fingerprint varchar(64),
    p_rows_read varchar(20),
    p_rows_good varchar(20),
    p_rows_rejected varchar(20)
)
as $$
declare
    v_staging varchar(256) := quote_ident(p_staging);
    v_merge varchar(256) := quote_ident('merge_' || p_load_id);
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
    v_rank varchar(1024) := 's."_source_offset" desc';
    v_age varchar(1024);                -- of the target's row, in files
    v_older varchar(4096);
    v_outcome varchar(16) := 'LOADED';
    v_left varchar(256);                -- w. while the winners are written, then their table
    v_columns integer;
    v_at integer;
    v_count bigint;
    v_staged bigint;
    v_keys bigint := 0;
    v_first bigint;                     -- byte of the first row whose key another row has before it
    v_merged bigint;
    v_touched bigint;
    v_inserted bigint := 0;
    v_updated bigint := 0;
    v_unchanged bigint := 0;
    v_superseded bigint := 0;
    v_duplicates bigint := 0;
begin
    select count(*) into v_count from etl.ledger where load_id = p_load_id;
    if v_count > 0 then
        return;
    end if;

    execute 'select count(*) from ' || v_staging into v_staged;

    if v_staged > 0 then
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

        execute 'select count(*) from (select 1 as one from ' || v_staging || ' s group by ' || v_partition || ') k'
            into v_keys;
        if p_duplicate_keys = 'fail' and v_keys < v_staged then
            execute 'select min(r."_source_offset") from (select s."_source_offset", row_number() over (partition by '
                || v_partition || ' order by s."_source_offset") as "_rank" from ' || v_staging
                || ' s) r where r."_rank" > 1' into v_first;
            v_count := v_staged - v_keys;
            raise exception 'DUPLICATE_KEYS: % rows repeat a key, the first at byte %; the key is %',
                v_count, v_first, p_keys;
        end if;
    end if;

    if p_delivery = 'snapshot' then
        select count(*) into v_count
        from etl.ledger
        where object = p_object and outcome = 'LOADED' and source_order > p_source_order;
        if v_count > 0 then
            v_outcome := 'SUPERSEDED';
            v_superseded := v_staged;
        end if;
    end if;

    if v_outcome = 'LOADED' and v_staged > 0 then
        v_duplicates := v_staged - v_keys;

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
        v_older := v_age || ' > ' || quote_literal(p_source_order);
        if p_order_by <> '' then
            v_name := quote_ident(p_order_by);
            v_rank := 's.' || v_name || ' desc nulls last, ' || v_rank;
            v_older := 'w.' || v_name || ' < t.' || v_name
                || ' or (w.' || v_name || ' is null and t.' || v_name || ' is not null)'
                || ' or ((w.' || v_name || ' = t.' || v_name
                || ' or (w.' || v_name || ' is null and t.' || v_name || ' is null)) and ' || v_older || ')';
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
                execute 'create temp table ' || v_merge || ' as select ' || v_winner_list || ', w."_source_offset", '
                    || 'case when t.' || v_first_key || ' is null then ''insert'' when ' || v_older
                    || ' then ''superseded'' when ' || v_differs || ' then ''update'' else ''unchanged'' end as "_action" '
                    || 'from (select s.*, row_number() over (partition by ' || v_partition || ' order by ' || v_rank
                    || ') as "_rank" from ' || v_staging || ' s) w left join ' || v_target || ' t on ' || v_join
                    || ' where w."_rank" = 1';
                v_left := v_merge || '.';
            else
                execute 'update ' || v_merge || ' set "_action" = ''update'' from ' || v_target || ' t where '
                    || replace(v_join, 'w.', v_left) || ' and ' || v_left || '"_action" = ''unchanged'' and ('
                    || v_differs || ')';
            end if;
        end loop;

        execute 'select count(*), sum(case when "_action" = ''insert'' then 1 else 0 end), '
            || 'sum(case when "_action" = ''update'' then 1 else 0 end), '
            || 'sum(case when "_action" = ''unchanged'' then 1 else 0 end), '
            || 'sum(case when "_action" = ''superseded'' then 1 else 0 end) from ' || v_merge
            into v_merged, v_inserted, v_updated, v_unchanged, v_superseded;
        if v_merged <> v_keys then
            raise exception 'TARGET_KEY_TWICE: a key of the file is in % more than once', v_target;
        end if;

        execute 'update ' || v_target || ' set ' || v_set || '"_load_id" = ' || quote_literal(p_load_id)
            || ', "_source_order" = ' || quote_literal(p_source_order) || ', "_source_offset" = m."_source_offset"'
            || ', "_loaded_at" = case when m."_action" = ''update'' then cast('
            || quote_literal(cast(v_now as varchar(32))) || ' as timestamp) else ' || v_table || '."_loaded_at" end '
            || 'from ' || v_merge || ' m where ' || v_update_join || ' and m."_action" in (''update'', ''unchanged'')';
        get diagnostics v_count := row_count;
        v_touched := v_updated + v_unchanged;
        if v_count <> v_touched then
            raise exception 'BOOKS_OPEN: % rows of % were to be updated and % were', v_touched, v_target, v_count;
        end if;

        execute 'insert into ' || v_target || ' (' || v_list
            || ', "_load_id", "_source_order", "_source_offset", "_loaded_at") select ' || v_list || ', '
            || quote_literal(p_load_id) || ', ' || quote_literal(p_source_order) || ', "_source_offset", cast('
            || quote_literal(cast(v_now as varchar(32))) || ' as timestamp) from ' || v_merge
            || ' where "_action" = ''insert''';
        get diagnostics v_count := row_count;
        if v_count <> v_inserted then
            raise exception 'BOOKS_OPEN: % rows were to be inserted into % and % were', v_inserted, v_target, v_count;
        end if;

        execute 'drop table ' || v_merge;
    end if;

    if v_staged <> v_duplicates + v_inserted + v_updated + v_unchanged + v_superseded
        or v_staged <> cast(p_rows_good as bigint)
        or cast(p_rows_read as bigint) <> cast(p_rows_good as bigint) + cast(p_rows_rejected as bigint) then
        raise exception 'BOOKS_OPEN: the rows of load % do not add up', p_load_id;
    end if;

    insert into etl.ledger (
        load_id, run_id, object, target, outcome, source_order, bucket, source_key, fingerprint,
        rows_read, rows_good, rows_rejected, staged, duplicates, inserted, updated, unchanged, superseded, committed_at
    ) values (
        p_load_id, p_run_id, p_object, p_schema || '.' || p_table, v_outcome, p_source_order, p_bucket, p_source_key,
        p_fingerprint, cast(p_rows_read as bigint), cast(p_rows_good as bigint), cast(p_rows_rejected as bigint),
        v_staged, v_duplicates, v_inserted, v_updated, v_unchanged, v_superseded, v_now
    );
end;
$$ language plpgsql;

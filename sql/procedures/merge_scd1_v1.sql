-- Writes a load's winners (merge_<group id>) into the target: one row a key, its newest state.
--
-- A row that is the same in a newer file is updated too: it gets that file's _source_order. The reason is a late file:
--   file 1 has x, file 3 has x again, then file 2 arrives late and has y. Without the update the row would still be as
--   old as file 1, and y would replace what file 3 confirmed.
-- The columns of the key are written too: keys that differ in blanks at the end are one key.
-- _loaded_at stays: it is the time at which the values last changed.
--
-- Guarantees that as many rows are updated and inserted as fates_<group id> has, or that the transaction fails.
-- Does not delete: a key that a snapshot no longer holds stays.
create or replace procedure etl.merge_scd1_v1(
    p_schema varchar(64),
    p_table varchar(64),
    p_columns varchar(65535),
    p_keys varchar(65535),
    p_group_id varchar(32),
    p_now varchar(32)
)
as $$
declare
    v_merge varchar(256) := quote_ident('merge_' || p_group_id);
    v_fates varchar(256) := quote_ident('fates_' || p_group_id);
    v_table varchar(256) := quote_ident(p_table);
    v_target varchar(256) := quote_ident(p_schema) || '.' || quote_ident(p_table);
    v_now varchar(256) := 'cast(' || quote_literal(p_now) || ' as timestamp)';
    v_list varchar(65535) := '"' || replace(replace(p_columns, '"', '""'), ',', '", "') || '"';
    v_name varchar(256);
    v_set varchar(65535) := '';         -- "b" = m."b", ...
    v_join varchar(65535) := '';        -- m."a" = things."a"
    v_count bigint;
    v_touched bigint;
    v_inserted bigint;
begin
    for i in 1..regexp_count(p_columns, ',') + 1 loop
        v_name := quote_ident(split_part(p_columns, ',', i));
        v_set := v_set || v_name || ' = m.' || v_name || ', ';
    end loop;
    for i in 1..regexp_count(p_keys, ',') + 1 loop
        v_name := quote_ident(split_part(p_keys, ',', i));
        v_join := v_join || 'm.' || v_name || ' = ' || v_table || '.' || v_name || ' and ';
    end loop;
    execute 'select coalesce(sum(updated + unchanged), 0), coalesce(sum(inserted), 0) from ' || v_fates
        into v_touched, v_inserted;

    execute 'update ' || v_target || ' set ' || v_set || '"_load_id" = m."_load_id", "_source_order" = '
        || 'm."_source_order", "_source_offset" = m."_source_offset", "_loaded_at" = '
        || 'case when m."_action" = ''update'' then ' || v_now || ' else ' || v_table || '."_loaded_at" end '
        || 'from ' || v_merge || ' m where ' || v_join || 'm."_action" in (''update'', ''unchanged'')';
    get diagnostics v_count := row_count;
    if v_count <> v_touched then
        raise exception 'BOOKS_OPEN: % rows of % were to be updated and % were', v_touched, v_target, v_count;
    end if;

    execute 'insert into ' || v_target || ' (' || v_list
        || ', "_load_id", "_source_order", "_source_offset", "_loaded_at") select ' || v_list
        || ', "_load_id", "_source_order", "_source_offset", ' || v_now || ' from ' || v_merge
        || ' where "_action" = ''insert''';
    get diagnostics v_count := row_count;
    if v_count <> v_inserted then
        raise exception 'BOOKS_OPEN: % rows were to be inserted into % and % were', v_inserted, v_target, v_count;
    end if;
end;
$$ language plpgsql;

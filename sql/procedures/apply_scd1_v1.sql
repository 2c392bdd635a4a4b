-- Merges staged files into their target, one row per key, and writes a ledger row for each file: all or nothing.
--
-- p_shares names a table with one row per file: its load id, age and counts. "_source_mark" names the file of a staged
-- row. Several files have the same result as one after the other, the newest first: of rows with the same key in two
-- files one wins, and the other counts as superseded.
--
-- Each step is a procedure, and they share temporary tables. Another mode calls the same steps around its own merge:
--   etl.count_rows_v1    counts_<group id>: the rows of each file, and whether they are complete;
--   etl.pick_winners_v1  merge_<group id> and fates_<group id>: one row of each key, and its effect on the target;
--   etl.merge_scd1_v1    the target;
--   etl.write_books_v1   the ledger.
--
-- Guarantees, given that the caller's transaction locked the target's gate before it read anything:
--   once      a file whose load id is in the ledger changes nothing, and gets no second row there;
--   fenced    a group that is in etl.fenced changes nothing;
--   newer     no row of the target is replaced by an older one. Age is the order column, then the age of the file,
--             then the place in the file. Without an order column it is the age of the file, then the place;
--   apart     if p_duplicate_keys is 'fail', no two rows of a file have one key, or the transaction fails. This is
--             checked before the age of a snapshot: the result for such a file does not depend on other files;
--   balanced  for every file, staged = duplicates + inserted + updated + unchanged + superseded, or the transaction
--             fails.
-- A file of corrected rows ("corrects" in its share names the load that rejected them; its offsets are those of that
-- load's file) is loaded alone, and each of its rows is merged once.
--
-- Numbers come as text, for the Data API sends text only. Names are quoted here; p_columns and p_keys have commas.
create or replace procedure etl.apply_scd1_v1(
    p_staging varchar(64),
    p_shares varchar(64),
    p_schema varchar(64),
    p_table varchar(64),
    p_columns varchar(65535),
    p_documents varchar(65535),
    p_texts varchar(2000),
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
    v_target varchar(130) := p_schema || '.' || p_table;
    v_shares varchar(256) := quote_ident(p_shares);
    v_fates varchar(256) := quote_ident('fates_' || p_group_id);
    v_now varchar(32) := cast(getdate() as varchar(32));
    v_outcome varchar(16) := 'LOADED';
    v_order varchar(128);
    v_files bigint;
    v_count bigint;
begin
    select count(*) into v_count from etl.fenced where group_id = p_group_id;
    if v_count > 0 then
        return;
    end if;
    execute 'delete from ' || v_shares || ' using etl.ledger l where l.object = ' || quote_literal(p_object)
        || ' and l.load_id = ' || v_shares || '.load_id';
    execute 'select count(*), max(source_order) from ' || v_shares into v_files, v_order;
    if v_files = 0 then
        return;
    end if;
    call etl.count_rows_v1(p_staging, p_shares, p_keys, p_duplicate_keys, p_group_id);

    if p_delivery = 'snapshot' then
        if v_files > 1 then
            raise exception 'BAD_LOAD_ORDER: snapshots are loaded one by one';
        end if;
        select count(*) into v_count
        from etl.ledger
        where object = p_object and outcome = 'LOADED' and source_order > v_order;
        if v_count > 0 then
            v_outcome := 'SUPERSEDED';
        end if;
    end if;

    execute 'create temp table ' || v_fates
        || ' (mark char(8), inserted bigint, updated bigint, unchanged bigint, superseded bigint)';
    execute 'select coalesce(sum(staged), 0) from ' || quote_ident('counts_' || p_group_id) into v_count;
    if v_outcome = 'LOADED' and v_count > 0 then
        call etl.pick_winners_v1(
            p_staging, p_shares, p_schema, p_table, p_columns, p_documents, p_texts, p_keys, p_order_by, p_group_id
        );
        call etl.merge_scd1_v1(p_schema, p_table, p_columns, p_keys, p_group_id, v_now);
        execute 'drop table ' || quote_ident('merge_' || p_group_id);
    end if;
    call etl.write_books_v1(
        p_staging, p_shares, v_target, p_group_id, p_object, p_fingerprint, v_outcome, v_now
    );
    execute 'drop table ' || quote_ident('counts_' || p_group_id);
    execute 'drop table ' || v_fates;
end;
$$ language plpgsql;

-- Writes the ledger row of each file of a load, in any mode, and records the corrected rows that it merged.
--
-- Reads counts_<group id> and fates_<group id>. p_outcome is LOADED, or SUPERSEDED for a file that merged nothing.
-- A key of a file is superseded too if another file of the load won it. Corrected rows that were merged before count as
-- duplicates. The others are inserted into etl.corrections.
--
-- Guarantees that for every file staged = duplicates + inserted + updated + unchanged + superseded, and that every
-- corrected row is recorded, or that the transaction fails.
create or replace procedure etl.write_books_v1(
    p_staging varchar(64),
    p_shares varchar(64),
    p_target varchar(130),
    p_group_id varchar(32),
    p_object varchar(63),
    p_fingerprint varchar(64),
    p_outcome varchar(16),
    p_now varchar(32)
)
as $$
declare
    v_staging varchar(256) := quote_ident(p_staging);
    v_shares varchar(256) := quote_ident(p_shares);
    v_counts varchar(256) := quote_ident('counts_' || p_group_id);
    v_fates varchar(256) := quote_ident('fates_' || p_group_id);
    v_now varchar(256) := 'cast(' || quote_literal(p_now) || ' as timestamp)';
    v_twice varchar(256) := 'c.staged - c.keys';
    v_lost varchar(256) := 'c.keys - coalesce(f.inserted + f.updated + f.unchanged, 0)';
    v_corrects varchar(32);
    v_staged bigint;
    v_count bigint;
begin
    if p_outcome = 'SUPERSEDED' then
        v_twice := '0';
        v_lost := 'c.staged';
    end if;
    execute 'insert into etl.ledger (load_id, group_id, run_id, object, target, outcome, source_order, bucket, '
        || 'source_key, fingerprint, rows_read, rows_good, rows_rejected, staged, duplicates, inserted, updated, '
        || 'unchanged, superseded, committed_at, corrects) select h.load_id, ' || quote_literal(p_group_id)
        || ', h.run_id, '
        || quote_literal(p_object) || ', ' || quote_literal(p_target) || ', '
        || quote_literal(p_outcome) || ', h.source_order, h.bucket, from_varbyte(from_hex(h.source_key), ''utf8''), '
        || quote_literal(p_fingerprint) || ', h.rows_read, h.rows_good, h.rows_rejected, c.staged + c.corrected, '
        || v_twice || ' + c.corrected, coalesce(f.inserted, 0), coalesce(f.updated, 0), coalesce(f.unchanged, 0), '
        || v_lost || ', ' || v_now || ', h.corrects from ' || v_shares
        || ' h join ' || v_counts || ' c on c.mark = h.mark left join ' || v_fates || ' f on f.mark = h.mark';

    select count(*) into v_count
    from etl.ledger
    where object = p_object and group_id = p_group_id
        and staged <> duplicates + inserted + updated + unchanged + superseded;
    if v_count > 0 then
        raise exception 'BOOKS_OPEN: the rows of load % do not add up', p_group_id;
    end if;

    execute 'select max(h.corrects), sum(c.staged) from ' || v_shares || ' h join ' || v_counts
        || ' c on c.mark = h.mark' into v_corrects, v_staged;
    if v_corrects <> '' and p_outcome = 'LOADED' then
        execute 'insert into etl.corrections (load_id, byte_offset, corrected_by, corrected_at) '
            || 'select h.corrects, s."_source_offset", h.load_id, ' || v_now || ' from ' || v_staging
            || ' s join ' || v_shares || ' h on h.mark = s."_source_mark"';
        get diagnostics v_count := row_count;
        if v_count <> v_staged then
            raise exception 'BOOKS_OPEN: % corrected rows were merged and % are noted', v_staged, v_count;
        end if;
    end if;
end;
$$ language plpgsql;

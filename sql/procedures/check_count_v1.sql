-- Guarantees that staging holds exactly the rows that were found good, or that the transaction fails.
create or replace procedure etl.check_count_v1(p_staging varchar(64), p_rows_good varchar(20))
as $$
declare
    v_staged bigint;
begin
    execute 'select count(*) from ' || quote_ident(p_staging) into v_staged;
    if v_staged <> cast(p_rows_good as bigint) then
        raise exception 'COUNT_MISMATCH: % rows were found good and % are staged', p_rows_good, v_staged;
    end if;
end;
$$ language plpgsql;

-- Guarantees that no staged row meets the condition, or that the transaction fails. The condition comes from the
-- contract, which must be one expression with closed quotes and brackets. Rows for which it is null pass.
create or replace procedure etl.data_check_v1(p_staging varchar(64), p_name varchar(512), p_bad_rows varchar(4096))
as $$
declare
    v_bad bigint;
begin
    execute 'select count(*) from ' || quote_ident(p_staging) || ' where (' || p_bad_rows || ')' into v_bad;
    if v_bad > 0 then
        raise exception 'DATA_CHECK_FAILED: % finds % rows that must not be', p_name, v_bad;
    end if;
end;
$$ language plpgsql;

-- Guarantees that no staged row meets the condition, or that the transaction fails. The condition comes from the
-- contract, which takes one expression over the load's rows, called staging. Rows for which it is null pass. A cursor
-- runs it, since a cursor takes one query: nothing that a condition may hold beyond that can change anything.
create or replace procedure etl.data_check_v1(p_staging varchar(64), p_name varchar(512), p_bad_rows varchar(4096))
as $$
declare
    v_found record;
    v_bad bigint;
begin
    for v_found in execute 'with staging as (select * from ' || quote_ident(p_staging)
        || ') select count(*) as bad from staging where (' || p_bad_rows || ')'
    loop
        v_bad := v_found.bad;
        if v_bad > 0 then
            raise exception 'DATA_CHECK_FAILED: % finds % rows that must not be', p_name, v_bad;
        end if;
    end loop;
end;
$$ language plpgsql;

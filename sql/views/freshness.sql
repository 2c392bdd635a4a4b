-- How fresh each object is, and how much of it came in.
drop view if exists etl.freshness;

create view etl.freshness as
select object, target, max(committed_at) as last_committed_at,
       max(case when outcome = 'LOADED' then source_order end) as newest_source_order,
       sum(case when outcome = 'LOADED' then 1 else 0 end) as loads,
       sum(case when outcome = 'SUPERSEDED' then 1 else 0 end) as superseded_loads,
       sum(rows_read) as rows_read, sum(rows_rejected) as rows_rejected
from etl.ledger
group by object, target;

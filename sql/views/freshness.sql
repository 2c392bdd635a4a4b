-- The age of each object's data, and its rows so far. Loads of corrected rows do not count: they were read before.
drop view if exists etl.freshness;

create view etl.freshness as
select l.object, l.target, max(committed_at) as last_committed_at,
       max(case when outcome = 'LOADED' then source_order end) as newest_source_order,
       sum(case when outcome = 'LOADED' then 1 else 0 end) as loads,
       sum(case when outcome = 'SUPERSEDED' then 1 else 0 end) as superseded_loads,
       sum(rows_read) as rows_read, sum(rows_rejected - coalesce(m.corrected, 0)) as rows_rejected
from etl.ledger l
left join (select load_id, count(*) as corrected from etl.corrections group by load_id) m on m.load_id = l.load_id
where l.corrects = ''
group by l.object, l.target;

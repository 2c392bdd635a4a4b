-- The books of every load: rows read = loaded + duplicates + superseded + rejected. balanced is 1 for every row, always.
drop view if exists etl.books;

create view etl.books as
select object, source_key, load_id, run_id, outcome, rows_read,
       inserted + updated + unchanged as loaded, inserted, updated, unchanged,
       duplicates, superseded, rows_rejected as rejected,
       case when rows_read = inserted + updated + unchanged + duplicates + superseded + rows_rejected
            then 1 else 0 end as balanced,
       committed_at
from etl.ledger;

-- The books of every load of a file: rows read = loaded + duplicates + superseded + rejected. `balanced` is always 1.
-- A rejected row that was corrected since counts in the books of its file: in `corrected`, and no longer in `rejected`.
-- A load of corrected rows has no row here. It is in the ledger.
drop view if exists etl.books;

create view etl.books as
select b.object, b.source_key, b.load_id, b.run_id, b.outcome, b.rows_read,
       b.inserted + b.updated + b.unchanged as loaded, b.inserted, b.updated, b.unchanged,
       b.duplicates, b.superseded, b.rejected, b.corrected,
       case when b.rows_read = b.inserted + b.updated + b.unchanged + b.duplicates + b.superseded + b.rejected
            then 1 else 0 end as balanced,
       b.committed_at
from (
    select l.object, l.source_key, l.load_id, l.run_id, l.outcome, l.rows_read,
           cast(l.inserted + coalesce(m.inserted, 0) as bigint) as inserted,
           cast(l.updated + coalesce(m.updated, 0) as bigint) as updated,
           cast(l.unchanged + coalesce(m.unchanged, 0) as bigint) as unchanged,
           cast(l.duplicates + coalesce(m.duplicates, 0) as bigint) as duplicates,
           cast(l.superseded + coalesce(m.superseded, 0) as bigint) as superseded,
           cast(l.rows_rejected - coalesce(m.corrected, 0) as bigint) as rejected,
           cast(coalesce(m.corrected, 0) as bigint) as corrected,
           l.committed_at
    from etl.ledger l
    left join (
        -- The ledger counts a corrected row as a duplicate if an earlier load of corrections had merged it. It counts
        -- in that earlier load only.
        select g.corrects, sum(g.inserted) as inserted, sum(g.updated) as updated, sum(g.unchanged) as unchanged,
               sum(g.duplicates - (g.staged - n.corrected)) as duplicates, sum(g.superseded) as superseded,
               sum(n.corrected) as corrected
        from etl.ledger g
        join (select corrected_by, count(*) as corrected from etl.corrections group by corrected_by) n on n.corrected_by = g.load_id
        group by g.corrects
    ) m on m.corrects = l.load_id
    where l.corrects = ''
) b;

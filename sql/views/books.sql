-- The books of every load of a file: rows read = loaded + duplicates + superseded + rejected. balanced is 1 for every row,
-- always. Rows that were rejected and mended since are in the books of their file: `mended` says how many, `rejected` has
-- them no more. A load of mended rows has no line of its own here; it is in the ledger.
drop view if exists etl.books;

create view etl.books as
select b.object, b.source_key, b.load_id, b.run_id, b.outcome, b.rows_read,
       b.inserted + b.updated + b.unchanged as loaded, b.inserted, b.updated, b.unchanged,
       b.duplicates, b.superseded, b.rejected, b.mended,
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
           cast(l.rows_rejected - coalesce(m.mended, 0) as bigint) as rejected,
           cast(coalesce(m.mended, 0) as bigint) as mended,
           l.committed_at
    from etl.ledger l
    left join (
        -- Of a mending load, rows that another one had merged before are booked as duplicates: they are counted there.
        select g.mends, sum(g.inserted) as inserted, sum(g.updated) as updated, sum(g.unchanged) as unchanged,
               sum(g.duplicates - (g.staged - n.mended)) as duplicates, sum(g.superseded) as superseded,
               sum(n.mended) as mended
        from etl.ledger g
        join (select mended_by, count(*) as mended from etl.mends group by mended_by) n on n.mended_by = g.load_id
        group by g.mends
    ) m on m.mends = l.load_id
    where l.mends = ''
) b;

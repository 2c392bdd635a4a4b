-- One row per load of a file that reached the warehouse, written in the transaction that merged its rows: the truth about what is
-- in. Nothing is ever updated or deleted here. Redshift enforces no unique key; the gate of each target (a table that
-- every load locks before it reads) is what keeps a load from being here twice.
create table etl.ledger (
    load_id varchar(32) not null,           -- the same for every retry, new for a forced rerun
    group_id varchar(32) not null,          -- loads with the same were one transaction
    run_id varchar(64) not null,
    object varchar(63) not null,            -- the contract's name
    target varchar(127) not null,           -- schema.table
    outcome varchar(16) not null,           -- LOADED, or SUPERSEDED: a newer snapshot was there already
    source_order varchar(128) not null,     -- sorts as the files' age does
    bucket varchar(255) not null,
    source_key varchar(4096) not null,
    fingerprint varchar(64) not null,       -- of the contract it was checked against
    rows_read bigint not null,              -- = rows_good + rows_rejected
    rows_good bigint not null,              -- = staged
    rows_rejected bigint not null,
    staged bigint not null,                 -- = duplicates + inserted + updated + unchanged + superseded
    duplicates bigint not null,             -- earlier rows of the same key in the same file
    inserted bigint not null,
    updated bigint not null,
    unchanged bigint not null,              -- not older than the target's row, and the same
    superseded bigint not null,             -- older than the target's row, or than another file's of the load
    committed_at timestamp not null
)
diststyle auto
compound sortkey (object, committed_at);

-- Rows that were rejected, then corrected by a person and merged: one row each, written in the transaction that merged it.
-- A row that is here is not merged again. The ledger's row of such a load names the load whose rejects it corrects.
create table etl.corrections (
    load_id varchar(32) not null,           -- the load that rejected the row
    byte_offset bigint not null,            -- where its record starts in that load's file
    corrected_by varchar(32) not null,         -- the load that merged it
    corrected_at timestamp not null
)
diststyle auto
compound sortkey (load_id, byte_offset);

alter table etl.ledger add column corrects varchar(32) default '';

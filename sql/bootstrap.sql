-- What the migrations themselves need. Run every time, before anything else; may be run again.
create schema if not exists etl;

create table if not exists etl.schema_migrations (
    name varchar(256) not null,        -- path below sql/, or the object whose tables were made
    checksum varchar(64) not null,     -- SHA-256 of what was applied
    applied_at timestamp not null
) diststyle all;

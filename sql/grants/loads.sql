-- What a load needs, and no more. Names in braces are filled in. May be run again.
grant temp on database {database} to {user};
grant usage on schema etl, {schemas} to {user};
revoke all on all tables in schema etl, {schemas} from {user};  -- what an earlier version had
grant select, insert, update on all tables in schema {schemas} to {user};
grant select, update on all tables in schema etl to {user};  -- locking a gate takes update
revoke all on etl.ledger, etl.corrections, etl.fenced, etl.schema_migrations from {user};
grant select, insert on etl.ledger, etl.corrections, etl.fenced to {user};
grant execute on all procedures in schema etl to {user};
-- Tables and procedures that this administrator makes later:
alter default privileges in schema {schemas} grant select, insert, update on tables to {user};
alter default privileges in schema etl grant select, update on tables to {user};
alter default privileges in schema etl grant execute on procedures to {user};
revoke create on schema public from public;

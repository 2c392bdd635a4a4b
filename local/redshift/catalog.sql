-- Features of Redshift that PostgreSQL lacks: system views, functions, and lengths that count bytes.
-- The superuser runs this at every start. Everything in it may be run again.
set allow_system_table_mods = on;
set client_min_messages = warning;

create schema if not exists local_redshift;

create table if not exists local_redshift.load_error (
    user_id integer, query_id bigint, transaction_id bigint, session_id integer, database_name text, table_id integer,
    start_time timestamp, file_name text, line_number bigint, column_name text, column_type text, column_length text,
    position integer, error_code integer, error_message text, raw_line text, raw_field_value text
);
delete from local_redshift.load_error
 where ctid not in (select ctid from local_redshift.load_error order by start_time desc limit 10000);

create or replace view pg_catalog.sys_load_error_detail as
select user_id, query_id, transaction_id, session_id, database_name::character(64) as database_name, table_id,
       start_time, file_name::character(256) as file_name, line_number, column_name::character(127) as column_name,
       column_type::character(10) as column_type, column_length::character(10) as column_length, position, error_code,
       error_message::character(512) as error_message
  from local_redshift.load_error;

create or replace view pg_catalog.stl_load_errors as
select user_id as userid, 0 as slice, table_id as tbl, start_time as starttime, session_id as session,
       query_id as query, file_name::character(256) as filename, line_number, column_name::character(127) as colname,
       column_type::character(10) as type, column_length::character(10) as col_length, position,
       raw_line::character(1024) as raw_line, raw_field_value::character(1024) as raw_field_value,
       error_code as err_code, error_message::character(100) as err_reason
  from local_redshift.load_error;

create or replace view pg_catalog.svv_all_schemas as
select current_database()::varchar(128) as database_name, nspname::varchar(128) as schema_name,
       nspowner::integer as schema_owner, 'local'::varchar(128) as schema_type, null::varchar(128) as schema_acl,
       null::varchar(128) as source_database, null::varchar(255) as schema_option
  from pg_namespace where nspname !~ '^pg_toast' and nspname <> 'local_redshift';

create or replace view pg_catalog.svv_all_tables as
select table_catalog::varchar(128) as database_name, table_schema::varchar(128) as schema_name,
       table_name::varchar(128) as table_name,
       (case table_type when 'BASE TABLE' then 'TABLE' else table_type end)::varchar(128) as table_type,
       null::varchar(128) as table_acl, null::varchar(128) as remarks
  from information_schema.tables where table_schema <> 'local_redshift';

create or replace view pg_catalog.svv_tables as
select table_catalog::varchar(128) as table_catalog, table_schema::varchar(128) as table_schema,
       table_name::varchar(128) as table_name, table_type::varchar(128) as table_type, null::varchar(128) as remarks
  from information_schema.tables where table_schema <> 'local_redshift';

create or replace view pg_catalog.svv_columns as
select table_catalog::varchar(128) as table_catalog, table_schema::varchar(128) as table_schema,
       table_name::varchar(128) as table_name, column_name::varchar(128) as column_name,
       ordinal_position::integer as ordinal_position, column_default::varchar(4000) as column_default,
       is_nullable::varchar(3) as is_nullable, data_type::varchar(128) as data_type,
       character_maximum_length::integer as character_maximum_length, numeric_precision::integer as numeric_precision,
       numeric_scale::integer as numeric_scale, null::varchar(256) as remarks
  from information_schema.columns where table_schema <> 'local_redshift';

create or replace view pg_catalog.svv_all_columns as
select table_catalog as database_name, table_schema as schema_name, table_name, column_name, ordinal_position,
       column_default, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks
  from pg_catalog.svv_columns;

create or replace view pg_catalog.svv_table_info as
select current_database()::text as "database", n.nspname::text as "schema", c.oid as table_id, c.relname::text as "table",
       (pg_total_relation_size(c.oid) / 1048576)::bigint as size, greatest(c.reltuples, 0)::numeric(38, 0) as tbl_rows
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'local_redshift');

create or replace view pg_catalog.stv_db_isolation_level as
select datname::character(128) as db_name, 'Snapshot Isolation'::character(20) as isolation_level from pg_database;

grant select on pg_catalog.sys_load_error_detail, pg_catalog.stv_db_isolation_level, pg_catalog.stl_load_errors, pg_catalog.svv_all_schemas,
    pg_catalog.svv_all_tables, pg_catalog.svv_tables, pg_catalog.svv_columns, pg_catalog.svv_all_columns,
    pg_catalog.svv_table_info to public;

create or replace function pg_catalog.getdate() returns timestamp language sql stable
    as $$ select date_trunc('second', statement_timestamp()::timestamp) $$;

create or replace function pg_catalog.pg_last_copy_count() returns bigint language sql volatile
    as $$ select coalesce(nullif(current_setting('local_redshift.last_copy_count', true), ''), '0')::bigint $$;

create or replace function pg_catalog.pg_last_copy_id() returns bigint language sql volatile
    as $$ select coalesce(nullif(current_setting('local_redshift.last_copy_id', true), ''), '-1')::bigint $$;

create or replace function pg_catalog.dateadd(part text, amount bigint, moment timestamp) returns timestamp
    language sql immutable strict
    as $$ select moment + case when part in ('quarter', 'quarters', 'qtr', 'q')
                               then amount * 3 * interval '1 month'
                               else amount * ('1 ' || part)::interval end $$;

create or replace function pg_catalog.datediff(part text, early timestamp, late timestamp) returns bigint
    language sql immutable strict
    as $$ select case
        when part in ('year', 'years', 'yr', 'y') then extract(year from late) - extract(year from early)
        when part in ('quarter', 'quarters', 'qtr', 'q')
            then 4 * (extract(year from late) - extract(year from early))
                 + extract(quarter from late) - extract(quarter from early)
        when part in ('month', 'months', 'mon', 'mons')
            then 12 * (extract(year from late) - extract(year from early))
                 + extract(month from late) - extract(month from early)
        when part in ('week', 'weeks', 'w')
            then (date_trunc('week', late + interval '1 day')::date
                  - date_trunc('week', early + interval '1 day')::date) / 7
        when part in ('day', 'days', 'd') then late::date - early::date
        else floor(extract(epoch from date_trunc(part, late)) / extract(epoch from ('1 ' || part)::interval))
           - floor(extract(epoch from date_trunc(part, early)) / extract(epoch from ('1 ' || part)::interval))
        end::bigint $$;

create or replace function pg_catalog.convert_timezone(source text, target text, moment timestamp) returns timestamp
    language sql immutable strict as $$ select (moment at time zone source) at time zone target $$;

create or replace function pg_catalog.convert_timezone(target text, moment timestamp) returns timestamp
    language sql immutable strict as $$ select (moment at time zone 'UTC') at time zone target $$;

create or replace function pg_catalog.trunc(moment timestamp) returns date language sql immutable strict
    as $$ select moment::date $$;

create or replace function pg_catalog.last_day(moment date) returns date language sql immutable strict
    as $$ select (date_trunc('month', moment) + interval '1 month - 1 day')::date $$;

create or replace function pg_catalog.add_months(moment timestamp, amount integer) returns timestamp
    language sql immutable strict
    as $$ select case when moment::date = last_day(moment::date)
                      then last_day((moment + amount * interval '1 month')::date) + moment::time
                      else moment + amount * interval '1 month' end $$;

create or replace function pg_catalog.charindex(part text, whole text) returns integer language sql immutable strict
    as $$ select strpos(whole, part) $$;

create or replace function pg_catalog.sha2(value text, bits integer) returns text language sql immutable strict
    as $$ select encode(case bits when 224 then sha224(convert_to(value, 'UTF8'))
                                  when 384 then sha384(convert_to(value, 'UTF8'))
                                  when 512 then sha512(convert_to(value, 'UTF8'))
                                  else sha256(convert_to(value, 'UTF8')) end, 'hex') $$;

create or replace function pg_catalog.json_parse(value text) returns jsonb language sql immutable strict
    as $$ select value::jsonb $$;

create or replace function pg_catalog.json_serialize(value jsonb) returns text language sql immutable strict
    as $$ select value::text $$;

create or replace function pg_catalog.json_serialize_to_varbyte(value jsonb) returns bytea language sql immutable strict
    as $$ select convert_to(value::text, 'UTF8') $$;

create or replace function pg_catalog.from_hex(value text) returns bytea language sql immutable strict
    as $$ select decode(value, 'hex') $$;

create or replace function pg_catalog.from_varbyte(value bytea, format text) returns text language sql immutable strict
    as $$ select case when lower(format) = 'hex' then encode(value, 'hex') else convert_from(value, 'UTF8') end $$;

create or replace function pg_catalog.redshift_type(type oid, modifier integer) returns text language sql stable
    as $$ select case type when 'jsonb'::regtype then 'super' when 'bytea'::regtype then 'varbyte'
                           else pg_catalog.format_type(type, modifier) end $$;

create or replace function pg_catalog.is_valid_json(value text) returns boolean language sql immutable strict
    as $$ select pg_input_is_valid(value, 'jsonb') $$;

create or replace function pg_catalog.json_extract_path_text(value text, variadic path text[]) returns text
    language sql immutable strict as $$ select value::jsonb #>> path $$;

-- Redshift casts no text to boolean, only literals; PostgreSQL casts any text by its input function.
create or replace function local_redshift.no_boolean(value text) returns boolean language plpgsql immutable strict
    as $$ begin raise exception 'cannot cast type character varying to boolean'; end $$;
create or replace function local_redshift.no_boolean(value character) returns boolean language plpgsql immutable strict
    as $$ begin raise exception 'cannot cast type character to boolean'; end $$;
drop cast if exists (text as boolean);
drop cast if exists (varchar as boolean);
drop cast if exists (character as boolean);
create cast (text as boolean) with function local_redshift.no_boolean(text);
create cast (varchar as boolean) with function local_redshift.no_boolean(text);
create cast (character as boolean) with function local_redshift.no_boolean(character);

-- VARCHAR(n) and CHAR(n) count bytes in Redshift, and characters here. A check on every such column counts the bytes.
-- All checks of a table are made in one ALTER, so that the trigger finds nothing left to do when that ALTER fires it again.
create or replace function local_redshift.count_bytes() returns event_trigger language plpgsql as $$
declare
    due record;
begin
    for due in
        select t.oid::regclass as relation,
               string_agg(concat_ws(', ', 'drop constraint ' || quote_ident(c.conname),
                                    format('add constraint bytes_%s_%s check (octet_length(%I) <= %s) not valid',
                                           a.attnum, a.atttypmod - 4, a.attname, a.atttypmod - 4)), ', ') as changes
          from pg_event_trigger_ddl_commands() d
          join pg_class t on t.oid = d.objid and t.relkind = 'r'
          join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.atttypmod > 4
          left join pg_constraint c on c.conrelid = t.oid and c.conname like format('bytes\_%s\_%%', a.attnum)
         where d.classid = 'pg_class'::regclass and a.atttypid in ('varchar'::regtype, 'bpchar'::regtype)
           and c.conname is distinct from format('bytes_%s_%s', a.attnum, a.atttypmod - 4)
         group by t.oid
    loop
        execute format('alter table %s %s', due.relation, due.changes);
    end loop;
end $$;

drop event trigger if exists local_redshift_count_bytes;
create event trigger local_redshift_count_bytes on ddl_command_end
    when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
    execute function local_redshift.count_bytes();

-- Redshift does not compare the blanks at the end of a text, and PostgreSQL does in a varchar. Its comparison of char(n)
-- ignores them, and both types are stored alike: the operators of varchar become those of char(n), also for GROUP BY,
-- DISTINCT, ORDER BY, PARTITION BY and joins. Results of functions are of the type text, which keeps its own operators.
create or replace function local_redshift.varchar_order(a varchar, b varchar) returns integer
    language internal immutable strict parallel safe as 'bpcharcmp';
create or replace function local_redshift.varchar_hash(a varchar) returns integer
    language internal immutable strict parallel safe as 'hashbpchar';
create or replace function local_redshift.varchar_hash(a varchar, seed bigint) returns bigint
    language internal immutable strict parallel safe as 'hashbpcharextended';

do $$
declare
    sides text[];
    made record;
begin
    if exists (select 1 from pg_opclass where opcname = 'varchar_without_blanks') then
        return;
    end if;
    foreach sides slice 1 in array array[
        ['varchar', 'varchar', 'bpchar%s'], ['varchar', 'bpchar', 'bpchar%s'], ['bpchar', 'varchar', 'bpchar%s'],
        ['varchar', 'text', 'bpchar%s'], ['text', 'varchar', 'bpchar%s'],
        ['varchar', 'name', 'text%sname'], ['name', 'varchar', 'name%stext']] loop
        for made in
            select * from (values ('=', 'eq', '=', '<>', 'eq'), ('<>', 'ne', '<>', '=', 'neq'),
                                  ('<', 'lt', '>', '>=', 'scalarlt'), ('<=', 'le', '>=', '>', 'scalarle'),
                                  ('>', 'gt', '<', '<=', 'scalargt'), ('>=', 'ge', '<=', '<', 'scalarge')
            ) as o (sign, name, turned, opposite, estimate)
        loop
            execute format('create function local_redshift.varchar_%s(%s, %s) returns boolean language internal'
                           ' immutable strict parallel safe as %L', made.name, sides[1], sides[2],
                           format(sides[3], made.name));
            execute format('create operator pg_catalog.%s (leftarg = %s, rightarg = %s, commutator = operator(pg_catalog.%s),'
                           ' negator = operator(pg_catalog.%s), function = local_redshift.varchar_%s, restrict = %ssel,'
                           ' join = %sjoinsel %s)', made.sign, sides[1], sides[2], made.turned, made.opposite, made.name,
                           made.estimate, made.estimate,
                           case when made.sign = '=' and sides[1] = sides[2] then ', hashes, merges' else '' end);
        end loop;
    end loop;
    create operator class pg_catalog.varchar_without_blanks default for type varchar using btree as
        operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >,
        function 1 local_redshift.varchar_order(varchar, varchar), function 2 (varchar, varchar) bpchar_sortsupport(internal);
    create operator class pg_catalog.varchar_without_blanks default for type varchar using hash as
        operator 1 =, function 1 local_redshift.varchar_hash(varchar),
        function 2 (varchar, varchar) local_redshift.varchar_hash(varchar, bigint);
end $$;

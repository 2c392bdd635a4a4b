-- The rights of the roles that run SQL. The superuser runs this at every start. All may be run again.
set client_min_messages = warning;

do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect, create on database %I to awsuser', current_database());
    execute format('grant connect on database %I to loader', current_database());
    execute format('grant temporary on database %I to awsuser with grant option', current_database());
end $$;
alter schema public owner to awsuser;
grant usage on schema local_redshift to awsuser;
grant select, insert on local_redshift.load_error to awsuser;

-- Files of the server and large objects: Redshift has neither.
do $$
declare
    reaching record;
begin
    for reaching in
        select p.oid::regprocedure as signature from pg_proc p
         where p.pronamespace = 'pg_catalog'::regnamespace
           and p.proname ~ '^(lo_.*|loread|lowrite|pg_read_(binary_)?file.*|pg_ls_.*|pg_stat_file|pg_current_logfile)$'
    loop
        execute format('revoke all on function %s from public, awsuser', reaching.signature);
    end loop;
end $$;

-- The right to make a schema would let a role install trusted extensions and languages as well.
create or replace function local_redshift.refuse_command() returns event_trigger language plpgsql as $$
begin
    raise exception using errcode = '0A000', message = tg_tag || ' is not supported by Amazon Redshift';
end $$;

drop event trigger if exists local_redshift_refuse_command;
create event trigger local_redshift_refuse_command on ddl_command_start
    when tag in ('CREATE EXTENSION', 'ALTER EXTENSION', 'CREATE LANGUAGE', 'CREATE FOREIGN DATA WRAPPER', 'CREATE SERVER',
                 'CREATE SUBSCRIPTION', 'CREATE PUBLICATION', 'CREATE ACCESS METHOD')
    execute function local_redshift.refuse_command();

-- Redshift lets only its owner call a procedure that nobody was granted.
alter default privileges for role awsuser revoke execute on routines from public;

-- CREATE USER ... PASSWORD DISABLE, for names that Redshift gives to identities of IAM. Such a role has no password, and
-- the login rules name it nowhere: it can be granted rights, and nothing runs as it.
create or replace function local_redshift.create_user(name text) returns void language plpgsql security definer
    set search_path = pg_catalog as $$
begin
    if name !~ '^iamr?:[a-z0-9_+=,.@:-]{1,120}$' then
        raise exception using errcode = '0A000', message = 'CREATE USER of another name than IAM: or IAMR: has'
            ' is not emulated by the local Redshift';
    end if;
    execute format('create role %I login nosuperuser nocreaterole nocreatedb noreplication nobypassrls', name);
end $$;
revoke all on function local_redshift.create_user(text) from public;
grant execute on function local_redshift.create_user(text) to awsuser;

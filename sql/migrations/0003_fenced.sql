-- Groups of loads that may not commit any more. Somebody asked for a group's load, got no answer and asked again, or the
-- warehouse does not know the statement: one that nobody knows of may still be on its way. Before any of the group's runs ends on
-- that account, the group is written down here under the target's gate; a load of a group that is here changes nothing.
-- Groups are never used again: a row may be deleted once no statement of its day can still be at work.
create table etl.fenced (
    group_id varchar(32) not null,
    fenced_at timestamp not null
)
diststyle auto
sortkey (group_id);

-- Groups of loads that may not commit any more. Somebody asked for the group's load, got no answer, and asked again: a statement
-- that nobody knows may still be on its way. Before anything is decided on the other one's end, the group is written down
-- here under the target's gate; a load of a group that is here changes nothing.
create table etl.fenced (
    group_id varchar(32) not null,
    fenced_at timestamp not null
)
diststyle auto
sortkey (group_id);

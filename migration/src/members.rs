use crate::Step;

/// Who may work on a property, as its table `members` shows it: its own members and those of the whole organisation.
/// A view, because memberships are read before anybody knows the tenant and so have no row-level security.
pub(crate) const STEP: Step = Step {
    name: "m0023_members",
    up: r"
create view members with (security_barrier) as
  select current_property() as property_id, m.id, m.issuer, m.subject, m.role, m.created_at, m.updated_at
    from memberships m join properties p on p.id = current_property() and p.organization_id = m.organization_id
   where m.property_id is null or m.property_id = p.id;
grant select on members to playhouse_app;

-- The audit log of a property is a table too, listed by time.
create index audit_log_property_id_at_id_idx on audit_log (property_id, at, id);
drop index audit_log_property_id_idx;
",
    down: r"
create index audit_log_property_id_idx on audit_log (property_id, id) where property_id is not null;
drop index audit_log_property_id_at_id_idx;
drop view members;
",
};

//! Pieces that steps share: roles, the wall around a tenant, a search that an index serves, events.
//!
//! They become a step's text, so once a step is released they may not change either.

/// A role of the schema, made when it is missing. Roles belong to the whole server, not to one database, so they stay when
/// the schema goes: another database of the same server may use them.
macro_rules! role {
    ($role:literal) => {
        concat!(
            "\ndo $$",
            "\nbegin",
            "\n  -- Two databases may be migrated at the same time; the loser of the race finds the role made.",
            "\n  begin",
            "\n    if not exists (select from pg_roles where rolname = '", $role, "') then create role ", $role, " nologin; end if;",
            "\n  exception when duplicate_object or unique_violation then null;",
            "\n  end;",
            "\n  -- A superuser may become any role; who is none must be a member, by its own right to create roles or made so before.",
            "\n  if not (select rolsuper from pg_roles where rolname = current_user) then",
            "\n    begin",
            "\n      grant ", $role, " to current_user;",
            "\n    exception when insufficient_privilege then",
            "\n      if not pg_has_role(current_user, '", $role, "', 'member') then raise; end if;",
            "\n    end;",
            "\n  end if;",
            "\nend $$;\n",
        )
    };
}

/// Row-level security, forced, that shows the runtime role the rows of its tenant and nothing else. Which verbs it may
/// use on them is granted by the step.
macro_rules! wall {
    ($table:literal) => {
        concat!(
            "\nalter table ", $table, " enable row level security;",
            "\nalter table ", $table, " force row level security;",
            "\ncreate policy ", $table, "_tenant on ", $table, " to playhouse_app",
            "\n  using (property_id = (select current_property())) with check (property_id = (select current_property()));\n",
        )
    };
}

/// A trigram index on the text of the search columns in lower case, and the function `<table>_search(pattern)` that answers
/// the ids of the tenant's rows whose text is like the pattern.
///
/// The function runs as `playhouse_search`, whose own policy lets the planner use the index: under the policy of the
/// runtime role it may not, because `like` could tell of rows that the policy hides. It asks for the tenant itself, so
/// nobody can search another's. Each call is planned for its pattern: one without three letters in a row finds nothing
/// in the trigram index and is better off with the tenant's rows.
///
/// The text is an expression of the index and not a column: a generated column is read anew by every statement that
/// writes, and kept twice.
macro_rules! searchable {
    ($table:literal, $id:literal, $first:literal $(, $more:literal)*) => {
        concat!(
            "\ncreate index ", $table, "_search_text_idx on ", $table, " using gin (", searched!($first $(, $more)*), " gin_trgm_ops);",
            "\ncreate policy ", $table, "_search on ", $table, " for select to playhouse_search using (true);",
            "\ngrant select (property_id, id, ", $first $(, ", ", $more)*, ") on ", $table, " to playhouse_search;",
            "\ncreate function ", $table, "_search(pattern text) returns setof ", $id,
            "\n  language plpgsql stable security definer rows 100 set search_path = public, pg_temp",
            "\n  set plan_cache_mode = force_custom_plan as $$",
            "\ndeclare tenant uuid := current_property();",
            "\nbegin",
            "\n  return query select t.id from ", $table, " t where t.property_id = tenant",
            "\n    and ", searched!($first $(, $more)*), " like lower(pattern);",
            "\nend $$;",
            "\ngrant create on schema public to playhouse_search;",
            "\nalter function ", $table, "_search(text) owner to playhouse_search;",
            "\nrevoke create on schema public from playhouse_search;",
            "\nrevoke execute on function ", $table, "_search(text) from public;",
            "\ngrant execute on function ", $table, "_search(text) to playhouse_app;\n",
        )
    };
}

/// The text of the search columns, one after the other.
macro_rules! searched {
    ($first:literal $(, $more:literal)*) => {
        concat!("lower(coalesce(", $first, ", '')" $(, " || E'\\n' || coalesce(", $more, ", '')")*, ")")
    };
}

/// Events of a table: statement-level triggers that write them in the transaction of the change, so that no code path can
/// forget them. The procedure `write_events_of` tells how.
///
/// - `events!(table, singular, columns…)`: `<singular>.created`, `updated` and `deleted`.
/// - `events!(function of table, singular, created …, updated …, columns…)`: types of the table's own for new and
///   changed rows. Two expressions choose them from the row before the change (`o`) and after it (`n`), null for no event.
///
/// The columns are those that callers see, so that a hidden one cannot get in by mistake; a test compares them with the
/// registry. A step that adds a column, or changes
/// the type of one, says it again with all of them.
macro_rules! events {
    ($table:literal, $singular:literal, $first:literal $(, $more:literal)*) => {
        concat!(
            "\ncall write_events_of('", $table, "_events', '", $table, "', '", $singular,
            "',\n  '{", $first $(, ",", $more)*, "}',\n  $type$'", $singular,
            ".created'$type$,\n  $type$case when o.id is null then '", $singular, ".created' when n.id is null then '",
            $singular, ".deleted' else '", $singular, ".updated' end$type$,\n  $type$'", $singular, ".deleted'$type$);\n",
        )
    };
    ($function:ident of $table:literal, $singular:literal, $(created $created:literal,)? $(updated $updated:literal,)?
        $first:literal $(, $more:literal)*) => {
        concat!(
            "\ncall write_events_of('", stringify!($function), "', '", $table, "', '", $singular,
            "',\n  '{", $first $(, ",", $more)*, "}',\n  $type$" $(, $created)?, "$type$,\n  $type$"
            $(, $updated)?, "$type$, '');\n",
        )
    };
}

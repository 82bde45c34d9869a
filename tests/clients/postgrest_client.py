"""What a program with the Python client postgrest does with the tables, the client unmodified.

usage: postgrest_client.py BASE-URL KEY
"""

import sys

from postgrest import APIError, CountMethod, ReturnMethod, SyncPostgrestClient

base, key = sys.argv[1:]
db = SyncPostgrestClient(f"{base}/api").auth(key)


def players():
    return db.from_("players")


def names(answer):
    return [row["external_id"] for row in answer.data]


def same(came, wanted):
    assert came == wanted, f"{came!r}, wanted {wanted!r}"


def fails(request, code):
    try:
        answer = request.execute()
    except APIError as error:
        same(error.code, code)
        return error
    raise AssertionError(f"{answer!r}, wanted {code}")


# Inserts.
made = players().insert({"external_id": "py-1", "visits": 3, "tags": ["vip", "slots"]}).execute()
same(made.data[0]["status"], "active")
rows = [
    {"external_id": "py-2", "visits": 5},
    {"external_id": "py-3", "visits": 8, "first_name": 'Quote "d", Jr', "attributes": {"city": "Reno"}},
    {"external_id": "py-4", "visits": 13, "first_name": "A+B & C"},
    {"external_id": "py-5", "visits": None, "first_name": "Zoë"},
]
bulk = players().insert(rows, count=CountMethod.exact, default_to_null=False).execute()
same((bulk.count, [row["tags"] for row in bulk.data]), (4, [[], [], [], []]))
silent = players().insert({"external_id": "py-6"}, returning=ReturnMethod.minimal).execute()
same(silent.data, [])

# Filters, order, pages and counts.
same(names(players().select("external_id").gte("visits", 5).order("external_id").execute()), ["py-2", "py-3", "py-4"])
same(names(players().select("external_id").eq("first_name", "A+B & C").execute()), ["py-4"])
same(names(players().select("external_id").in_("first_name", ['Quote "d", Jr', "x"]).execute()), ["py-3"])
same(names(players().select("external_id").is_("visits", None).execute()), ["py-5"])
same(names(players().select("external_id").ilike("first_name", "%QUOTE%").execute()), ["py-3"])
same(names(players().select("external_id").contains("tags", ["vip"]).execute()), ["py-1"])
same(names(players().select("external_id").contains("attributes", {"city": "Reno"}).execute()), ["py-3"])
same(names(players().select("external_id").eq("attributes->>city", "Reno").execute()), ["py-3"])
same(names(players().select("external_id").or_("visits.eq.3,and(visits.gt.5,visits.lt.10)").order("visits").execute()), ["py-1", "py-3"])
same(names(players().select("external_id").not_.in_("external_id", ["py-1", "py-2"]).order("external_id").execute()), ["py-3", "py-4", "py-5", "py-6"])
page = players().select("external_id", count=CountMethod.exact).order("visits", desc=True, nullsfirst=False).range(1, 2).execute()
same((names(page), page.count), (["py-3", "py-2"], 6))
head = players().select("*", count=CountMethod.exact, head=True).gt("visits", 3).execute()
same(head.count, 3)
same(set(players().select("*").eq("external_id", "py-2").execute().data[0]) >= {"id", "property_id", "external_id", "created_at"}, True)

# One row or none.
same(players().select("visits").eq("external_id", "py-2").single().execute().data, {"visits": 5})
same(players().select("visits").eq("external_id", "nobody").maybe_single().execute(), None)
fails(players().select("*").eq("external_id", "nobody").single(), "PGRST116")

# Relations.
player = made.data[0]["id"]
db.from_("consents").insert([
    {"player_id": player, "channel": "email", "status": "granted"},
    {"player_id": player, "channel": "sms", "status": "revoked"},
]).execute()
related = players().select("external_id, consents!inner(channel)").eq("consents.status", "granted").execute()
same(related.data, [{"external_id": "py-1", "consents": [{"channel": "email"}]}])

# Upserts and changes.
merged = players().upsert([{"external_id": "py-1", "tier": "gold"}, {"external_id": "py-7", "tier": "gold"}], on_conflict="external_id").execute()
same({row["external_id"]: row["visits"] for row in merged.data}["py-1"], 3)
ignored = players().upsert([{"external_id": "py-1"}, {"external_id": "py-8"}], on_conflict="external_id", ignore_duplicates=True).execute()
same(names(ignored), ["py-8"])
changed = players().update({"tier": "silver"}, count=CountMethod.exact).in_("external_id", ["py-7", "py-8"]).execute()
same((changed.count, [row["tier"] for row in changed.data]), (2, ["silver", "silver"]))
fails(players().update({"tier": "x"}).eq("tier", "silver").max_affected(1), "PGRST124")
same(names(players().delete().eq("external_id", "py-8").execute()), ["py-8"])
same(players().delete(returning=ReturnMethod.minimal).in_("external_id", ["py-6", "py-7"]).execute().data, [])

# Other forms.
csv = players().select("external_id", "visits").in_("external_id", ["py-1", "py-5"]).order("external_id").csv().execute()
same(csv.data, "external_id,visits\npy-1,3\npy-5,")

# Errors, as the client hands them on; of a HEAD only a header can tell.
twice = fails(players().insert({"external_id": "py-1"}), "23505")
same(("duplicate key" in twice.message, "external_id" in twice.details), (True, True))
fails(players().select("nope"), "42703")
fails(players().select("nope", head=True), "42703")
fails(players().update({"tier": "x"}), "21000")
fails(db.from_("nowhere").select("*"), "PGRST205")
fails(SyncPostgrestClient(f"{base}/api").auth("pk_wrong").from_("players").select("*"), "unauthorized")
same(names(players().select("external_id").order("external_id").execute()), ["py-1", "py-2", "py-3", "py-4", "py-5"])

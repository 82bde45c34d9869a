//! Operators, and values that do not fit them.

use super::super::case::{Case, get, players};

/// A filter and whom it finds.
const FOUND: &[(&str, &str)] = &[
    // Comparisons.
    ("external_id=eq.eli", "eli"),
    ("tier=neq.gold", "ben cal eli gil hei"),
    ("tier=isdistinct.gold", "ben cal eli flo gil hei"),
    ("visits=gt.20", "dot eli"),
    ("visits=gte.20", "amy dot eli"),
    ("visits=lt.2", "cal hei"),
    ("visits=lte.2", "cal gil hei"),
    ("visits=gte.2&visits=lte.20", "amy ben flo gil"),
    ("status=eq.active&tier=eq.gold", "amy dot"),
    ("adt=gte.200.5", "amy dot eli"),
    ("coin_in=eq.310000.25", "eli"),
    ("birth_date=gt.1990-01-01", "dot flo hei"),
    ("id=eq.$gil", "gil"),
    ("created_at=gte.2025-01-07T00:00:00Z", "gil hei"),
    ("created_at=lt.2025-01-02T10:00:00%2B02:00", "amy"),
    ("status=not.eq.active", "cal eli gil"),
    // Values as they are, whatever stands in them.
    ("email=eq.", ""),
    ("first_name=eq.Zo%C3%A9", "hei"),
    ("last_name=eq.Hill,%20Sr", "dot"),
    ("last_name=eq.Hill,+Sr", "dot"),
    ("last_name=eq.D'Arcy", "cal"),
    ("last_name=eq.slash%5Cback", "gil"),
    ("phone=eq.%2B1201", "amy"),
    // Null, true and false.
    ("birth_date=is.null", "cal"),
    ("tier=is.NULL", "flo"),
    ("tier=not.is.null", "amy ben cal dot eli gil hei"),
    ("tier=is.not_null", "amy ben cal dot eli gil hei"),
    ("tier=not.is.not_null", "flo"),
    // Patterns.
    ("email=like.*@north.test", "amy ben dot flo gil hei"),
    ("email=like.%25dot%25", "dot"),
    ("email=like._li@*", "eli"),
    ("email=like.*@south.test", ""),
    ("email=ilike.*@SOUTH.test", "eli"),
    ("first_name=not.like.*o", "amy ben cal dot eli gil hei"),
    ("external_id=match.%5E%5Bab%5D", "amy ben"),
    ("external_id=match.%5EE", ""),
    ("first_name=imatch.%5Ea", "amy"),
    ("first_name=not.imatch.%5E%5Ba-g%5D", "hei"),
    // Lists.
    ("tier=in.(gold,silver)", "amy ben dot gil"),
    ("tier=not.in.(gold,silver)", "cal eli hei"),
    ("tier=in.()", ""),
    ("tier=not.in.()", "amy ben cal dot eli flo gil hei"),
    ("last_name=in.(%22Hill,%20Sr%22,Brook)", "ben dot"),
    ("last_name=in.(%22Double%5C%22Mark%22)", "flo"),
    ("last_name=in.(Double%22Mark)", "flo"),
    ("last_name=in.(%22slash%5C%5Cback%22)", "gil"),
    ("id=in.($amy,$hei)", "amy hei"),
    ("visits=in.(1,2)", "gil hei"),
    // One or all of several values.
    ("visits=lt(any).{1,3}", "cal gil hei"),
    ("visits=gt(all).{3,10}", "amy dot eli"),
    ("first_name=like(any).{A*,B*}", "amy ben"),
    ("email=ilike(all).{*north*,*T@*}", "dot"),
    ("external_id=match(any).{%5Ea,i$}", "amy eli hei"),
    ("tier=eq(any).{gold,silver}", "amy ben dot gil"),
    ("tier=not.eq(any).{gold,silver}", "cal eli hei"),
    // Arrays and JSON.
    ("tags=cs.{vip,table}", "dot"),
    ("tags=not.cs.{vip}", "ben cal gil hei"),
    ("tags=cd.{vip,slots}", "amy ben cal eli hei"),
    ("tags=ov.{poker,slots}", "amy ben dot"),
    ("tags=eq.{vip}", "eli"),
    ("tags=eq.{}", "cal hei"),
    ("attributes=eq.%7B%7D", "cal"),
    ("attributes=cs.%7B%22vip%22:true%7D", "dot"),
    ("attributes=cd.%7B%22lang%22:%22pt%22,%22x%22:1%7D", "cal gil"),
    // Words.
    ("last_name=fts(english).brook", "ben"),
    ("last_name=fts(english).brook%7Cyoung", "ben eli"),
    ("last_name=not.fts(english).brook", "amy cal dot eli flo gil hei"),
    ("last_name=plfts(simple).hill%20sr", "dot"),
    ("last_name=phfts(simple).hill%20sr", "dot"),
    ("last_name=phfts(simple).sr%20hill", ""),
    ("last_name=wfts(english).young%20or%20brook", "ben eli"),
    ("attributes=fts(english).max", "amy"),
];

/// A filter and the code of its refusal.
const REFUSED: &[(&str, &str)] = &[
    ("foo=eq.1", "42703"),
    // Values that are none of the column's type.
    ("visits=eq.abc", "22P02"),
    ("visits=in.(1,,3)", "22P02"),
    ("visits=eq.99999999999", "22003"),
    ("id=eq.nope", "22P02"),
    ("created_at=gt.xx", "22007"),
    ("birth_date=eq.2025-02-30", "22008"),
    ("tags=cs.notarray", "22P02"),
    ("attributes=cs.%7Bbad", "22P02"),
    ("status=eq(any).active", "22P02"),
    // Operators that the type does not know.
    ("visits=like.1*", "42883"),
    ("first_name=cs.x", "42883"),
    ("status=is.true", "42804"),
    // Patterns and words that are none.
    ("first_name=match.(", "2201B"),
    ("last_name=fts(english).fat%20cat", "42601"),
    // What is no filter.
    ("status=active", "PGRST100"),
    ("status=foo.active", "PGRST100"),
    ("status=EQ.active", "PGRST100"),
    ("status=not.active", "PGRST100"),
    ("status=is.nil", "PGRST100"),
    ("tier=in.gold", "PGRST100"),
    ("tier=neq(any).{gold}", "PGRST100"),
    ("status=in(any).(a)", "PGRST100"),
    ("last_name=fts().brook", "PGRST100"),
    (":=eq.1", "PGRST100"),
];

pub(super) fn cases() -> Vec<Case> {
    FOUND.iter().map(|(filter, names)| players(filter).finds(names)).collect()
}

pub(super) fn errors() -> Vec<Case> {
    REFUSED.iter().map(|(filter, code)| get(&format!("players?{filter}")).fails(400, code)).collect()
}

//! `and`, `or` and `not`.

use super::super::case::{Case, get, players};

const FOUND: &[(&str, &str)] = &[
    ("or=(tier.eq.platinum,visits.lt.1)", "cal eli"),
    ("not.or=(status.eq.active,status.eq.inactive)", "eli"),
    // A row without a tier is neither gold nor not gold.
    ("not.and=(status.eq.active,tier.eq.gold)", "ben cal eli gil hei"),
    ("and=(tier.not.is.null,status.not.eq.active)", "cal eli gil"),
    ("or=(not.and(status.eq.active,tier.eq.gold),external_id.eq.amy)", "amy ben cal eli gil hei"),
    ("or=(status.eq.suspended,tier.eq.bronze)&visits=gt.0", "eli hei"),
    ("or=(tier.eq.gold,tier.eq.silver)&or=(visits.gt.10,visits.lt.3)", "amy dot gil"),
    ("and=(or(visits.eq.20,and(visits.eq.4,tier.eq.silver)),status.eq.active)", "amy ben"),
    // Blanks around parentheses and commas are nothing; at the end of a text they belong to it.
    ("and=(%20or(%20visits.eq.20%20,%20visits.eq.4%20)%20,%20visits.gte.0%20)", "amy ben"),
    ("or=(tier.eq.gold%20,tier.eq.silver%20)", ""),
    ("and=(visits.gte.33,status.eq.active))", "dot"),
    // Values with commas, quotes, lists and arrays.
    ("or=(tier.eq.%22gold%22,tier.eq.%22silver%22)", "amy ben dot gil"),
    ("or=(last_name.eq.%22Hill,%20Sr%22,first_name.eq.Amy)", "amy dot"),
    ("or=(last_name.eq.%22Double%5C%22Mark%22,visits.eq.1)", "flo hei"),
    ("or=(tier.eq.%22gold%22x,visits.eq.1)", "hei"),
    ("or=(tags.cs.{vip,table},visits.eq.2)", "dot gil"),
    ("or=(tier.in.(platinum,bronze),visits.eq.33)", "cal dot eli hei"),
    ("or=(tier.not.in.(gold,silver),visits.eq.33)", "cal dot eli hei"),
    ("or=(first_name.like(any).{A*,B*},visits.gt(all).{40,50})", "amy ben eli"),
    ("or=(attributes->>lang.eq.fr,attributes->host->>name.eq.Ida)", "ben hei"),
    ("or=(last_name.fts(english).brook,tier.is.null)", "ben flo"),
];

const REFUSED: &[(&str, &str)] = &[
    ("or=()", "PGRST100"),
    ("or=(status.eq.active", "PGRST100"),
    ("or=(status.xx.active)", "PGRST100"),
    ("or=(status)", "PGRST100"),
    ("or=(status.eq.active,)", "PGRST100"),
    ("or=(xor(status.eq.active,tier.eq.gold))", "PGRST100"),
    ("or=(status.in.active,tier.eq.gold)", "PGRST100"),
    ("and=(ord(visits.eq.1,visits.eq.2),visits.eq.3)", "PGRST100"),
    ("or=(foo.eq.1,status.eq.active)", "42703"),
    ("or=(visits.eq.abc,status.eq.active)", "22P02"),
];

pub(super) fn cases() -> Vec<Case> {
    let found = FOUND.iter().map(|(filter, names)| players(filter).finds(names));
    let refused = REFUSED.iter().map(|(filter, code)| get(&format!("players?{filter}")).fails(400, code));
    found.chain(refused).collect()
}

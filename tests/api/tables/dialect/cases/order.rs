//! Orders.

use super::super::case::{Case, get, players};

const SORTED: &[(&str, &str)] = &[
    ("visits", "cal hei gil ben flo amy dot eli"),
    ("visits.asc", "cal hei gil ben flo amy dot eli"),
    ("visits.desc", "eli dot amy flo ben gil hei cal"),
    ("created_at.desc", "hei gil flo eli dot cal ben amy"),
    ("tier,external_id", "cal hei amy dot eli ben gil flo"),
    ("tier.asc.nullslast,external_id", "cal hei amy dot eli ben gil flo"),
    ("tier.nullsfirst,external_id", "flo cal hei amy dot eli ben gil"),
    ("tier.desc,external_id", "flo ben gil eli amy dot cal hei"),
    ("tier.desc.nullslast,external_id.desc", "gil ben eli dot amy hei cal flo"),
    ("%20status%20,%20visits.desc", "dot amy flo ben hei gil cal eli"),
    ("adt.desc.nullslast", "eli dot amy flo ben gil hei cal"),
    ("%22visits%22.desc", "eli dot amy flo ben gil hei cal"),
];

pub(super) fn cases() -> Vec<Case> {
    let sorted = SORTED.iter().map(|(order, names)| players(&format!("order={order}")).finds_in_order(names));
    let refused = [
        "external_id.asc.nullslasttt",
        "external_id.ac",
        "external_id.descc",
        "external_id,",
        "",
        "visits.nullsfirst.asc",
    ];
    let refused = refused.iter().map(|order| get(&format!("players?order={order}")).fails(400, "PGRST100"));
    sorted.chain(refused).chain([get("players?order=foo").fails(400, "42703")]).collect()
}

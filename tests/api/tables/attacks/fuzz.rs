//! Queries put together from pieces of the grammar and from rubbish, some thousands of them: none of them may fail us.

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{super::neighbours::registry, *};
use crate::support::app::send;

const QUERIES: u64 = 4_500;

/// Words and signs that mean something, next to some that mean nothing.
const PIECES: &str = "select order limit offset and or not q after columns on_conflict id status adt visits tags attributes \
     created_at external_id birth_date property_id consents players games streams game_sessions campaigns templates segments \
     settings name eq neq gt gte lt lte like ilike in is isdistinct match imatch cs cd ov sl sr nxl nxr adj fts plfts phfts wfts \
     (any) (all) (english) . . . = = ( ) ( ) , , & & : :: -> ->> * ! !inner !left ... { } [ ] \" \\ % _ null not_null true false \
     unknown count() sum() avg() min() max() asc desc nullsfirst nullslast text int numeric jsonb uuid date timestamptz boolean \
     0 1 -1 12.5 1e9 99999999999999999999 2020-01-01 2020-01-01T00:00:00Z a Gold 01900000-0000-7000-8000-00000000000a {a,b} \
     [1,5) {\"a\":1} ' ; -- $1 é \u{1f600} \u{1} \u{2003} + #";

/// Whole pairs, so that much of what comes is nearly right.
const PAIRS: &str = "select=* select=id,external_id select=*,consents(*) select=id,consents!inner(status) select=tier,count() \
     select=adt.sum(),tier select=attributes->a->>b select=id::text order=created_at.desc order=adt.asc.nullslast limit=2 offset=1 \
     status=eq.active adt.gte=1.5 tags=cs.{a} id=in.() or=(status.eq.active,adt.gt.1) not.and=(visits.lt.3,tier.is.null) \
     attributes->>city=eq.Reno consents.status=eq.granted consents.order=recorded_at consents.limit=1 q=ann \
     created_at.gt=2020-01-01 email.ilike=*@example.com visits=eq(any).{1,2} consents=is.null first_name=imatch.^a tags=ov.{x,y} \
     select=...players(external_id) select=players(*)&order=players(external_id)";

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % most as u64).unwrap()
    }

    fn one(&mut self, of: &'static str) -> &'static str {
        let all: Vec<&str> = of.split_ascii_whitespace().collect();
        all[self.below(all.len())]
    }

    fn text(&mut self, most: usize) -> String {
        (0..=self.below(most)).map(|_| self.one(PIECES)).collect()
    }
}

/// A query of pairs that are right, nearly right, or rubbish.
fn query(dice: &mut Dice) -> String {
    let pairs = (0..=dice.below(3)).map(|_| {
        let mut pair = match dice.below(8) {
            0 => return format!("{}={}", encoded(&dice.text(3)), encoded(&dice.text(6))),
            1 => format!("{}={}.{}", dice.one(PIECES), dice.one(PIECES), dice.text(3)),
            _ => dice.one(PAIRS).to_owned(),
        };
        for _ in 0..dice.below(6).saturating_sub(3) {
            let places: Vec<usize> = pair.char_indices().map(|(place, _)| place).collect();
            if places.is_empty() {
                break;
            }
            let at = places[dice.below(places.len())];
            match dice.below(3) {
                0 => pair.insert_str(at, dice.one(PIECES)),
                1 => _ = pair.remove(at),
                _ => pair.truncate(at),
            }
        }
        match pair.split_once('=') {
            Some((name, value)) => format!("{}={}", encoded(name), encoded(value)),
            None => encoded(&pair).into_owned(),
        }
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn thousands_of_random_queries_are_all_answered() {
    let stage = Neighbours::meet().await;
    let tables = registry().tables();
    let all = stream::iter(0..QUERIES).map(|number| {
        let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Most of the pairs speak of players.
        let table = if dice.below(3) > 0 { "players" } else { tables[dice.below(tables.len())].name };
        let (path, query) = (format!("/api/{table}"), query(&mut dice));
        let stage = &stage;
        async move {
            let answer = match dice.below(12) {
                0 => stage.ask("GET", &format!("{path}/{}?{query}", stage.ours.id(table))).await,
                1 => {
                    let dry = [("prefer", "tx=rollback,return=representation")];
                    stage.send_with("PATCH", &format!("{path}?{query}"), &dry, &json!({ "name": "x" })).await
                }
                2 => {
                    let request =
                        stage.app.request("POST", &format!("{path}/query")).header("x-api-key", &stage.ours.key);
                    let form = request.header("content-type", "application/x-www-form-urlencoded");
                    send(form.body(query.clone())).await
                }
                3 => {
                    let prefer = [("prefer", "count=exact"), ("accept", "text/csv")];
                    stage.send_with("GET", &format!("{path}?{query}"), &prefer, &serde_json::Value::Null).await
                }
                4 => {
                    stage
                        .send_with(
                            "GET",
                            &format!("{path}?{query}"),
                            &[("prefer", "count=planned")],
                            &serde_json::Value::Null,
                        )
                        .await
                }
                _ => stage.ask("GET", &format!("{path}?{query}")).await,
            };
            let sent = format!("{path}?{query}");
            civil(&answer, &sent);
            assert!(!answer.text.contains("theirs"), "{sent}: {}", answer.text);
            answer.status
        }
    });
    let statuses: Vec<u16> = all.buffer_unordered(16).collect().await;
    let fine = statuses.iter().filter(|status| **status < 300).count();
    assert!(fine > 500, "only {fine} of {QUERIES} queries were understood, so this tries too little");
}

#[tokio::test]
async fn thousands_of_random_bodies_are_all_answered() {
    let stage = Neighbours::meet().await;
    let tables: Vec<_> = registry().tables().iter().collect();
    let all = stream::iter(0..QUERIES / 3).map(|number| {
        let mut dice = Dice(number.wrapping_mul(0xd134_2543_de82_ef95) + 1);
        let table = tables[dice.below(tables.len())];
        let mut row = super::super::neighbours::whole_row(table, &stage.ours.ids, "body");
        for _ in 0..=dice.below(3) {
            let names: Vec<String> = row.keys().cloned().collect();
            let name = if names.is_empty() { dice.text(2) } else { names[dice.below(names.len())].clone() };
            let value = match dice.below(8) {
                0 => json!(null),
                1 => json!(dice.text(4)),
                2 => json!([dice.text(1), null, 1]),
                3 => json!({ dice.text(1): dice.text(1) }),
                4 => json!(-1.5e300),
                5 => json!(u64::MAX),
                6 => json!(true),
                _ => json!([[["deep"]]]),
            };
            match dice.below(4) {
                0 => _ = row.remove(&name),
                1 => _ = row.insert(dice.text(1), value),
                _ => _ = row.insert(name, value),
            }
        }
        let mut text = serde_json::Value::Object(row).to_string();
        if dice.below(3) == 0 {
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            text.insert_str(places[dice.below(places.len())], dice.one(PIECES));
        }
        let (method, path) = match dice.below(4) {
            0 => ("PATCH", format!("/api/{}/{}", table.name, stage.ours.id(table.name))),
            1 => ("PUT", format!("/api/{}/{}", table.name, stage.ours.id(table.name))),
            2 => ("PATCH", format!("/api/{}?{}", table.name, query(&mut dice))),
            _ => ("POST", format!("/api/{}", table.name)),
        };
        let stage = &stage;
        async move {
            let request = stage.app.request(method, &path).header("x-api-key", &stage.ours.key);
            let request = request.header("prefer", "tx=rollback").header("content-type", "application/json");
            let answer = send(request.body(text.clone())).await;
            civil(&answer, &format!("{method} {path} {text}"));
            answer.status
        }
    });
    let statuses: Vec<u16> = all.buffer_unordered(16).collect().await;
    assert!(statuses.iter().any(|status| *status < 300));
}

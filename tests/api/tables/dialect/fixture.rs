//! The rows that the cases speak of, and the playing of a case on them.

use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{
    super::Stage,
    case::{Case, value},
};
use crate::support::{app::send, database};

/// Eight players of `:a` and two of `:b`, made so that each operator tells some of them from the others.
const PLAYERS: &str = r#"
insert into players (property_id, id, external_id, email, phone, first_name, last_name, status, tier, adt, coin_in, visits,
  birth_date, tags, attributes, created_at, updated_at) values
(:a, '$amy', 'amy', 'amy@north.test', '+1201', 'Amy', 'Archer', 'active', 'gold', 200.50, 12000.00, 20, '1981-04-02',
  '{vip,slots}', '{"lang": "en", "host": {"name": "Max", "level": 3}, "marks": [4, 6, 9]}', '2025-01-01T08:00Z', '2025-02-01T00:00Z'),
(:a, '$ben', 'ben', 'ben@north.test', null, 'Ben', 'Brook', 'active', 'silver', 30.00, 900.00, 4, '1972-11-23',
  '{slots}', '{"lang": "pt", "host": {"name": "Ida", "level": 1}, "marks": [2]}', '2025-01-02T08:00Z', '2025-02-02T00:00Z'),
(:a, '$cal', 'cal', null, '+1203', 'Cal', 'D''Arcy', 'inactive', 'bronze', null, 0, 0, null,
  '{}', '{}', '2025-01-03T08:00Z', '2025-02-03T00:00Z'),
(:a, '$dot', 'dot', 'dot@north.test', '+1204', 'Dot', 'Hill, Sr', 'active', 'gold', 410.75, 70000.00, 33, '1992-08-15',
  '{vip,table,poker}', '{"lang": "en", "vip": true}', '2025-01-04T08:00Z', '2025-02-04T00:00Z'),
(:a, '$eli', 'eli', 'eli@South.test', '+1205', 'Eli', 'Young', 'suspended', 'platinum', 880.00, 310000.25, 61, '1968-01-31',
  '{vip}', '{"lang": "ja", "host": null}', '2025-01-05T08:00Z', '2025-02-05T00:00Z'),
(:a, '$flo', 'flo', 'flo@north.test', '+1206', 'Flo', 'Double"Mark', 'active', null, 75.00, 5000.50, 8, '2000-02-29',
  null, null, '2025-01-06T08:00Z', '2025-02-06T00:00Z'),
(:a, '$gil', 'gil', 'gil@north.test', '+1207', 'Gil', 'slash\back', 'inactive', 'silver', 15.25, 700.00, 2, '1987-07-07',
  '{table}', '{"lang": "pt"}', '2025-01-07T08:00Z', '2025-02-07T00:00Z'),
(:a, '$hei', 'hei', 'hei@north.test', '+1208', 'Zoé', 'Ñuñez', 'active', 'bronze', 7.00, 150.00, 1, '1998-12-12',
  '{}', '{"lang": "fr"}', '2025-01-08T08:00Z', '2025-02-08T00:00Z'),
(:b, '$theirs', 'amy', 'amy@west.test', '+4901', 'Ute', 'Archer', 'active', 'gold', 1.00, 1.00, 3, '1970-01-01',
  '{vip}', '{"lang": "de"}', '2025-01-01T08:00Z', '2025-02-01T00:00Z'),
(:b, '0a000000-0000-4000-8000-0000000000f2', 'xan', 'xan@west.test', '+4902', 'Xan', 'Zweig', 'active', 'silver', 2.00, 2.00,
  4, '1971-01-01', '{}', '{}', '2025-01-02T08:00Z', '2025-02-02T00:00Z');"#;

const CONSENTS: &str = "
insert into consents (property_id, id, player_id, channel, status, recorded_at) values
(:a, '0c000000-0000-4000-8000-000000000001', '$amy', 'email', 'granted', '2025-03-01T00:00Z'),
(:a, '0c000000-0000-4000-8000-000000000002', '$amy', 'sms', 'revoked', '2025-03-02T00:00Z'),
(:a, '0c000000-0000-4000-8000-000000000003', '$ben', 'email', 'granted', '2025-03-03T00:00Z'),
(:a, '0c000000-0000-4000-8000-000000000004', '$dot', 'email', 'revoked', '2025-03-04T00:00Z'),
(:a, '0c000000-0000-4000-8000-000000000005', '$dot', 'sms', 'granted', '2025-03-05T00:00Z'),
(:a, '0c000000-0000-4000-8000-000000000006', '$eli', 'email', 'granted', '2025-03-06T00:00Z'),
(:b, '0c000000-0000-4000-8000-0000000000f1', '$theirs', 'email', 'granted', '2025-03-07T00:00Z');";

/// The ids that `$name` stands for; `$new` is nobody's.
const IDS: [(&str, &str); 10] = [
    ("$amy", "0a000000-0000-4000-8000-000000000001"),
    ("$ben", "0a000000-0000-4000-8000-000000000002"),
    ("$cal", "0a000000-0000-4000-8000-000000000003"),
    ("$dot", "0a000000-0000-4000-8000-000000000004"),
    ("$eli", "0a000000-0000-4000-8000-000000000005"),
    ("$flo", "0a000000-0000-4000-8000-000000000006"),
    ("$gil", "0a000000-0000-4000-8000-000000000007"),
    ("$hei", "0a000000-0000-4000-8000-000000000008"),
    ("$theirs", "0a000000-0000-4000-8000-0000000000f1"),
    ("$new", "0a000000-0000-4000-8000-0000000000e1"),
];

/// A server with the rows, and a key of another tenant.
pub(super) struct Scene {
    stage: Stage,
    other: String,
    owner: DatabaseConnection,
    rows: String,
}

/// What came of a case.
pub(super) struct Played {
    pub(super) text: String,
    pub(super) faults: Vec<String>,
}

impl Scene {
    pub(super) async fn set() -> Self {
        let stage = Stage::set().await;
        let (tenant, other) = stage.other().await;
        let (a, b) = (format!("'{}'", stage.tenant.property), format!("'{}'", tenant.property));
        // Without triggers: these rows are scenery, and consents are evidence that nobody may delete.
        let rows = format!(
            "begin; set local session_replication_role = replica; delete from consents; delete from players; {PLAYERS} {CONSENTS} commit"
        );
        let rows = named(&rows.replace(":a,", &format!("{a},")).replace(":b,", &format!("{b},")));
        let owner = database::owner(&stage.app.database_url).await;
        owner.execute_unprepared(&rows).await.unwrap();
        Self { stage, other, owner, rows }
    }

    /// Sends a case to a target, looks at what it is to leave behind, and puts the rows back.
    pub(super) async fn play(&self, case: &Case, target: &str) -> Played {
        let request = self.stage.request(case.method, &named(target));
        let mut request = case.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        if let Some(body) = case.body {
            request = request.body(named(body));
        }
        let answer = send(request).await;
        let mut faults = case.faults(&answer, target);
        if let Some(then) = &case.then {
            let key = if then.by_other { &self.other } else { &self.stage.key };
            let path = format!("/api/{}", named(then.target));
            let left = send(self.stage.app.request("GET", &path).header("x-api-key", key)).await;
            if left.body != value(then.rows) {
                faults.push(format!("leaves {}, wanted {}", left.text, then.rows));
            }
        }
        if !case.reads() {
            self.owner.execute_unprepared(&self.rows).await.unwrap();
        }
        Played { text: answer.text, faults }
    }

    pub(super) async fn end(self) {
        self.owner.close().await.unwrap();
        self.stage.app.stop().await;
    }
}

fn named(text: &str) -> String {
    IDS.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
}

//! What columns usually mean, by their names: sentences and examples that no type can tell.

use serde_json::Value;

use crate::tables::kind::Kind;

/// The sentence and the example of a column, where its name is a usual one, or one that means something of its own in its
/// table, and the example has the column's type.
pub(super) fn usual(table: &str, name: &str, kind: Kind) -> (Option<&'static str>, Option<Value>) {
    let own = format!("{table}.{name}");
    let wanted = if WORDS.iter().any(|(known, ..)| *known == own) { &own } else { name };
    let known = WORDS.iter().filter(|(known, ..)| *known == wanted).map(|(_, meaning, example)| {
        (Some(*meaning), serde_json::from_str(example).ok().filter(|example| fits(example, kind)))
    });
    // A name may mean one thing as a text and another as a number.
    known.min_by_key(|(_, example)| example.is_none()).unwrap_or_default()
}

fn fits(example: &Value, kind: Kind) -> bool {
    match kind {
        Kind::SmallInt | Kind::Integer | Kind::BigInt => example.is_i64(),
        Kind::Numeric | Kind::Double => example.is_number(),
        Kind::Boolean => example.is_boolean(),
        Kind::TextArray => example.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        Kind::IntegerArray => example.as_array().is_some_and(|items| items.iter().all(Value::is_i64)),
        Kind::Json | Kind::JsonText => true,
        Kind::Text | Kind::Uuid | Kind::Timestamp | Kind::Date | Kind::Inet | Kind::Bytes => example.is_string(),
    }
}

/// Name, meaning, example as JSON.
#[rustfmt::skip]
const WORDS: &[(&str, &str, &str)] = &[
    ("action", "What was done", r#""player.update""#),
    ("actor", "Who did it", r#""key:0198c5a2""#),
    ("actor_id", "Who did it", r#""7""#),
    ("actor_kind", "Whether a person, a key or the server did it", r#""member""#),
    ("address", "The mail address or phone number", r#""alex.rivera@example.com""#),
    ("adt", "Average daily theoretical: what the house expects to win in a day of play", "182.5"),
    ("allowed_tables", "The tables that the key may use; null: all that are not guarded", r#"["players","consents"]"#),
    ("at", "When it was done", r#""2026-03-01T18:32:07.123456+00:00""#),
    ("attempted_at", "When the last attempt began", r#""2026-03-01T18:32:07.128901+00:00""#),
    ("attempts", "How many attempts began", "1"),
    ("attributes", "Free data of the operator", r#"{"city":"Reno","vip":true}"#),
    ("birth_date", "The day of birth", r#""1984-07-21""#),
    ("body", "The text", r#""<p>See you at the tables</p>""#),
    ("body_html", "The mail as HTML", r#""<h1>Hello {{first_name}}</h1>""#),
    ("body_text", "The mail as plain text, or the text message", r#""Hello {{first_name}}""#),
    ("channel", "The way by which players are reached", r#""email""#),
    ("client_address", "The address that the call came from", r#""203.0.113.7""#),
    ("coin_in", "What was staked in all", "48250.75"),
    ("consumed_at", "When it was used", r#""2026-03-01T18:32:07.123456+00:00""#),
    ("created_by", "Who made it", r#""member:7""#),
    ("delivery_id", "The delivery that was attempted", r#""0198c5a2-7d51-7c6e-9a3c-4d5e6f708192""#),
    ("definition", "The steps", r#"{"steps":[{"send":"welcome"},{"wait":"P3D"}]}"#),
    ("description", "What it is for", r#""Came within the last thirty days""#),
    ("details", "What more is known of it", r#"{"changed":["status"]}"#),
    ("disabled_at", "When it was switched off", r#""2026-03-02T07:00:00+00:00""#),
    ("disabled_reason", "Why it was switched off", r#""Too many failed deliveries""#),
    ("disclosure", "What the player was told", r#""I agree to receive marketing messages""#),
    ("disclosure_version", "Which wording it was", r#""2026-01""#),
    ("due_at", "When it is sent next, at the earliest", r#""2026-03-01T18:32:07.123456+00:00""#),
    ("duration_ms", "How long it took, in milliseconds", "48"),
    ("email", "The mail address", r#""alex.rivera@example.com""#),
    ("enabled", "Whether it works", "true"),
    ("ends_at", "When it ends", r#""2026-03-07T22:00:00+00:00""#),
    ("error", "Why it failed; null when it did not", r#""The endpoint answered 503""#),
    ("event_id", "The event, whose id is the `webhook-id` of every attempt", r#""0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10""#),
    ("event_type", "The type of the event", r#""player.updated""#),
    ("event_types", "The events that it hears of", r#"["player.created","player.updated"]"#),
    ("expires_at", "From this instant on it holds no more", r#""2027-03-01T00:00:00+00:00""#),
    ("external_id", "The operator's own id of the player, unique in the property", r#""P-100234""#),
    ("external_ref", "The integrator's own name for it", r#""order-4711""#),
    ("filter", "Which players it holds, in the grammar of filters; null: all", r#""status.eq=active&tier.in=(Gold,Platinum)""#),
    ("finished_at", "When it was over, one way or another", r#""2026-03-01T18:32:07.176543+00:00""#),
    ("first_name", "The given name", r#""Alex""#),
    ("game_id", "The game that is played", "42"),
    ("headers", "Headers that are sent along", r#"{"X-Source":"playhouse"}"#),
    ("ip", "The address of the player's device", r#""203.0.113.7""#),
    ("is_active", "Whether it was not revoked", "true"),
    ("issuer", "Who vouches for the person", r#""cognito""#),
    ("key_prefix", "The first characters of the key, to know it by", r#""pk_7Hq2mVx9""#),
    ("kind", "The operator's own word for what it is", r#""block""#),
    ("last_error", "Why the last attempt failed", r#""The endpoint answered 503""#),
    ("last_name", "The family name", r#""Rivera""#),
    ("last_status", "The HTTP status of the last attempt; null when there was no answer", "200"),
    ("last_used_at", "When it was last used, up to a few seconds behind", r#""2026-03-01T18:30:00+00:00""#),
    ("last_visit_at", "When the player was last seen", r#""2026-02-27T21:14:00+00:00""#),
    ("locale", "The language, as BCP 47 writes it", r#""en-US""#),
    ("metadata", "Free data of the integrator", r#"{"campaign":"summer-promo"}"#),
    ("name", "The name", r#""Weekend reload""#),
    ("next_attempt_at", "When the next attempt follows; null when this was the last", r#""2026-03-01T18:32:12.402113+00:00""#),
    ("number", "Which attempt it was, from 1 on", "1"),
    ("occurred_at", "When it happened", r#""2026-02-27T21:14:00+00:00""#),
    ("payload", "What was told of it: the text that is sent and signed", r#"{"type":"player.deleted","timestamp":"2026-03-01T18:32:07.123456+00:00","data":{"id":"0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10"},"property_id":"0198c5a2-7d51-7c6e-9a3c-2b4d6f8a0c1e"}"#),
    ("phone", "The phone number, in E.164", r#""+17755550123""#),
    ("player_uuid", "Who used it, as the game named the player", r#""a1b2c3d4-e5f6-4890-abcd-ef1234567890""#),
    ("purpose", "Whether it advertises or informs", r#""marketing""#),
    ("rate_limit", "Calls per minute", "100"),
    ("rate_limit_per_day", "Calls per day; null: days are not counted", "10000"),
    ("reason", "Why", r#""Asked for it on the phone""#),
    ("recorded_at", "When it was written down", r#""2026-02-27T21:14:03.120938+00:00""#),
    ("request_id", "The call in the log of the server", r#""0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10""#),
    ("response_excerpt", "The beginning of what the endpoint answered", r#""ok""#),
    ("revoked_at", "When it was taken back", r#""2026-03-05T09:12:44+00:00""#),
    ("role", "What the person may do", r#""editor""#),
    ("scheduled_at", "When it is to be sent", r#""2026-03-06T17:00:00+00:00""#),
    ("scopes", "What the key may do", r#"["read","write"]"#),
    ("sent_at", "When it was sent", r#""2026-03-06T17:00:04+00:00""#),
    ("settings", "Free settings of the operator", r#"{"theme":"dark"}"#),
    ("slug", "The name in addresses", r#""weekend-reload""#),
    ("source", "Where it comes from", r#""front-desk""#),
    ("started_at", "When it began", r#""2026-03-01T18:32:07.128901+00:00""#),
    ("starts_at", "When it begins", r#""2026-03-06T18:00:00+00:00""#),
    ("state", "Where the player lives, as the operator writes it", r#""NV""#),
    ("status", "The HTTP status that was answered", "200"),
    ("status", "Where it stands", r#""active""#),
    ("stream_id", "The stream that it belongs to", "7"),
    ("tags", "Free words of the operator", r#"["vip","slots"]"#),
    ("tier", "The level in the operator's club", r#""Gold""#),
    ("time_zone", "The time zone, by its IANA name", r#""America/Los_Angeles""#),
    ("type", "The kind of it", r#""marketing""#),
    ("url", "Where it is reached", r#""https://hooks.example.com/playhouse""#),
    ("user_agent", "The player's browser", r#""Mozilla/5.0""#),
    ("version", "Counts the changes", "1"),
    ("visits", "How often the player came", "27"),
    ("webhook_attempts.status", "The HTTP status that the endpoint answered; null when there was no answer", "200"),
    ("webhook_id", "The webhook that it is for", r#""0198c5a2-7d51-7c6e-9a3c-5a6b7c8d9e0f""#),
    ("webhooks.description", "What it is for", r#""Tells the mailing system""#),
    ("webhooks.event_types", "The events that it hears of: exact types, groups such as `player.*`, or `*`", r#"["player.*","consent.revoked"]"#),
    ("webhooks.headers", "Headers that are sent along", r#"{"X-Source":"playhouse"}"#),
    ("webhooks.rate_limit", "Most deliveries per second; null: no limit", "50"),
    ("events.type", "What happened", r#""player.deleted""#),
    ("zip", "The postal code", r#""89501""#),
];

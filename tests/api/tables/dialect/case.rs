//! One request and what it is answered with.

use std::fmt;

use playhouse::tables::grammar;
use serde_json::Value;

use crate::support::app::Answer;

/// A request, and what the dialect says of its answer. In targets and bodies `$amy` stands for the id of a player.
pub(super) struct Case {
    pub(super) method: &'static str,
    target: String,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) body: Option<&'static str>,
    statuses: Vec<u16>,
    wanted_headers: Vec<(&'static str, Header)>,
    wanted: Wanted,
    pub(super) then: Option<Then>,
}

/// What is looked at when the request is answered: by whom, which rows, and how they must be.
pub(super) struct Then {
    pub(super) by_other: bool,
    pub(super) target: &'static str,
    pub(super) rows: &'static str,
}

/// What a header of the answer must be.
enum Header {
    Is(&'static str),
    Ends(&'static str),
    Has(&'static str),
    Absent,
}

/// What the body of the answer must be.
enum Wanted {
    Anything,
    Nothing,
    /// Players by their external ids.
    Players {
        names: &'static str,
        ordered: bool,
    },
    /// The same value.
    Json(&'static str),
    /// The same elements in any order.
    Elements(&'static str),
    /// The same bytes.
    Text(&'static str),
    /// Rows with at least these members.
    Members(&'static str),
    Rows(usize),
    Error(&'static str),
}

/// `GET` of the players' external ids.
pub(super) fn players(query: &str) -> Case {
    get(&format!("players?select=external_id&{query}"))
}

pub(super) fn get(target: &str) -> Case {
    Case::new("GET", target, None)
}

pub(super) fn head(target: &str) -> Case {
    Case::new("HEAD", target, None)
}

pub(super) fn post(target: &str, body: &'static str) -> Case {
    Case::new("POST", target, Some(body)).sends("application/json")
}

pub(super) fn put(target: &str, body: &'static str) -> Case {
    Case::new("PUT", target, Some(body)).sends("application/json")
}

pub(super) fn patch(target: &str, body: &'static str) -> Case {
    Case::new("PATCH", target, Some(body)).sends("application/json")
}

pub(super) fn delete(target: &str) -> Case {
    Case::new("DELETE", target, None)
}

impl Case {
    fn new(method: &'static str, target: &str, body: Option<&'static str>) -> Self {
        Self {
            method,
            target: format!("/api/{target}"),
            headers: Vec::new(),
            body,
            statuses: vec![200],
            wanted_headers: Vec::new(),
            wanted: Wanted::Anything,
            then: None,
        }
    }

    // What is sent.

    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn sends(mut self, media: &'static str) -> Self {
        self.headers.retain(|(name, _)| *name != "content-type");
        self.with("content-type", media)
    }

    pub(super) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(super) fn with_body(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn prefer(self, value: &'static str) -> Self {
        self.with("prefer", value)
    }

    pub(super) fn accept(self, value: &'static str) -> Self {
        self.with("accept", value)
    }

    pub(super) fn range(self, value: &'static str) -> Self {
        self.with("range", value)
    }

    // What comes back.

    pub(super) fn status(mut self, status: u16) -> Self {
        self.statuses = vec![status];
        self
    }

    pub(super) fn status_of(mut self, statuses: &[u16]) -> Self {
        self.statuses = statuses.to_vec();
        self
    }

    pub(super) fn is(self, header: &'static str, value: &'static str) -> Self {
        self.header(header, Header::Is(value))
    }

    pub(super) fn ends(self, header: &'static str, value: &'static str) -> Self {
        self.header(header, Header::Ends(value))
    }

    pub(super) fn has(self, header: &'static str, value: &'static str) -> Self {
        self.header(header, Header::Has(value))
    }

    pub(super) fn lacks(self, header: &'static str) -> Self {
        self.header(header, Header::Absent)
    }

    fn header(mut self, name: &'static str, wanted: Header) -> Self {
        self.wanted_headers.push((name, wanted));
        self
    }

    fn wants(mut self, wanted: Wanted) -> Self {
        self.wanted = wanted;
        self
    }

    pub(super) fn finds(self, names: &'static str) -> Self {
        self.wants(Wanted::Players { names, ordered: false })
    }

    pub(super) fn finds_in_order(self, names: &'static str) -> Self {
        self.wants(Wanted::Players { names, ordered: true })
    }

    pub(super) fn json(self, value: &'static str) -> Self {
        self.wants(Wanted::Json(value))
    }

    pub(super) fn elements(self, value: &'static str) -> Self {
        self.wants(Wanted::Elements(value))
    }

    pub(super) fn text(self, value: &'static str) -> Self {
        self.wants(Wanted::Text(value))
    }

    pub(super) fn members(self, names: &'static str) -> Self {
        self.wants(Wanted::Members(names))
    }

    pub(super) fn rows(self, count: usize) -> Self {
        self.wants(Wanted::Rows(count))
    }

    pub(super) fn nothing(self) -> Self {
        self.wants(Wanted::Nothing)
    }

    pub(super) fn fails(self, status: u16, code: &'static str) -> Self {
        self.status(status).wants(Wanted::Error(code))
    }

    /// These rows are there afterwards.
    pub(super) fn then(self, target: &'static str, rows: &'static str) -> Self {
        Self { then: Some(Then { by_other: false, target, rows }), ..self }
    }

    /// The other tenant finds these rows afterwards.
    pub(super) fn then_other(self, target: &'static str, rows: &'static str) -> Self {
        Self { then: Some(Then { by_other: true, target, rows }), ..self }
    }

    // How it is played.

    pub(super) fn target(&self) -> &str {
        &self.target
    }

    pub(super) fn reads(&self) -> bool {
        matches!(self.method, "GET" | "HEAD")
    }

    /// The same request in the original spelling; `None` where it has no other or cannot be read.
    pub(super) fn respelled(&self) -> Option<String> {
        let (path, query) = self.target.split_once('?')?;
        let respelled = grammar::parse(query).ok()?.to_query_string();
        let pairs = |query: &str| {
            let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
            pairs.collect::<std::collections::BTreeSet<_>>()
        };
        (pairs(&respelled) != pairs(query)).then(|| format!("{path}?{respelled}"))
    }

    /// What of an answer is not as it should be.
    pub(super) fn faults(&self, answer: &Answer, target: &str) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.statuses.contains(&answer.status) {
            faults.push(format!("status {}, wanted {:?}: {}", answer.status, self.statuses, answer.text));
        }
        for (name, wanted) in &self.wanted_headers {
            // It repeats the query as it was written.
            if *name == "content-location" && target != self.target {
                continue;
            }
            let came = answer.headers.get(*name).map(|value| value.to_str().unwrap());
            if !wanted.fits(came) {
                faults.push(format!("{name}: {came:?}"));
            }
        }
        faults.extend(self.wanted.fault(answer));
        faults
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)?;
        self.headers.iter().try_for_each(|(name, value)| write!(f, " [{name}: {value}]"))?;
        self.body.map_or(Ok(()), |body| write!(f, " {body}"))
    }
}

impl Header {
    fn fits(&self, came: Option<&str>) -> bool {
        match self {
            Self::Is(wanted) => came == Some(wanted),
            Self::Ends(wanted) => came.is_some_and(|came| came.ends_with(wanted)),
            Self::Has(wanted) => came.is_some_and(|came| came.contains(wanted)),
            Self::Absent => came.is_none(),
        }
    }
}

impl Wanted {
    fn fault(&self, answer: &Answer) -> Option<String> {
        let text = &answer.text;
        let holds = match self {
            Self::Anything => true,
            Self::Nothing => text.is_empty(),
            Self::Text(wanted) => text == wanted,
            Self::Json(wanted) => answer.body == value(wanted),
            Self::Elements(wanted) => sorted(&answer.body) == sorted(&value(wanted)),
            Self::Players { names, ordered } => found(&answer.body, names, *ordered),
            Self::Members(wanted) => match answer.body.get(0) {
                Some(row) => wanted.split(' ').all(|member| row.get(member).is_some()),
                None => false,
            },
            Self::Rows(count) => answer.body.as_array().is_some_and(|rows| rows.len() == *count),
            Self::Error(code) => {
                let told = ["error", "message"].map(|member| answer.body[member].as_str().unwrap_or_default());
                answer.body["code"] == *code
                    && answer.body["success"] == false
                    && told[0] == told[1]
                    && !told[0].is_empty()
            }
        };
        (!holds).then(|| format!("answers {text}, wanted {}", self.told()))
    }

    fn told(&self) -> String {
        match self {
            Self::Anything => "anything".to_owned(),
            Self::Nothing => "nothing".to_owned(),
            Self::Text(text) | Self::Json(text) | Self::Elements(text) | Self::Members(text) | Self::Error(text) => {
                (*text).to_owned()
            }
            Self::Players { names, .. } => (*names).to_owned(),
            Self::Rows(count) => format!("{count} rows"),
        }
    }
}

pub(super) fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn sorted(list: &Value) -> Option<Vec<String>> {
    let mut elements: Vec<_> = list.as_array()?.iter().map(ToString::to_string).collect();
    elements.sort_unstable();
    Some(elements)
}

fn found(rows: &Value, names: &str, ordered: bool) -> bool {
    let Some(rows) = rows.as_array() else { return false };
    let mut came: Vec<_> = rows.iter().map(|row| row["external_id"].as_str().unwrap_or_default()).collect();
    let mut wanted: Vec<_> = names.split_whitespace().collect();
    if !ordered {
        came.sort_unstable();
        wanted.sort_unstable();
    }
    came == wanted
}

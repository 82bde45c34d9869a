//! `Prefer`: what a caller would like of an answer, and `Preference-Applied`: what of it held.

use poem::http::{HeaderMap, HeaderValue};

use crate::error::ApiError;

/// Longer lists of unknown preferences are cut when they are repeated.
const SHOWN_CHARS: usize = 200;

/// The preferences of a request; of several values of one preference the first that is known counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefer {
    /// `resolution`
    pub resolution: Option<Resolution>,
    /// `missing`
    pub missing: Option<Missing>,
    /// `return`
    pub returning: Option<Return>,
    /// `count`
    pub count: Option<Count>,
    /// `tx`
    pub tx: Option<Tx>,
    /// `handling`
    pub handling: Option<Handling>,
    /// `timezone`: as it was written; the database knows whether there is such a zone.
    pub timezone: Option<String>,
    /// `max-affected`: rows that a write may touch.
    pub max_affected: Option<u64>,
    /// What nobody knows, as it was written.
    pub unknown: Vec<String>,
}

/// Defines what the values of a preference are called.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$what])* $value,)+ }

        impl $name {
            /// The value in the header.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }

            fn parse(word: &str) -> Option<Self> {
                [$(Self::$value,)+].into_iter().find(|value| value.word().eq_ignore_ascii_case(word))
            }
        }
    };
}

words! {
    /// What becomes of a new row that exists already.
    Resolution {
        /// It changes the one that exists.
        MergeDuplicates = "merge-duplicates",
        /// It is left away.
        IgnoreDuplicates = "ignore-duplicates",
    }
}
words! {
    /// What a row gets where it says nothing.
    Missing {
        /// The column's default.
        Default = "default",
        /// Null.
        Null = "null",
    }
}
words! {
    /// What a write answers.
    Return {
        /// Nothing.
        Minimal = "minimal",
        /// Where the new row is.
        HeadersOnly = "headers-only",
        /// The rows.
        Representation = "representation",
    }
}
words! {
    /// How all rows that fit are counted.
    Count {
        /// One by one.
        Exact = "exact",
        /// As the planner guesses.
        Planned = "planned",
        /// Exactly while there are few.
        Estimated = "estimated",
    }
}
words! {
    /// How the transaction ends.
    Tx {
        /// For good.
        Commit = "commit",
        /// As if nothing had been: a dry run.
        Rollback = "rollback",
    }
}
words! {
    /// What becomes of preferences that nobody knows.
    Handling {
        /// They are errors, and `max-affected` counts.
        Strict = "strict",
        /// They are ignored.
        Lenient = "lenient",
    }
}

impl Prefer {
    /// Reads all `Prefer` headers of a request.
    pub fn parse(headers: &HeaderMap) -> Self {
        let mut prefer = Self::default();
        for header in headers.get_all("prefer") {
            let text = String::from_utf8_lossy(header.as_bytes());
            for token in text.split(',').map(str::trim).filter(|token| !token.is_empty()) {
                if prefer.take(token).is_none() {
                    prefer.unknown.push(token.to_owned());
                }
            }
        }
        prefer
    }

    /// Takes a preference in; `None` when it is not known.
    fn take(&mut self, token: &str) -> Option<()> {
        // Parameters of a preference have no meaning here.
        let (name, value) = token.split(';').next()?.split_once('=')?;
        let value = value.trim().trim_matches('"');
        match &*name.trim().to_ascii_lowercase() {
            "resolution" => keep(&mut self.resolution, Resolution::parse(value)?),
            "missing" => keep(&mut self.missing, Missing::parse(value)?),
            "return" => keep(&mut self.returning, Return::parse(value)?),
            "count" => keep(&mut self.count, Count::parse(value)?),
            "tx" => keep(&mut self.tx, Tx::parse(value)?),
            "handling" => keep(&mut self.handling, Handling::parse(value)?),
            "timezone" if !value.is_empty() => keep(&mut self.timezone, value.to_owned()),
            "max-affected" => keep(&mut self.max_affected, value.parse().ok()?),
            _ => return None,
        }
        Some(())
    }

    /// Whether the caller wants to hear of preferences that nobody knows, and `max-affected` to count.
    pub fn is_strict(&self) -> bool {
        self.handling == Some(Handling::Strict)
    }

    /// How many rows a write may touch: only who handles strictly sets a bound.
    pub fn bound(&self) -> Option<u64> {
        self.max_affected.filter(|_| self.is_strict())
    }

    /// 400 `PGRST122` when there are unknown preferences and the caller wants to hear of them.
    pub fn strict_error(&self) -> Option<ApiError> {
        if !self.is_strict() || self.unknown.is_empty() {
            return None;
        }
        let mut unknown: String = self.unknown.join(", ");
        if let Some((end, _)) = unknown.char_indices().nth(SHOWN_CHARS) {
            unknown.truncate(end);
            unknown.push('…');
        }
        let error = ApiError::bad_request("Invalid preferences given with handling=strict").with_code("PGRST122");
        Some(error.with_details(format!("Invalid preferences: {unknown}")))
    }
}

/// The first value wins.
fn keep<T>(place: &mut Option<T>, value: T) {
    place.get_or_insert(value);
}

/// What a request does, as far as preferences care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `GET`, `HEAD` and their kin.
    Read,
    /// `POST` of rows.
    Insert,
    /// `PATCH`
    Update,
    /// `PUT`
    Replace,
    /// `DELETE`
    Delete,
}

/// The preferences that held, in the order in which PostgREST tells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied(Vec<(&'static str, String)>);

impl Applied {
    /// What of the preferences has a meaning for an operation.
    pub fn of(prefer: &Prefer, operation: Operation) -> Self {
        use Operation::{Delete, Insert, Read, Update};
        let word = |word: &'static str| word.to_owned();
        let all = [
            ("resolution", prefer.resolution.map(Resolution::word).map(word), operation == Insert),
            ("missing", prefer.missing.map(Missing::word).map(word), matches!(operation, Insert | Update)),
            ("return", prefer.returning.map(Return::word).map(word), operation != Read),
            ("count", prefer.count.map(Count::word).map(word), true),
            ("tx", prefer.tx.map(Tx::word).map(word), true),
            ("handling", prefer.handling.map(Handling::word).map(word), true),
            ("timezone", prefer.timezone.clone(), true),
            ("max-affected", prefer.bound().map(|bound| bound.to_string()), matches!(operation, Update | Delete)),
        ];
        Self(all.into_iter().filter(|(.., here)| *here).filter_map(|(name, value, _)| Some((name, value?))).collect())
    }

    /// Takes back a preference that could not be met.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(held, _)| *held != name);
        self
    }

    /// The value of `Preference-Applied`; `None` when nothing held.
    pub fn header(&self) -> Option<HeaderValue> {
        let held: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if held.is_empty() { None } else { HeaderValue::try_from(held.join(", ")).ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefer(headers: &[&str]) -> Prefer {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append("prefer", HeaderValue::from_str(header).unwrap());
        }
        Prefer::parse(&map)
    }

    fn applied(header: &str, operation: Operation) -> String {
        let header = Applied::of(&prefer(&[header]), operation).header();
        header.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn lists_and_several_headers_are_one_list() {
        let all = prefer(&["return=minimal,count=exact", "missing=default , tx=rollback", ""]);
        assert_eq!(all.returning, Some(Return::Minimal));
        assert_eq!(all.count, Some(Count::Exact));
        assert_eq!(all.missing, Some(Missing::Default));
        assert_eq!(all.tx, Some(Tx::Rollback));
        assert!(all.unknown.is_empty());
    }

    #[test]
    fn the_first_known_value_of_a_preference_wins_whatever_its_case() {
        let first = prefer(&["return=everything, Return=\"Representation\"; x=1, return=minimal"]);
        assert_eq!(first.returning, Some(Return::Representation));
        assert_eq!(first.unknown, ["return=everything"]);
    }

    #[test]
    fn strict_handling_refuses_what_nobody_knows_as_it_was_written() {
        let error = prefer(&["handling=strict, foo, bar=1"]).strict_error().unwrap();
        assert_eq!((error.status_code().as_u16(), error.code()), (400, Some("PGRST122")));
        assert_eq!(error.details().unwrap(), "Invalid preferences: foo, bar=1");
        for unknown in ["anything", "count=none", "max-affected=-1", "max-affected=x", "timezone="] {
            assert!(prefer(&["handling=strict", unknown]).strict_error().is_some(), "{unknown}");
            assert!(prefer(&[unknown]).strict_error().is_none(), "{unknown}");
        }
        assert!(prefer(&["handling=strict, count=exact"]).strict_error().is_none());
        let long = prefer(&["handling=strict", &"é".repeat(4000)]).strict_error().unwrap();
        assert!(long.details().unwrap().as_str().unwrap().chars().count() < 250);
    }

    #[test]
    fn a_bound_counts_only_with_strict_handling() {
        assert_eq!(prefer(&["max-affected=5"]).bound(), None);
        assert_eq!(prefer(&["handling=strict, max-affected=5"]).bound(), Some(5));
    }

    #[test]
    fn what_held_is_told_in_one_order() {
        let everything = "max-affected=5, timezone=America/Lima, handling=strict, tx=rollback, count=exact, \
                          return=representation, missing=default, resolution=merge-duplicates";
        assert_eq!(
            applied(everything, Operation::Insert),
            "resolution=merge-duplicates, missing=default, return=representation, count=exact, tx=rollback, \
             handling=strict, timezone=America/Lima"
        );
        assert_eq!(
            applied(everything, Operation::Update),
            "missing=default, return=representation, count=exact, tx=rollback, handling=strict, \
             timezone=America/Lima, max-affected=5"
        );
        assert_eq!(
            applied(everything, Operation::Read),
            "count=exact, tx=rollback, handling=strict, timezone=America/Lima"
        );
        assert_eq!(applied("return=minimal, missing=default, max-affected=1", Operation::Delete), "return=minimal",);
        assert_eq!(applied("return=representation", Operation::Read), "");
        let without = Applied::of(&prefer(&["count=exact, tx=commit"]), Operation::Read).without("count");
        assert_eq!(without.header().unwrap(), "tx=commit");
    }
}

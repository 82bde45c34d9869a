//! Media types: what a caller can read, and what a body is written in.

use poem::http::StatusCode;

use crate::error::ApiError;

/// How an answer with rows is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// An array of objects, or the object that an operation is about.
    Json,
    /// An array, asked for by name.
    Array {
        /// Members that are null are left out.
        nulls_stripped: bool,
    },
    /// One object; another number of rows is an error.
    Object {
        /// Members that are null are left out.
        nulls_stripped: bool,
    },
    /// A header line and a line for each row.
    Csv {
        /// Fields that a spreadsheet would compute are made harmless.
        formulas_escaped: bool,
    },
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyMedia {
    /// JSON in UTF-8.
    Json,
    /// CSV in UTF-8 with a header line.
    Csv,
}

/// What a refused `Accept` is repeated with.
const SHOWN_CHARS: usize = 200;

impl Media {
    /// The `Content-Type` of an answer.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::Array { nulls_stripped: false } => "application/json; charset=utf-8",
            Self::Array { nulls_stripped: true } => "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
            Self::Object { nulls_stripped: false } => "application/vnd.pgrst.object+json; charset=utf-8",
            Self::Object { nulls_stripped: true } => "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
            Self::Csv { formulas_escaped: false } => "text/csv; charset=utf-8",
            Self::Csv { formulas_escaped: true } => "text/csv;formulas=escaped; charset=utf-8",
        }
    }
}

/// The media type that a caller likes best, of those there are; absent means anything.
///
/// # Errors
///
/// 406 `PGRST107` when none of them is there.
pub fn negotiate(accept: Option<&str>) -> Result<Media, ApiError> {
    let accept = accept.map(str::trim).filter(|accept| !accept.is_empty()).unwrap_or("*/*");
    let mut ranges: Vec<Range<'_>> = accept.split(',').filter_map(Range::parse).collect();
    // Sorting is stable: ties stay in the order in which they came.
    ranges.sort_by_key(|range| {
        (std::cmp::Reverse(range.quality), range.breadth(), std::cmp::Reverse(range.parameters.len()))
    });
    let refused: Vec<&str> = ranges.iter().filter(|range| range.quality == 0).map(|range| range.name).collect();
    let wanted = ranges.iter().filter(|range| range.quality > 0);
    wanted.filter_map(|range| range.media(&refused)).next().ok_or_else(|| {
        let mut names: String = accept.chars().take(SHOWN_CHARS).collect();
        if names.len() < accept.len() {
            names.push('…');
        }
        let sentence = format!("None of these media types are available: {names}");
        ApiError::new(StatusCode::NOT_ACCEPTABLE, sentence).with_code("PGRST107").with_hint(
            "application/json, text/csv, application/vnd.pgrst.object+json, application/vnd.pgrst.array+json",
        )
    })
}

/// One part of `Accept`.
struct Range<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    /// In thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let mut range = Self { name, parameters: Vec::new(), quality: 1000 };
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let (key, value) = (key.trim_end(), value.trim_start().trim_matches('"'));
            if key.eq_ignore_ascii_case("q") {
                // What follows a quality belongs to no media type.
                range.quality = quality(value);
                break;
            }
            range.parameters.push((key, value));
        }
        Some(range)
    }

    /// How much it covers: a type, a family, everything.
    fn breadth(&self) -> u8 {
        match self.name {
            "*/*" | "*" => 2,
            name if name.ends_with("/*") => 1,
            _ => 0,
        }
    }

    /// The media type that answers it, unless the caller refused that one by name.
    fn media(&self, refused: &[&str]) -> Option<Media> {
        let says = |key: &str, value: &str| {
            self.parameters.iter().any(|(k, v)| k.eq_ignore_ascii_case(key) && v.eq_ignore_ascii_case(value))
        };
        let allowed = |name: &str| !refused.iter().any(|refused| refused.eq_ignore_ascii_case(name));
        let nulls_stripped = says("nulls", "stripped");
        let (json, csv) = (Media::Json, Media::Csv { formulas_escaped: says("formulas", "escaped") });
        match &*self.name.to_ascii_lowercase() {
            "application/json" => Some(json),
            "text/csv" => Some(csv),
            "application/vnd.pgrst.array" | "application/vnd.pgrst.array+json" => Some(Media::Array { nulls_stripped }),
            "application/vnd.pgrst.object" | "application/vnd.pgrst.object+json" => {
                Some(Media::Object { nulls_stripped })
            }
            "*/*" | "*" | "application/*" if allowed("application/json") => Some(json),
            "*/*" | "*" | "text/*" if allowed("text/csv") => Some(csv),
            _ => None,
        }
    }
}

/// A quality in thousandths; what is no quality counts as full.
fn quality(text: &str) -> u16 {
    let value = text.parse::<f32>().ok().filter(|value| (0.0..=1.0).contains(value));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 1000")]
    value.map_or(1000, |value| (value * 1000.0).round() as u16)
}

/// What a body is written in, by its `Content-Type`; absent means JSON.
///
/// # Errors
///
/// 415 for anything but JSON and CSV in UTF-8.
pub fn body_media(content_type: Option<&str>) -> Result<BodyMedia, ApiError> {
    let Some(text) = content_type.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(BodyMedia::Json) };
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((key, value)) if key.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    match &*name {
        "application/json" if utf8 => Ok(BodyMedia::Json),
        "text/csv" if utf8 => Ok(BodyMedia::Csv),
        _ => {
            let sentence = format!("Content-Type not acceptable: {}", crate::input::shown(text).trim_matches('"'));
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence)
                .with_code("PGRST102")
                .with_hint("application/json or text/csv, in UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Media = Media::Json;
    const CSV: Media = Media::Csv { formulas_escaped: false };

    fn chosen(accept: &str) -> Media {
        negotiate(Some(accept)).unwrap()
    }

    #[test]
    fn who_asks_for_nothing_gets_json() {
        assert_eq!(negotiate(None).unwrap(), JSON);
        for accept in ["", " ", "*/*", "application/json", "Application/JSON;charset=utf-8", "application/*", "*"] {
            assert_eq!(chosen(accept), JSON, "{accept}");
        }
    }

    #[test]
    fn the_best_liked_comes_first_then_the_most_exact_then_the_first() {
        assert_eq!(chosen("text/csv;q=0.1, application/json;q=0.9"), JSON);
        assert_eq!(chosen("application/json;q=0.1,text/csv"), CSV);
        assert_eq!(chosen("*/*, text/csv"), CSV);
        assert_eq!(chosen("text/*, application/json"), JSON);
        assert_eq!(chosen("text/csv, application/json"), CSV);
        assert_eq!(chosen("text/csv, text/csv;formulas=escaped"), Media::Csv { formulas_escaped: true });
        assert_eq!(chosen("text/unknowntype, */*"), JSON);
        assert_eq!(chosen("application/json;q=0, */*"), CSV);
    }

    #[test]
    fn the_types_of_the_dialect_are_known_with_and_without_suffix() {
        for stripped in [false, true] {
            let parameter = if stripped { ";nulls=stripped" } else { "" };
            for suffix in ["", "+json"] {
                let object = format!("application/vnd.pgrst.object{suffix}{parameter}");
                assert_eq!(chosen(&object), Media::Object { nulls_stripped: stripped });
                let array = format!("application/vnd.pgrst.array{suffix}{parameter}");
                assert_eq!(chosen(&array), Media::Array { nulls_stripped: stripped });
            }
        }
        assert_eq!(Media::Array { nulls_stripped: false }.content_type(), "application/json; charset=utf-8");
    }

    #[test]
    fn what_is_not_there_is_406_and_repeated_in_part_only() {
        for accept in ["text/html", "application/openapi+json", "*/*;q=0", "application/json;q=0.0", ",", "a;b=c;q=0.5"]
        {
            let error = negotiate(Some(accept)).unwrap_err();
            assert_eq!((error.status_code().as_u16(), error.code()), (406, Some("PGRST107")), "{accept}");
        }
        assert_eq!(
            negotiate(Some("text/x, text/y")).unwrap_err().sentence(),
            "None of these media types are available: text/x, text/y"
        );
        let long = negotiate(Some(&"text/ä,".repeat(600))).unwrap_err();
        assert_eq!(long.sentence().chars().count(), "None of these media types are available: ".len() + 201);
    }

    #[test]
    fn a_body_is_json_or_csv_in_utf8() {
        for json in ["", "application/json", "application/json; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert_eq!(body_media(Some(json)).unwrap(), BodyMedia::Json, "{json}");
        }
        assert_eq!(body_media(None).unwrap(), BodyMedia::Json);
        assert_eq!(body_media(Some("text/csv; header=present")).unwrap(), BodyMedia::Csv);
        for other in [
            "application/json; charset=utf-16",
            "text/csv;charset=latin1",
            "text/plain",
            "application/x-json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ] {
            let error = body_media(Some(other)).unwrap_err();
            assert_eq!((error.status_code().as_u16(), error.code()), (415, Some("PGRST102")), "{other}");
        }
        let error = body_media(Some("text/xyz")).unwrap_err();
        assert_eq!(error.sentence(), "Content-Type not acceptable: text/xyz");
    }
}

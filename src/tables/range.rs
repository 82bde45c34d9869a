//! Which rows of all that fit are asked for, and how an answer says which ones it holds.

use poem::http::{HeaderValue, StatusCode, header::CONTENT_RANGE};

use crate::error::ApiError;

/// How many rows a list has when nobody says.
pub const DEFAULT_LIMIT: u64 = 100;
/// How many rows a list has at most.
pub const MAX_LIMIT: u64 = 1000;
/// The last row that Postgres can count to.
const LAST: u64 = i64::MAX as u64;

/// A stretch of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to show; 0 only when the caller wants none.
    pub limit: u64,
}

/// The stretch that `limit`, `offset` and the header `Range` ask for together, which is what they have in common.
///
/// `Range` counts on GET alone: hand it in for no other method. A form of it that is not `0-9` or `5-` is ignored.
///
/// # Errors
///
/// 416 `PGRST103` for a negative limit, a range that ends before it begins, or nothing in common.
pub fn page(limit: Option<i64>, offset: Option<u64>, range: Option<&str>) -> Result<Page, ApiError> {
    let offset = offset.unwrap_or(0).min(LAST);
    let limit = limit.map(u64::try_from).transpose().map_err(|_| negative_limit())?;
    if limit == Some(0) {
        return match offset {
            0 => Ok(Page { offset, limit: 0 }),
            _ => Err(unsatisfiable("With a limit of 0 there is no row at any offset.")),
        };
    }
    let (first, last) = match range.and_then(parse) {
        Some((first, Some(last))) if last < first => {
            let details = "The lower boundary must be lower than or equal to the upper boundary in the Range header.";
            return Err(unsatisfiable(details));
        }
        Some((first, last)) => (first.max(offset), last),
        None => (offset, None),
    };
    // Ends are exclusive from here on.
    let ends = [limit.map(|limit| offset.saturating_add(limit)), last.map(|last| last.saturating_add(1))];
    let rows = match ends.into_iter().flatten().min() {
        Some(end) if end <= first => return Err(unsatisfiable("Range and limit and offset have no row in common.")),
        Some(end) => end - first,
        None => DEFAULT_LIMIT,
    };
    Ok(Page { offset: first, limit: rows.min(MAX_LIMIT) })
}

/// The first and the last row of a header `Range`; `None` for a form that is not ours.
fn parse(range: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(LAST).min(LAST))
    };
    let last = if last.is_empty() { None } else { Some(number(last)?) };
    Some((number(first)?, last))
}

/// The text of `Content-Range` for so many rows behind an offset, and the number of all rows when it was counted.
pub fn content_range(offset: u64, rows: u64, total: Option<u64>) -> String {
    let total = total.map_or("*".to_owned(), |total| at_least_seen(total, offset, rows).to_string());
    match rows {
        0 => format!("*/{total}"),
        _ => format!("{offset}-{}/{total}", offset + rows - 1),
    }
}

/// 200, or 206 where a count was asked for and there are more rows than these.
///
/// # Errors
///
/// 416 `PGRST103` when the offset lies beyond all rows.
pub fn status(offset: u64, rows: u64, total: Option<u64>) -> Result<StatusCode, ApiError> {
    match total {
        Some(total) if rows == 0 && offset > total => {
            let details = format!("An offset of {offset} was requested, but there are only {total} rows.");
            let range = HeaderValue::try_from(content_range(offset, 0, Some(total))).expect("digits and a stroke");
            Err(unsatisfiable(&details).with_header(CONTENT_RANGE, range))
        }
        Some(total) if rows < at_least_seen(total, offset, rows) => Ok(StatusCode::PARTIAL_CONTENT),
        _ => Ok(StatusCode::OK),
    }
}

/// An estimate is never less than what was seen.
fn at_least_seen(total: u64, offset: u64, rows: u64) -> u64 {
    if rows == 0 { total } else { total.max(offset + rows) }
}

/// 416 for a limit below zero.
pub fn negative_limit() -> ApiError {
    unsatisfiable("Limit should be greater than or equal to zero.")
}

fn unsatisfiable(details: &str) -> ApiError {
    ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, "Requested range not satisfiable")
        .with_code("PGRST103")
        .with_details(details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(limit: Option<i64>, offset: Option<u64>, range: Option<&str>) -> (u64, u64) {
        let page = page(limit, offset, range).unwrap();
        (page.offset, page.limit)
    }

    fn refused<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> String {
        let error = outcome.unwrap_err();
        assert_eq!((error.status_code().as_u16(), error.code()), (416, Some("PGRST103")));
        error.details().and_then(|details| details.as_str()).unwrap().to_owned()
    }

    #[test]
    fn a_list_has_a_hundred_rows_unless_asked_and_a_thousand_at_most() {
        assert_eq!(page_of(None, None, None), (0, 100));
        assert_eq!(page_of(Some(7), Some(6), None), (6, 7));
        assert_eq!(page_of(Some(i64::MAX), Some(5), None), (5, 1000));
        assert_eq!(page_of(None, Some(u64::MAX), None), (LAST, 100));
        assert_eq!(page_of(None, None, Some("0-499")), (0, 500));
        assert_eq!(page_of(None, None, Some("0-99999")), (0, 1000));
    }

    #[test]
    fn a_range_and_a_limit_mean_what_they_have_in_common() {
        assert_eq!(page_of(None, None, Some("0-1")), (0, 2));
        assert_eq!(page_of(None, None, Some("5-")), (5, 100));
        assert_eq!(page_of(Some(5), None, Some("0-1")), (0, 2));
        assert_eq!(page_of(Some(5), Some(2), Some("4-20")), (4, 3));
        assert_eq!(page_of(Some(2), Some(3), Some("0-9")), (3, 2));
        refused(page(Some(2), None, Some("5-9")));
        assert_eq!(page_of(None, None, Some("99999999999999999999-")), (LAST, 100));
    }

    #[test]
    fn other_forms_of_range_are_ignored() {
        for form in ["items=0-1", "bytes=0-1", "-5", "a-b", "0-1,3-4", "", "0", "0 - 1", "+1-2"] {
            assert_eq!(page_of(None, None, Some(form)), (0, 100), "{form}");
        }
    }

    #[test]
    fn what_no_list_can_hold_is_416() {
        assert_eq!(refused(page(Some(-1), None, None)), "Limit should be greater than or equal to zero.");
        let sentence = "The lower boundary must be lower than or equal to the upper boundary in the Range header.";
        assert_eq!(refused(page(None, None, Some("1-0"))), sentence);
        assert_eq!(page_of(Some(0), None, None), (0, 0));
        assert_eq!(page_of(Some(0), None, Some("5-9")), (0, 0));
        refused(page(Some(0), Some(5), None));
    }

    #[test]
    fn content_range_names_the_rows_and_their_total() {
        assert_eq!(content_range(6, 2, None), "6-7/*");
        assert_eq!(content_range(50, 0, None), "*/*");
        assert_eq!(content_range(0, 8, Some(8)), "0-7/8");
        assert_eq!(content_range(8, 0, Some(8)), "*/8");
        assert_eq!(content_range(10, 5, Some(3)), "10-14/15");
    }

    #[test]
    fn a_part_of_counted_rows_is_206_and_beyond_them_is_416() {
        assert_eq!(status(0, 2, None).unwrap(), 200);
        assert_eq!(status(0, 8, Some(8)).unwrap(), 200);
        assert_eq!(status(0, 0, Some(0)).unwrap(), 200);
        assert_eq!(status(0, 2, Some(8)).unwrap(), 206);
        assert_eq!(status(8, 0, Some(8)).unwrap(), 206);
        assert_eq!(status(6, 2, Some(8)).unwrap(), 206);
        assert_eq!(status(0, 8, Some(3)).unwrap(), 200, "an estimate below what is seen");
        let details = refused(status(100, 0, Some(8)));
        assert_eq!(details, "An offset of 100 was requested, but there are only 8 rows.");
    }
}

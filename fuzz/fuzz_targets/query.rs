//! Any text as a query string.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../src/tables/grammar/mod.rs"]
pub mod grammar;

fuzz_target!(|text: &str| {
    let _ = grammar::parse_conditions(text);
    if let Ok(query) = grammar::parse(text) {
        let printed = query.to_query_string();
        let again = grammar::parse(&printed);
        assert_eq!(again.as_ref(), Ok(&query), "{printed}");
        assert_eq!(again.map(|query| query.to_query_string()), Ok(printed));
    }
});

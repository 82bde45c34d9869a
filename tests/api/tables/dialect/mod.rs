//! The dialect of PostgREST, case by case, and every case a second time in the original spelling.
//!
//! A case is a request to a property with eight players and six consents (`fixture`), and what the dialect says of the
//! answer (`case`). Where the query of a case reads differently in the original spelling, it is sent in that too and
//! must be answered alike.

mod case;
mod cases;
mod fixture;

use self::{case::Case, cases::Area, fixture::Scene};

/// Plays the cases of an area; all that do not hold are named.
async fn prove(area: Area) {
    let scene = Scene::set().await;
    let mut faults = Vec::new();
    for case in (area.cases)() {
        let first = scene.play(&case, case.target()).await;
        if let Some(target) = case.respelled() {
            let mut second = scene.play(&case, &target).await;
            if case.reads() && first.text != second.text {
                second.faults.push(format!("answers {} and not {}", second.text, first.text));
            }
            faults.extend(second.faults.into_iter().map(|fault| format!("{case} (as {target}): {fault}")));
        }
        faults.extend(first.faults.into_iter().map(|fault| format!("{case}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    scene.end().await;
}

#[tokio::test]
async fn filters_find_the_rows_that_they_describe() {
    prove(cases::FILTERS).await;
}

#[tokio::test]
async fn filters_that_mean_nothing_are_refused() {
    prove(cases::FILTER_ERRORS).await;
}

#[tokio::test]
async fn conditions_are_joined_negated_and_nested() {
    prove(cases::LOGIC).await;
}

#[tokio::test]
async fn places_inside_json_are_filtered_shown_and_sorted_by() {
    prove(cases::JSON).await;
}

#[tokio::test]
async fn columns_are_chosen_renamed_and_cast() {
    prove(cases::SELECT).await;
}

#[tokio::test]
async fn rows_come_in_the_order_asked_for() {
    prove(cases::ORDER).await;
}

#[tokio::test]
async fn pages_and_counts_tell_which_rows_of_how_many() {
    prove(cases::PAGES).await;
}

#[tokio::test]
async fn relations_are_embedded() {
    prove(cases::EMBEDS).await;
}

#[tokio::test]
async fn rows_are_counted_and_summed() {
    prove(cases::AGGREGATES).await;
}

#[tokio::test]
async fn rows_come_in_the_media_type_asked_for() {
    prove(cases::MEDIA).await;
}

#[tokio::test]
async fn rows_are_inserted() {
    prove(cases::INSERTS).await;
}

#[tokio::test]
async fn rows_that_cannot_be_inserted_leave_nothing() {
    prove(cases::INSERT_ERRORS).await;
}

#[tokio::test]
async fn rows_that_exist_are_merged_ignored_or_replaced() {
    prove(cases::UPSERTS).await;
}

#[tokio::test]
async fn rows_are_changed() {
    prove(cases::UPDATES).await;
}

#[tokio::test]
async fn rows_are_deleted() {
    prove(cases::DELETES).await;
}

#[tokio::test]
async fn preferences_hold_or_are_refused() {
    prove(cases::PREFERENCES).await;
}

#[tokio::test]
async fn paths_and_profiles_lead_somewhere_or_say_why_not() {
    prove(cases::ROUTES).await;
}

#[tokio::test]
async fn another_tenants_rows_are_not_there() {
    prove(cases::TENANCY).await;
}

#[test]
fn most_cases_have_a_second_spelling() {
    let all: Vec<Case> = cases::ALL.iter().flat_map(|area| (area.cases)()).collect();
    let respelled = all.iter().filter(|case| case.respelled().is_some()).count();
    assert!(all.len() >= 290, "{} cases", all.len());
    assert!(respelled >= 170, "{respelled} of {} cases read differently in the original spelling", all.len());
}

//! The operations that write to a table.

use poem::http::Method;

use super::{
    answers::{CSV, JSON, answer, answers, made, many, new_csv, one, written},
    filters,
    model::{Answer, Body, Operation, Schema, SchemaRef, inline, list, media, named, text},
    names::{Names, shown_once},
    parameters as with,
    reads::{of_filtered, operation},
};
use crate::tables::{registry::Registry, table::Table, warden};

const DONE: &str = "It is done; rows are sent with `Prefer: return=representation` alone";

/// `POST /api/{table}`
pub(super) fn create(table: &Table) -> Operation {
    let names = Names::of(table);
    let mut about = format!("Creates one row of `{}`, or many by an array or CSV: all or none.", table.name);
    about.push_str(&match shown_once(table) {
        None => " With `Prefer: resolution=merge-duplicates` rows that are there already are changed, with \
                 `resolution=ignore-duplicates` they are left alone."
            .to_owned(),
        Some(shown) => format!(
            " At most {} rows in one call, and none that are there already. The answer shows `{}` beside the columns, \
             this once: a repeated call under the same `Idempotency-Key` and a dry run are answered without it.",
            warden::MAX_ROWS,
            shown.name
        ),
    });
    let headers = ["Location", "ETag", "Content-Range", "Preference-Applied", "Idempotency-Replayed"];
    let either = Schema { one_of: vec![named(&names.new), inline(list(named(&names.new)))], ..Schema::ANY };
    let mut params = vec![with::select(table), with::columns(table)];
    let mut own =
        vec![answer(201, "What was created; no body with `return=minimal`", written(table, &names), &headers)];
    // Rows that a warden judges are never merged.
    if table.warden.is_none() {
        let merged = "Nothing new: all rows were there and are merged";
        own.insert(0, answer(200, merged, written(table, &names), &headers));
        own.push(answer(204, "The one row was there and is left alone", Vec::new(), &headers[2..]));
        params.push(with::on_conflict());
    }
    params.extend([with::prefer(), with::idempotency_key(), with::property()]);
    Operation {
        params,
        request: Some(body("One row, or many", inline(either), Some(table))),
        responses: answers(own, &[300, 406, 409, 415, 422]),
        ..operation(table, Method::POST, format!("Create {}", names.many), about)
    }
}

/// `PATCH /api/{table}`
pub(super) fn update_many(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = "Changes the rows that fit all filters, of which there must be one at least. Or, by an array and without \
                 filters, changes each row that the array names by its own values; an empty array changes nothing.";
    let either = Schema { one_of: vec![named(&names.update), inline(list(named(&names.change)))], ..Schema::ANY };
    let mut params = of_filtered(registry, table);
    params.push(with::columns(table));
    Operation {
        params,
        request: Some(body("The same change for all, or one for each row", inline(either), None)),
        responses: answers(changed(table, &names), &[300, 406, 409, 415]),
        ..operation(table, Method::PATCH, format!("Change {}", names.many), about.to_owned())
    }
}

/// `DELETE /api/{table}`
pub(super) fn delete_many(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = "Deletes the rows that fit all filters, of which there must be one at least.";
    Operation {
        params: of_filtered(registry, table),
        responses: answers(changed(table, &names), &[300, 406, 409]),
        ..operation(table, Method::DELETE, format!("Delete {}", names.many), about.to_owned())
    }
}

/// `PUT /api/{table}`
pub(super) fn put(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = format!("PostgREST's form of replacing a row: the id is the only filter. {}", whole(table));
    let mut key = filters::filter(registry, table, table.key(), "eq");
    key.required = true;
    let sent = "The row as it is now, with `Prefer: return=representation`";
    let mut own = replaced(table, &names, sent, &["Preference-Applied"]);
    own.push(answer(204, DONE, Vec::new(), &["Preference-Applied"]));
    Operation {
        params: vec![key, with::select(table), with::if_new(), with::prefer(), with::property()],
        request: Some(body("The whole row", named(&names.new), None)),
        responses: answers(own, &[300, 404, 405, 406, 409, 412, 415]),
        ..operation(table, Method::PUT, format!("Replace {} by filter", names.one), about)
    }
}

/// `PATCH /api/{table}/{id}`
pub(super) fn update(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = format!("Changes the columns that the body names in one row of `{}`.", table.name);
    let headers = ["ETag", "Preference-Applied"];
    Operation {
        params: vec![
            with::id(registry, table),
            with::select(table),
            with::columns(table),
            with::if_match(),
            with::prefer(),
            with::property(),
        ],
        request: Some(body("What changes", named(&names.update), None)),
        responses: answers(
            vec![answer(200, "The row as it is now", one(table, &names), &headers), minimal()],
            &[300, 404, 406, 409, 412, 415],
        ),
        ..operation(table, Method::PATCH, format!("Change {} by id", names.one), about)
    }
}

/// `PUT /api/{table}/{id}`
pub(super) fn replace(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = format!("Makes one row of `{}` what the body says. {}", table.name, whole(table));
    let mut own = replaced(table, &names, "The row as it is now", &["ETag", "Preference-Applied"]);
    own.push(minimal());
    Operation {
        params: vec![
            with::id(registry, table),
            with::select(table),
            with::if_match(),
            with::if_new(),
            with::prefer(),
            with::property(),
        ],
        request: Some(body("The whole row", named(&names.new), None)),
        responses: answers(own, &[300, 404, 406, 409, 412, 415]),
        ..operation(table, Method::PUT, format!("Replace {} by id", names.one), about)
    }
}

/// `DELETE /api/{table}/{id}`
pub(super) fn delete(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = format!("Deletes one row of `{}`.", table.name);
    let (sent, headers) = ("The row that was deleted, with `Prefer: return=representation`", ["Preference-Applied"]);
    Operation {
        params: vec![
            with::id(registry, table),
            with::select(table),
            with::if_match(),
            with::prefer(),
            with::property(),
        ],
        responses: answers(
            vec![answer(200, sent, one(table, &names), &headers), answer(204, "It is deleted", Vec::new(), &headers)],
            &[300, 404, 406, 409, 412],
        ),
        ..operation(table, Method::DELETE, format!("Delete {} by id", names.one), about)
    }
}

fn whole(table: &Table) -> &'static str {
    if table.has_own_ids() {
        "Columns that the body leaves out get their defaults; a row that is not there is created."
    } else {
        "Columns that the body leaves out get their defaults; ids are the server's, so the row must be there."
    }
}

/// A body in JSON, and in CSV where a table is given.
fn body(description: &str, schema: SchemaRef, as_csv: Option<&Table>) -> Body {
    let mut content = vec![media(JSON, schema)];
    content.extend(as_csv.map(|table| media(CSV, new_csv(table))));
    Body { description: Some(text(description)), content, required: true }
}

fn minimal() -> Answer {
    answer(204, "It is done, with `Prefer: return=minimal`", Vec::new(), &["Preference-Applied"])
}

fn changed(table: &Table, names: &Names) -> Vec<Answer> {
    let headers = ["Content-Range", "Preference-Applied"];
    vec![
        answer(200, "The rows concerned, with `Prefer: return=representation`", many(table, names), &headers),
        answer(204, DONE, Vec::new(), &headers),
    ]
}

/// A row that was there, or that is new where ids are the callers' own.
fn replaced(table: &Table, names: &Names, sent: &str, headers: &[&str]) -> Vec<Answer> {
    let mut answers = vec![answer(200, sent, one(table, names), headers)];
    if table.has_own_ids() {
        answers.push(answer(201, &format!("{sent}; it was not there before"), made(table, names), headers));
    }
    answers
}

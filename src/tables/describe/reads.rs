//! The operations that read a table.

use poem::http::Method;

use super::{
    answers::{answer, answers, many, one},
    filters,
    model::{Answer, Body, Operation, Parameter, Schema, inline, media, named, security, string, text},
    names::{Names, QUERY},
    parameters as with,
};
use crate::tables::{registry::Registry, table::Table};

const PAGE_HEADERS: [&str; 5] = ["Content-Range", "Content-Location", "Link", "X-Total-Count", "Preference-Applied"];
const FORM: &str = "application/x-www-form-urlencoded";

/// An operation on a table, as yet without a name, parameters and a body.
pub(super) fn operation(table: &Table, method: Method, summary: String, description: String) -> Operation {
    Operation {
        method,
        tags: vec![table.name],
        summary: Some(text(summary)),
        description: Some(text(description)),
        external_docs: None,
        params: Vec::new(),
        request: None,
        responses: answers(Vec::new(), &[]),
        deprecated: false,
        security: security(),
        operation_id: None,
        code_samples: Vec::new(),
    }
}

/// `GET /api/{table}`
pub(super) fn list(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = format!(
        "The rows of `{}` that fit all filters, a page at a time.{} `HEAD` answers with the headers alone.",
        table.name,
        super::schemas::related(registry, table)
    );
    let mut params = vec![with::select(table), with::order(table)];
    params.extend(with::page());
    params.extend(with::search(registry, table));
    params.extend(with::logic(registry, table));
    params.extend(filters::all(registry, table));
    params.extend([with::prefer(), with::range(), with::property()]);
    Operation {
        params,
        responses: answers(page(table, &names), &[300, 406, 416]),
        ..operation(table, Method::GET, format!("List {}", names.many), about)
    }
}

/// `POST /api/{table}/query`
pub(super) fn query(table: &Table) -> Operation {
    let names = Names::of(table);
    let about =
        "Reads as `GET` does and needs no right to write; the query string comes as the body, for filters that are \
                 too long for an address. `QUERY` on the path of the list does the same."
            .to_owned();
    Operation {
        params: vec![with::prefer(), with::range(), with::property()],
        request: Some(Body {
            description: Some("The query string of the list"),
            content: vec![media(FORM, named(QUERY))],
            required: false,
        }),
        responses: answers(page(table, &names), &[300, 406, 415, 416]),
        ..operation(table, Method::POST, format!("List {} by a long filter", names.many), about)
    }
}

/// `GET /api/{table}/{id}`
pub(super) fn get(registry: &Registry, table: &Table) -> Operation {
    let names = Names::of(table);
    let about = format!("One row of `{}` by its id. `HEAD` answers with the headers alone.", table.name);
    Operation {
        params: vec![
            with::id(registry, table),
            with::select(table),
            with::if_none_match(),
            with::prefer(),
            with::property(),
        ],
        responses: answers(
            vec![
                answer(200, "The row", one(table, &names), &["ETag", "Preference-Applied"]),
                answer(304, "The row is what `If-None-Match` says", Vec::new(), &["ETag"]),
            ],
            &[300, 404, 406],
        ),
        ..operation(table, Method::GET, format!("Read {} by id", names.one), about)
    }
}

/// The parameters of writes to the rows that fit.
pub(super) fn of_filtered(registry: &Registry, table: &Table) -> Vec<Parameter> {
    let mut params = vec![with::select(table), with::order(table)];
    params.extend(with::search(registry, table));
    params.extend(with::logic(registry, table));
    params.extend(filters::all(registry, table));
    params.extend([with::prefer(), with::property()]);
    params
}

fn page(table: &Table, names: &Names) -> Vec<Answer> {
    let all = "The rows; `Content-Range` tells which, `Link` leads to the next page";
    let part = "Some of the rows, when a count was asked for and there are more";
    vec![answer(200, all, many(table, names), &PAGE_HEADERS), answer(206, part, many(table, names), &PAGE_HEADERS)]
}

/// The body of a query, the same for all tables.
pub(super) fn query_form() -> Schema {
    let member = |name: &'static str, example: &str| (name, inline(string(example)));
    Schema {
        description: Some(
            "A query string: every parameter of the list, encoded as a form. Filters are members too, in both spellings",
        ),
        properties: vec![
            member("select", "id"),
            member("order", "id.desc"),
            member("limit", "25"),
            member("offset", "50"),
            member("after", "eyJpZCI6IjAxOThjNWEyIn0"),
            member("q", "rivera"),
            member("or", "(status.eq.active,status.eq.inactive)"),
            member("and", "(status.eq.active,tier.eq.Gold)"),
        ],
        additional_properties: Some(Box::new(inline(Schema::new("string")))),
        example: Some(serde_json::json!({ "select": "id", "order": "id.desc", "limit": "25" })),
        ..Schema::new("object")
    }
}

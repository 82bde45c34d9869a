//! Adds to the derived spec what all operations share and no handler should have to repeat.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    answers::{self, ANSWERS, Given},
    object, prune, references, refusals, shared, take, walk,
};

pub(super) fn complete(document: &mut Value, base_url: &str) {
    document["servers"] = json!([{ "url": base_url }]);
    media_names(document);
    let keys = key_schemes(document);
    let meanings = meanings(document);
    walk::each_operation(document, |operation| complete_operation(operation, &keys, &meanings));

    let components = &mut document["components"];
    let responses = object(components, "responses");
    responses.extend(ANSWERS.iter().map(|answer| (answer.name.to_owned(), answer.component())));
    responses.extend(refusals::components());
    object(components, "headers").extend(answers::headers());
    object(components, "headers").extend(refusals::headers());
    let schemas = object(components, "schemas");
    complete_error(schemas);
    for (name, schema) in schemas {
        let titled_by_name = |key: &String, value: &Value| key == "title" && value == name;
        schema.as_object_mut().into_iter().for_each(|schema| schema.retain(|key, value| !titled_by_name(key, value)));
    }

    references::tidy(document);
    walk::each_schema(document, &mut |schema| tidy_example(tidy_numbers(closed(schema))));
    prune::unused(document, &["responses", "headers"]);
}

/// `application/json; charset=utf-8` is one parameter too many: JSON has no other charset, and generators look for the bare name.
fn media_names(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(media_names),
        Value::Object(members) => {
            if let Some(Value::Object(content)) = members.get_mut("content") {
                let bare = |name: String| name.split(';').next().unwrap_or_default().trim().to_owned();
                *content = std::mem::take(content).into_iter().map(|(name, media)| (bare(name), media)).collect();
            }
            members.iter_mut().for_each(|(_, member)| media_names(member));
        }
        _ => {}
    }
}

/// The names of the security schemes that are keys with a quota.
fn key_schemes(document: &Value) -> Vec<String> {
    let schemes = document["components"]["securitySchemes"].as_object().into_iter().flatten();
    schemes.filter(|(_, scheme)| scheme["type"] == "apiKey").map(|(name, _)| name.clone()).collect()
}

fn complete_operation(operation: &mut Map<String, Value>, keys: &[String], meanings: &BTreeMap<String, String>) {
    let body = operation.contains_key("requestBody");
    let input = body || operation.get("parameters").is_some_and(|list| list.as_array().is_some_and(|l| !l.is_empty()));
    let alternatives = operation.entry("security").or_insert_with(|| json!([]));
    let alternatives = alternatives.as_array().map(Vec::as_slice).unwrap_or_default();
    let secured = !alternatives.is_empty();
    let keyed = alternatives.iter().filter_map(Value::as_object).any(|all| all.keys().any(|name| keys.contains(name)));
    let named = |parameter: &Value| parameter["name"] == "Idempotency-Key";
    let once = operation.get("parameters").and_then(Value::as_array).is_some_and(|list| list.iter().any(named));
    tidy_parameters(operation);

    let mut responses = match take(operation, "responses") {
        Some(Value::Object(responses)) => responses,
        _ => Map::new(),
    };
    for (status, response) in &mut responses {
        if let Some(reference) = shared::refusal(status, response) {
            *response = json!({ "$ref": reference });
            continue;
        }
        shared::headers(object(response, "headers"));
        answers::head(object(response, "headers"), status, keyed);
        if once && status.starts_with('2') {
            let replayed = json!({ "$ref": "#/components/headers/Idempotency-Replayed" });
            object(response, "headers").insert("Idempotency-Replayed".to_owned(), replayed);
        }
        describe(response, status, meanings);
    }
    for answer in &ANSWERS {
        let can_give = match answer.given {
            Given::Always => true,
            Given::WithInput => input,
            Given::WithBody => body,
            Given::Secured => secured,
            Given::Keyed => keyed,
            Given::Unkeyed => !keyed,
        };
        if can_give && !responses.contains_key(answer.status) {
            let reference = format!("#/components/responses/{}", answer.name);
            responses.insert(answer.status.to_owned(), json!({ "$ref": reference }));
        }
    }
    let mut sorted: Vec<_> = responses.into_iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    operation.insert("responses".to_owned(), Value::Object(sorted.into_iter().collect()));
}

/// What the schemas are, under the references to them.
fn meanings(document: &Value) -> BTreeMap<String, String> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    schemas
        .filter_map(|(name, schema)| {
            Some((format!("#/components/schemas/{name}"), schema["description"].as_str()?.to_owned()))
        })
        .collect()
}

/// Gives an answer of a handler the words and the example that it lacks.
fn describe(response: &mut Value, status: &str, meanings: &BTreeMap<String, String>) {
    let reference = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default().to_owned();
    if response["description"].as_str().is_none_or(str::is_empty) {
        let meaning = meanings.get(&reference).map_or("The request was carried out", String::as_str);
        response["description"] = json!(meaning);
    }
    if reference == answers::ERROR {
        let example = answers::example(status, response["description"].as_str().unwrap_or_default());
        object(&mut response["content"], "application/json").entry("example").or_insert(example);
    }
}

/// What the framework writes although it is the default anyway.
fn tidy_parameters(operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
        let plain =
            parameter.get("schema").is_some_and(|schema| schema["type"] != "array" && schema["type"] != "object");
        let query = parameter.get("in").is_some_and(|place| place == "query");
        parameter.retain(|key, value| match key.as_str() {
            "deprecated" => *value == true,
            "explode" => *value == false || !(plain || query),
            _ => true,
        });
    }
}

/// One body for all errors, whatever a handler adds to it.
fn complete_error(schemas: &mut Map<String, Value>) {
    let ours = answers::error_response();
    let error = schemas.entry("ErrorResponse").or_insert_with(|| ours.clone());
    error["required"] = ours["required"].clone();
    let properties = object(error, "properties");
    properties.extend(ours["properties"].as_object().cloned().unwrap_or_default());
}

/// The framework keeps bounds as floating point numbers; `1.0` reads badly beside an integer.
#[expect(clippy::cast_possible_truncation, reason = "only whole numbers that fit are converted")]
fn tidy_numbers(mut schema: Map<String, Value>) -> Map<String, Value> {
    for bound in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"] {
        if let Some(value) = schema.get_mut(bound)
            && let Some(number) = value.as_f64()
            && number.fract() == 0.0
            && number.abs() < 9e15
        {
            *value = json!(number as i64);
        }
    }
    schema
}

/// The framework has no word for members that may not be: the type `nothing` stands for it.
fn closed(mut schema: Map<String, Value>) -> Map<String, Value> {
    if let Some(others) = schema.get_mut("additionalProperties")
        && others["type"] == "nothing"
    {
        *others = json!(false);
    }
    schema
}

/// An absent member is `null` in the framework's examples, also where only its absence is allowed.
fn tidy_example(mut schema: Map<String, Value>) -> Map<String, Value> {
    let properties = schema.get("properties").cloned();
    if let (Some(properties), Some(Value::Object(example))) = (properties, schema.get_mut("example")) {
        example.retain(|name, value| !value.is_null() || properties[name]["nullable"] == true);
    }
    schema
}

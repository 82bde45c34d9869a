//! What a document that somebody else published promises and ours does not keep.
//!
//! Additions are no differences as long as a client of the published document cannot notice them: more properties in
//! an answer, optional ones in a request, more statuses, a `format` or bounds where there were none.

use serde_json::{Map, Value};

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Request,
    Response,
}

struct Comparison<'a> {
    seed: &'a Value,
    ours: &'a Value,
    differences: Vec<String>,
}

/// Every difference as a sentence that begins with the pointer to its place in the published document.
pub(super) fn differences(seed: &Value, ours: &Value) -> Vec<String> {
    let mut comparison = Comparison { seed, ours, differences: Vec::new() };
    comparison.document();
    comparison.differences
}

/// A pointer to the member of an object.
fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Follows references and folds `allOf` into one schema.
fn resolve(document: &Value, node: &Value) -> Value {
    if let Some(reference) = node["$ref"].as_str() {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        return resolve(document, target.unwrap_or_else(|| panic!("{reference} leads nowhere")));
    }
    let Some(parts) = node["allOf"].as_array() else { return node.clone() };
    let mut folded = Map::new();
    for part in parts {
        folded.extend(resolve(document, part).as_object().cloned().unwrap_or_default());
    }
    folded.extend(node.as_object().cloned().unwrap_or_default().into_iter().filter(|(key, _)| key != "allOf"));
    Value::Object(folded)
}

impl Comparison<'_> {
    fn same(&mut self, pointer: &str, seed: &Value, ours: &Value) {
        if seed != ours {
            self.differences.push(format!("{pointer}: published is {seed}, ours is {ours}"));
        }
    }

    fn document(&mut self) {
        self.same("/openapi", &self.seed["openapi"], &self.ours["openapi"]);
        self.same("/security", &self.seed["security"], &self.ours["security"]);
        for (name, scheme) in members(&self.seed["components"]["securitySchemes"]) {
            for key in ["type", "in", "name", "scheme"] {
                let pointer = below(&below("/components/securitySchemes", name), key);
                self.same(&pointer, &scheme[key], &self.ours["components"]["securitySchemes"][name][key]);
            }
        }
        for (name, schema) in members(&self.seed["components"]["schemas"]) {
            let way = if name.ends_with("Request") { Way::Request } else { Way::Response };
            let pointer = below("/components/schemas", name);
            self.schema(&pointer, schema, &self.ours["components"]["schemas"][name], way);
        }
        for (path, item) in members(&self.seed["paths"]) {
            for (method, operation) in members(item) {
                let pointer = below(&below("/paths", path), method);
                match &self.ours["paths"][path][method] {
                    Value::Null => self.differences.push(format!("{pointer}: missing")),
                    ours => self.operation(&pointer, operation, ours),
                }
            }
        }
    }

    fn operation(&mut self, pointer: &str, seed: &Value, ours: &Value) {
        for key in ["operationId", "security"] {
            self.same(&below(pointer, key), &seed[key], &ours[key]);
        }
        self.parameters(&below(pointer, "parameters"), &seed["parameters"], &ours["parameters"]);
        let pointer_body = below(pointer, "requestBody");
        self.same(
            &below(&pointer_body, "required"),
            &seed["requestBody"]["required"],
            &ours["requestBody"]["required"],
        );
        self.content(&pointer_body, &seed["requestBody"], &ours["requestBody"], Way::Request);
        for (status, response) in members(&seed["responses"]) {
            let pointer = below(&below(pointer, "responses"), status);
            match &ours["responses"][status] {
                Value::Null => self.differences.push(format!("{pointer}: missing")),
                ours => {
                    let (seed, ours) = (resolve(self.seed, response), resolve(self.ours, ours));
                    self.content(&pointer, &seed, &ours, Way::Response);
                }
            }
        }
    }

    fn parameters(&mut self, pointer: &str, seed: &Value, ours: &Value) {
        let place = |parameter: &Value| (parameter["name"].clone(), parameter["in"].clone());
        for (index, parameter) in items(seed).enumerate() {
            let pointer = format!("{pointer}/{index}");
            let Some(ours) = items(ours).find(|ours| place(ours) == place(parameter)) else {
                self.differences.push(format!("{pointer}: parameter {} is missing", parameter["name"]));
                continue;
            };
            self.same(&below(&pointer, "required"), &parameter["required"], &ours["required"]);
            self.schema(&below(&pointer, "schema"), &parameter["schema"], &ours["schema"], Way::Request);
        }
        for added in items(ours).filter(|ours| ours["required"] == true) {
            if !items(seed).any(|seed| place(seed) == place(added)) {
                self.differences.push(format!("{pointer}: parameter {} is required and not published", added["name"]));
            }
        }
    }

    fn content(&mut self, pointer: &str, seed: &Value, ours: &Value, way: Way) {
        for (kind, media) in members(&seed["content"]) {
            let pointer = below(&below(&below(pointer, "content"), kind), "schema");
            self.schema(&pointer, &media["schema"], &ours["content"][kind]["schema"], way);
        }
    }

    fn schema(&mut self, pointer: &str, seed: &Value, ours: &Value, way: Way) {
        let (seed, ours) = (resolve(self.seed, seed), resolve(self.ours, ours));
        if ours.is_null() {
            self.differences.push(format!("{pointer}: missing"));
            return;
        }
        let seed_nullable = seed["nullable"] == true;
        if seed_nullable != (ours["nullable"] == true) && (seed_nullable || way == Way::Response) {
            self.same(&below(pointer, "nullable"), &seed["nullable"], &ours["nullable"]);
        }
        for key in ["type", "format", "enum", "default"] {
            let narrower = key == "enum" && way == Way::Request;
            if !seed[key].is_null() || narrower {
                self.same(&below(pointer, key), &seed[key], &ours[key]);
            }
        }
        if seed["additionalProperties"] == true
            && !matches!(&ours["additionalProperties"], Value::Null | Value::Bool(true))
        {
            let anything = ours["additionalProperties"].as_object().is_some_and(Map::is_empty);
            if !anything {
                self.same(
                    &below(pointer, "additionalProperties"),
                    &seed["additionalProperties"],
                    &ours["additionalProperties"],
                );
            }
        }
        self.required(&below(pointer, "required"), &seed["required"], &ours["required"], way);
        for (name, property) in members(&seed["properties"]) {
            let pointer = below(&below(pointer, "properties"), name);
            self.schema(&pointer, property, &ours["properties"][name], way);
        }
        if !seed["items"].is_null() {
            self.schema(&below(pointer, "items"), &seed["items"], &ours["items"], way);
        }
    }

    fn required(&mut self, pointer: &str, seed: &Value, ours: &Value, way: Way) {
        for name in items(seed).filter(|name| !items(ours).any(|ours| ours == *name)) {
            self.differences.push(format!("{pointer}: {name} is no longer required"));
        }
        if way == Way::Request {
            for name in items(ours).filter(|name| !items(seed).any(|seed| seed == *name)) {
                self.differences.push(format!("{pointer}: {name} is required and was not"));
            }
        }
    }
}

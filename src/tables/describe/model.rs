//! The words of the framework's document model, imported here alone: they are public but undocumented, so their version
//! is pinned and what changes in them changes this page.

use std::{
    collections::{HashMap, HashSet},
    sync::{LazyLock, Mutex, PoisonError},
};

pub(super) use poem_openapi::registry::{
    MetaApi as Api, MetaHeader as Header, MetaMediaType as Media, MetaOperation as Operation,
    MetaOperationParam as Parameter, MetaParamIn as Place, MetaPath as Path, MetaRequest as Body,
    MetaResponse as Answer, MetaResponses as Answers, MetaSchema as Schema, MetaSchemaRef as SchemaRef, MetaTag as Tag,
    Registry as Components,
};
use serde_json::Value;

use crate::caller::scheme;

/// Marks an object that takes no other members than its own; the model has no word for `false` there.
const NOTHING: &str = "nothing";

/// A text that lives as long as the program, kept once however often it is asked for.
pub(super) fn text(text: impl AsRef<str>) -> &'static str {
    static KEPT: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.get(text.as_ref()) {
        Some(known) => known,
        None => {
            let new: &'static str = Box::leak(text.as_ref().into());
            kept.insert(new);
            new
        }
    }
}

/// A schema that stands where it is used.
pub(super) fn inline(schema: Schema) -> SchemaRef {
    SchemaRef::Inline(Box::new(schema))
}

/// A schema of the components.
pub(super) fn named(name: &str) -> SchemaRef {
    SchemaRef::Reference(name.to_owned())
}

/// A text with an example.
pub(super) fn string(example: impl Into<Value>) -> Schema {
    Schema { example: Some(example.into()), ..Schema::new("string") }
}

/// A list.
pub(super) fn list(items: SchemaRef) -> Schema {
    Schema { items: Some(Box::new(items)), ..Schema::new("array") }
}

/// An object with exactly these members.
pub(super) fn closed(properties: Vec<(&'static str, SchemaRef)>) -> Schema {
    Schema { properties, additional_properties: Some(Box::new(inline(Schema::new(NOTHING)))), ..Schema::new("object") }
}

/// A parameter; only those of paths are required.
pub(super) fn parameter(place: Place, name: &str, schema: SchemaRef, about: impl Into<String>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        schema,
        in_type: place,
        description: Some(about.into()),
        required: place == Place::Path,
        deprecated: false,
        explode: true,
        style: None,
    }
}

/// A body or an answer in one media type.
pub(super) fn media(content_type: &'static str, schema: SchemaRef) -> Media {
    Media { content_type, schema }
}

/// What every operation of the face wants: a property's key, or a user's token.
pub(super) fn security() -> Vec<HashMap<&'static str, Vec<&'static str>>> {
    [scheme::PROPERTY_KEY, scheme::PROPERTY_BEARER]
        .into_iter()
        .map(|scheme| HashMap::from([(scheme, Vec::new())]))
        .collect()
}

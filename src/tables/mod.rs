//! Face two: a property's tables over REST.

pub mod body; // what a request brings
pub mod catalog; // the tables of Playhouse
pub mod describe; // what the OpenAPI document says of them
pub mod grammar; // what a query string says
pub mod kind; // the types of columns
pub mod media; // what rows and bodies are written in
pub mod prefer; // what a caller would like of an answer
pub mod range; // which rows of all
mod refusal; // a query that makes no sense, as an answer
pub mod registry; // all tables of a face
pub mod relation; // how tables lead to each other
pub mod rows; // values as they leave
pub mod serve; // over HTTP
pub mod sql; // the statements
pub mod table; // one table, read from its entity
pub mod values; // values of a type as text
pub mod warden; // who is asked before rows are written

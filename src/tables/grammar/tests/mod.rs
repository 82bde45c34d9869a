//! The grammar by its sentences: what is read, what is printed, what is refused.

mod errors;
mod generate;
mod limits;
mod properties;
mod read;
mod spellings;

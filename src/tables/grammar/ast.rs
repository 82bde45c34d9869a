//! What a query says, whichever spelling said it.
//!
//! Names are as the caller wrote them: whether a table has such a column is asked later, when the query meets a table.

/// A query string, understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What each row shows; empty: all columns.
    pub select: Vec<Item>,
    /// Conditions that all hold, in the order of the query string.
    pub filters: Vec<Placed<Condition>>,
    /// `q`: words to be found in the table's search columns.
    pub search: Option<String>,
    /// Orders, of the table itself (empty path) and of embedded relations.
    pub order: Vec<Placed<Vec<OrderTerm>>>,
    /// `limit`; a negative one is kept, because it is answered differently from garbage.
    pub limit: Vec<Placed<i64>>,
    /// `offset`.
    pub offset: Vec<Placed<u64>>,
    /// `after`: the cursor behind which a page begins, as it was handed out.
    pub after: Option<String>,
    /// `columns`: the members of a body that are used.
    pub columns: Option<Vec<String>>,
    /// `on_conflict`: the columns whose equality makes a row the same row.
    pub on_conflict: Option<Vec<String>>,
}

/// Something that applies to an embedded relation, named by the way to it; an empty path is the table itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// Output names of embedded relations, from the outside in.
    pub path: Vec<String>,
    /// What applies there.
    pub value: T,
}

/// A column, or a place inside a JSON column: `attributes->host->>name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The column.
    pub name: String,
    /// The way into its JSON.
    pub json: Vec<JsonStep>,
}

/// One arrow of a JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonStep {
    /// What it selects.
    pub key: JsonKey,
    /// `->>`: as text; `->`: as JSON.
    pub as_text: bool,
}

/// What an arrow selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonKey {
    /// A member of an object.
    Name(String),
    /// An element of an array; negative from the end.
    Index(i32),
}

/// Something that is true or not of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// One comparison.
    Compare(Comparison),
    /// Several, joined.
    Logic {
        /// `not.and`, `not.or`.
        negated: bool,
        /// How they are joined.
        join: Join,
        /// At least one.
        of: Vec<Condition>,
    },
}

/// How conditions are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// All hold.
    And,
    /// One holds.
    Or,
}

/// A field compared with something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What is compared; without JSON path it may also name an embedded relation (`consents=is.null`).
    pub field: Field,
    /// `not.`
    pub negated: bool,
    /// With what and how.
    pub operation: Operation,
}

/// An operator with its operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// An operator with one value, which stays text until the column's type is known.
    Binary {
        /// The operator.
        operator: Operator,
        /// The value; the `*` of `like` and `ilike` is still a `*`.
        value: String,
    },
    /// `eq(any).{…}`: an operator with each element of an array literal.
    Quantified {
        /// The operator, one of those that know quantifiers.
        operator: Operator,
        /// How many elements must fit.
        quantifier: Quantifier,
        /// The array literal.
        value: String,
    },
    /// `in`: equals one of these.
    In(Vec<String>),
    /// `is`.
    Is(Is),
    /// `fts` and its relatives.
    Search {
        /// How the words are read.
        kind: SearchKind,
        /// The text search configuration.
        config: Option<String>,
        /// The words.
        value: String,
    },
}

/// Operators with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `eq`
    Eq,
    /// `neq`
    Neq,
    /// `gt`
    Gt,
    /// `gte`
    Gte,
    /// `lt`
    Lt,
    /// `lte`
    Lte,
    /// `like`
    Like,
    /// `ilike`
    Ilike,
    /// `match`
    Match,
    /// `imatch`
    Imatch,
    /// `isdistinct`
    IsDistinct,
    /// `cs`
    Contains,
    /// `cd`
    ContainedBy,
    /// `ov`
    Overlaps,
    /// `sl`
    StrictlyLeft,
    /// `sr`
    StrictlyRight,
    /// `nxl`
    NotLeft,
    /// `nxr`
    NotRight,
    /// `adj`
    Adjacent,
}

/// How many elements must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `any`
    Any,
    /// `all`
    All,
}

/// What `is` may be followed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// `null`
    Null,
    /// `not_null`
    NotNull,
    /// `true`
    True,
    /// `false`
    False,
    /// `unknown`
    Unknown,
}

/// How the words of a text search are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchKind {
    /// `fts`: `to_tsquery`.
    Query,
    /// `plfts`: `plainto_tsquery`.
    Plain,
    /// `phfts`: `phraseto_tsquery`.
    Phrase,
    /// `wfts`: `websearch_to_tsquery`.
    Web,
}

/// One part of `select`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `*`
    All,
    /// A column, a place in a JSON column, or an aggregate of it.
    Field(FieldItem),
    /// Rows of a relation.
    Embed(Embed),
}

/// A value in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldItem {
    /// `alias:`
    pub alias: Option<String>,
    /// What is shown; `None` only for `count()`.
    pub field: Option<Field>,
    /// `::type`, before an aggregate.
    pub cast: Option<String>,
    /// `.sum()` and its relatives.
    pub aggregate: Option<Aggregate>,
}

/// An aggregate over the rows of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// The function.
    pub function: Function,
    /// `::type`, behind the parentheses.
    pub cast: Option<String>,
}

/// Aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `count()`
    Count,
    /// `sum()`
    Sum,
    /// `avg()`
    Avg,
    /// `min()`
    Min,
    /// `max()`
    Max,
}

/// Rows of a relation inside a row: `alias:target!hint!inner(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed {
    /// `alias:`
    pub alias: Option<String>,
    /// A table, a foreign key's column, or a constraint.
    pub target: String,
    /// `!hint`: which of several relations is meant.
    pub hint: Option<String>,
    /// `!inner`: rows without such a row are left out.
    pub inner: bool,
    /// `...`: its columns become the row's own.
    pub spread: bool,
    /// What it shows; empty: nothing, it only filters.
    pub select: Vec<Item>,
}

/// One part of `order`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTerm {
    /// `relation(column)`: the embedded relation whose column decides.
    pub relation: Option<String>,
    /// What decides.
    pub field: Field,
    /// `asc` or `desc`; `None`: ascending.
    pub direction: Option<Direction>,
    /// Where nulls stand; `None`: last when ascending, first when descending.
    pub nulls: Option<Nulls>,
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Small ones.
    Asc,
    /// Great ones.
    Desc,
}

/// Where rows without a value stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// Before all others.
    First,
    /// Behind all others.
    Last,
}

//! What each row shows: columns, places in JSON, aggregates and the rows of relations.

use winnow::{
    Parser,
    ascii::space0,
    combinator::{alt, cut_err, delimited, eof, not, opt, peek, preceded, separated, terminated},
    token::{one_of, take_while},
};

use super::{
    ast::{Aggregate, Embed, Field, FieldItem, Function, Item},
    error::{SyntaxError, What},
    fault::{Fault, Parsed, whole},
    limits::Bound,
    names::{Name, json_path, name},
};

const CAST: &str = "type name";
const FUNCTION: &str = "aggregate (count(), sum(), avg(), min(), max())";
const OPENING: &str = "\"(\"";
const ITEM_END: &str = "\"->\", \"::\", \".\", \"(\", \",\" or end of input";
const ITEMS_END: &str = "\",\" or \")\"";

/// The parts of `select`; none when it is empty.
pub(super) fn select(value: &str) -> Result<Vec<Item>, SyntaxError> {
    if value.trim_matches([' ', '\t']).is_empty() {
        return Ok(Vec::new());
    }
    let read = whole(value, ITEM_END, |input: &mut &str| items(0, input));
    let items = read.map_err(|fault| fault.into_error(What::Select, "", value))?;
    Bound::SelectItems.hold(count(&items))?;
    Ok(items)
}

fn count(items: &[Item]) -> usize {
    let inner = |item: &Item| if let Item::Embed(embed) = item { count(&embed.select) } else { 0 };
    items.iter().map(|item| 1 + inner(item)).sum()
}

fn items(depth: usize, input: &mut &str) -> Parsed<Vec<Item>> {
    let item = |input: &mut &str| item(depth, input);
    separated(1.., cut_err(delimited(space0, item, space0)), ',').parse_next(input)
}

fn item(depth: usize, input: &mut &str) -> Parsed<Item> {
    if let Some(rest) = input.strip_prefix('*') {
        *input = rest;
        return Ok(Item::All);
    }
    let spread = opt("...").parse_next(input)?.is_some();
    let alias: Option<Name<'_>> = opt(terminated(name, (':', not(':')))).parse_next(input)?;
    let alias = alias.map(String::from);
    space0.parse_next(input)?;
    let name = name(input)?;
    if !spread && name.is_word("count") && input.starts_with('(') {
        let aggregate = Some(aggregate_behind(Function::Count, input)?);
        return Ok(Item::Field(FieldItem { alias, field: None, cast: None, aggregate }));
    }
    if spread || input.starts_with(['!', '(']) {
        return embed(depth, spread, alias, name, input).map(Item::Embed);
    }
    let field = Some(Field { name: name.into(), json: json_path(input)? });
    let cast = cast(input)?;
    let aggregate = match input.strip_prefix('.') {
        Some(rest) => {
            *input = rest;
            let function = function(input)?;
            Some(aggregate_behind(function, input)?)
        }
        None => None,
    };
    peek((space0, alt((eof.void(), one_of([',', ')']).void())))).context(ITEM_END).parse_next(input)?;
    Ok(Item::Field(FieldItem { alias, field, cast, aggregate }))
}

/// `::type`
fn cast(input: &mut &str) -> Parsed<Option<String>> {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '$' | ' ');
    let name = take_while(1.., allowed).map(|text: &str| text.trim_matches(' '));
    let name = name.verify(|text: &str| !text.is_empty()).map(str::to_owned);
    opt(preceded("::", cut_err(name.context(CAST)))).parse_next(input)
}

fn function(input: &mut &str) -> Parsed<Function> {
    let function = alt((
        "count".value(Function::Count),
        "sum".value(Function::Sum),
        "avg".value(Function::Avg),
        "min".value(Function::Min),
        "max".value(Function::Max),
    ));
    terminated(function, peek("()")).context(FUNCTION).parse_next(input)
}

/// `()` and a cast of what comes out.
fn aggregate_behind(function: Function, input: &mut &str) -> Parsed<Aggregate> {
    "()".context(FUNCTION).parse_next(input)?;
    Ok(Aggregate { function, cast: cast(input)? })
}

fn embed(depth: usize, spread: bool, alias: Option<String>, target: Name<'_>, input: &mut &str) -> Parsed<Embed> {
    Fault::hold(Bound::EmbedDepth, depth + 1, input)?;
    let mut embed = Embed { alias, target: target.into(), hint: None, inner: false, spread, select: Vec::new() };
    while let Some(rest) = input.strip_prefix('!') {
        let before = *input;
        *input = rest;
        let word = name(input)?;
        if word.is_word("inner") {
            embed.inner = true;
        } else if word.is_word("left") {
            embed.inner = false;
        } else if embed.hint.replace(word.into()).is_some() {
            return Err(Fault::here(before, OPENING));
        }
    }
    ('('.context(OPENING), space0).void().parse_next(input)?;
    if !input.starts_with(')') {
        embed.select = items(depth + 1, input)?;
    }
    ')'.context(ITEMS_END).parse_next(input)?;
    Ok(embed)
}

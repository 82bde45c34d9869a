//! One query, several spellings, one print.

use super::super::{parse, parse_decoded};

/// What a query string is in the original spelling, not encoded.
fn printed(query: &str) -> String {
    let pairs = parse(query).unwrap_or_else(|error| panic!("{query}: {error:?}")).print();
    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

#[test]
fn both_spellings_are_one_query() {
    let same = [
        ("status=eq.active", "status.eq=active"),
        ("status=not.eq.closed", "status.not.eq=closed"),
        ("status.not=eq.closed", "status.not.eq=closed"),
        ("tier=in.(Gold,\"VIP, Black\")", "tier.in=(Gold,\"VIP, Black\")"),
        ("tier=not.in.(a,b)", "tier.not.in=(a,b)"),
        ("tier.not=in.(a,b)", "tier.not.in=(a,b)"),
        ("phone=is.NULL", "phone.is=null"),
        ("phone=not.is.null", "phone.not.is=null"),
        ("email=ilike.*@example.com", "email.ilike=*@example.com"),
        ("visits=eq(any).{1,2}", "visits.eq(any)={1,2}"),
        ("last_name=fts(english).stone", "last_name.fts(english)=stone"),
        ("last_name=wfts.fat cat", "last_name.wfts=fat cat"),
        ("attributes->>city=eq.Reno", "attributes->>city.eq=Reno"),
        ("attributes->host->-1->>name=eq.Kim", "attributes->host->-1->>name.eq=Kim"),
        ("consents.status=eq.granted", "consents.status.eq=granted"),
        ("a.b.c=gt.1", "a.b.c.gt=1"),
        ("consents.attributes->>k=eq.1", "consents.attributes->>k.eq=1"),
        ("\"quoted.col\"=eq.1", "\"quoted.col\".eq=1"),
        ("\"status\"=eq.1", "status.eq=1"),
        ("\"say \\\"hi\\\"\"=eq.1", "\"say \\\"hi\\\"\".eq=1"),
        ("consents=is.null", "consents.is=null"),
        ("match=match.^a", "match.match=^a"),
        ("not.or=(a.eq.1,b.eq.2)", "not.or=(a.eq.1,b.eq.2)"),
        ("consents.not.and=(a.eq.1)", "consents.not.and=(a.eq.1)"),
    ];
    for (other, original) in same {
        assert_eq!(parse(other), parse(original), "{other}");
        assert_eq!(printed(other), original);
    }
}

#[test]
fn a_value_in_the_original_spelling_is_taken_as_it_is() {
    for value in ["a,b.c", "\"quoted\"", "(x", "not.eq.1", "eq.active", "", " ", "a' OR '1'='1", "\\x27", "$$", "*"] {
        let printed = parse_decoded([("name.eq", value)]).unwrap().print();
        assert_eq!(printed, [("name.eq".to_owned(), value.to_owned())]);
    }
}

#[test]
fn what_a_url_encodes_arrives_decoded() {
    assert_eq!(printed("a.eq=x+y%2Bz%20%F0%9F%98%80"), "a.eq=x y+z 😀");
    assert_eq!(printed("first%20name.eq=1"), "\"first name\".eq=1");
    assert_eq!(printed("or=%28a.eq.1%2Cb.eq.2%29"), "or=(a.eq.1,b.eq.2)");
    assert_eq!(printed("a.eq=b=c"), "a.eq=b=c");
    let query = parse("a.eq=1%262%3D3%25+%23&%26%3D.eq=x").unwrap_err();
    assert!(query.message.contains("tree path (&=.eq)"), "{query:?}");
    assert_eq!(parse("a.eq=1%262%3D3%25+%23").unwrap().to_query_string(), "a.eq=1%262=3%25%20%23");
}

#[test]
fn blanks_are_free_around_parentheses_and_commas_of_a_tree() {
    let tree = "and=( or( visits.eq.12 , visits.eq.5 ) , visits.gte.0 )";
    assert_eq!(printed(tree), "and=(or(visits.eq.\"12 \",visits.eq.\"5 \"),visits.gte.\"0 \")");
    assert_eq!(printed("or=( not.and ( a.is.null , b.in.( 1,2 ) ) )"), "or=(not.and(a.is.null,b.in.(1,\"2 \")))");
    assert_eq!(printed("or=(a.eq.\"x, y\" , b.eq.{1,2} )"), "or=(a.eq.\"x, y\",b.eq.{1,2})");
}

#[test]
fn one_parenthesis_too_many_is_forgiven() {
    assert_eq!(printed("and=(visits.gte.40,status.eq.active))"), "and=(visits.gte.40,status.eq.active)");
    assert!(parse("and=(visits.gte.40)))").is_err());
}

#[test]
fn values_of_a_tree_end_where_they_must() {
    let tree = "or=(a.eq.1.5,b.like.*x*,c.not.in.(a,\"b)\"),d.cs.{\"k\":{\"l\":\"}\"}},e->>f.eq.,g.fts(english).x,\
                h.like(any).{A*,*b},i.eq.\"q\\\"\\\\\")";
    assert_eq!(printed(tree), tree);
    assert_eq!(printed("or=(a.eq.say \"hi\",b.eq.{x)"), "or=(a.eq.\"say \\\"hi\\\"\",b.eq.\"{x\")");
}

#[test]
fn elements_of_a_list_are_raw_unless_quotes_enclose_them() {
    assert_eq!(printed("a.in=(Quote\"Mark)"), "a.in=(\"Quote\\\"Mark\")");
    assert_eq!(printed("a.in=(\"Quote\\\"Mark\", \"b\" ,c)"), "a.in=(\"Quote\\\"Mark\",b,c)");
    assert_eq!(printed("a.in=(\"x\"y,\"z)"), "a.in=(\"\\\"x\\\"y\",\"\\\"z\")");
    assert_eq!(printed("a.in=(1,,3)"), "a.in=(1,\"\",3)");
    assert_eq!(printed("a.in=( )"), "a.in=()");
    assert_eq!(printed("a.in=(\"\")"), "a.in=(\"\")");
}

#[test]
fn select_prints_as_it_was_meant() {
    let same = [
        "*",
        "v:visits::text",
        "lvl:attributes->host->>level::int.sum()",
        "n:count(),count()::text,adt.avg()::int",
        "external_id,consents(channel,status),p:players!consents_player_id_fkey!inner(*)",
        "a(b(c(*))),d()",
        "...players(external_id,pid:id)",
        "count",
        "\"count\"()",
        "a!\"inner\"()",
        "\"quo.ted\",external_id,external_id",
        "attributes->scores->1,attributes->\"1\"",
    ];
    for select in same {
        let pairs = parse_decoded([("select", select)]).unwrap_or_else(|error| panic!("{select}: {error:?}")).print();
        assert_eq!(pairs, [("select".to_owned(), select.to_owned())]);
    }
    assert_eq!(printed("select= a , b : c ,d( e , f )"), "select=a,b:c,d(e,f)");
    assert_eq!(printed("select=players!left!hint!inner(id)"), "select=players!hint!inner(id)");
    assert_eq!(printed("select="), "");
}

#[test]
fn order_prints_as_it_was_meant() {
    let order = "a,b.asc,c.desc.nullslast,d.nullsfirst,attributes->>lang.desc,players(external_id).desc";
    assert_eq!(printed(&format!("order={order}&a.b.order=x")), format!("order={order}&a.b.order=x"));
    assert_eq!(printed("order= status , visits.desc "), "order=status,visits.desc");
}

#[test]
fn pairs_print_in_one_order() {
    let query = "limit=5&order=a&x.eq=1&q=ann&select=a&consents.limit=1&offset=2&after=c&columns=\"a\",b&on_conflict=a";
    let expected = "select=a&columns=a,b&on_conflict=a&x.eq=1&q=ann&order=a&limit=5&consents.limit=1&offset=2&after=c";
    assert_eq!(printed(query), expected);
}

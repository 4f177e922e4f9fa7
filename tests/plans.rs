//! How SQLite would run every statement of the store: none reads a table, or all that a shop has in it, from one end to
//! the other, unless it is listed here with the reason. The plans are those of a file without statistics, as a shop begins.

#[path = "support/source.rs"]
mod source;

use std::collections::BTreeMap;

use rusqlite::Connection;
use source::{Token, tokens};

/// Statements that read all rows of a shop or of all shops, by file and beginning, with the reason.
const SCANS: &[(&str, &str, &str)] = &[
    ("backup.rs", "", "a copy is counted table by table against its source, and tables are few"),
    ("carts.rs", "select {COLUMNS} from carts where site = :site order by id", EXPORT),
    ("carts.rs", "select exists (select 1 from carts where site = :site)", FIRST),
    ("carts.rs", "update carts set due_at = case", "a setting of the shop changed"),
    ("carts/list.rs", "select {columns} from carts {index} where {} and {condition} order by {column}", PAGE),
    ("carts/list.rs", "select {COLUMNS} from carts where site = :site and no in", PAGE),
    ("carts/list.rs", "select coalesce(sum(carts), 0) > :newest", FEW),
    ("carts/ranges.rs", "select coalesce(sum(carts), 0)", FEW),
    ("carts/slices.rs", "select status, sum(carts)", FEW),
    (
        "carts/slices.rs",
        "select status, first_abandoned_at is not null",
        "what no count is kept of is added up; see docs/performance.md",
    ),
    ("confirmations.rs", "select c.at, c.code", "a hundred of each kind are kept"),
    ("consents.rs", "select {COLUMNS} from consents where site = :site order by address, at, given", EXPORT),
    ("counts.rs", "", "`stats verify` and `rebuild` count everything anew"),
    ("coupons.rs", "select {COLUMNS} from coupons", FEW),
    ("coupons.rs", "select count(*) as count from coupons", FEW),
    ("coupons.rs", "select k.no, k.code, k.assigned_at, k.expires_at, k.uses, c.id", EXPORT),
    ("customers.rs", "select {COLUMNS} from customers where site = :site order by", EXPORT),
    ("customers/list.rs", "", LIST),
    ("decisions.rs", "select d.no, d.sequence_id", EXPORT),
    ("go_lives.rs", "select {COLUMNS} from go_lives", FIRST),
    (
        "idempotency.rs",
        "update idempotency_keys set body = null",
        "an erasure looks into what a day's calls were answered",
    ),
    ("keys.rs", "select {COLUMNS} from api_keys where site = :site order by created_at", FEW),
    ("loyalty.rs", "select {CAMPAIGN_COLUMNS} from loyalty_campaigns where site = :site", FEW),
    ("loyalty/balances.rs", "", "`stats verify` and `rebuild` add everything up"),
    ("loyalty/lists.rs", "", LIST),
    ("loyalty/named.rs", "select e.no, e.id, e.campaign,", HEAD),
    ("loyalty/named.rs", "{NAMED_ENTRIES} where e.site = :site order by e.id", EXPORT),
    ("loyalty/transactions.rs", "select e.no, e.id, e.campaign,", HEAD),
    ("loyalty/transactions.rs", "select c.no, c.id, c.email, c.code, c.card_number", PAGE),
    ("messages.rs", "select {COLUMNS} from messages where site = :site order by id", EXPORT),
    ("messages/list.rs", "", LIST),
    ("passes.rs", "delete from passes", FEW),
    ("platforms.rs", "", "refunds that wait for their sale are few, and for days at most"),
    ("privacy/texts.rs", "", ERASURE),
    ("purchases.rs", "select {COLUMNS} from purchases where site = :site order by id", EXPORT),
    ("purchases.rs", "select exists (select 1 from purchases where site = :site)", FIRST),
    (
        "purchases.rs",
        "select {FIGURES} from purchases p where p.site = :site",
        "`stats verify` and `rebuild` add everything up",
    ),
    ("purchases.rs", "select r.id, r.amount, r.at, p.id as purchase_id", EXPORT),
    ("purchases/list.rs", "", LIST),
    ("sequences.rs", "", FEW),
    ("sites.rs", "select {COLUMNS} from sites order by no", "all shops of a process are few"),
    ("stats.rs", "delete from daily_stats", "`stats rebuild` makes all days anew"),
    (
        "stats.rs",
        "select count(*) as count from carts where site = :site and class = 'machine'",
        "an index of nothing else",
    ),
    ("subscribers.rs", "select {COLUMNS} from subscribers where site = :site order by id", EXPORT),
    ("subscribers.rs", "select {COLUMNS} from subscribers where site = :site{more}", LIST),
    ("subscribers.rs", "select count(*) as count from subscribers", LIST),
    ("suppressions.rs", "select at from suppressions", "`stats verify` and `rebuild` add everything up"),
    ("suppressions.rs", "select {COLUMNS} from suppressions where site = :site order by at", EXPORT),
    ("suppressions/list.rs", "", LIST),
    ("users.rs", "", FEW),
    ("webhooks.rs", "select {COLUMNS} from webhooks", FEW),
    ("webhooks.rs", "select count(*) as count from webhooks", FEW),
    ("webhooks.rs", "select d.site, d.webhook", FEW),
    ("webhooks.rs", "update webhook_deliveries set status = 'queued'", "an index of those on their way alone"),
];
const ERASURE: &str = "an export or an erasure looks through all texts of a shop, in a snapshot";
const HEAD: &str = "the beginning of statements that are explained with their ends";
const LIST: &str =
    "a list of the REST interface: in the order of an index, with an end; what it counts is all of a shop";
const EXPORT: &str = "an export is of everything, row by row";
const FIRST: &str = "it ends with the first row";
const FEW: &str = "a shop has few of them";
const PAGE: &str = "the index has the order that is asked for, and the page has an end";

/// A piece of a text, and what stands in its place in turn.
type Piece = (&'static str, &'static [&'static str]);

/// Texts that are put together as they run: the pieces, and what stands in them in turn.
const MADE: &[(&str, &str, &[Piece])] = &[
    ("backup.rs", "select count(*) as count from", &[("{table}", &["carts", "sites"])]),
    (
        "carts/list.rs",
        "select {columns} from carts {index} where {} and {condition} order by +{column}",
        &[
            ("{columns}", OF_CARTS),
            ("{index} where {}", FOUND),
            ("{condition}", CURSORS),
            ("{column}", ORDERS),
            ("{direction}", DIRECTIONS),
        ],
    ),
    (
        "carts/list.rs",
        "select {columns} from carts {index} where {} and {condition} order by {column}",
        &[
            ("{columns}", OF_CARTS),
            ("{index}", INDEXES),
            ("{}", FILTERS),
            ("{condition}", CURSORS),
            ("{column}", ORDERS),
            ("{direction}", DIRECTIONS),
        ],
    ),
    ("carts/changes.rs", "update carts set {}", &[("{}", &["status = :status, due_at = :due_at", "email = :email"])]),
    ("carts/slices.rs", "select status, first_abandoned_at is not null", &[("{index} where {}", ADDED_UP)]),
    (
        "counts.rs",
        "with kept as",
        &[
            ("{table}", &["member_counts"]),
            ("{key}", &["customer"]),
            ("{numbers}", &["transactions"]),
            ("{some}", &["true"]),
            ("{counted}", &["select * from member_counts where site = :site"]),
        ],
    ),
    (
        "customers.rs",
        "select {COLUMNS} from customers where site = :site and {first}",
        &[("{first}", &["code = :code", "address = :address"])],
    ),
    (
        "customers/list.rs",
        "select {COLUMNS} from customers where site = :site and {beginning}",
        &[("{beginning}", BEGINNINGS)],
    ),
    ("customers/list.rs", "", LISTED),
    ("coupons.rs", "", LISTED),
    ("loyalty/lists.rs", "", LISTED),
    (
        "messages/board.rs",
        "select {COLUMNS}, {CART_ID} from messages where site = :site and {first}",
        &[("{first}", &["", "address = :address and"])],
    ),
    ("messages/list.rs", "", LISTED),
    ("purchases/list.rs", "", LISTED),
    ("subscribers.rs", "", LISTED),
    ("suppressions/list.rs", "", LISTED),
    ("webhooks.rs", "", LISTED),
    ("counts.rs", "delete from {table}", &[("{table}", &["cart_counts", "hourly_counts", "member_counts"])]),
    (
        "counts.rs",
        "insert into {table}",
        &[("{table} {counted}", &["member_counts select * from member_counts where site = :site"])],
    ),
];

/// What the lists of the REST interface are put together of.
const LISTED: &[Piece] =
    &[("{more}", &[""]), ("{}", &[""]), ("{direction}", &["asc"]), ("{clauses}", &[""]), ("{columns}", &["id"])];

/// What is read of a cart: all of it, or what a list shows.
const OF_CARTS: &[&str] = &["*", "id, email, status, total, emailed, recovered"];
/// What a list of carts is filtered by, and in which orders.
const FILTERS: &[&str] = &[
    "site = :site and class <> 'machine' and deleted_at is null",
    "site = :site and class <> 'machine' and deleted_at is null and status = :status and channel = :channel and has_email = 1",
    "site = :site and class <> 'machine' and deleted_at is null and created_at > :created_after and total >= :min_total",
];
/// The indexes of the orders.
const INDEXES: &[&str] = &[
    "indexed by carts_by_update",
    "indexed by carts_by_creation",
    "indexed by carts_by_total",
    "indexed by carts_by_abandonment",
];
/// What a list finds before it puts it in order.
const FOUND: &[&str] = &[
    "where site = :site and class <> 'machine' and deleted_at is null and customer_id = :customer_id",
    "where site = :site and class <> 'machine' and deleted_at is null and session_id = :session_id and status = :status",
    "indexed by carts_by_update where site = :site and class <> 'machine' and deleted_at is null and updated_at > :updated_after",
    "indexed by carts_by_creation where site = :site and class <> 'machine' and deleted_at is null and created_at > :created_after",
    "indexed by carts_by_total where site = :site and class <> 'machine' and deleted_at is null and total >= :min_total",
];
/// The same, where nothing is put in order, and what is many.
const ADDED_UP: &[&str] = &[
    "where site = :site and class <> 'machine' and deleted_at is null and customer_id = :customer_id",
    "indexed by carts_by_update where site = :site and class <> 'machine' and deleted_at is null and created_at > :created_after",
    "indexed by carts_by_creation where site = :site and class <> 'machine' and deleted_at is null and created_at > :created_after",
    "indexed by carts_by_total where site = :site and class <> 'machine' and deleted_at is null and total >= :min_total",
];
/// What a member may be known by.
const BEGINNINGS: &[&str] = &[
    "code >= :text and code < :end",
    "card_number >= :text and card_number < :end",
    "phone >= :text and phone < :end",
    "address >= :lower and address < :lower_end",
    "first_name is not null and lower(first_name) >= :lower and lower(first_name) < :lower_end",
    "last_name is not null and lower(last_name) >= :lower and lower(last_name) < :lower_end",
];
const CURSORS: &[&str] = &["true", "({column}, id) < (1, 'x')"];
const DIRECTIONS: &[&str] = &["asc", "desc"];
const ORDERS: &[&str] = &["created_at", "updated_at", "total", "abandoned_at"];

#[test]
fn no_statement_reads_a_table_from_end_to_end() {
    let conn = Connection::open_in_memory().expect("a database");
    conn.execute_batch(include_str!("../schema.sql")).expect("the schema");
    let constants = constants();
    let mut used = vec![false; SCANS.len()];
    let mut faults = Vec::new();
    let mut explained = 0;
    for (path, written) in source::statements() {
        let file = path.trim_start_matches("src/store/");
        let texts = texts(file, &written, &constants);
        if let Some(open) = texts.iter().find(|sql| sql.contains('{')) {
            faults.push(format!("{path}: what stands in the braces? List it in MADE: {open}"));
            continue;
        }
        for sql in texts {
            explained += 1;
            let scans = scans(&conn, &sql).unwrap_or_else(|e| panic!("{path}: {e}: {sql}"));
            if scans.is_empty() {
                continue;
            }
            // What a person is found by stands in a file of lists, and is none.
            let is_search = written.contains("{beginning}");
            let excused = |(known, begin, _): &(&str, &str, &str)| *known == file && written.starts_with(begin);
            match SCANS.iter().position(excused).filter(|_| !is_search) {
                Some(at) => used[at] = true,
                None => faults.push(format!("{path}: {}: {sql}", scans.join(", "))),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(explained > 100, "only {explained} statements were found");
    for ((file, begin, reason), used) in SCANS.iter().zip(used) {
        assert!(used, "{file}: `{begin}` needs no exception any more ({reason})");
    }
}

#[test]
fn a_scan_is_told_from_a_search() {
    let conn = Connection::open_in_memory().expect("a database");
    conn.execute_batch(include_str!("../schema.sql")).expect("the schema");
    let scans = |sql: &str| scans(&conn, sql).expect("a plan");
    assert_eq!(scans("select id from carts where site = 1 and id = 'x'"), Vec::<String>::new());
    assert_eq!(scans("select value from json_each('[1]')"), Vec::<String>::new());
    assert_eq!(scans("select id from carts where locale = 'x'"), ["SCAN carts"]);
    assert!(scans("select count(*) from carts")[0].starts_with("SCAN carts USING COVERING INDEX"));
}

#[test]
fn a_receipt_adds_up_what_came_later_and_not_all_that_a_member_has() {
    let conn = Connection::open_in_memory().expect("a database");
    conn.execute_batch(include_str!("../schema.sql")).expect("the schema");
    let statements = source::statements();
    let (_, sql) = statements.iter().find(|(_, sql)| sql.contains("sum(later.delta)")).expect("a receipt's statement");
    let steps = steps(&conn, sql).expect("a plan");
    let later = steps.iter().find(|step| step.starts_with("SEARCH later ")).expect("the later entries");
    assert!(later.contains("COVERING INDEX") && later.ends_with("(campaign=? AND customer=? AND no>?)"), "{later}");
}

/// The steps of a statement's plan.
fn steps(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare(&format!("explain query plan {sql}"))?;
    // The plan does not depend on what is bound, so nothing is.
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(row.get::<_, String>("detail")?);
    }
    Ok(steps)
}

/// The steps of a statement's plan that read all of something. What a statement made itself, and a list that it was
/// handed, are read whole and are short.
fn scans(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let steps = steps(conn, sql)?;
    let made: Vec<&str> = steps
        .iter()
        .filter_map(|step| step.strip_prefix("MATERIALIZE ").or(step.strip_prefix("CO-ROUTINE ")))
        .collect();
    let of_rows = |step: &&String| {
        let Some(what) = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else { return false };
        !step.contains("VIRTUAL TABLE")
            && !step.contains("CONSTANT ROW")
            && !what.starts_with('(')
            && !made.contains(&what)
    };
    // With one shop in a file, as usual, all of a shop is all there is. A page has an end.
    let of_shop = |step: &&String| step.starts_with("SEARCH ") && step.ends_with("(site=?)");
    Ok(steps.iter().filter(|step| of_rows(step) || of_shop(step)).cloned().collect())
}

/// A statement as it is run: constants of its file put in, and what is put together listed above.
fn texts(file: &str, written: &str, constants: &BTreeMap<(String, String), String>) -> Vec<String> {
    let mut sql = written.to_owned();
    // Its file's own, then its parent's, then that of whoever lends it; a constant may hold another one's name.
    let near = |of: &str| (of == file, file.starts_with(of.trim_end_matches(".rs")));
    let mut all: Vec<_> = constants.iter().collect();
    all.sort_by_key(|((of, _), _)| std::cmp::Reverse(near(of)));
    for _ in 0..3 {
        for ((_, name), text) in &all {
            sql = sql.replace(&format!("{{{name}}}"), text);
        }
    }
    let Some((_, _, pieces)) = MADE.iter().find(|(known, begin, _)| *known == file && written.starts_with(begin))
    else {
        return vec![sql];
    };
    let mut made = vec![sql];
    for (piece, values) in *pieces {
        made = made.iter().flat_map(|sql| values.iter().map(|value| sql.replace(piece, value))).collect();
    }
    made
}

/// The texts of the store's constants, by file and name.
fn constants() -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for (path, text) in source::files("src/store", "rs") {
        let tokens = tokens(&text);
        for at in 0..tokens.len() {
            // const NAME: &str = "…"
            if let ([Token::Word(word), Token::Word(name), ..], Some(Token::Text(text))) =
                (&tokens[at..], tokens.get(at + 6))
                && word == "const"
                && source::holds(&tokens, at + 2, &[":", "&", "str", "="])
            {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                found.insert((path.trim_start_matches("src/store/").to_owned(), name.clone()), text);
            }
        }
    }
    found
}

//! The diagram of the floors, executed: whoever names what, the arrows of `src/lib.rs` run one way. So do the rules
//! that go with it: who may know SQL, HTTP, the wall clock and wire formats.

#[path = "support/source.rs"]
mod source;

use source::{Token, holds, tokens};

/// Each floor with those that it may name, apart from itself. It is the diagram with its arrows followed to the end;
/// `store types` means that the floor may write a type's name, such as that of a transaction or a filter, and has
/// every question put by `ops`.
const FLOORS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("mail", &["config", "domain"]),
    ("store", &["domain"]),
    ("ops", &["store", "domain"]),
    ("app", &["store", "mail", "config", "domain"]),
    // `ops::access` is who calls, whom limits are counted for; `ops::idempotency` is what a marked write was answered;
    // `ops::listing` is the page that a list asks for.
    ("http", &["app", "ops::access", "ops::idempotency", "ops::listing", "store types", "mail", "config", "domain"]),
    ("jobs", &["app", "ops", "store types", "mail", "config", "domain"]),
    ("dialects", &["http", "app", "ops", "store types", "config", "domain"]),
    ("dashboard", &["http", "app", "ops", "store types", "mail", "config", "domain"]),
    ("server", &["dialects", "dashboard", "http", "jobs", "app", "config", "domain"]),
    ("cli", &["server", "jobs", "app", "ops", "store", "mail", "config", "domain"]),
    ("main", &["cli"]),
    // Only says which modules there are.
    ("lib", &[]),
];

/// What a single file may do beyond its floor, and why.
const EXCEPTIONS: &[(&str, &str, &str)] =
    &[("src/dialects/native/clock.rs", "jobs", "a demo's clock is moved by a call, and with it what the clock does")];

/// Where a library may be named: every other floor fails. A name ending in `*` stands for all that begin so.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("rusqlite*", &["store"]),
    ("r2d2*", &["store"]),
    ("actix*", &["http", "dialects", "dashboard", "server", "cli"]),
    ("askama*", &["dashboard"]),
    ("lettre", &["mail"]),
    ("mail_parser", &["mail"]),
    ("ring", &["mail", "app"]),
    ("x509_parser", &["mail", "app"]),
    ("rustls*", &["app"]),
    ("sd_notify", &["cli"]),
    ("secrecy", &["config"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli"]),
];

/// Floors that serve any door, and so know no wire format.
const WITHOUT_WIRE_FORMATS: &[&str] = &["domain"];

/// Ways to ask the operating system what time it is.
const WALL_CLOCK: &[&[&str]] = &[
    &["SystemTime"],
    &["UNIX_EPOCH"],
    &["now_v7"],
    &["Utc", ":", ":", "now"],
    &["Local", ":", ":", "now"],
    &["Zoned", ":", ":", "now"],
    &["Timestamp", ":", ":", "now"],
    &["OffsetDateTime", ":", ":", "now_utc"],
];

/// The same in SQL.
const WALL_CLOCK_IN_SQL: &[&str] = &["'now'", "current_time", "current_date", "unixepoch()", "julianday()"];

#[test]
fn every_arrow_runs_the_way_of_the_diagram() {
    let sources = source::files("src", "rs");
    assert!(sources.len() > 50, "the sources were not found");
    let faults: Vec<String> = sources.iter().flat_map(|(path, text)| faults(path, text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_schema_does_not_ask_for_the_time() {
    let schema = std::fs::read_to_string(source::root().join("schema.sql")).expect("the schema").to_lowercase();
    for asked in WALL_CLOCK_IN_SQL {
        assert!(!schema.contains(asked), "schema.sql asks for the time with {asked}");
    }
}

#[test]
fn every_exception_is_still_needed() {
    for (path, floor, reason) in EXCEPTIONS {
        let text = std::fs::read_to_string(source::root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        let named = source::paths(&tokens(&text), &home(path)).iter().any(|p| p.first().is_some_and(|f| f == floor));
        assert!(named, "{path} no longer names {floor}: take it off the list ({reason})");
    }
}

#[test]
fn the_checker_bites() {
    let bad = [
        ("src/domain/carts.rs", "use crate::store::ReadTx;"),
        ("src/domain/carts.rs", "use crate::{domain::Error, store};"),
        ("src/domain/carts.rs", "fn f() { super::super::store::sites::all(); }"),
        ("src/domain/carts.rs", "#[derive(serde::Serialize)] struct Cart;"),
        ("src/domain/carts.rs", "use std::fs;"),
        ("src/store/carts.rs", "fn f() -> crate::ops::carts::Found { todo }"),
        ("src/store/carts.rs", "const SQL: &str = \"select strftime('%s', 'now')\";"),
        ("src/ops/carts.rs", "use crate::app::App;"),
        ("src/ops/carts.rs", "use crate::{domain::{Error, Result}, app::{self}};"),
        ("src/ops/carts.rs", "mod inner { use super::super::super::app::App; }"),
        ("src/ops/carts.rs", "use rusqlite::Connection;"),
        ("src/ops/carts.rs", "let now = chrono::Utc::now();"),
        ("src/ops/carts.rs", "use std::time::SystemTime;"),
        ("src/app.rs", "use actix_web::web;"),
        ("src/jobs/mail.rs", "actix_web::rt::spawn(async {});"),
        ("src/jobs/mail.rs", "use crate::http::params::Params;"),
        ("src/jobs/mail.rs", "use crate::store::carts;"),
        ("src/http/params.rs", "use crate::dialects::cartstack;"),
        ("src/http/params.rs", "use crate::ops::carts;"),
        ("src/dialects/stateset/carts.rs", "use crate::dialects::cartstack::unknown;"),
        ("src/dialects/stateset/carts.rs", "use super::super::cartstack;"),
        ("src/dialects/stateset/mod.rs", "use super::{cartstack::unknown, stateset};"),
        ("src/dialects/stateset/carts.rs", "use crate::jobs;"),
        ("src/dialects/stateset/carts.rs", "use crate::store::carts::{self, Filter};"),
        ("src/dashboard/mod.rs", "use crate::dialects::unknown;"),
        ("src/server.rs", "use crate::cli;"),
        ("src/main.rs", "fn main() { cartwright::server::run() }"),
        ("src/novelty/mod.rs", "//! A floor that the diagram does not have."),
        ("src/ops/carts.rs", "use crate::novelty::Thing;"),
    ];
    for (path, text) in bad {
        assert!(!faults(path, text).is_empty(), "{path} may not say: {text}");
    }
}

#[test]
fn the_checker_lets_pass_what_is_right() {
    let good = [
        ("src/domain/carts.rs", "use super::{Error, Result}; // crate::store is only mentioned"),
        ("src/domain/mod.rs", "macro_rules! m { () => { $crate::domain::Error::missing(\"crate::store\") } }"),
        ("src/domain/time.rs", "fn f() -> Timestamp { Timestamp::from_secs(0) } // Utc::now()"),
        ("src/store/carts.rs", "use rusqlite::Row; use super::ReadTx; use crate::store::convert;"),
        ("src/ops/carts.rs", "use crate::store::{ReadTx, carts}; use crate::domain::{self, carts::Cart};"),
        ("src/ops/carts.rs", "#[cfg(test)] mod tests { use super::*; use crate::domain::Site; }"),
        ("src/dialects/mod.rs", "pub mod cartstack; fn f() { cartstack::unknown() }"),
        ("src/dialects/stateset/carts.rs", "use super::envelope; use crate::dialects::stateset::envelope::Reply;"),
        ("src/dialects/stateset/carts.rs", "use crate::store::carts::{Filter, Page}; use crate::store::ReadTx;"),
        ("src/dialects/native/clock.rs", "use crate::jobs; use crate::dialects::unknown;"),
        ("src/http/limits.rs", "use crate::ops::access::Caller; let began = Instant::now();"),
        ("src/cli/clock.rs", "use std::time::SystemTime; use crate::store::{self, sites};"),
        ("src/main.rs", "fn main() -> ExitCode { cartwright::cli::main() }"),
        ("src/lib.rs", "pub mod domain; pub mod store;"),
    ];
    for (path, text) in good {
        assert_eq!(faults(path, text), Vec::<String>::new(), "{path} may say: {text}");
    }
}

/// What is wrong with a file, one line each.
fn faults(path: &str, text: &str) -> Vec<String> {
    let home = home(path);
    let floor = home.first().map_or("lib", String::as_str);
    let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == floor) else {
        return vec![format!("{path}: the diagram has no floor `{floor}`")];
    };
    let tokens = tokens(text);
    let mut faults = Vec::new();
    for named in source::paths(&tokens, &home) {
        if let Some(reason) = fault_of_path(path, &home, floor, allowed, &named) {
            faults.push(format!("{path}: names crate::{}: {reason}", named.join("::")));
        }
    }
    for (at, token) in tokens.iter().enumerate() {
        if let Some(reason) = fault_of_token(floor, &tokens, at, token) {
            faults.push(format!("{path}: {reason}"));
        }
    }
    faults
}

fn fault_of_path(path: &str, home: &[String], floor: &str, allowed: &[&str], named: &[String]) -> Option<String> {
    let target = named.first()?.as_str();
    if target == floor {
        let other = |name: &String| name.starts_with(char::is_lowercase) && is_dialect(name);
        return match (home, named) {
            ([dialects, mine, ..], [_, theirs, ..]) if dialects == "dialects" && other(theirs) && theirs != mine => {
                Some("one dialect does not know another".into())
            }
            _ => None,
        };
    }
    if !FLOORS.iter().any(|(name, _)| *name == target) {
        return Some("there is no such floor in the diagram".into());
    }
    let is_type = named.last().is_some_and(|last| last.starts_with(char::is_uppercase));
    let permitted = allowed.iter().any(|entry| match entry.split_once("::") {
        Some((outer, inner)) => target == outer && named.get(1).is_some_and(|name| name == inner),
        None if *entry == "store types" => target == "store" && is_type,
        None => *entry == target,
    });
    let excepted = EXCEPTIONS.iter().any(|(file, to, _)| *file == path && *to == target);
    (!permitted && !excepted).then(|| format!("no arrow runs from {floor} to {target}"))
}

fn fault_of_token(floor: &str, tokens: &[Token], at: usize, token: &Token) -> Option<String> {
    match token {
        Token::Text(text) if floor == "store" => {
            let text = text.to_lowercase();
            let asked = WALL_CLOCK_IN_SQL.iter().find(|asked| text.contains(*asked))?;
            Some(format!("a statement asks for the time with {asked}; bind tx.now()"))
        }
        Token::Word(word) => {
            if floor != "cli" && WALL_CLOCK.iter().any(|way| holds(tokens, at, way)) {
                return Some(format!("asks the wall clock ({word}); time is a value"));
            }
            if WITHOUT_WIRE_FORMATS.contains(&floor) && ["serde", "Serialize", "Deserialize"].contains(&word.as_str()) {
                return Some("wire shapes belong to the doors".into());
            }
            if ["domain", "ops"].contains(&floor)
                && ["fs", "env", "process"].iter().any(|module| holds(tokens, at, &["std", ":", ":", module]))
            {
                return Some("files and the process are for the floors around".into());
            }
            let (library, floors) = LIBRARIES.iter().find(|(library, _)| match library.strip_suffix('*') {
                Some(stem) => word.starts_with(stem),
                None => word == library,
            })?;
            (!floors.contains(&floor)).then(|| format!("{library} is for {}", floors.join(", ")))
        }
        _ => None,
    }
}

/// The module of a file: `src/store/carts.rs` is `["store", "carts"]`.
fn home(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/").and_then(|path| path.strip_suffix(".rs")).expect("a file below src");
    inner.split('/').filter(|part| *part != "mod").map(str::to_owned).collect()
}

/// Whether there is a dialect of this name.
fn is_dialect(name: &str) -> bool {
    source::root().join("src/dialects").join(name).is_dir()
        || source::root().join("src/dialects").join(format!("{name}.rs")).is_file()
}

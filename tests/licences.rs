//! What is built into the binary, and on which terms: every package of the lock comes from crates.io, under a licence that
//! deny.toml allows, and stands in docs/licences.md. `CARTWRIGHT_UPDATE_LICENCES=1 cargo test --test licences` writes that list.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const LIST: &str = "docs/licences.md";
const MARK: &str = "<!-- written by tests/licences.rs -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The packages that a build for one platform needs, its tests' included, but not this one.
fn packages() -> Vec<Value> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("JSON");
    let all = metadata["packages"].as_array().expect("packages").clone();
    let all: Vec<Value> = all.into_iter().filter(|package| package["name"] != "cartwright").collect();
    assert!(all.len() > 100, "only {} packages", all.len());
    all
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_default()
}

fn policy() -> toml::Table {
    read("deny.toml").parse().expect("deny.toml")
}

fn allowed() -> Vec<String> {
    let policy = policy();
    let list = policy["licenses"]["allow"].as_array().expect("a list").clone();
    list.iter().map(|one| one.as_str().expect("a text").to_owned()).collect()
}

/// Whether a choice of an SPDX expression is allowed: `AND` binds more than `OR`, and `/` is an old `OR`.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let holds = either(&words, &mut at, allowed);
    holds && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut holds = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= both(words, at, allowed);
    }
    holds
}

fn both(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut holds = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one(words, at, allowed);
    }
    holds
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let holds = either(words, at, allowed);
        let closed = words.get(*at) == Some(&")");
        *at += 1;
        return holds && closed;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).copied().unwrap_or_default());
        *at += 2;
    }
    allowed.contains(&name)
}

#[test]
fn every_package_comes_from_the_registry_under_a_licence_that_is_allowed() {
    let allowed = allowed();
    for package in packages() {
        let name = text(&package, "name");
        assert_eq!(text(&package, "source"), "registry+https://github.com/rust-lang/crates.io-index", "{name}");
        let licence = text(&package, "license");
        assert!(is_allowed(licence, &allowed), "{name} is under `{licence}`, which deny.toml does not allow");
    }
}

#[test]
fn no_banned_package_is_built_in() {
    let banned = policy()["bans"]["deny"].as_array().expect("a list").clone();
    assert!(!banned.is_empty());
    for package in packages() {
        for ban in &banned {
            let ban = ban["crate"].as_str().expect("a name");
            let (name, version) = ban.split_once('@').unwrap_or((ban, ""));
            let hit = text(&package, "name") == name && text(&package, "version").starts_with(version);
            assert!(!hit, "{ban} is banned by deny.toml");
        }
    }
}

#[test]
fn the_reader_of_expressions_bites() {
    let allowed = ["MIT".to_owned(), "ISC".to_owned()];
    for good in ["MIT", "GPL-3.0 OR MIT", "GPL-3.0/MIT", "(GPL-3.0 OR MIT) AND ISC", "MIT AND ISC"] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH exception", "(MIT", "MIT MIT", "GPL-3.0 OR MIT AND MPL-2.0"]
    {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

#[test]
fn the_list_of_licences_is_that_of_the_lock() {
    let mut by_licence: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages() {
        by_licence.entry(text(&package, "license").to_owned()).or_default().push(text(&package, "name").to_owned());
    }
    let mut list = String::from("\n| licence | packages |\n|---|---|\n");
    for (licence, mut names) in by_licence {
        names.sort();
        names.dedup();
        list.push_str(&format!("| {licence} | {} |\n", names.join(", ")));
    }
    let kept = read(LIST);
    let (head, found) = kept.split_once(MARK).expect("the mark of the list");
    if std::env::var_os("CARTWRIGHT_UPDATE_LICENCES").is_some() {
        std::fs::write(root().join(LIST), format!("{head}{MARK}{list}")).expect("the list is written");
        return;
    }
    assert_eq!(found, list, "CARTWRIGHT_UPDATE_LICENCES=1 cargo test --test licences writes the list anew");
}

#[test]
fn no_line_of_ours_is_unsafe() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml");
    // `forbid` cannot be lifted anywhere below.
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
}

//! `docs/security.md` names tests; each of them is there, and no row does without.

use std::path::Path;

const TABLE: &str = "docs/security.md";

/// Rows as a first word and the tests that are named, each a file and a function.
fn rows() -> Vec<(String, Vec<(String, String)>)> {
    let text = read(TABLE);
    let rows = text.lines().filter(|line| line.starts_with("| API") || line.starts_with("| V"));
    let named = |line: &str| {
        let quoted = line.split('`').skip(1).step_by(2);
        quoted.filter_map(|text| text.split_once("::")).map(|(file, name)| (file.to_owned(), name.to_owned())).collect()
    };
    rows.map(|line| (line.split(' ').nth(1).unwrap_or_default().to_owned(), named(line))).collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Whether a source has a function of that name below an attribute that makes a test of it.
fn has_test(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    source.match_indices(&head).any(|(at, _)| {
        let before = source[..at].trim_end().trim_end_matches("async").trim_end();
        let attribute = before.rsplit(['}', ';']).next().unwrap_or_default();
        attribute.contains("test]") || attribute.contains("test(")
    })
}

#[test]
fn every_test_that_the_table_names_is_there() {
    let mut faults = Vec::new();
    for (row, tests) in rows() {
        for (file, name) in tests {
            if !has_test(&read(&file), &name) {
                faults.push(format!("{row}: {file} has no test {name}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_risk_has_a_row_and_every_row_a_test() {
    let rows = rows();
    for number in 1..=10 {
        let risk = format!("API{number}");
        assert!(rows.iter().any(|(row, _)| *row == risk), "no row for {risk}");
    }
    for (row, tests) in &rows {
        assert!(!tests.is_empty(), "{row} names no test");
    }
    assert!(rows.len() > 20, "only {} rows were read", rows.len());
}

#[test]
fn the_check_bites() {
    let text = "#[test]\nfn a_thing_holds() {}\nfn a_helper() {}\n#[actix_web::test]\nasync fn another() {}\n";
    assert!(has_test(text, "a_thing_holds") && has_test(text, "another"));
    assert!(!has_test(text, "a_helper") && !has_test(text, "a_thing"));
}

#[test]
fn the_compiler_forbids_unsafe_code() {
    assert!(read("Cargo.toml").contains("unsafe_code = \"forbid\""));
}

//! Help, versions and wrong usage.

use cartwright::domain::keys::Scope;

use super::Folder;

/// Every command, and every part of one.
fn commands() -> Vec<Vec<String>> {
    let folder = Folder::new();
    let listed = |args: &[String]| -> Vec<String> {
        let mut call: Vec<&str> = args.iter().map(String::as_str).collect();
        call.push("--help");
        let help = folder.run(&call).expect_code(0).out;
        let Some((_, rest)) = help.split_once("\nCommands:\n") else { return Vec::new() };
        let lines = rest.lines().take_while(|line| line.starts_with("  "));
        // Names stand two blanks in; what goes on in a second line stands further in.
        let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
        names.filter(|name| *name != "help").map(str::to_owned).collect()
    };
    let mut all = vec![Vec::new()];
    for command in listed(&[]) {
        let command = vec![command];
        all.extend(listed(&command).into_iter().map(|part| vec![command[0].clone(), part]));
        all.push(command);
    }
    all
}

#[test]
fn every_command_shows_an_example_that_can_be_copied() {
    let folder = Folder::new();
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let mut call: Vec<&str> = command.iter().map(String::as_str).collect();
        call.push("--help");
        let help = folder.run(&call).expect_code(0).out;
        let (_, examples) = help.split_once("\nExample").unwrap_or_else(|| panic!("no example in {help}"));
        let examples: Vec<&str> = examples.lines().skip(1).take_while(|line| line.starts_with("  ")).collect();
        assert!(!examples.is_empty(), "no example in {help}");
        for example in examples {
            // A line that was broken to fit does not begin like this.
            assert!(example.contains("cartwright"), "{command:?}: {example:?} cannot be copied as it is");
        }
    }
}

#[test]
fn the_help_of_keys_names_every_scope() {
    let help = Folder::new().run(&["key", "--help"]).expect_code(0).out;
    let (_, named) = help.split_once("\nScopes: ").expect("the scopes");
    let named: Vec<&str> = named.split_whitespace().collect();
    let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    assert_eq!(named, all);
}

#[test]
fn help_leaves_no_trace() {
    let folder = Folder::new();
    folder.run(&["site", "add", "--help"]).expect_code(0);
    folder.run(&["version"]).expect_code(0);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn version_names_itself_and_its_sqlite() {
    let folder = Folder::new();
    let out = folder.run(&["version"]).expect_code(0).out;
    let begin = format!("cartwright {} (SQLite 3.", env!("CARGO_PKG_VERSION"));
    assert!(out.starts_with(&begin), "{out}");
    assert!(folder.run(&["--version"]).expect_code(0).out.starts_with("cartwright "));
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = Folder::new();
    for wrong in [&["frobnicate"][..], &["site"], &["site", "add"], &["serve", "--frobnicate"], &["key", "import"]] {
        let outcome = folder.run(wrong).expect_code(2);
        assert!(outcome.err.contains("Usage:"), "{outcome:?}");
    }
}

#[test]
fn a_failure_of_ours_ends_with_3_and_is_told_once() {
    let folder = Folder::new();
    folder.write("occupied", "a file where a folder should be");
    let outcome = folder.run(&["site", "list", "--data", "occupied"]).expect_code(3);
    assert_eq!(outcome.err.matches("cannot make the data folder").count(), 1, "{outcome:?}");
    folder.write("cartwright.db", &"no database\n".repeat(100));
    let outcome = folder.run(&["site", "list", "--data", "."]).expect_code(3);
    assert!(outcome.err.contains("cartwright.db"), "{outcome:?}");
}

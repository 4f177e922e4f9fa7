//! `config`, and which of flag, environment, file and default wins.

use super::Folder;
use cartwright::config::{Config, KEYS};

#[test]
fn init_writes_the_example_once() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["config", "init"]).expect_code(0).out, "wrote cartwright.toml\n");
    let written = std::fs::read_to_string(folder.path().join("cartwright.toml")).expect("the file");
    assert_eq!(written, Config::example());
    folder.refuses(&["config", "init"], "exists already");
    folder.run(&["config", "init", "other.toml"]).expect_code(0);
    folder.run(&["--config", "third.toml", "config", "init"]).expect_code(0);
    folder.run(&["config", "check", "--config", "third.toml"]).expect_code(0);
}

#[test]
fn show_lists_every_key_with_its_source() {
    let folder = Folder::new();
    folder.write("cartwright.toml", "[limits]\nbody_seconds = 7\nbody_bytes = 8\nshutdown_seconds = 9\n");
    let environment = [("CARTWRIGHT_LIMITS_BODY_BYTES", "88"), ("CARTWRIGHT_DATA", "./elsewhere")];
    let out = folder.run_with(&["config", "show", "--data", "./flagged"], &environment, "").expect_code(0).out;
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), KEYS.len());
    for line in [
        "listen = 127.0.0.1:8080  # default",
        "data = ./flagged  # command line",
        "limits.body_seconds = 7  # cartwright.toml",
        "limits.body_bytes = 88  # CARTWRIGHT_LIMITS_BODY_BYTES",
        "limits.shutdown_seconds = 9  # cartwright.toml",
    ] {
        assert!(lines.contains(&line), "no {line:?} in {out}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "showing makes nothing");
}

#[test]
fn a_blank_variable_is_an_absent_one() {
    let folder = Folder::new();
    let out = folder.run_with(&["config", "show"], &[("CARTWRIGHT_LISTEN", " ")], "").expect_code(0).out;
    assert!(out.contains("listen = 127.0.0.1:8080  # default"), "{out}");
}

#[test]
fn global_flags_go_before_and_after_the_command() {
    let folder = Folder::new();
    folder.write("my.toml", "listen = \"127.0.0.1:4444\"\n");
    for args in [
        &["--config", "my.toml", "--data", "here", "config", "show"][..],
        &["config", "--config", "my.toml", "--data", "here", "show"],
        &["config", "show", "--config", "my.toml", "--data", "here"],
        &["config", "show", "--config=my.toml", "--data=here", "-v"],
    ] {
        let out = folder.run(args).expect_code(0).out;
        assert!(out.contains("listen = 127.0.0.1:4444  # my.toml"), "{args:?}: {out}");
        assert!(out.contains("data = here  # command line"), "{args:?}: {out}");
    }
    let out = folder.run_with(&["config", "show"], &[("CARTWRIGHT_CONFIG", "my.toml")], "").expect_code(0).out;
    assert!(out.contains("127.0.0.1:4444"), "{out}");
}

#[test]
fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
    let folder = Folder::new();
    folder.write("cartwright.toml", "[limits]\nbody_byte = 3\n");
    let told = "cartwright.toml has an unknown key `limits.body_byte`; did you mean `limits.body_bytes`?";
    let check = folder.run(&["config", "check"]).expect_code(1);
    assert!(check.out.contains(told), "{check:?}");
    folder.refuses(&["config", "show"], told);
    folder.refuses(&["site", "list"], told);
    folder.refuses(&["serve"], told);
    assert!(!folder.path().join("data").exists(), "nothing is made under a wrong configuration");
}

#[test]
fn check_says_what_is_wrong_and_where() {
    let folder = Folder::new();
    let wrong = [
        ("listen = \"8080\"\n", "listen: must be address:port such as 127.0.0.1:8080, not `8080`"),
        ("log = \"info\"\nlisten = \n", "cartwright.toml, line 2"),
        ("[limits]\nbody_bytes = \"many\"\n", "limits.body_bytes: must be a whole number, not `many`"),
        ("[limits]\nbody_bytes = -1\n", "limits.body_bytes: must be a whole number, not `-1`"),
        ("listen = [1]\n", "listen: must be a text in quotes"),
    ];
    for (text, told) in wrong {
        folder.write("cartwright.toml", text);
        let outcome = folder.run(&["config", "check"]).expect_code(1);
        assert!(outcome.out.contains(told), "{text}: {outcome:?}");
    }
    folder.write("cartwright.toml", "");
    let outcome = folder.run(&["config", "check"]).expect_code(0);
    assert!(outcome.out.contains("data in ./data"), "{outcome:?}");
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let folder = Folder::new();
    folder.refuses(&["--config", "absent.toml", "site", "list"], "cannot read absent.toml");
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let folder = Folder::new();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_cartwright"))
        .args(["config", "show"])
        .env_clear()
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the command ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_value_of_the_wrong_type_is_told_and_no_folder_is_made_of_it() {
    for (line, expected) in [
        ("data = [\"x\"]", "data: must be a text in quotes"),
        ("data = true", "data: must be a text in quotes"),
        ("data = \"\"", "data: is required"),
        ("log = 5", "log: must be a text in quotes"),
        ("[limits]\nbody_bytes = 1.5", "limits.body_bytes: must be a whole number"),
    ] {
        let folder = Folder::new();
        std::fs::write(folder.path().join("cartwright.toml"), line).expect("a file");
        let found = folder.run(&["config", "check"]).expect_code(1).out;
        assert!(found.starts_with(expected), "{line}: {found}");
        folder.run(&["site", "list"]).expect_code(2);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "only the file");
    }
}

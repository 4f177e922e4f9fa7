//! What an archive is read from and written to, besides plain files.

use std::path::Path;

use assert_cmd::Command;
use cartwright::ops::archive::read;
use cartwright::ops::archive::survey::Survey;

use crate::world::*;

fn cartwright(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
    command.current_dir(folder).args(args).args(["--data", "data"]);
    command
}

#[cfg(unix)]
#[test]
fn an_archive_from_a_pipe_is_all_there() {
    let world = lively();
    let text = world.export("out.ndjson");
    let fresh = tempfile::TempDir::new().expect("a folder");
    let import = |args: &[&str]| {
        cartwright(fresh.path(), &[&["import", "/dev/stdin", "--site", SITE], args].concat())
            .write_stdin(text.clone())
            .assert()
            .code(0)
    };
    import(&["--dry-run"]);
    import(&[]);
    cartwright(fresh.path(), &["export", "--site", SITE, "--output", "again.ndjson"]).assert().code(0);
    assert_eq!(std::fs::read(fresh.path().join("again.ndjson")).expect("an export"), text);
}

#[test]
fn a_file_that_lost_lines_between_two_readings_is_refused() {
    let mut survey = Survey::default();
    let mut take = |number, content: Option<&[u8]>| {
        survey.take(number, content, SITE);
        Ok(())
    };
    let text = format!("{SITE_LINE}\n\n{{}}\n");
    let walked = read::walk(&mut text.as_bytes(), &mut take).expect("a walk");
    assert_eq!(walked, 2);
    assert!(survey.has_lines(2).is_ok());
    let error = survey.has_lines(0).expect_err("none were left").to_string();
    assert!(error.contains("changed while it was read: it had 2 lines, and then 0"), "{error}");
}

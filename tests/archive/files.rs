//! What an archive is read from and written to, besides plain files.

use std::path::Path;

use assert_cmd::Command;
use cartwright::cli::export::export_to;
use cartwright::ops::archive::read;
use cartwright::ops::archive::survey::Survey;

use crate::world::*;

fn cartwright(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
    command.current_dir(folder).args(args).args(["--data", "."]);
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
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut survey = Survey::new(folder.path(), 10);
    let mut take = |number, content: Option<&[u8]>| survey.take(number, content, SITE);
    let text = format!("{SITE_LINE}\n\n{{}}\n");
    let walked = read::walk(&mut text.as_bytes(), &mut take).expect("a walk");
    assert_eq!(walked, 2);
    let survey = survey.finish().expect("a survey");
    assert!(survey.has_lines(2).is_ok());
    let error = survey.has_lines(0).expect_err("none were left").to_string();
    assert!(error.contains("changed while it was read: it had 2 lines, and then 0"), "{error}");
}

#[cfg(unix)]
#[test]
fn an_export_leaves_links_and_whatever_is_no_file_in_their_place() {
    use std::os::unix::fs::{FileTypeExt, symlink};

    let world = lively();
    let folder = world.folder.path();
    let plain = world.export("plain.ndjson");
    let link_to = |target: &str, link: &str| symlink(target, folder.join(link)).expect("a link");
    let is_link = |name: &str| folder.join(name).symlink_metadata().expect("a link").file_type().is_symlink();
    let read = |name: &str| std::fs::read(folder.join(name)).expect("an export");
    // To a file that is there, by way of another link, and to one that is not.
    std::fs::create_dir(folder.join("elsewhere")).expect("a folder");
    std::fs::write(folder.join("elsewhere/old.ndjson"), "old").expect("a file");
    link_to("old.ndjson", "elsewhere/second.ndjson");
    link_to("elsewhere/second.ndjson", "first.ndjson");
    link_to("elsewhere/new.ndjson", "dangling.ndjson");
    assert_eq!(world.export("first.ndjson"), plain);
    assert_eq!(world.export("dangling.ndjson"), plain);
    assert!(is_link("first.ndjson") && is_link("elsewhere/second.ndjson") && is_link("dangling.ndjson"));
    assert_eq!((read("elsewhere/old.ndjson"), read("elsewhere/new.ndjson")), (plain.clone(), plain.clone()));
    link_to("circle.ndjson", "circle.ndjson");
    assert!(export_to(&world.store, &world.site(), &folder.join("circle.ndjson")).is_err());
    // A pipe, here the process's own output, is written to.
    link_to("/dev/stdout", "pipe");
    let done = cartwright(folder, &["export", "--site", SITE, "--output", "pipe"]).assert().code(0);
    assert!(done.get_output().stdout.starts_with(&plain));
    assert!(is_link("pipe"));
    // What cannot be written to stays what it is.
    let _listener = std::os::unix::net::UnixListener::bind(folder.join("socket")).expect("a socket");
    assert!(export_to(&world.store, &world.site(), &folder.join("socket")).is_err());
    assert!(folder.join("socket").metadata().expect("a socket").file_type().is_socket());
}

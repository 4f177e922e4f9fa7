//! The log, as a collector reads it.

use serde_json::Value;

use super::Folder;
use super::processes::Server;

const JSON: (&str, &str) = ("CARTWRIGHT_LOG_FORMAT", "json");

#[test]
fn every_line_of_the_json_log_is_an_object_and_a_request_has_its_fields() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["-vv", "serve", "--listen", "127.0.0.1:0"], &[JSON]);
    let answer = server.get("/healthz");
    // What a stranger writes may hold what would end a line or a text.
    server.get("/js/%22%0A%7B%22level%22:%22error%22%7D");
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    for line in &lines {
        for name in ["at", "level", "target", "message"] {
            assert!(line[name].is_string(), "no {name} in {line}");
        }
        assert!(
            ["error", "warn", "info", "debug", "trace"].contains(&line["level"].as_str().unwrap_or_default()),
            "{line}"
        );
        assert!(
            line["at"].as_str().is_some_and(|at| at.ends_with('Z') && at.len() == "2026-03-01T10:00:00.000Z".len()),
            "{line}"
        );
    }
    let requests: Vec<&Value> = lines.iter().filter(|line| line["target"] == "access").collect();
    let [first, second] = requests[..] else { panic!("not two requests: {requests:?}") };
    assert_eq!((&first["method"], &first["path"], &first["status"]), (&"GET".into(), &"/healthz".into(), &200.into()));
    assert!(first["millis"].is_number(), "{first}");
    let id =
        answer.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("x-request-id: ").map(str::to_owned));
    assert_eq!(first["request_id"].as_str(), id.as_deref(), "{answer}");
    assert_eq!(second["level"], "info", "{second}");
}

#[test]
fn a_format_that_is_none_is_refused() {
    let folder = Folder::new();
    folder.run_with(&["serve"], &[("CARTWRIGHT_LOG_FORMAT", "xml")], "").expect_refusal("log_format: must be");
}

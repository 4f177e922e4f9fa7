//! The shop's own objects go out as they came in.

use cartwright::ops::archive::lines::Line;
use cartwright::ops::archive::read;
use proptest::prelude::*;

/// What an export writes of a cart with such metadata.
fn written(metadata: &str) -> String {
    let line = format!(
        r#"{{"type":"cart","id":"c","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z","metadata":{metadata}}}"#
    );
    let line = read::parse(line.as_bytes()).expect("a line");
    assert!(matches!(line, Line::Cart(_)));
    line.text()
}

proptest! {
    #[test]
    fn a_fraction_is_the_same_however_often_it_is_read_and_written(
        numbers in prop::collection::vec(any::<f64>().prop_filter("JSON has no others", |x| x.is_finite()), 1..20)
    ) {
        let metadata = serde_json::json!({ "numbers": numbers }).to_string();
        let text = written(&metadata);
        prop_assert!(text.contains(&metadata), "{} is not in {}", metadata, text);
    }
}

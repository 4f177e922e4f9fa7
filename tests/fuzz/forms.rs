//! Parameters of queries, of forms, and of multipart forms.

use std::collections::BTreeMap;

use actix_web::FromRequest;
use actix_web::test::TestRequest;
use cartwright::http::body::Body;
use cartwright::http::params::Params;
use proptest::prelude::*;

use crate::fuzz;
use crate::mutate::{awkward_text, mutated};

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What holds of any parameters: each way to look at them says the same.
fn agree(params: &Params) -> Result<(), TestCaseError> {
    let mut last = BTreeMap::new();
    for (name, value) in params.pairs() {
        last.insert(name.to_owned(), value.to_owned());
    }
    for (name, value) in &last {
        let expected = (!value.trim().is_empty()).then_some(value.as_str());
        prop_assert_eq!(params.get(name), expected);
        prop_assert_eq!(params.all().get(name.as_str()).copied(), expected);
        prop_assert_eq!(params.typed(name), value.as_str());
        prop_assert_eq!(params.every(name).last(), Some(value.as_str()));
        prop_assert!(params.has(name));
        prop_assert_eq!(params.get_with_plus(name).is_some(), expected.is_some());
    }
    Ok(())
}

#[test]
fn a_query_reads_back_as_it_was_written_and_every_look_at_it_agrees() {
    let sound = [
        "a=1&b=2",
        "email=ann%2Bx@example.com&email=+ann+x@example.com+",
        "0[order_no]=7&1[0][id]=mug",
        "a&=b&&c=",
        "x=%C3%A9&y=%zz&z=%",
        "0%5Btotal%5D=12%2C50",
    ];
    let pairs = prop::collection::vec((awkward_text(), awkward_text()), 0..8);
    let texts = mutated(sound.iter().map(|text| text.as_bytes().to_vec()).collect());
    fuzz("tests/fuzz/seeds/queries.txt", &(texts, pairs), |(bytes, pairs)| {
        let params = Params::parse(&bytes);
        agree(&params)?;
        let size: usize = params.pairs().map(|(name, value)| name.len() + value.len()).sum();
        // A byte that is no UTF-8 becomes one character of three.
        prop_assert!(size <= 3 * bytes.len());
        let written: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let params = Params::parse(written.join("&").as_bytes());
        let read: Vec<(String, String)> =
            params.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(read, pairs);
        agree(&params)
    });
}

#[test]
fn a_multipart_form_is_read_or_refused_and_reads_back_as_it_was_written() {
    let system = actix_web::rt::System::new();
    let of = |kind: &str, body: Vec<u8>| {
        system.block_on(async {
            let (request, mut payload) =
                TestRequest::post().insert_header(("content-type", kind)).set_payload(body).to_http_parts();
            let body = Body::from_request(&request, &mut payload).await.expect("a body");
            Params::of_form(&request, body).await
        })
    };
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let sound = [
        part("type", "dashboard") + &part("user_id", "john") + "--b--\r\n",
        part("a", "") + "--b--",
        "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n".into(),
        "preamble\r\n--b\r\nContent-Length: 3\r\nContent-Disposition: form-data; name=c\r\n\r\nabc\r\n--b--\r\nepilogue".into(),
    ];
    let bodies = mutated(sound.iter().map(|text| text.as_bytes().to_vec()).collect());
    let kinds = prop_oneof![
        6 => Just("multipart/form-data; boundary=b".to_owned()),
        1 => "multipart/form-data(; ?boundary=[ -~]{0,20})?",
        1 => Just("application/x-www-form-urlencoded".to_owned()),
    ];
    let pairs = prop::collection::vec(("[a-z_0-9]{1,12}", awkward_text()), 1..6);
    fuzz("tests/fuzz/seeds/multipart.txt", &(kinds, bodies, pairs), |(kind, body, pairs)| {
        let length = body.len();
        if let Ok(params) = of(&kind, body) {
            agree(&params)?;
            let size: usize = params.pairs().map(|(_, value)| value.len()).sum();
            prop_assert!(size <= 3 * length);
        }
        let written: String = pairs.iter().map(|(name, value)| part(name, value)).collect::<String>() + "--b--\r\n";
        let params = of("multipart/form-data; boundary=b", written.into_bytes()).expect("a sound form");
        let read: Vec<(String, String)> =
            params.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        prop_assert_eq!(read, pairs);
        Ok(())
    });
}

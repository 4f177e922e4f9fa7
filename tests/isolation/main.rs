//! Every route, with the key of another shop, one that was taken back, one without the scope, and none: refused in the
//! dialect's own words, and nothing changed. The routes are those that the server registers, so a new one without a row
//! in `rows.rs` fails here.
//!
//! As to time: every key is looked up by its hash, in the same read of the store, before anything else is known. What is
//! measured here is coarse, and finds what a slow hash or a wait would add to one kind of refusal.

mod fixture;
mod heads;
mod pages;
mod rows;
#[path = "../support/mod.rs"]
mod support;
mod till;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use actix_web::introspection::IntrospectionTree;
use actix_web::{App, HttpResponse, test, web};
use cartwright::{dashboard, dialects};
use data_encoding::BASE64;
use fixture::Fixture;
use hmac::{Hmac, KeyInit, Mac};
use rows::{Credential, Foreign, PUBLIC, Row, rows};
use sha2::Sha256;
use support::Reply;

/// A password's hash takes 49 ms; a look-up by a key's takes none of it.
const SAME_CLASS: Duration = Duration::from_millis(25);

/// How often each refusal is timed; the fastest counts, for the others were held up by something else.
const TIMES: usize = 7;

/// Method and path of every route, as the server registers them. HEAD is GET without a body, and OPTIONS tells a browser
/// what it may do.
async fn routes() -> BTreeSet<(String, String)> {
    async fn report(tree: web::Data<IntrospectionTree>) -> HttpResponse {
        HttpResponse::Ok().body(tree.report_as_json())
    }
    let ours = App::new().configure(dialects::routes).configure(dashboard::routes);
    let service = test::init_service(ours.route("/-/routes", web::get().to(report))).await;
    let request = test::TestRequest::get().uri("/-/routes").to_request();
    let report: serde_json::Value = test::call_and_read_body_json(&service, request).await;
    let mut found = BTreeSet::new();
    for item in report.as_array().expect("a list of routes") {
        let path = item["full_path"].as_str().expect("a path");
        for method in item["methods"].as_array().expect("methods").iter().filter_map(|method| method.as_str()) {
            if path != "/-/routes" && !["HEAD", "OPTIONS"].contains(&method) {
                found.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    found
}

#[actix_web::test]
async fn every_route_has_a_row_or_a_reason_for_being_public() {
    let registered = routes().await;
    assert!(registered.len() > 40, "only {} routes were found", registered.len());
    let public = PUBLIC.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    let listed: BTreeSet<(String, String)> =
        rows().into_iter().map(|row| (row.method.to_owned(), row.path.to_owned())).chain(public).collect();
    let open = pages::OPEN.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    let closed = registered.iter().filter(|(_, path)| path.starts_with("/dashboard")).cloned();
    let listed: BTreeSet<(String, String)> = listed.into_iter().chain(open).chain(closed).collect();
    let missing: Vec<_> = registered.difference(&listed).collect();
    assert!(missing.is_empty(), "these have no row in tests/isolation/rows.rs: {missing:#?}");
    let gone: Vec<_> = listed.difference(&registered).collect();
    assert!(gone.is_empty(), "these rows have no route: {gone:#?}");
}

#[::core::prelude::v1::test]
fn whoever_may_not_is_refused_in_the_dialects_words_and_changes_nothing() {
    let mut faults = Vec::new();
    for row in rows() {
        let fixture = Fixture::new(row.scope);
        let before = fixture.everything();
        for (kind, key, words) in [
            ("a key that was taken back", fixture::REVOKED, row.words.wrong),
            ("a key without the scope", fixture::SCOPELESS, row.words.scopeless),
            ("no key", "", row.words.none),
        ] {
            let reply = row.call(&fixture, key);
            if (reply.status, reply.body.contains(words.1)) != (words.0, true) {
                faults.push(format!("{row} with {kind}: {} {}", reply.status, reply.body));
            }
            if fixture.everything() != before {
                faults.push(format!("{row} with {kind} changed something"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[::core::prelude::v1::test]
fn another_shops_key_neither_reads_nor_changes_anything() {
    let mut faults = Vec::new();
    for row in rows() {
        let fixture = Fixture::new(row.scope);
        let before = fixture.export();
        let reply = row.call(&fixture, fixture::FOREIGN);
        let fine = match row.foreign {
            Foreign::Refused(status, text) => reply.status == status && reply.body.contains(text),
            Foreign::ItsOwn => reply.status < 400,
        };
        if !fine {
            faults.push(format!("{row}: {} {}", reply.status, reply.body));
        }
        if let Some(told) = fixture::MARKS.iter().find(|mark| reply.body.contains(*mark)) {
            faults.push(format!("{row} tells another shop of {told}: {}", reply.body));
        }
        if fixture.export() != before {
            faults.push(format!("{row}: another shop changed something"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Without this, a row whose call is wrong in itself would be refused for that, and prove nothing.
#[::core::prelude::v1::test]
fn whoever_may_is_served() {
    let mut faults = Vec::new();
    for row in rows() {
        let fixture = Fixture::new(row.scope);
        let reply = row.call(&fixture, fixture::RIGHT);
        let texts = [row.words.wrong, row.words.scopeless, row.words.none].map(|(_, text)| text);
        let refused = texts.iter().any(|text| !text.is_empty() && reply.body.contains(text));
        // The loyalty interface says with HTTP 200 what was wrong.
        let failed = reply.body.contains("<response status=\"error\">");
        if !(200..300).contains(&reply.status) || refused || failed {
            faults.push(format!("{row}: {} {}", reply.status, reply.body));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[::core::prelude::v1::test]
fn no_refusal_takes_longer_than_another() {
    for row in rows() {
        let fixture = Fixture::new(row.scope);
        let keys = [fixture::REVOKED, fixture::SCOPELESS, fixture::UNKNOWN, ""];
        let mut fastest = [Duration::MAX; 4];
        // In turns, so that what else the machine does falls on all alike.
        for _ in 0..TIMES {
            for (key, fastest) in keys.iter().zip(&mut fastest) {
                let began = Instant::now();
                let _: Reply = row.call(&fixture, key);
                *fastest = (*fastest).min(began.elapsed());
            }
        }
        let (least, most) = (fastest.iter().min().expect("four"), fastest.iter().max().expect("four"));
        assert!(*most - *least < SAME_CLASS, "{row}: {fastest:?}");
    }
}

impl Row {
    fn call(&self, fixture: &Fixture, key: &str) -> Reply {
        let body = fixture.fill(self.body, key);
        let (bearer, signature) = (format!("Bearer {key}"), signature(key, body.as_bytes()));
        let mut headers = match self.credential {
            _ if key.is_empty() => Vec::new(),
            Credential::Bearer => vec![("Authorization", bearer.as_str())],
            Credential::Signature => vec![("X-Shopify-Hmac-Sha256", signature.as_str())],
            Credential::InPlace => Vec::new(),
        };
        if body.starts_with('{') {
            headers.push(("Content-Type", "application/json"));
        } else if !body.is_empty() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        fixture.world.call(self.method, &fixture.fill(self.target, key), &headers, body.as_bytes())
    }
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(body);
    BASE64.encode(&mac.finalize().into_bytes())
}

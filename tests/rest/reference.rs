//! The reference says of every route of the REST interface what it is, and of nothing else. `UPDATE_REFERENCE=1 cargo test --test rest
//! reference` writes the document anew after what is described beside the code changed.

use std::collections::BTreeSet;

use actix_web::introspection::IntrospectionTree;
use actix_web::{App, HttpResponse, test, web};
use serde_json::Value;

use crate::support::{KEY, World};

/// Paths below `/v1/` that are in no reference, with the reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/v1/bounces/{secret}", "for mail systems, each in its own words"),
    ("/v1/partners-api/", "a vendor's own words"),
    ("/v1/subscriber-", "a vendor's own words"),
    ("/v1/unsubscribed-emails", "a vendor's own words"),
    ("/v1/discount-codes", "a vendor's own words"),
];

fn document(world: &World) -> Value {
    let reply = world.get("/openapi.json");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    reply.json()
}

#[::core::prelude::v1::test]
fn the_document_that_is_served_is_what_stands_beside_the_code() {
    let described = cartwright::dialects::reference().expect("a document");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/rest/assets/openapi.json");
        let text = serde_json::to_string_pretty(&described).expect("a text") + "\n";
        std::fs::write(file, text).expect("written");
        return;
    }
    let served = document(&World::new());
    assert!(served == described, "`UPDATE_REFERENCE=1 cargo test --test rest reference` writes the document anew");
}

/// Methods and paths of the document.
fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let calls = paths.iter().flat_map(|(path, item)| {
        item.as_object().expect("calls").keys().map(move |method| (method.to_uppercase(), path.clone()))
    });
    calls.collect()
}

/// Method and path of every route of the REST interface, as the server registers them. HEAD and OPTIONS come with GET.
async fn registered() -> BTreeSet<(String, String)> {
    async fn report(tree: web::Data<IntrospectionTree>) -> HttpResponse {
        HttpResponse::Ok().body(tree.report_as_json())
    }
    let ours = App::new().configure(cartwright::dialects::routes).route("/-/routes", web::get().to(report));
    let service = test::init_service(ours).await;
    let request = test::TestRequest::get().uri("/-/routes").to_request();
    let report: Value = test::call_and_read_body_json(&service, request).await;
    let mut found = BTreeSet::new();
    for item in report.as_array().expect("routes") {
        let path = item["full_path"].as_str().expect("a path");
        for method in item["methods"].as_array().expect("methods").iter().filter_map(Value::as_str) {
            if path.starts_with("/v1/") && !["HEAD", "OPTIONS"].contains(&method) {
                found.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    found.retain(|(_, path)| !ELSEWHERE.iter().any(|(known, _)| path.starts_with(known)));
    found
}

#[::core::prelude::v1::test]
fn every_route_is_described_and_everything_described_is_a_route() {
    let world = World::new();
    let registered = actix_web::rt::System::new().block_on(registered());
    let described = described(&document(&world));
    let absent: Vec<_> = registered.difference(&described).collect();
    assert!(absent.is_empty(), "routes that the reference does not have: {absent:?}");
    let invented: Vec<_> = described.difference(&registered).collect();
    assert!(invented.is_empty(), "calls that no door registers: {invented:?}");
    assert!(described.len() > 30, "only {} calls", described.len());
}

#[::core::prelude::v1::test]
fn every_call_of_the_reference_is_there_and_wants_a_key() {
    let world = World::new();
    for (method, path) in described(&document(&world)) {
        let target = path.replace(['{', '}'], "");
        let reply = world.call(&method, &target, &[], b"");
        assert_eq!(reply.json()["error"]["code"], "MISSING_AUTH_HEADER", "{method} {path}");
    }
}

#[::core::prelude::v1::test]
fn the_reference_is_openapi_3_1_and_says_the_same_things_of_every_call() {
    let world = World::new();
    let document = document(&world);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Cartwright REST interface");
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, call) in item.as_object().expect("calls") {
            let name = call["operationId"].as_str().expect("a name").to_owned();
            assert!(names.insert(name.clone()), "{name} is two calls");
            assert!(call["summary"].is_string(), "{method} {path} has no summary");
            let said = call["description"].as_str().unwrap_or_default().replace('\n', " ");
            assert!(said.contains("Scope `"), "{method} {path} does not say its scope");
            let responses = call["responses"].as_object().expect("answers");
            let mut wanted = vec!["400", "401", "403", "429", "500"];
            if method != "get" {
                wanted.extend(["408", "409", "413", "415"]);
            }
            for status in wanted {
                assert!(responses.contains_key(status), "{method} {path} does not say what {status} is");
            }
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
        }
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for target in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(target).is_some(), "{target} is not there");
    }
}

#[::core::prelude::v1::test]
fn every_error_leads_to_its_paragraph() {
    let world = World::new();
    let page = world.get("/docs/errors");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let codes =
        document(&world)["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"].clone();
    for code in codes.as_array().expect("codes") {
        let code = code.as_str().expect("a code");
        assert!(page.body.contains(&format!("<h2 id=\"{code}\">")), "{code} has no paragraph");
    }
    let refused = world.get("/v1/carts").json();
    assert_eq!(refused["error"]["documentation_url"], "/docs/errors#MISSING_AUTH_HEADER");
}

#[::core::prelude::v1::test]
fn the_viewer_needs_no_other_host() {
    let world = World::new();
    let page = world.get("/docs");
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "{}", page.body);
    let plain = world.get("/docs/rapidoc-min.js");
    assert_eq!((plain.status, plain.header("content-encoding")), (200, None));
    assert!(plain.body.len() > 500_000 && plain.body.contains("rapi-doc"));
    let packed = world.call("GET", "/docs/rapidoc-min.js", &[("Accept-Encoding", "gzip, br")], b"");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("content-length"), Some("217516"));
    assert_eq!(world.call("GET", "/openapi.json", &[("Authorization", &format!("Bearer {KEY}"))], b"").status, 200);
}

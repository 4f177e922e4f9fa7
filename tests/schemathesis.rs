//! Schemathesis asks the running server everything that the reference allows, and much that it does not: no answer may be a
//! failure of ours, or be other than the reference says. `SCHEMATHESIS_EXAMPLES` is how many examples each call gets at most
//! (8 when nothing is said; 60 make some seven thousand cases), `CARTWRIGHT_TEST_SCHEMATHESIS` the program.

#![cfg(feature = "outside")]

mod support;

use std::process::Command;

use serde_json::json;
use support::{KEY, World};

/// A shop in which there is something of everything.
fn seed(world: &World) {
    for (email, price) in [("ann@example.com", 1_450), ("bob@example.com", 900), ("cy@example.com", 12_000)] {
        let item = json!({ "product_id": "mug", "product_name": "Mug", "quantity": 1, "unit_price": price });
        world.rest("POST", "/v1/carts", &json!({ "email": email, "customer_id": "c-1", "items": [item] }));
        world.rest("POST", "/v1/customers", &json!({ "email": email, "first_name": "Ann" }));
    }
    world.advance("2d");
    world.rest("POST", "/v1/purchases", &json!({ "email": "ann@example.com", "order_id": "A-1" }));
    world.rest("POST", "/v1/suppressions", &json!({ "email": "dee@example.com" }));
}

#[test]
fn no_call_fails_and_every_answer_is_as_the_reference_says() {
    let world = World::with_environment(&[("CARTWRIGHT_LIMITS_PER_KEY_PER_MINUTE", "0")]);
    world.add_shop();
    seed(&world);
    let program = std::env::var("CARTWRIGHT_TEST_SCHEMATHESIS").unwrap_or_else(|_| "schemathesis".into());
    let examples = std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "8".into());
    let folder = tempfile::TempDir::new().expect("a folder");
    let output = Command::new(&program)
        .current_dir(folder.path())
        .args(["run", &format!("http://{}/openapi.json", world.address())])
        .args(["--header", &format!("Authorization: Bearer {KEY}"), "--max-examples", &examples, "--seed", "20260315"])
        .args(["--checks", CHECKS, "--mode", "all", "--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--request-timeout", "30", "--continue-on-failure", "--no-color", "--generation-database", "none"])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .output()
        .unwrap_or_else(|e| panic!("{program} does not run ({e}): pip install 'schemathesis==4.32.*'"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{said}");
}

/// What no answer may do. Whether a body that the reference does not allow is refused is not asked: unknown fields are
/// ignored, and null is absent.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
    response_schema_conformance,unsupported_method,ignored_auth";

//! People who are in as many tables as doors put them into, shown and then erased by the real binary beside a running server:
//! nothing of them is left in the bytes, the figures stand, and nobody else is touched.

mod columns;
mod doors;
mod edges;
mod faults;
mod retention;
#[path = "../support/mod.rs"]
mod support;
mod whole;

use std::path::Path;
use std::process::{Command, Output};

use cartwright::domain::EmailAddress;
use cartwright::ops::{self, privacy, stats};
use serde_json::{Value, json};
use support::{KEY, SITE, World};

/// What the binary says to this, whatever it ends with.
fn asked(data: &Path, args: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_cartwright");
    Command::new(binary).args(args).env_clear().arg("--data").arg(data).output().expect("the command runs")
}

fn cartwright(data: &Path, args: &[&str]) -> String {
    let output = asked(data, args);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    assert!(output.status.success(), "{}{}", text(output.stdout), text(output.stderr));
    text(output.stdout)
}

fn erase(world: &World, email: &str) -> String {
    cartwright(&world.app.config.data, &["privacy", "erase", email, "--yes"])
}

/// What an export says of a shop.
fn exported(world: &World, email: &str) -> Value {
    let text = cartwright(&world.app.config.data, &["privacy", "export", email]);
    let whole: Value = serde_json::from_str(&text).expect("a document");
    whole["shops"][SITE].clone()
}

fn nouns(exported: &Value) -> Vec<&str> {
    exported.as_object().expect("nouns").keys().map(String::as_str).collect()
}

/// The bytes of the database's files in lower case, read by another process: this one has them open, and its locks would go
/// with the first handle that it closes.
fn bytes(data: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for name in ["cartwright.db", "cartwright.db-wal", "cartwright.db-shm"] {
        let path = data.join(name);
        if path.exists() {
            all.extend(Command::new("cat").arg(path).output().expect("cat runs").stdout);
        }
    }
    assert!(!all.is_empty());
    all.make_ascii_lowercase();
    all
}

/// Whether the files hold a text, in whichever case.
fn holds(world: &World, text: &str) -> bool {
    let sought = text.to_ascii_lowercase();
    bytes(&world.app.config.data).windows(sought.len()).any(|window| window == sought.as_bytes())
}

/// What the figures, the counts and the ledger say of themselves, and SQLite of its file.
fn all_is_sound(world: &World) {
    // It also adds up the ledger.
    cartwright(&world.app.config.data, &["stats", "verify"]);
    let site = world.site(SITE);
    let sound = world.app.store.read(|tx| {
        assert_eq!(stats::verify(tx, &site)?, vec![]);
        assert_eq!(stats::verify_counts(tx, &site)?, vec![]);
        assert_eq!(ops::loyalty::verify(tx, &site)?, vec![]);
        Ok(())
    });
    sound.expect("verified");
    let path = world.app.config.data.join("cartwright.db");
    let check = Command::new("sqlite3").arg(path).arg("pragma integrity_check; pragma foreign_key_check").output();
    if let Ok(check) = check {
        assert_eq!(String::from_utf8_lossy(&check.stdout).trim(), "ok");
    }
}

/// Erases in this process, as the dashboard does, so that a test can stand between two steps.
fn erase_here(world: &World, email: &str) {
    let (site, email) = (world.site(SITE), EmailAddress::parse(email).expect("an address"));
    let kept = world.app.store.read(|tx| privacy::kept(tx, &site, &email)).expect("what is kept");
    world.app.store.write(move |tx| privacy::erase(tx, &site, &email, &kept)).expect("erased");
}

/// Endpoints of both forms that nobody listens at.
fn with_endpoints() -> World {
    let world = World::with_environment(&[("CARTWRIGHT_WEBHOOKS_ALLOW_PRIVATE", "on")]);
    world.add_shop();
    world.add_campaign(SITE, "Points", "points");
    for format in ["json", "form"] {
        let events = "email.captured cart.abandoned purchase.recorded order.recovered email.unsubscribed message.sent";
        let hook = json!({ "url": "http://127.0.0.1:9/hook", "format": format,
                           "events": events.split(' ').collect::<Vec<_>>() });
        let made = world.rest("POST", "/v1/webhooks", &hook);
        assert_eq!(made.status, 201, "{}", made.body);
    }
    world
}

/// A cart with this body and this key for repeats.
fn marked_cart(world: &World, key: &str, body: &Value) -> support::Reply {
    let bearer = format!("Bearer {KEY}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", key)];
    world.call("POST", "/v1/carts", &headers, body.to_string().as_bytes())
}

fn line() -> Value {
    json!({ "product_id": "p", "quantity": 1, "unit_price": 900 })
}

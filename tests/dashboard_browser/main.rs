//! The dashboard in a real Chromium: every page at two widths, in light and dark, without errors, too much width or
//! anything that the accessibility checker finds; the first visit as somebody makes it; the editor; and the way from the set-up link
//! through the demo's shop to the first recovered cart. It needs node, chromium and the packages of this folder
//! (`npm ci`), which `.ci/run` installs; where they are missing this fails.

#![cfg(feature = "outside")]

#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::World;

/// A demo with a history, which ends with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        self.0.kill().expect("the demo ends");
        self.0.wait().expect("the demo ended");
    }
}

#[test]
fn every_page_is_whole_at_every_width_in_light_and_dark() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("shop").display().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cartwright"))
        .args(["demo", "--carts", "400", "--days", "45", "--listen", "127.0.0.1:0", "--json", "--data", &data])
        .current_dir(folder.path())
        .env("CARTWRIGHT_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a demo");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("an output")).read_line(&mut line).expect("a line");
    let _demo = Demo(child);
    let line: serde_json::Value = serde_json::from_str(&line).expect("one line of JSON");
    let text = |name: &str| line[name].as_str().expect(name).to_owned();
    run("look.js", &[text("address"), text("dashboard_url")]);
}

#[test]
fn somebody_sets_a_shop_up_and_comes_back() {
    let world = World::empty();
    let token = world.app.store.write(cartwright::ops::passes::for_set_up).expect("a store").expect("a link");
    run("first_visit.js", &[format!("http://{}/dashboard/set-up/{token}", world.address())]);
}

#[test]
fn from_the_set_up_link_to_the_first_recovered_cart() {
    let world = World::with_demo_of("larch-and-linen");
    let token = world.app.store.write(cartwright::ops::passes::for_set_up).expect("a store").expect("a link");
    run("first_cart.js", &[format!("http://{}/dashboard/set-up/{token}", world.address())]);
}

#[test]
fn the_editor_shows_a_letter_while_it_is_written() {
    let world = World::empty();
    let token = world.app.store.write(cartwright::ops::passes::for_set_up).expect("a store").expect("a link");
    run("editor.js", &[format!("http://{}/dashboard/set-up/{token}", world.address())]);
}

fn run(script: &str, args: &[String]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dashboard_browser");
    assert!(folder.join("node_modules/playwright-core").exists(), "run `npm ci` in {}", folder.display());
    let output = Command::new("node").arg(folder.join(script)).args(args).output().expect("node");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}:\n{said}");
}

//! The demo: what history it makes, and how the command behaves. History is made through the library, since only
//! there can two of them be compared; the rest comes in by the binary and its socket.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use cartwright::cli::demo::{Access, Scenario, fill, open_shop};
use cartwright::domain::carts::{CartStatus, Channel, Class};
use cartwright::domain::loyalty::CampaignKind;
use cartwright::domain::messages::EventKind;
use cartwright::domain::users::Campaigns;
use cartwright::domain::{Site, Timestamp};
use cartwright::ops::{loyalty, stats};
use cartwright::store::{Store, carts, customers, decisions, messages, purchases, users};
use tempfile::TempDir;

const NOW: &str = "2026-03-01T10:00:00Z";

/// A demo's shop in a folder of its own.
struct Shop {
    store: Store,
    site: Site,
    access: Access,
    scenario: Scenario,
    _folder: TempDir,
}

fn shop(seed: u64, carts: u64, days: u32) -> Shop {
    let until = Timestamp::parse_rfc3339(NOW).unwrap();
    let scenario = Scenario { seed, carts, days, until, base_url: "http://127.0.0.1:8080".into() };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Arc::new(move || until)).unwrap();
    let (site, access) = open_shop(&store, &scenario, true).unwrap();
    assert!(fill(&store, &site, &scenario, |_| true).unwrap());
    Shop { store, site, access, scenario, _folder: folder }
}

impl Shop {
    /// Everything that happened, without ids and keys, in order of time.
    fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        let site = self.site.no;
        self.store
            .read(|tx| {
                carts::walk(tx, site, |mut cart| {
                    cart.id.clear();
                    told.push(format!("{:?} {cart:?}", cart.created_at));
                    Ok(())
                })?;
                messages::walk(tx, site, |mut letter| {
                    letter.id.clear();
                    let body = messages::body(tx, letter.no)?;
                    let events = messages::events(tx, letter.no)?;
                    told.push(format!("{:?} {letter:?} {body:?} {events:?}", letter.created_at));
                    Ok(())
                })?;
                purchases::walk(tx, site, |mut purchase| {
                    purchase.id.clear();
                    told.push(format!("{:?} {purchase:?}", purchase.at));
                    Ok(())
                })?;
                purchases::walk_refunds(tx, site, |refund, _| {
                    told.push(format!("{:?} refund of {}", refund.at, refund.amount));
                    Ok(())
                })?;
                customers::walk(tx, site, |mut customer| {
                    customer.id.clear();
                    told.push(format!("{:?} {customer:?}", customer.created_at));
                    Ok(())
                })?;
                cartwright::store::loyalty::walk_entries(tx, site, |named| {
                    let mut entry = named.entry;
                    entry.id.clear();
                    told.push(format!("{:?} {entry:?}", entry.at));
                    Ok(())
                })
            })
            .unwrap();
        told.sort_unstable();
        told
    }
}

#[test]
fn equal_seeds_make_equal_histories_and_others_do_not() {
    let first = shop(7, 150, 12).told();
    assert!(first.len() > 300, "{} things happened", first.len());
    let second = shop(7, 150, 12).told();
    for (one, other) in first.iter().zip(&second) {
        assert_eq!(one, other);
    }
    assert_eq!(first.len(), second.len());
    assert_ne!(first, shop(8, 150, 12).told());
}

#[test]
fn everything_that_can_happen_to_a_shop_happens_in_the_default_demo() {
    let shop = shop(1, 2_000, 60);
    let (site, until) = (shop.site.no, shop.scenario.until);
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let (mut made, mut without_email, mut later_than_now) = (0, 0, 0);
    shop.store
        .read(|tx| {
            carts::walk(tx, site, |cart| {
                made += 1;
                without_email += u64::from(cart.email.is_none());
                later_than_now += u64::from(cart.updated_at > until);
                for word in [cart.status.as_str(), cart.channel.as_str(), cart.class.as_str(), cart.currency.code()] {
                    seen.insert(word.to_owned());
                }
                let recovery = match (cart.first_abandoned_at, cart.recovered, cart.emailed) {
                    (None, ..) => "never abandoned",
                    (_, true, _) => "recovered",
                    (_, false, true) => "email_sent",
                    (_, false, false) => "not_attempted",
                };
                seen.insert(recovery.to_owned());
                Ok(())
            })?;
            messages::walk(tx, site, |letter| {
                seen.insert(format!("step {}", letter.step));
                later_than_now += u64::from(letter.sent_at.is_none_or(|at| at > until));
                for event in messages::events(tx, letter.no)? {
                    later_than_now += u64::from(event.at > until);
                    seen.insert(event.kind.as_str().to_owned());
                    seen.insert(format!("{} by {}", event.kind, event.class));
                    assert!(event.rule.is_some());
                }
                Ok(())
            })?;
            decisions::walk(tx, site, |decision, _, letter| {
                later_than_now += u64::from(decision.at > until || letter.is_none());
                seen.insert(format!("decision {}", decision.outcome));
                Ok(())
            })?;
            purchases::walk(tx, site, |purchase| {
                later_than_now += u64::from(purchase.at > until);
                seen.insert(purchase.reply.as_str().to_owned());
                Ok(())
            })?;
            purchases::walk_refunds(tx, site, |_, _| {
                seen.insert("refund".to_owned());
                Ok(())
            })?;
            cartwright::store::loyalty::walk_entries(tx, site, |named| {
                later_than_now += u64::from(named.entry.at > until);
                let what = if named.reverses_id.is_some() { "reversal" } else { "redemption" };
                if named.entry.redeemed {
                    seen.insert(what.to_owned());
                }
                Ok(())
            })?;
            for campaign in loyalty::visible_campaigns(tx, &shop.site, &Campaigns::All)? {
                seen.insert(campaign.kind.as_str().to_owned());
            }
            assert_eq!(stats::verify(tx, &shop.site)?, vec![]);
            assert_eq!(stats::verify_counts(tx, &shop.site)?, vec![]);
            Ok(())
        })
        .unwrap();
    assert_eq!((made, later_than_now), (2_000, 0));
    assert!(without_email > 200, "{without_email} carts without an address");
    let expected = [
        CartStatus::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(),
        Channel::ALL.iter().map(|word| word.as_str()).collect(),
        Class::ALL.iter().map(|word| word.as_str()).collect(),
        CampaignKind::ALL.iter().map(|word| word.as_str()).collect(),
        EventKind::ALL.iter().map(|word| word.as_str()).collect(),
        vec!["USD", "EUR", "GBP", "JPY", "recovered", "email_sent", "not_attempted", "never abandoned"],
        vec!["decision send", "step 1", "step 2", "step 3", "open by human", "open by machine", "open by unknown"],
        vec!["click by human", "click by machine", "recorded", "no_cart", "refund", "redemption", "reversal"],
    ];
    for word in expected.concat() {
        assert!(seen.contains(word), "no {word} in {seen:?}");
    }
}

#[test]
fn the_manager_sees_two_campaigns_and_the_administrator_all_five() {
    let shop = shop(1, 0, 5);
    let users = shop.store.read(|tx| users::all(tx, shop.site.no)).unwrap();
    let seen = |user_id: &str| {
        let campaigns = users.iter().find(|user| user.user_id == user_id).unwrap().campaigns();
        shop.store.read(|tx| loyalty::visible_campaigns(tx, &shop.site, &campaigns)).unwrap().len()
    };
    assert_eq!((seen(&shop.access.user_id), seen(&shop.access.manager_id)), (5, 2));
}

fn demo(args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("cartwright"));
    command.arg("demo").args(args).env("CARTWRIGHT_LOG", "error").current_dir(std::env::temp_dir());
    command
}

fn refusal(args: &[&str]) -> String {
    let Output { status, stderr, stdout } = demo(args).output().unwrap();
    assert_eq!((status.code(), stdout.len()), (Some(2), 0));
    String::from_utf8(stderr).unwrap()
}

/// A demo that serves; it is stopped with the value.
struct Served {
    child: Child,
    line: String,
    address: String,
}

impl Served {
    fn start(args: &[&str]) -> Served {
        let mut child = demo(args)
            .args(["--listen", "127.0.0.1:0", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = value["address"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Served { child, line, address }
    }

    fn post(&self, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: demo\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    /// Asks it to end as a supervisor does. Returns its exit code.
    fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A test that failed midway must not leave a process behind; one that was stopped is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_clock_that_is_set_by_hand_goes_forward_and_never_back() {
    let demo = Served::start(&["--empty", "--clock", "manual", "--start", NOW]);
    assert_eq!(demo.post("/demo/clock", "{\"advance\":\"24h\"}"), (200, "{\"now\":\"2026-03-02T10:00:00Z\"}".into()));
    let (status, _) = demo.post("/demo/clock", "{\"set\":\"2026-03-02T09:59:59Z\"}");
    assert_eq!(status, 400);
    let (status, _) = demo.post("/demo/clock", "[\"24h\",null]");
    assert_eq!(status, 400);
    let (_, same) = demo.post("/demo/clock", "{\"advance\":\"0s\"}");
    assert_eq!(same, "{\"now\":\"2026-03-02T10:00:00Z\"}");
}

#[test]
fn the_line_for_programs_names_its_keys_in_order_and_a_folder_keeps_them() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("shop");
    let data = folder.to_str().unwrap();
    let first = Served::start(&["--carts", "40", "--days", "3", "--data", data]);
    let order = ["address", "site_id", "account_id", "user_id", "user_api_key", "key", "dashboard_url"];
    let places: Vec<usize> = order.iter().map(|name| first.line.find(&format!("\"{name}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{}", first.line);
    let value: serde_json::Value = serde_json::from_str(&first.line).unwrap();
    assert_eq!(value.as_object().unwrap().len(), order.len());
    assert_eq!(first.stop(), Some(0));
    only_its_owner_may_read(&folder.join("demo.json"));

    let second = Served::start(&["--data", data]);
    let again: serde_json::Value = serde_json::from_str(&second.line).unwrap();
    assert_eq!((&again["key"], &again["user_api_key"]), (&value["key"], &value["user_api_key"]));
    assert_eq!(second.stop(), Some(0));
}

#[cfg(unix)]
fn only_its_owner_may_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_temporary_folder_goes_with_the_demo() {
    let parent = tempfile::tempdir().unwrap();
    let mut command = demo(&["--empty", "--listen", "127.0.0.1:0", "--json"]);
    let mut child = command.env("TMPDIR", parent.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 1);
    let served = Served { child, line, address: String::new() };
    assert_eq!(served.stop(), Some(0));
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_holds_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cartwright.db"), "a real shop").unwrap();
    let text = refusal(&["--data", folder.path().to_str().unwrap()]);
    assert!(text.contains("holds something that is no demo's"), "{text}");
    assert_eq!(std::fs::read(folder.path().join("cartwright.db")).unwrap(), b"a real shop");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let text = refusal(&["--empty", "--listen", listen]);
        assert!(text.contains("must be of this machine"), "{text}");
    }
}

#[test]
fn a_start_without_a_clock_that_is_set_by_hand_is_refused() {
    let text = refusal(&["--empty", "--start", NOW]);
    assert!(text.contains("--clock manual"), "{text}");
}

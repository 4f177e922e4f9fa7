//! A world of its own for each test: a store in a temporary folder, a clock set by hand, and the real server on a
//! port of loopback. Tests come in by its doors.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod browser;
mod loyalty;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use cartwright::app::{App, ManualClock};
use cartwright::config::Config;
use cartwright::domain::keys::Scopes;
use cartwright::domain::settings::Settings;
use cartwright::domain::sites::SiteStatus;
use cartwright::domain::users::{Campaigns, Role};
use cartwright::domain::{Currency, Site, Timestamp, Zone};
use cartwright::ops::sites::NewSite;
use cartwright::ops::users::NewUser;
use cartwright::{jobs, ops, server};
use tempfile::TempDir;

/// When every world begins: a Sunday noon, UTC.
pub const BEGINNING: &str = "2026-03-15T12:00:00Z";

/// The site of most tests; its id ends in `=` as the vendor's do.
pub const SITE: &str = "shop=";
/// Its account in the loyalty interface.
pub const ACCOUNT: &str = "acct_shop";
/// A key of that site that may do everything.
pub const KEY: &str = "key-of-shop";

/// A running server with its own store and clock.
pub struct World {
    /// The process under test.
    pub app: Arc<App>,
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// An answer as it came over the wire.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As sent.
    pub body: String,
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

impl World {
    /// An empty store without any site.
    pub fn empty() -> Self {
        World::with_environment(&[])
    }

    /// An empty store under configuration from "environment variables".
    pub fn with_environment(variables: &[(&str, &str)]) -> Self {
        World::started(variables, None)
    }

    /// An empty store whose process has the pages of a demo, for a shop of this id that is yet to be set up.
    pub fn with_demo_of(site_id: &str) -> Self {
        World::started(&[], Some(site_id.to_owned()))
    }

    fn started(variables: &[(&str, &str)], demo: Option<String>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let flags = [("data", folder.path().display().to_string()), ("listen", "127.0.0.1:0".to_owned())];
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let config = Config::load(&flags, get, None).expect("a configuration");
        let clock = ManualClock::starting_at(instant(BEGINNING));
        let bound = server::bind(config.listen).expect("a port");
        // A demo's letters lead back here; those of other worlds must not hang on the port that was free.
        let config = if demo.is_some() { Config { listen: bound.address, ..config } } else { config };
        let opened = App::open_with_manual_clock(config, clock).expect("a store");
        let app = Arc::new(App { demo, ..opened });
        let address = bound.address;
        let (sender, receiver) = std::sync::mpsc::channel();
        let process = app.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let running = server::run(process, bound, 1).expect("a server");
                sender.send(running.handle()).expect("the test waits");
                running.await.expect("the server ends well");
            });
        });
        let handle = receiver.recv().expect("a running server");
        World { app, address, handle, thread: Some(thread), _folder: folder }
    }

    /// A world with [`SITE`] in it, its key [`KEY`], and an admin `john` of the loyalty interface with the same key.
    pub fn new() -> Self {
        let world = World::empty();
        world.add_shop();
        world
    }

    /// Adds [`SITE`] with its key and its admin.
    pub fn add_shop(&self) -> Site {
        let site = self.add_site(SITE, ACCOUNT, "USD", "UTC");
        self.add_key(&site, KEY, "all");
        self.add_user(&site, "john", Role::Admin, Campaigns::All, KEY);
        site
    }

    /// Adds a site.
    pub fn add_site(&self, site_id: &str, account_id: &str, currency: &str, zone: &str) -> Site {
        let new = NewSite {
            site_id: site_id.into(),
            account_id: account_id.into(),
            name: "A shop".into(),
            currency: Currency::parse(currency).expect("a currency"),
            zone: Zone::parse(zone).expect("a zone"),
            status: SiteStatus::Paid,
            settings: Settings::default(),
        };
        self.app.store.write(move |tx| ops::sites::add(tx, new)).expect("a site")
    }

    /// Gives a site a key with this text.
    pub fn add_key(&self, site: &Site, key: &str, scopes: &str) -> String {
        self.add_key_until(site, key, scopes, None)
    }

    /// The same with an end.
    pub fn add_key_until(&self, site: &Site, key: &str, scopes: &str, until: Option<Timestamp>) -> String {
        let (site, key, scopes) = (site.clone(), key.to_owned(), Scopes::parse(scopes).expect("scopes"));
        self.app.store.write(move |tx| ops::keys::import(tx, &site, &key, scopes, until)).expect("a key").id
    }

    /// Gives a site a user of the loyalty interface with this key.
    pub fn add_user(&self, site: &Site, user_id: &str, role: Role, campaigns: Campaigns, key: &str) {
        self.add_user_in_zone(site, user_id, role, campaigns, key, None);
    }

    /// The same for a user who lives elsewhere.
    pub fn add_user_in_zone(
        &self,
        site: &Site,
        user_id: &str,
        role: Role,
        campaigns: Campaigns,
        key: &str,
        zone: Option<Zone>,
    ) {
        let site = site.clone();
        let new = NewUser { user_id: user_id.into(), role, zone, campaigns, key: Some(key.into()) };
        self.app.store.write(move |tx| ops::users::add(tx, &site, new)).expect("a user");
    }

    /// The site as it is now.
    pub fn site(&self, site_id: &str) -> Site {
        self.app.store.read(|tx| ops::sites::find(tx, site_id)).expect("the site")
    }

    /// Changes a setting of a site.
    pub fn set(&self, site_id: &str, name: &str, value: &str) {
        let (site, name, value) = (self.site(site_id), name.to_owned(), value.to_owned());
        self.app.store.write(move |tx| ops::sites::set(tx, &site, &name, &value)).expect("a setting");
    }

    /// Lets time pass, with everything that falls due on the way.
    pub fn advance(&self, length: &str) {
        let secs = cartwright::domain::time::parse_duration(length).expect("a length of time");
        jobs::advance(&self.app, self.app.now().plus(secs)).expect("time passes");
    }

    /// Sets the clock to an instant not before now.
    pub fn set_clock(&self, at: &str) {
        jobs::advance(&self.app, instant(at)).expect("time passes");
    }

    /// Lets a site's letters out to real people, as `doctor --override` does.
    pub fn go_live(&self, site_id: &str) {
        let site = self.site(site_id);
        let how = cartwright::domain::go_lives::How::Overridden;
        self.app.store.write(move |tx| ops::go_lives::go_live(tx, &site, how, "a test", &[])).expect("letters go out");
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends these bytes and reads the answer to its end.
    pub fn send(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        stream.write_all(request).expect("the request is taken");
        let (mut answer, mut some) = (Vec::new(), [0; 16 * 1024]);
        // The server keeps a connection for a second when a body was not read, so the end of the answer counts, not of the
        // connection. It may also close before all of a body was read; what it said still counts.
        while !is_whole(&answer, request.starts_with(b"HEAD ")) {
            match stream.read(&mut some) {
                Ok(0) => break,
                Ok(read) => answer.extend_from_slice(&some[..read]),
                Err(e) => {
                    assert!(!answer.is_empty(), "no answer: {e}");
                    break;
                }
            }
        }
        parse_reply(&answer)
    }

    /// Sends a request with this body; a length and `Connection: close` are added.
    pub fn call(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes)
    }

    /// A GET without credentials in headers.
    pub fn get(&self, target: &str) -> Reply {
        self.call("GET", target, &[], b"")
    }

    /// A call of the REST interface with [`KEY`].
    pub fn rest(&self, method: &str, target: &str, body: &serde_json::Value) -> Reply {
        let bearer = format!("Bearer {KEY}");
        if body.is_null() {
            return self.call(method, target, &[("Authorization", &bearer)], b"");
        }
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.call(method, target, &headers, body.to_string().as_bytes())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let stopping = self.handle.stop(false);
        drop(stopping);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server's thread ends well");
        }
    }
}

/// An instant, from RFC 3339.
pub fn instant(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("an instant")
}

/// Whether this is an answer to its end, as far as its headers say where that is.
fn is_whole(answer: &[u8], to_head: bool) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    to_head || length.is_some_and(|length| answer.len() >= end + 4 + length)
}

fn parse_reply(bytes: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no headers in {text:?}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status line");
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Reply { status, headers, body: body.to_owned() }
}

impl World {
    /// Takes back the key with this text.
    pub fn revoke(&self, site_id: &str, key: &str) {
        let site = self.site(site_id);
        let hash = cartwright::domain::keys::hash_key(key);
        let keys = self.app.store.read(|tx| ops::keys::list(tx, &site)).expect("keys");
        let id = keys.into_iter().find(|key| key.hash == hash).expect("the key").id;
        self.app.store.write(move |tx| ops::keys::revoke(tx, &site, &id)).expect("the key is revoked");
    }

    /// Reads an archive into a site.
    pub fn import(&self, site_id: &str, file: &std::path::Path) {
        use cartwright::cli::import::{Outcome, import};
        let bar = indicatif::ProgressBar::hidden();
        match import(&self.app.store, file, site_id, false, &bar).expect("an archive that can be read") {
            Outcome::Fine(_) => {}
            Outcome::Wrong(problems) => panic!("{problems:?}"),
        }
    }
}

impl World {
    /// A cart of [`SITE`] that is left, written about, opened and bought: one hour and a half pass.
    pub fn recovered_cart(&self, email: &str, total: i64) {
        let item = serde_json::json!({ "product_id": "p", "quantity": 1, "unit_price": total });
        let made = self.rest("POST", "/v1/carts", &serde_json::json!({ "email": email, "items": [item] })).json();
        self.advance("1h");
        let site = self.site(SITE);
        let letter = ops::messages::NewMessage {
            cart_id: made["id"].as_str().expect("an id").to_owned(),
            sequence_id: "default".into(),
            step: 1,
            email: cartwright::domain::EmailAddress::parse(email).expect("an address"),
            subject: "You left something".into(),
            html: None,
            text: None,
        };
        let open = cartwright::domain::messages::Event {
            kind: cartwright::domain::messages::EventKind::Open,
            at: self.app.now(),
            class: cartwright::domain::carts::Class::Human,
            rule: Some("test".into()),
            evidence: None,
        };
        let written = self.app.store.write(move |tx| {
            let letter = ops::messages::enqueue(tx, &site, letter)?;
            ops::messages::mark_sent(tx, &site, &letter.id)?;
            ops::messages::record_event(tx, &site, &letter.id, open)
        });
        written.expect("a letter that was opened");
        self.advance("30m");
        let target = format!("/ss/v1/?key={KEY}&siteid={SITE}&email={email}");
        assert_eq!(self.get(&target).json()["resp"], 100);
    }
}

/// A cart that a machine made, for an address.
pub fn machine_cart(email: &str) -> ops::carts::NewCart {
    ops::carts::NewCart {
        email: Some(cartwright::domain::EmailAddress::parse(email).expect("an address")),
        customer_id: None,
        session_id: None,
        channel: cartwright::domain::carts::Channel::Web,
        currency: None,
        locale: None,
        items: vec![ops::carts::NewItem {
            product_id: "p".into(),
            variant_id: None,
            name: None,
            sku: None,
            quantity: 1,
            unit_price: Some(500),
            image_url: None,
            url: None,
            notes: None,
            metadata: None,
        }],
        shipping_address: None,
        expires_at: None,
        restore_url: None,
        order_id: None,
        metadata: None,
        consent: None,
        class: cartwright::domain::carts::Class::Machine,
    }
}

//! The real binary over one folder, a client of it, and what is found in the folder between two lives.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cartwright::domain::keys::Scopes;
use cartwright::domain::loyalty::{Campaign, CampaignKind};
use cartwright::domain::settings::Settings;
use cartwright::domain::sites::SiteStatus;
use cartwright::domain::users::{Campaigns, Role};
use cartwright::domain::{Clock, Currency, Timestamp, Zone};
use cartwright::ops;
use cartwright::ops::customers::NewMember;
use cartwright::ops::loyalty::NewCampaign;
use cartwright::ops::sites::NewSite;
use cartwright::ops::users::NewUser;
use cartwright::store::{FILE_NAME, Store};
use tempfile::TempDir;

use super::doors::{Act, Kept};

pub const SITE: &str = "my-shop";
pub const KEY: &str = "key-of-my-shop";
pub const ORIGIN: &str = "https://shop.example";
/// The loyalty interface: account, user, campaign, and a member's code.
pub const ACCOUNT: &str = "my_shop";
pub const USER: &str = "till";
pub const CAMPAIGN: &str = "points";
pub const MEMBER: &str = "4711";

/// A client that waits longer than this waits in vain.
const PATIENCE: Duration = Duration::from_secs(30);

/// When the shop was made: before any clock that the tests run under.
const BEGINNING: i64 = 1_700_000_000;

/// The folder of a shop.
pub struct Shop {
    folder: TempDir,
}

/// A process that serves it.
pub struct Running {
    child: Child,
    address: SocketAddr,
}

impl Shop {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        store(&folder).write(found).expect("a shop");
        Shop { folder }
    }

    /// A shop that somebody brought there.
    #[allow(dead_code, reason = "of those that share this, one brings it")]
    pub fn at(folder: TempDir) -> Self {
        Shop { folder }
    }

    #[allow(dead_code, reason = "of those that share this, one asks")]
    pub fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn start(&self) -> Running {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.folder.path())
            .env_clear()
            .env("CARTWRIGHT_LIMITS_PER_KEY_PER_MINUTE", "0")
            // What is counted for somebody who never asks has to stay small as well.
            .env("CARTWRIGHT_METRICS_LISTEN", "127.0.0.1:0")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split(',').next()?.trim().parse().ok());
        let address = address.unwrap_or_else(|| panic!("no address in {line:?}"));
        Running { child, address }
    }

    /// The length of the write-ahead log.
    #[allow(dead_code, reason = "of the two that share this, one looks at it")]
    pub fn log_bytes(&self) -> u64 {
        let log = self.folder.path().join(format!("{FILE_NAME}-wal"));
        std::fs::metadata(log).map_or(0, |about| about.len())
    }

    /// Holds one life against the store.
    pub fn check(&self, heard: &[Act], lost: &[Act], kill: usize) {
        let conn = self.open();
        for act in heard {
            assert_eq!(act.kept(&conn), 1, "after kill {kill}: {act:?}");
        }
        for act in lost {
            assert!(act.kept(&conn) <= 1, "after kill {kill}: {act:?}");
        }
    }

    /// Holds all lives against the store, whole.
    pub fn check_all(&self, acts: &[Act]) {
        let conn = self.open();
        let store = Kept::read(&conn);
        for act in acts {
            let kept = store.times(act);
            assert!(if act.acknowledged { kept == 1 } else { kept <= 1 }, "{kept} times: {act:?}");
        }
        let purchases: i64 = conn.query_row("select count(*) from purchases", [], |row| row.get(0)).expect("a count");
        let told = acts.iter().map(|act| store.times(act)).sum::<i64>();
        assert!(purchases <= told, "{purchases} purchases of {told} acts");
        self.check_figures();
    }

    /// Holds the kept figures against the rows.
    pub fn check_figures(&self) {
        let site = store(&self.folder).read(|tx| ops::sites::find(tx, SITE)).expect("the shop");
        let differences = store(&self.folder).read(|tx| ops::stats::verify(tx, &site)).expect("a check");
        assert!(differences.is_empty(), "{differences:?}");
    }

    /// The database as a process would find it that starts now; it is whole.
    pub fn open(&self) -> rusqlite::Connection {
        let conn = rusqlite::Connection::open(self.folder.path().join(FILE_NAME)).expect("the database");
        let whole: String = conn.query_row("pragma integrity_check", [], |row| row.get(0)).expect("a check");
        assert_eq!(whole, "ok");
        conn
    }
}

fn store(folder: &TempDir) -> Store {
    let clock: Clock = Arc::new(|| Timestamp::from_secs(BEGINNING));
    Store::open(folder.path(), clock).expect("a store")
}

/// Founds a shop with everything that the doors ask for.
fn found(tx: &cartwright::store::WriteTx) -> cartwright::domain::Result<()> {
    let new = NewSite {
        site_id: SITE.into(),
        account_id: ACCOUNT.into(),
        name: "My shop".into(),
        currency: Currency::parse("USD")?,
        zone: Zone::parse("UTC")?,
        status: SiteStatus::Paid,
        settings: Settings::from_pairs(
            [("origins", ORIGIN), ("shopify_secret", KEY)].map(|(name, value)| (name.to_owned(), value.to_owned())),
        )?,
    };
    let site = ops::sites::add(tx, new)?;
    ops::keys::import(tx, &site, KEY, Scopes::parse("all")?, None)?;
    let user = NewUser {
        user_id: USER.into(),
        role: Role::Manager,
        zone: None,
        campaigns: Campaigns::All,
        key: Some(KEY.into()),
    };
    ops::users::add(tx, &site, user)?;
    let made = ops::loyalty::add_campaign(tx, &site, NewCampaign::named("Points", CampaignKind::Points))?;
    cartwright::store::loyalty::insert_campaign(tx, site.no, &Campaign { no: 0, id: CAMPAIGN.into(), ..made })?;
    let member = NewMember { code: Some(MEMBER.into()), ..NewMember::default() };
    ops::customers::add_member(tx, &site, member).map(drop)
}

impl Running {
    /// What it has in memory; 0 where the system does not say.
    #[allow(dead_code, reason = "of the two that share this, one looks at it")]
    pub fn memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        resident.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Where it listens.
    #[allow(dead_code, reason = "of those that share this, one asks")]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends it a signal, such as `-TERM`.
    #[allow(dead_code, reason = "of those that share this, one tells it to end")]
    pub fn tell(&self, signal: &str) {
        let told = Command::new("sh").args(["-c", &format!("kill {signal} {}", self.child.id())]).status();
        assert!(told.expect("a shell").success());
    }

    /// Waits for its end.
    #[allow(dead_code, reason = "of those that share this, one waits")]
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().expect("it is over").code()
    }

    /// Without any warning.
    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is over");
    }
}

/// A client with one connection.
pub struct Client {
    stream: TcpStream,
}

impl Client {
    pub fn of(process: &Running) -> Self {
        let stream = TcpStream::connect(process.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Client { stream }
    }

    /// The body of an answer that says 200, 201 or 204. `None`: another, or none, for the process is gone.
    pub fn call(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Option<String> {
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: test\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.stream.write_all(request.as_bytes()).ok()?;
        let answer = self.answer()?;
        let taken = ["200", "201", "204"].iter().any(|status| answer.starts_with(&format!("HTTP/1.1 {status}")));
        assert!(taken, "{method} {target} {body} answers {answer}");
        Some(answer)
    }

    fn answer(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok();
                let length: usize = head.lines().find_map(length).unwrap_or(0);
                if body.len() >= length {
                    return Some(text.into_owned());
                }
            }
            let read = self.stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
            bytes.extend_from_slice(&chunk[..read]);
        }
    }
}

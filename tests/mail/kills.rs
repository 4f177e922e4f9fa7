//! The real binary, killed while it sends, and its commands that send and take back.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cartwright::app::{App, ManualClock};
use cartwright::config::Config;
use cartwright::domain::bounces::return_path;
use cartwright::domain::carts::Class;
use cartwright::domain::go_lives::How;
use cartwright::domain::messages::{Message, MessageStatus};
use cartwright::domain::settings::Settings;
use cartwright::domain::sites::SiteStatus;
use cartwright::domain::{Currency, Site, Timestamp, Zone};
use cartwright::ops::sites::NewSite;
use cartwright::{jobs, ops, store};
use rand::{Rng, RngExt, SeedableRng};
use tempfile::TempDir;

use super::postman::{Act, Postman};
use super::support::machine_cart;

/// Letters that are due.
const LETTERS: usize = 200;

/// The folder of a shop whose carts were left a while ago.
pub(super) struct Shop {
    folder: TempDir,
}

impl Shop {
    pub(super) fn with_carts(count: usize) -> Self {
        let shop = Shop { folder: TempDir::new().expect("a temporary folder") };
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let then = Timestamp::from_secs(i64::try_from(wall).expect("a time")).plus(-70 * 60);
        let app = shop.open(then);
        let new = NewSite {
            site_id: "my-shop".into(),
            account_id: "my_shop".into(),
            name: "My shop".into(),
            currency: Currency::parse("USD").expect("a currency"),
            zone: Zone::parse("UTC").expect("a zone"),
            status: SiteStatus::Paid,
            settings: Settings::from_pairs(
                [("postal_address", "1 Mill Lane"), ("letters.from", "shop@example.com")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            )
            .expect("settings"),
        };
        app.store
            .write(move |tx| {
                let site = ops::sites::add(tx, new)?;
                ops::go_lives::go_live(tx, &site, How::Overridden, "a test", &[])?;
                for at in 0..count {
                    let mut new = machine_cart(&format!("ann{at}@example.com"));
                    new.class = Class::Human;
                    ops::carts::create(tx, &site, new)?;
                }
                Ok(())
            })
            .expect("carts");
        shop
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The store, at an instant.
    fn open(&self, at: Timestamp) -> App {
        let flags = [("data", self.path().join("data").display().to_string())];
        let config = Config::load(&flags, |_| None, None).expect("a configuration");
        App::open_with_manual_clock(config, ManualClock::starting_at(at)).expect("a store")
    }

    /// The shop and all of its letters.
    pub(super) fn letters(&self) -> (Site, Vec<Message>) {
        let app = self.open(Timestamp::from_secs(0));
        app.store
            .read(|tx| {
                let site = ops::sites::find(tx, "my-shop")?;
                let mut all = Vec::new();
                store::messages::walk(tx, site.no, |letter| {
                    all.push(letter);
                    Ok(())
                })?;
                Ok((site, all))
            })
            .expect("the letters")
    }

    pub(super) fn command(&self, postman: &Postman, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cartwright"));
        command
            .args(args)
            .env_clear()
            .env("CARTWRIGHT_LISTEN", "127.0.0.1:0")
            .env("CARTWRIGHT_PUBLIC_URL", "https://carts.example")
            .env("CARTWRIGHT_MAIL_TRANSPORT", "smtp")
            .env("CARTWRIGHT_MAIL_SMTP_HOST", "127.0.0.1")
            .env("CARTWRIGHT_MAIL_SMTP_PORT", postman.port().to_string())
            .env("CARTWRIGHT_MAIL_SMTP_TLS", "none")
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Runs a command to its end, with this on standard input.
    pub(super) fn run(&self, postman: &Postman, args: &[&str], input: &str) -> (Option<i32>, String) {
        std::fs::write(self.path().join("input"), input).expect("a file");
        let file = std::fs::File::open(self.path().join("input")).expect("the file");
        let output = self
            .command(postman, args)
            .stdin(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .expect("the command runs");
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&told).into_owned())
    }
}

#[test]
fn a_process_that_is_killed_sends_no_letter_twice_and_loses_none() {
    let kills: usize = std::env::var("CARTWRIGHT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let shop = Shop::with_carts(LETTERS);
    let postman = Postman::at_pace(Duration::from_millis(8));
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(dice_seed());
    for _ in 0..kills {
        let mut process = shop.command(&postman, &["serve"]).spawn().expect("the server starts");
        // Some time after it sent its first letter, so that it is killed at work.
        let before = postman.got().len();
        for _ in 0..300 {
            if postman.got().len() > before {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(dice.random_range(0..200)));
        process.kill().expect("it is killed");
        process.wait().expect("it is over");
    }
    let mut process = shop.command(&postman, &["serve"]).spawn().expect("the server starts");
    let waiting = || {
        let (_, letters) = shop.letters();
        let settled = letters.iter().filter(|letter| letter.step == 1 && is_settled(letter)).count();
        settled < LETTERS
    };
    let mut patience = 600;
    while waiting() && patience > 0 {
        patience -= 1;
        std::thread::sleep(Duration::from_millis(100));
    }
    process.kill().expect("it is killed");
    process.wait().expect("it is over");
    account_for_all(&shop, &postman, kills);
}

fn is_settled(letter: &Message) -> bool {
    !matches!(letter.status, MessageStatus::Queued | MessageStatus::Sending)
}

/// Printed, so that a failure can be played again.
fn dice_seed() -> u64 {
    let seed = std::env::var("CARTWRIGHT_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| rand_chacha::ChaCha8Rng::seed_from_u64(std::process::id().into()).next_u64());
    println!("CARTWRIGHT_TEST_SEED={seed}");
    seed
}

fn account_for_all(shop: &Shop, postman: &Postman, kills: usize) {
    let (site, letters) = shop.letters();
    let firsts: Vec<&Message> = letters.iter().filter(|letter| letter.step == 1).collect();
    assert_eq!(firsts.len(), LETTERS);
    let got = postman.got();
    let mut unknown = 0;
    for letter in firsts {
        let id = format!("<{}@example.com>", letter.id);
        let arrived = got.iter().filter(|got| got.header("Message-ID").as_ref() == Some(&id)).count();
        match letter.status {
            MessageStatus::Sent => assert_eq!(arrived, 1, "{letter:?}"),
            MessageStatus::Unknown => {
                unknown += 1;
                assert!(arrived <= 1, "{letter:?}");
            }
            _ => panic!("neither sent nor unknown: {letter:?}"),
        }
    }
    println!("{unknown} of unknown fate after {kills} kills");
    assert!(unknown <= kills, "{unknown} of unknown fate after {kills} kills");
    assert_eq!(got.len(), got.iter().map(|got| &got.to).collect::<std::collections::BTreeSet<_>>().len());
    let app = shop.open(Timestamp::from_secs(0));
    let differences = app.store.read(|tx| ops::stats::verify(tx, &site)).expect("a check");
    assert!(differences.is_empty(), "{differences:?}");
}

#[test]
fn a_test_letter_says_what_the_server_answered() {
    let shop = Shop::with_carts(0);
    let postman = Postman::new();
    let send = ["send-test-email", "--site", "my-shop", "--to", "me@example.org"];
    assert_eq!(shop.run(&postman, &send, ""), (Some(0), "taken: 2.0.0 taken\n".to_owned()));
    assert_eq!(postman.got()[0].to, "me@example.org");
    postman.will(&[Act::ToRecipient("550 5.7.1 not you")]);
    let (code, told) = shop.run(&postman, &send, "");
    assert!(code == Some(1) && told.contains("refused") && told.contains("5.7.1 not you"), "{told}");
    let (code, told) = shop.run(&postman, &["send-test-email", "--site", "my-shop", "--to", "nobody"], "");
    assert!(code == Some(2) && told.contains("to: must be an e-mail address"), "{told}");
    shop.run(&postman, &["site", "set", "--site", "my-shop", "letters.from", ""], "");
    let (code, told) = shop.run(&postman, &send, "");
    assert!(code == Some(2) && told.contains("letters.from shop@example.com"), "{told}");
    let (code, told) = shop.run(&postman, &["site", "set", "--site", "my-shop", "letters.from", "a\nb@c.de"], "");
    assert!(code == Some(2) && told.contains("letters.from: must be an address"), "{told}");
}

#[test]
fn a_mail_servers_pipe_takes_reports_and_forgives_everything_else() {
    let shop = Shop::with_carts(1);
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let app = shop.open(Timestamp::from_secs(i64::try_from(wall).expect("a time")));
    jobs::run_due(&app).expect("a letter");
    drop(app);
    let (site, letters) = shop.letters();
    let path = return_path(&site, letters[0].no, "shop@example.com");
    let report = super::reports::delivery_report(&path, "failed", "5.1.1");
    let postman = Postman::new();
    let bounce = ["bounce", "--site", "my-shop"];
    let (code, told) = shop.run(&postman, &bounce, &report);
    assert!(code == Some(0) && told.contains("its address gets no more letters"), "{told}");
    let (code, told) = shop.run(&postman, &bounce, &report);
    assert!(code == Some(0) && told.contains("known already"), "{told}");
    for garbage in ["", "hello", "Content-Type: multipart/report; boundary=x\n\n--x\n--x\n\0\u{fffd}"] {
        let (code, told) = shop.run(&postman, &bounce, garbage);
        assert!(code == Some(0) && told.contains("nothing was changed"), "{told}");
    }
    let (code, told) = shop.run(&postman, &["mail", "resume", "--site", "my-shop"], "");
    assert!(code == Some(0) && told.contains("the breaker counts from now on"), "{told}");
    assert_eq!(shop.run(&postman, &["stats", "verify"], "").0, Some(0));
}

#[test]
fn a_password_is_shown_nowhere() {
    let shop = Shop::with_carts(0);
    let postman = Postman::new();
    std::fs::write(shop.path().join("secret"), "open sesame\n").expect("a file");
    let show = |name: &str, value: &str| {
        let output = shop
            .command(&postman, &["config", "show"])
            .env(name, value)
            .stdout(Stdio::piped())
            .output()
            .expect("the command runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for shown in
        [show("CARTWRIGHT_MAIL_SMTP_PASSWORD", "open sesame"), show("CARTWRIGHT_MAIL_SMTP_PASSWORD_FILE", "secret")]
    {
        assert!(shown.contains("mail.smtp.password = (hidden)") && !shown.contains("sesame"), "{shown}");
    }
    let set = ["site", "set", "--site", "my-shop", "bounces.mailgun_signing_key", "open-sesame"];
    shop.run(&postman, &set, "");
    let (_, listed) = shop.run(&postman, &["site", "set", "--site", "my-shop"], "");
    assert!(listed.contains("bounces.mailgun_signing_key = (hidden)") && !listed.contains("sesame"), "{listed}");
}

//! What becomes of a letter, by what the mail server says and when it stops saying anything.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cartwright::app::App;
use cartwright::domain::bounces::{letter_of_return_path, return_path};
use cartwright::domain::letters::Why;
use cartwright::domain::messages::{EventKind, Message, MessageStatus};
use cartwright::domain::{EmailAddress, Site};
use cartwright::ops::{self, purchases::Confirmation, purchases::Stated};
use cartwright::store;

use super::postman::{Act, Postman};
use super::support::{SITE, World};
use super::{cart, expect_true_figures, explained, first, is_suppressed, world, world_with};

/// One letter, with this done to it, looked at when it was due.
fn after(act: Act) -> (World, Postman, String, Message) {
    let postman = Postman::new();
    postman.will(&[act]);
    let world = world(&postman);
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    let letter = first(&world, &cart);
    expect_true_figures(&world);
    (world, postman, cart, letter)
}

#[test]
fn a_letter_that_is_taken_has_everything_that_it_needs() {
    let postman = Postman::new();
    let world = world(&postman);
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    let letter = first(&world, &cart);
    assert_eq!(letter.status, MessageStatus::Sent, "{letter:?}");
    let [got] = &postman.got()[..] else { panic!("not one letter") };
    assert_eq!(got.to, "ann@example.com");
    assert_eq!(got.header("To").as_deref(), Some("ann@example.com"));
    assert_eq!(got.header("Message-ID"), Some(format!("<{}@example.com>", letter.id)));
    assert_eq!(got.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    assert!(got.header("List-Unsubscribe").is_some_and(|link| link.starts_with("<https://carts.example/u/")));
    assert!(got.header("List-Id").is_some() && got.header("Date").is_some());
    for body in ["text/plain", "text/html"] {
        assert!(got.data.contains(&format!("Content-Type: {body}; charset=utf-8")), "no {body}");
    }
    // The return path says which letter came back, also where a mail system changed its case.
    let site = world.site(SITE);
    assert!(got.from.starts_with("bounce+") && got.from.ends_with("@example.com"), "{}", got.from);
    assert_eq!(letter_of_return_path(&site, &got.from.to_uppercase()), Some(letter.no));
    let forged = got.from.replacen("bounce+a", "bounce+b", 1);
    assert_eq!(letter_of_return_path(&site, &forged), None, "{forged}");
    world.set(SITE, "letters.return_path", "returns@mail.example");
    assert!(return_path(&world.site(SITE), letter.no, "shop@example.com").starts_with("returns+"));
    expect_true_figures(&world);
}

#[test]
fn one_conversation_serves_the_letters_that_are_due_together() {
    let postman = Postman::new();
    postman.will(&[Act::ToRecipient("550 5.7.1 no")]);
    let world = world(&postman);
    for at in 0..5 {
        cart(&world, &format!("ann{at}@example.com"));
    }
    world.advance("60m");
    assert_eq!((postman.got().len(), postman.connections()), (4, 1));
}

#[test]
fn a_temporary_refusal_is_tried_again_by_the_clock() {
    for act in [Act::ToRecipient("450 4.2.0 greylisted"), Act::ToLetter("451 4.3.0 later"), Act::ToRecipient("421 bye")]
    {
        let (world, postman, cart, letter) = after(act);
        assert_eq!((letter.status, letter.attempts), (MessageStatus::Queued, 1), "{act:?} {letter:?}");
        assert_eq!(letter.due_at, Some(world.app.now().plus(300)));
        world.advance("4m");
        assert_eq!(postman.got().len(), 0);
        world.advance("1m");
        assert_eq!(first(&world, &cart).status, MessageStatus::Sent);
        assert_eq!(postman.got().len(), 1);
        expect_true_figures(&world);
    }
}

#[test]
fn a_letter_that_is_put_off_for_three_days_is_given_up() {
    let postman = Postman::new();
    postman.will(&[Act::ToRecipient("450 4.2.0 later"); 40]);
    let world = world(&postman);
    let cart = cart(&world, "ann@example.com");
    world.advance("3d");
    assert_eq!(first(&world, &cart).status, MessageStatus::Queued);
    world.advance("1d");
    let letter = first(&world, &cart);
    assert_eq!(letter.status, MessageStatus::Failed);
    assert!(letter.detail.is_some_and(|said| said.contains("4.2.0 later")));
    assert!(!is_suppressed(&world, "ann@example.com"));
}

#[test]
fn a_refusal_that_does_not_blame_the_address_fails_the_letter_alone() {
    for act in [Act::ToRecipient("550 5.7.1 policy"), Act::ToLetter("554 5.6.0 content"), Act::ToRecipient("550 no")] {
        let (world, postman, cart, letter) = after(act);
        assert_eq!(letter.status, MessageStatus::Failed, "{letter:?}");
        assert!(!is_suppressed(&world, "ann@example.com"));
        world.advance("1d");
        assert_eq!(explained(&world, &cart).1.len(), 3, "the sequence goes on");
        assert_eq!(postman.got().len(), 1);
    }
}

#[test]
fn an_address_that_is_not_there_is_not_written_to_again() {
    let (world, postman, cart, letter) = after(Act::ToRecipient("550 5.1.1 no such user"));
    assert_eq!(letter.status, MessageStatus::Failed);
    assert!(letter.marks.bounced);
    assert!(letter.detail.is_some_and(|said| said.contains("5.1.1 no such user")));
    assert!(is_suppressed(&world, "ann@example.com"));
    let events = world.app.store.read(|tx| store::messages::events(tx, letter.no)).expect("events");
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::Bounce]);
    world.advance("10d");
    assert_eq!(explained(&world, &cart).1.len(), 1);
    assert_eq!(postman.got().len(), 0);
    expect_true_figures(&world);
}

#[test]
fn a_connection_that_fails_before_the_letter_is_tried_again() {
    for act in [Act::DropBeforeData, Act::SilentBeforeData] {
        let (world, postman, cart, letter) = after(act);
        assert_eq!(letter.status, MessageStatus::Queued, "{act:?} {letter:?}");
        world.advance("5m");
        assert_eq!(first(&world, &cart).status, MessageStatus::Sent, "{act:?}");
        assert_eq!(postman.got().len(), 1);
    }
}

#[test]
fn a_letter_that_may_have_been_taken_is_not_sent_again() {
    for act in [Act::DropAfterDot, Act::SilentAfterDot] {
        let (world, postman, cart, letter) = after(act);
        assert_eq!(letter.status, MessageStatus::Unknown, "{act:?} {letter:?}");
        world.advance("10d");
        let (_, letters) = explained(&world, &cart);
        assert_eq!(letters.len(), 3, "the sequence goes on");
        assert_eq!(letters[0].status, MessageStatus::Unknown);
        let id = format!("<{}@example.com>", letter.id);
        let same = postman.got().iter().filter(|got| got.header("Message-ID").as_ref() == Some(&id)).count();
        assert_eq!(same, 1, "{act:?}");
        expect_true_figures(&world);
    }
}

#[test]
fn a_server_that_is_slow_is_waited_for() {
    let (_, postman, _, letter) = after(Act::TakeSlowly(Duration::from_millis(500)));
    assert_eq!(letter.status, MessageStatus::Sent);
    assert_eq!(postman.got().len(), 1);
}

#[test]
fn a_server_that_is_not_there_costs_no_letter() {
    let port = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        gone.local_addr().expect("its address").port().to_string()
    };
    let world = world_with(&Postman::new(), &[("CARTWRIGHT_MAIL_SMTP_PORT", &port)]);
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    let letter = first(&world, &cart);
    assert_eq!(letter.status, MessageStatus::Queued);
    assert!(letter.detail.is_some_and(|said| said.contains("onnection")));
}

#[test]
fn a_wrong_password_fails_no_letter() {
    let postman = Postman::asking("535 5.7.8 who are you");
    let account = [("CARTWRIGHT_MAIL_SMTP_USER", "shop"), ("CARTWRIGHT_MAIL_SMTP_PASSWORD", "wrong")];
    let world = world_with(&postman, &account);
    let cart = cart(&world, "ann@example.com");
    super::cart(&world, "bob@example.com");
    world.advance("60m");
    assert_eq!(postman.connections(), 1, "an account is locked after a few tries");
    let letter = first(&world, &cart);
    assert_eq!(letter.status, MessageStatus::Queued);
    assert!(letter.detail.is_some_and(|said| said.contains("5.7.8") && !said.contains("wrong")));
}

#[test]
fn a_right_password_is_taken() {
    let postman = Postman::asking("235 2.7.0 welcome");
    let account = [("CARTWRIGHT_MAIL_SMTP_USER", "shop"), ("CARTWRIGHT_MAIL_SMTP_PASSWORD", "right")];
    let world = world_with(&postman, &account);
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    assert_eq!(first(&world, &cart).status, MessageStatus::Sent);
}

#[test]
fn a_server_without_starttls_gets_neither_password_nor_letter() {
    let postman = Postman::asking("235 2.7.0 welcome");
    let account = [("CARTWRIGHT_MAIL_SMTP_USER", "shop"), ("CARTWRIGHT_MAIL_SMTP_TLS", "starttls")];
    let world = world_with(&postman, &account);
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    let letter = first(&world, &cart);
    assert_eq!(letter.status, MessageStatus::Queued);
    assert!(letter.detail.is_some_and(|said| said.contains("STARTTLS")));
    assert_eq!(postman.got().len(), 0);
}

#[test]
fn nothing_leaves_while_the_shop_has_not_said_what_it_must() {
    for (name, why) in [("postal_address", Why::NoPostalAddress), ("letters.from", Why::NoSender)] {
        let postman = Postman::new();
        let world = world(&postman);
        world.set(SITE, name, "");
        let cart = cart(&world, "ann@example.com");
        world.advance("60m");
        assert_eq!(explained(&world, &cart).0[0].reason, why);
        assert_eq!(postman.connections(), 0);
    }
}

#[test]
fn a_purchase_while_the_server_is_asked_holds_the_letter_back() {
    let postman = Postman::new();
    let world = world(&postman);
    let bought: Arc<OnceLock<(Arc<App>, Site)>> = Arc::default();
    drop(bought.set((world.app.clone(), world.site(SITE))));
    postman.before_data(move || {
        let Some((app, site)) = bought.get().cloned() else { return };
        let email = EmailAddress::parse("ann@example.com").expect("an address");
        let told = Confirmation {
            email,
            order_id: Some("o-1".into()),
            total: Stated::Nothing,
            codes: Vec::new(),
            source: "test",
        };
        app.store.write(move |tx| ops::purchases::confirm(tx, &site, told)).expect("a purchase");
    });
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    let (decisions, letters) = explained(&world, &cart);
    assert_eq!(postman.got().len(), 0);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].status, MessageStatus::Cancelled);
    assert_eq!(decisions.last().map(|decision| decision.reason), Some(Why::Bought));
    expect_true_figures(&world);
}

#[test]
fn no_more_letters_leave_in_a_minute_than_configured() {
    let postman = Postman::new();
    let world = world_with(&postman, &[("CARTWRIGHT_MAIL_PER_MINUTE", "2")]);
    for at in 0..5 {
        cart(&world, &format!("ann{at}@example.com"));
    }
    for taken in [2, 4, 5] {
        world.advance(if taken == 2 { "60m" } else { "1m" });
        assert_eq!(postman.got().len(), taken);
    }
}

#[test]
fn nothing_that_strangers_write_begins_a_header() {
    let postman = Postman::new();
    let world = world(&postman);
    world.set(SITE, "name", "Shop\r\nBcc: all@example.com\r\n\r\nand a body");
    let nasty = "A mug\r\nX-Evil: 1\r\n.\r\nMAIL FROM:<x@example.com>";
    let item = serde_json::json!({ "product_id": nasty, "name": nasty, "quantity": 1, "unit_price": 5 });
    let made = world.rest("POST", "/v1/carts", &serde_json::json!({ "email": "ann@example.com", "items": [item] }));
    assert_eq!(made.status, 201, "{}", made.body);
    for email in ["a@b.example\r\nBcc: c@d.example", "a@b.example>\r\nDATA"] {
        assert_eq!(world.rest("POST", "/v1/carts", &serde_json::json!({ "email": email })).status, 400);
    }
    world.advance("60m");
    let [got] = &postman.got()[..] else { panic!("not one letter") };
    let head = got.data.split("\r\n\r\n").next().unwrap_or_default();
    let names: Vec<&str> =
        head.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(':').next()).collect();
    let expected = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    ];
    assert_eq!(names, expected);
    assert!(!got.data.contains("X-Evil"));
}

#[test]
fn a_folder_gets_each_letter_once_and_whole() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().display().to_string();
    let world = world_with(
        &Postman::new(),
        &[("CARTWRIGHT_MAIL_TRANSPORT", "folder"), ("CARTWRIGHT_MAIL_FOLDER", path.as_str())],
    );
    let cart = cart(&world, "ann@example.com");
    world.advance("2h");
    let letter = first(&world, &cart);
    assert_eq!(letter.status, MessageStatus::Sent);
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).expect("the folder").map(|file| file.expect("a file")).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert_eq!(file.file_name().to_string_lossy(), format!("{}.eml", letter.id));
    let text = std::fs::read_to_string(file.path()).expect("the letter");
    assert!(text.contains(&format!("Message-ID: <{}@example.com>\r\n", letter.id)));
}

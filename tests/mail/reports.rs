//! What comes back: delivery reports, complaints, and the bodies of each provider.

use cartwright::domain::bounces::return_path;
use cartwright::domain::messages::{EventKind, Message};
use cartwright::mail::reports::read;
use cartwright::{ops, store};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

use super::support::{KEY, Reply, SITE, World};
use super::{cart, expect_true_figures, first, is_suppressed};

const SECRET: &str = "secret-of-the-reports";

/// A world in which a letter left, and its letter.
fn written_to() -> (World, Message) {
    let world = World::new();
    world.set(SITE, "letters.from", "shop@example.com");
    world.add_key(&world.site(SITE), SECRET, "bounces:write");
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    let letter = first(&world, &cart);
    (world, letter)
}

fn tell(world: &World, body: &Value) -> Reply {
    let target = format!("/v1/bounces/{SECRET}");
    world.call("POST", &target, &[("Content-Type", "application/json")], body.to_string().as_bytes())
}

fn kinds(world: &World, letter: &Message) -> Vec<EventKind> {
    let events = world.app.store.read(|tx| store::messages::events(tx, letter.no)).expect("events");
    events.iter().map(|event| event.kind).collect()
}

/// A delivery report to a return path.
pub fn delivery_report(path: &str, action: &str, status: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: <{path}>\r\nSubject: Undelivered\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; ann@example.com\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 {status}\r\n said the server\r\n\r\n--b--\r\n"
    )
}

fn complaint(message_id: &str) -> String {
    format!(
        "From: fbl@provider.example\r\nTo: abuse@shop.example\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: shop@example.com\r\nMessage-ID: <{message_id}>\r\n\r\nHi\r\n\
         --b--\r\n"
    )
}

fn take_in(world: &World, letter: &str) -> usize {
    let site = world.site(SITE);
    let found = read(letter.as_bytes());
    for report in &found {
        let (site, report) = (site.clone(), report.clone());
        world.app.store.write(move |tx| ops::bounces::record(tx, &site, &report)).expect("a record");
    }
    found.len()
}

#[test]
fn a_delivery_report_to_the_return_path_ends_letters_to_an_address_that_is_no_good() {
    let (world, letter) = written_to();
    let path = return_path(&world.site(SITE), letter.no, "shop@example.com");
    assert_eq!(take_in(&world, &delivery_report(&path, "delayed", "4.4.1")), 1);
    assert_eq!(kinds(&world, &letter), [EventKind::SoftBounce]);
    assert_eq!(take_in(&world, &delivery_report(&path, "delivered", "2.0.0")), 0);
    assert!(!is_suppressed(&world, "ann@example.com"));
    for _ in 0..2 {
        assert_eq!(take_in(&world, &delivery_report(&path, "failed", "5.1.1")), 1);
    }
    assert_eq!(kinds(&world, &letter), [EventKind::SoftBounce, EventKind::Bounce]);
    assert!(is_suppressed(&world, "ann@example.com"));
    expect_true_figures(&world);
}

#[test]
fn a_report_that_blames_something_else_is_only_counted() {
    let (world, letter) = written_to();
    let path = return_path(&world.site(SITE), letter.no, "shop@example.com");
    take_in(&world, &delivery_report(&path, "failed", "5.7.1"));
    assert_eq!(kinds(&world, &letter), [EventKind::Bounce]);
    assert!(!is_suppressed(&world, "ann@example.com"));
    expect_true_figures(&world);
}

#[test]
fn a_report_to_a_return_path_that_we_did_not_make_changes_nothing() {
    let (world, letter) = written_to();
    let other = world.add_site("other", "acct_other", "USD", "UTC");
    for path in [return_path(&other, letter.no, "shop@example.com"), "bounce+aaaa@example.com".into(), "x@y.z".into()] {
        take_in(&world, &delivery_report(&path, "failed", "5.1.1"));
    }
    assert_eq!(kinds(&world, &letter), []);
    assert!(!is_suppressed(&world, "ann@example.com"));
}

#[test]
fn a_feedback_report_finds_its_letter_by_the_message_id() {
    let (world, letter) = written_to();
    take_in(&world, &complaint(&format!("{}@example.com", letter.id)));
    assert_eq!(kinds(&world, &letter), [EventKind::Complaint]);
    assert!(is_suppressed(&world, "ann@example.com"));
    expect_true_figures(&world);
}

#[test]
fn our_own_body_is_one_report_or_a_list() {
    let (world, letter) = written_to();
    let bounce = json!({ "type": "bounce", "permanent": true, "status": "5.1.1", "message_id": letter.id });
    let unknown = json!({ "type": "bounce", "permanent": false, "message_id": "msg_of_nobody" });
    for _ in 0..2 {
        let reply = tell(&world, &json!([bounce, unknown]));
        assert_eq!((reply.status, reply.json()), (200, json!({ "recorded": 1, "unknown": 1 })));
    }
    assert_eq!(kinds(&world, &letter), [EventKind::Bounce]);
    assert!(is_suppressed(&world, "ann@example.com"));
    let by_address = json!({ "type": "complaint", "email": "bob@example.com", "at": "2026-03-15T12:00:00Z" });
    assert_eq!(tell(&world, &by_address).status, 200);
    assert!(is_suppressed(&world, "bob@example.com"));
    expect_true_figures(&world);
}

#[test]
fn the_body_of_amazon_is_understood() {
    let (world, letter) = written_to();
    let message = |kind: &str, status: &str| {
        json!({
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": kind, "bounceSubType": "General", "timestamp": "2026-03-15T12:59:59.000Z",
                "bouncedRecipients": [{ "emailAddress": "ann@example.com", "status": status, "diagnosticCode": "smtp; 550" }],
            },
            "mail": { "messageId": "0100", "commonHeaders": { "messageId": format!("<{}@example.com>", letter.id) } },
        })
    };
    assert_eq!(tell(&world, &message("Transient", "4.2.2")).json()["recorded"], 1);
    assert_eq!(kinds(&world, &letter), [EventKind::SoftBounce]);
    assert_eq!(tell(&world, &message("Permanent", "5.1.1")).json()["recorded"], 1);
    assert!(is_suppressed(&world, "ann@example.com"));
    expect_true_figures(&world);
}

/// An envelope as Amazon would send it, signed with the key of `certificate.pem`, which is kept nowhere.
fn envelope(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/sns/");
    let text = std::fs::read_to_string(format!("{path}{name}.json")).expect("an envelope");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn an_envelope_of_amazon_is_believed_only_when_amazon_signed_it() {
    let (world, letter) = written_to();
    let certificate = include_bytes!("../transcripts/sns/certificate.pem");
    let address = envelope("confirmation")["SigningCertURL"].as_str().expect("an address").to_owned();
    world.app.sns.learn(&address, certificate).expect("a certificate");
    let altered = |name: &str, value: Value| {
        let mut envelope = envelope("notification-2");
        envelope[name] = value;
        envelope
    };
    let forged = [
        altered("Message", json!("{}")),
        altered("TopicArn", json!("arn:aws:sns:eu-west-1:999999999999:another")),
        altered("Subject", json!("put in")),
        altered("Signature", json!("AAAA")),
        altered("Signature", json!("no base64")),
        altered("Signature", Value::Null),
        altered("SignatureVersion", json!("1")),
        altered("SignatureVersion", json!("3")),
        altered("SigningCertURL", json!("https://sns.eu-west-1.evil.example/a.pem")),
        json!({ "Type": "Notification", "Message": "{}" }),
        json!({ "Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.example/confirm" }),
    ];
    for envelope in forged {
        assert_eq!(tell(&world, &envelope).status, 403, "{envelope}");
    }
    assert!(kinds(&world, &letter).is_empty() && !is_suppressed(&world, "ann@example.com"));
    world.set(SITE, "bounces.sns_topic", "arn:aws:sns:eu-west-1:123456789012:another");
    assert_eq!(tell(&world, &envelope("notification-2")).status, 403, "of a topic that is not the shop's");
    world.set(SITE, "bounces.sns_topic", "arn:aws:sns:eu-west-1:123456789012:letters");
    assert_eq!(tell(&world, &envelope("confirmation")).status, 200);
    for name in ["notification-1", "notification-2"] {
        assert_eq!(tell(&world, &envelope(name)).json()["recorded"], 1, "{name}");
    }
    assert_eq!(kinds(&world, &letter), [EventKind::Bounce]);
    assert!(is_suppressed(&world, "ann@example.com"));
    expect_true_figures(&world);
}

#[test]
fn the_body_of_postmark_is_understood() {
    let (world, letter) = written_to();
    let bounce = json!({
        "RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Email": "ann@example.com",
        "MessageID": "883953f4", "Metadata": { "message_id": letter.id }, "BouncedAt": "2026-03-15T12:59:59Z",
        "Details": "smtp;550 5.1.1 The email account does not exist.",
    });
    assert_eq!(tell(&world, &bounce).json()["recorded"], 1);
    assert_eq!(kinds(&world, &letter), [EventKind::Bounce]);
    assert!(is_suppressed(&world, "ann@example.com"));
    // By default it keeps only its own id.
    let without_id = json!({ "RecordType": "Bounce", "Type": "SoftBounce", "Email": "ann@example.com" });
    assert_eq!(tell(&world, &without_id).json()["recorded"], 1);
    assert_eq!(kinds(&world, &letter), [EventKind::Bounce, EventKind::SoftBounce]);
    let blocked = json!({ "RecordType": "Bounce", "Type": "Blocked", "Email": "bob@example.com", "Details": "no" });
    assert_eq!(tell(&world, &blocked).status, 200);
    assert!(!is_suppressed(&world, "bob@example.com"));
    let complaint = json!({ "RecordType": "SpamComplaint", "Email": "bob@example.com" });
    assert_eq!(tell(&world, &complaint).json()["recorded"], 1);
    assert!(is_suppressed(&world, "bob@example.com"));
    expect_true_figures(&world);
}

#[test]
fn the_body_of_mailgun_is_understood_and_must_be_signed_where_a_key_is_set() {
    let (world, letter) = written_to();
    let signed = |key: &str| {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).expect("a key");
        mac.update(b"1773576000token");
        let shown: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "signature": { "timestamp": "1773576000", "token": "token", "signature": shown },
            "event-data": {
                "event": "failed", "severity": "permanent", "recipient": "ann@example.com", "timestamp": 1_773_576_000.5,
                "message": { "headers": { "message-id": format!("{}@example.com", letter.id) } },
                "delivery-status": { "code": 550, "enhanced-code": "5.1.1", "message": "no such user" },
            },
        })
    };
    world.set(SITE, "bounces.mailgun_signing_key", "right");
    assert_eq!(tell(&world, &signed("wrong")).status, 403);
    assert_eq!(kinds(&world, &letter), []);
    assert_eq!(tell(&world, &signed("right")).json()["recorded"], 1);
    assert_eq!(kinds(&world, &letter), [EventKind::Bounce]);
    assert!(is_suppressed(&world, "ann@example.com"));
    expect_true_figures(&world);
}

#[test]
fn a_secret_that_is_none_opens_nothing() {
    let (world, letter) = written_to();
    let site = world.site(SITE);
    world.add_key(&site, "key-for-figures", "stats:read");
    world.add_key(&site, "key-taken-back", "bounces:write");
    world.revoke(SITE, "key-taken-back");
    let body = json!({ "type": "complaint", "message_id": letter.id }).to_string();
    for secret in ["nobody", "key-for-figures", "key-taken-back", "%00", "a%2Fb"] {
        let reply = world.call("POST", &format!("/v1/bounces/{secret}"), &[], body.as_bytes());
        assert_eq!(reply.status, 404, "{secret}: {}", reply.body);
    }
    assert_eq!(kinds(&world, &letter), []);
    assert_eq!(world.call("POST", &format!("/v1/bounces/{KEY}"), &[], body.as_bytes()).status, 200, "all is all");
}

#[test]
fn garbage_is_refused_or_passed_over_and_never_our_failure() {
    let (world, letter) = written_to();
    let long = "x".repeat(100_000);
    let texts = [
        "",
        "null",
        "[]",
        "[[]]",
        "{}",
        "7",
        "\"x\"",
        "{\"type\":\"bounce\"}",
        "{\"type\":7,\"email\":[]}",
        "\u{0}",
        "{\"type\":\"bounce\",\"email\":\"no address\"}",
        "{\"event-data\":null}",
        "{\"event-data\":{\"event\":\"failed\"}}",
        "{\"event-data\":{\"event\":\"failed\",\"timestamp\":1e300}}",
        "{\"RecordType\":{}}",
        "{\"RecordType\":\"Bounce\"}",
        "{\"Type\":\"Notification\"}",
        "{\"Type\":\"Notification\",\"Message\":\"{\"}",
        "{\"notificationType\":\"Bounce\"}",
        "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[7,null,{}]},\"mail\":7}",
        "{\"type\":\"bounce\",\"message_id\":\"\",\"at\":\"never\"}",
        "{\"type\":\"bounce\",\"message_id\":\"\\u0000\"}",
    ];
    let target = format!("/v1/bounces/{SECRET}");
    let deep = "[".repeat(5_000);
    let many = format!("{{\"type\":\"bounce\",\"message_id\":\"{long}\"}}");
    for body in texts.iter().copied().chain([deep.as_str(), many.as_str()]) {
        let reply = world.call("POST", &target, &[], body.as_bytes());
        assert!(reply.status < 500, "{}: {}", &body[..body.len().min(80)], reply.body);
    }
    for bytes in
        [&b"\xff\xfe\x00"[..], b"From: a\r\n\r\n\xff", b"Content-Type: message/delivery-status\r\n\r\nAction: failed"]
    {
        read(bytes);
    }
    assert_eq!(kinds(&world, &letter), []);
    expect_true_figures(&world);
}

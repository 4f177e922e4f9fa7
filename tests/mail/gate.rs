//! Letters wait until `doctor` found no fault, or somebody answers for them. The command is the real binary, beside the
//! world's own server, with a mail server and a name server of ours.

use std::net::UdpSocket;
use std::process::Command;

use cartwright::domain::letters::Why;
use cartwright::domain::messages::MessageStatus;
use serde_json::Value;

use super::postman::Postman;
use super::support::{SITE, World};
use super::{cart, explained, first, shut_world, world};

/// What a sender's domain publishes when all is well.
const GOOD: &[(&str, &str)] = &[
    ("example.com", "v=spf1 include:_spf.my-provider.example -all"),
    ("s1._domainkey.example.com", "v=DKIM1; k=rsa; p=MIGf"),
    ("_dmarc.example.com", "v=DMARC1; p=quarantine"),
];

/// A name server that knows these texts and nothing else.
fn name_server(texts: &'static [(&'static str, &'static str)]) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("its address").to_string();
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            let answer = answer(&question[..length], texts);
            drop(socket.send_to(&answer, from));
        }
    });
    address
}

/// RFC 1035: the head, the question as it came, and one text record where there is one.
fn answer(question: &[u8], texts: &[(&str, &str)]) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let name = labels.join(".");
    let is_text = question[at + 1..at + 3] == [0, 16];
    let found = texts.iter().find(|(known, _)| is_text && *known == name);
    let mut answer = question[..2].to_vec();
    // An answer to a recursive question: well, or there is no such name.
    answer.extend_from_slice(if found.is_some() { &[0x81, 0x80] } else { &[0x81, 0x83] });
    answer.extend_from_slice(&[0, 1, 0, u8::from(found.is_some()), 0, 0, 0, 0]);
    answer.extend_from_slice(&question[12..at + 5]);
    if let Some((_, text)) = found {
        let length = u8::try_from(text.len()).expect("a short text");
        answer.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
        answer.extend_from_slice(text.as_bytes());
    }
    answer
}

/// Runs `doctor` beside a world's server. Returns its exit code and what it printed.
fn doctor(world: &World, mail_port: u16, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cartwright"))
        .args(["doctor", "--data"])
        .arg(&world.app.config.data)
        .args(args)
        .env_clear()
        .env("CARTWRIGHT_LISTEN", world.address().to_string())
        .env("CARTWRIGHT_PUBLIC_URL", "https://127.0.0.1:9")
        .env("CARTWRIGHT_MAIL_TRANSPORT", "smtp")
        .env("CARTWRIGHT_MAIL_SMTP_HOST", "127.0.0.1")
        .env("CARTWRIGHT_MAIL_SMTP_PORT", mail_port.to_string())
        .env("CARTWRIGHT_MAIL_SMTP_TLS", "none")
        .env("CARTWRIGHT_LOG", "error")
        .current_dir(&world.app.config.data)
        .output()
        .expect("the command runs");
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&told).into_owned())
}

/// What one check found.
#[track_caller]
fn result(told: &str, name: &str) -> String {
    let report: Value = serde_json::from_str(told).unwrap_or_else(|e| panic!("{e}: {told}"));
    let checks = report["checks"].as_array().expect("checks").clone();
    let check = checks.into_iter().find(|check| check["check"] == name);
    check.unwrap_or_else(|| panic!("no {name} in {told}"))["result"].as_str().expect("a result").to_owned()
}

fn last_reason(world: &World, cart: &str) -> Option<Why> {
    explained(world, cart).0.last().map(|decision| decision.reason)
}

#[test]
fn a_letter_waits_until_doctor_found_no_fault_and_then_leaves_within_the_hour() {
    let postman = Postman::new();
    let world = shut_world(&postman, &[]);
    world.set(SITE, "letters.dkim_selector", "s1");
    let cart = cart(&world, "ann@example.com");
    world.advance("1h");
    assert_eq!((first(&world, &cart).status, last_reason(&world, &cart)), (MessageStatus::Queued, Some(Why::NotLive)));
    let resolver = name_server(GOOD);
    let looked = ["--site", SITE, "--json", "--resolver", &resolver];
    let (code, told) = doctor(&world, postman.port(), &looked);
    assert_eq!(code, Some(0), "{told}");
    for name in ["config", "clock", "wal", "smtp", "postal", "sender", "letters", "one_click", "spf", "dkim", "dmarc"] {
        assert_eq!(result(&told, name), "ok", "{name}: {told}");
    }
    // Nobody is at the public address of a test, the mail server is this machine, and no copy was made yet.
    for name in ["public_url", "ptr", "backup"] {
        assert_eq!(result(&told, name), "warning", "{name}: {told}");
    }
    world.advance("1h");
    assert_eq!(last_reason(&world, &cart), Some(Why::NotLive), "looking opens nothing");
    let (code, told) = doctor(&world, postman.port(), &[&looked[..], &["--go-live", "--by", "Ann B."]].concat());
    assert_eq!(code, Some(0), "{told}");
    let live: Value = serde_json::from_str::<Value>(&told).expect("JSON")["live"].clone();
    assert_eq!(
        (live["how"].as_str(), live["by"].as_str(), live["faults"].as_str()),
        (Some("passed"), Some("Ann B."), Some(""))
    );
    assert_eq!(postman.got().len(), 0, "nothing left while doctor looked");
    world.advance("1h");
    assert_eq!((first(&world, &cart).status, postman.got().len()), (MessageStatus::Sent, 1));
    assert_eq!(last_reason(&world, &cart), Some(Why::Clear));
}

#[test]
fn a_fault_keeps_letters_in_and_a_name_lets_them_out() {
    let postman = Postman::new();
    let world = shut_world(&postman, &[]);
    let cart = cart(&world, "ann@example.com");
    world.set(SITE, "postal_address", "");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let resolver = name_server(&[]);
    let looked = ["--site", SITE, "--json", "--resolver", &resolver];
    let (code, told) = doctor(&world, nobody, &[&looked[..], &["--go-live"]].concat());
    assert_eq!(code, Some(1), "{told}");
    let results = ["smtp", "postal", "spf", "dkim", "dmarc"].map(|name| result(&told, name));
    assert_eq!(results, ["fault", "fault", "warning", "warning", "warning"], "{told}");
    world.set(SITE, "postal_address", "1 Mill Lane, Hudson NY");
    world.advance("1h");
    assert_eq!(last_reason(&world, &cart), Some(Why::NotLive));
    let (code, told) = doctor(&world, nobody, &[&looked[..], &["--override", "Ann B."]].concat());
    assert_eq!(code, Some(0), "{told}");
    let site = world.site(SITE);
    let live = world.app.store.read(|tx| cartwright::ops::go_lives::newest(tx, &site)).expect("a read").expect("a row");
    assert_eq!((live.how.as_str(), live.by.as_str()), ("overridden", "Ann B."));
    assert!(live.faults.starts_with("smtp: "), "{}", live.faults);
    world.advance("1h");
    assert_eq!(first(&world, &cart).status, MessageStatus::Sent);
}

#[test]
fn a_machine_without_a_name_server_is_warned_and_not_held_up() {
    let postman = Postman::new();
    let world = world(&postman);
    // Bound and deaf: a question gets no answer.
    let deaf = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let resolver = deaf.local_addr().expect("its address").to_string();
    let began = std::time::Instant::now();
    let (code, told) = doctor(&world, postman.port(), &["--site", SITE, "--json", "--resolver", &resolver]);
    assert_eq!((code, result(&told, "dns").as_str()), (Some(0), "warning"), "{told}");
    assert!(began.elapsed().as_secs() < 30, "it took {:?}", began.elapsed());
}

#[test]
fn trying_the_unsubscribe_unsubscribes_nobody_and_other_tokens_are_no_trial() {
    let world = world(&Postman::new());
    let token = cartwright::ops::links::trial_token(&world.site(SITE));
    let one_click = |token: &str| world.call("POST", &format!("/u/{token}"), &[], b"List-Unsubscribe=One-Click");
    let answer = one_click(&token);
    assert_eq!((answer.status, answer.header("location"), answer.header("set-cookie")), (200, None, None));
    let kept = world.rest("GET", "/v1/suppressions", &Value::Null).json();
    assert_eq!(kept["data"].as_array().map(Vec::len), Some(0), "{kept}");
    assert_eq!(world.get(&format!("/u/{token}")).status, 404, "there is nobody to ask");
    assert_eq!(one_click(&token[..token.len() - 2]).status, 404);
}

//! Every file under `tests/transcripts/` is a conversation with a fresh world: requests byte for byte, and the exact
//! answers. `UPDATE_TRANSCRIPTS=1 cargo test --test transcripts` writes the answers anew; read the diff before you
//! commit it. `tests/transcripts/README.md` describes the format.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Reply, World};

#[test]
fn cartstack_answers_as_its_transcripts_have_it() {
    replay_folder("cartstack");
}

#[test]
fn stateset_answers_as_its_transcripts_have_it() {
    replay_folder("stateset");
}

#[test]
fn our_own_interface_answers_as_its_transcripts_have_it() {
    replay_folder("native");
}

#[test]
fn retargeting_answers_as_its_transcripts_have_it() {
    replay_folder("retargeting");
}

#[test]
fn stickystreet_answers_as_its_transcripts_have_it() {
    replay_folder("stickystreet");
}

fn replay_folder(dialect: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(dialect);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of the transcripts")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "http"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no transcripts in {}", folder.display());
    let faults: Vec<String> = files.iter().flat_map(|file| replay(file)).collect();
    assert!(faults.is_empty(), "{} answers differ:\n\n{}", faults.len(), faults.join("\n"));
}

/// One exchange, or a step between two.
struct Case {
    name: String,
    directives: Vec<String>,
    request: String,
    answer: String,
}

fn replay(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a transcript");
    let (preamble, cases) = parse(&text);
    let world = World::new();
    let mut names = Names::default();
    let mut faults = Vec::new();
    let mut rewritten = preamble;
    for case in cases {
        for directive in &case.directives {
            run_directive(&world, file, &names.put_in(directive));
        }
        let sent = if case.request.trim().is_empty() {
            String::new()
        } else {
            let request = wire_form(&names.put_in(&case.request));
            names.take_out(&shown(&world.send(&request)))
        };
        if sent.trim_end() != case.answer.trim_end() {
            let place = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            faults.push(format!("{place}: {}\n  expected:\n{}\n  got:\n{sent}\n", case.name, case.answer));
        }
        rewritten.push_str(&format!("=== {}\n", case.name));
        for directive in &case.directives {
            rewritten.push_str(&format!("@{directive}\n"));
        }
        if !sent.is_empty() {
            rewritten.push_str(&format!("{}\n{}\n", case.request.trim_end(), sent.trim_end()));
        }
        rewritten.push('\n');
    }
    if std::env::var_os("UPDATE_TRANSCRIPTS").is_some() {
        fs::write(file, format!("{}\n", rewritten.trim_end())).expect("the transcript is written");
        return Vec::new();
    }
    faults
}

fn parse(text: &str) -> (String, Vec<Case>) {
    let mut preamble = String::new();
    let mut cases: Vec<Case> = Vec::new();
    let mut in_answer = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            in_answer = false;
            cases.push(Case {
                name: name.into(),
                directives: Vec::new(),
                request: String::new(),
                answer: String::new(),
            });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            preamble.push_str(line);
            preamble.push('\n');
            continue;
        };
        if line.starts_with("--- ") {
            in_answer = true;
        }
        match line.strip_prefix('@') {
            Some(directive) if !in_answer && case.request.is_empty() => case.directives.push(directive.into()),
            _ => {
                let part = if in_answer { &mut case.answer } else { &mut case.request };
                part.push_str(line);
                part.push('\n');
            }
        }
    }
    (preamble, cases)
}

/// `@advance 30m`, `@clock 2026-…`, `@set SITE NAME VALUE`, `@site SITE ACCOUNT CURRENCY ZONE`, `@key SITE TEXT
/// SCOPES`, `@key-until SITE TEXT SCOPES TIME`, `@revoke SITE TEXT`, `@user SITE USER ROLE CAMPAIGNS KEY [ZONE]`,
/// `@import SITE FILE`, and those of [`loyalty_directive`].
fn run_directive(world: &World, file: &Path, directive: &str) {
    let words: Vec<&str> = directive.split(' ').collect();
    match words.as_slice() {
        ["advance", length] => world.advance(length),
        ["clock", at] => world.set_clock(at),
        ["set", site, name, value @ ..] => world.set(site, name, &value.join(" ")),
        ["site", site, account, currency, zone] => drop(world.add_site(site, account, currency, zone)),
        ["key", site, text, scopes] => drop(world.add_key(&world.site(site), text, scopes)),
        ["key-until", site, text, scopes, at] => {
            drop(world.add_key_until(&world.site(site), text, scopes, Some(support::instant(at))));
        }
        ["revoke", site, text] => world.revoke(site, text),
        ["user", site, user, role, campaigns, key, zone @ ..] => {
            let role = role.parse().expect("a role");
            let campaigns = cartwright::domain::users::Campaigns::parse(campaigns).expect("campaigns");
            let zone = zone.first().map(|name| cartwright::domain::Zone::parse(name).expect("a zone"));
            world.add_user_in_zone(&world.site(site), user, role, campaigns, key, zone);
        }
        ["import", site, name] => world.import(site, &file.with_file_name(name)),
        other => assert!(loyalty_directive(world, other), "no directive {other:?} in {}", file.display()),
    }
}

/// `@campaign SITE NAME KIND`, `@deactivate SITE NAME`, `@member SITE CODE CARD FIRST LAST`, `@earn SITE CAMPAIGN
/// CODE AMOUNT [ITEM [DESCRIPTION [USER]]]`, `@redeem` likewise, `@reverse SITE CAMPAIGN CODE` for the newest
/// transaction. Words may have percent signs (`%20`, `%07`); `-` is absent.
fn loyalty_directive(world: &World, words: &[&str]) -> bool {
    let decoded: Vec<String> =
        words.iter().map(|word| percent_encoding::percent_decode_str(word).decode_utf8_lossy().into_owned()).collect();
    let decoded: Vec<&str> = decoded.iter().map(String::as_str).collect();
    let given = |at: usize| decoded.get(at).copied().filter(|word| *word != "-");
    match decoded.as_slice() {
        ["campaign", site, name, kind] => world.add_campaign(site, name, kind),
        ["deactivate", site, name] => world.deactivate_campaign(site, name),
        ["member", site, _, _, _, _] => world.add_member(site, given(2), given(3), given(4), given(5)),
        [verb @ ("earn" | "redeem"), site, campaign, code, amount, ..] => {
            let amount = amount.parse().expect("an amount");
            world.record(*verb == "redeem", site, (campaign, code), amount, [given(5), given(6), given(7)]);
        }
        ["reverse", site, campaign, code] => world.reverse_newest(site, campaign, code),
        _ => return false,
    }
    true
}

/// A request as it goes over the wire: CR LF after the headers' lines, a length where a body follows.
fn wire_form(text: &str) -> Vec<u8> {
    let text = text.trim_end_matches('\n');
    let (head, body) = match text.split_once("\n\n") {
        Some((head, body)) => (head, body),
        None => (text, ""),
    };
    let mut bytes = Vec::new();
    for line in head.lines() {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let has = |name: &str| head.lines().any(|line| line.to_ascii_lowercase().starts_with(name));
    // `\r\n` in a body is written out where a format needs it, as multipart does.
    let body = body.replace("\\r\\n\n", "\r\n").replace("\\r\\n", "\r\n");
    if !has("host:") {
        bytes.extend_from_slice(b"Host: test\r\n");
    }
    if !body.is_empty() && !has("content-length:") {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"Connection: close\r\n\r\n");
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

/// An answer as transcripts show it: status, the headers that are part of a contract, body.
fn shown(reply: &Reply) -> String {
    let mut text = format!("--- {}\n", reply.status);
    for name in
        ["content-type", "x-content-type-options", "location", "allow", "x-ratelimit-limit", "idempotency-replayed"]
    {
        if let Some(value) = reply.header(name) {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    // How long to wait depends on the machine's own clock; that it is said does not.
    if reply.header("retry-after").is_some() {
        text.push_str("retry-after: #\n");
    }
    format!("{text}\n{}\n", reply.body)
}

/// Ids that are made while the conversation runs, by the names that the transcript has for them: `cart_#1`.
#[derive(Default)]
struct Names(Vec<(String, String)>);

impl Names {
    /// Puts actual ids where the transcript has names.
    fn put_in(&self, text: &str) -> String {
        self.0.iter().rev().fold(text.to_owned(), |text, (actual, name)| text.replace(name, actual))
    }

    /// Puts names where the answer has actual ids, giving new ones in order of appearance.
    fn take_out(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for prefix in
            ["cart_", "ci_", "sess_", "req_", "pur_", "msg_", "camp_", "txn_", "cust_", "ref_", "sup_", "sub_"]
        {
            let mut from = 0;
            while let Some(at) = text[from..].find(prefix).map(|at| at + from) {
                let length = id_length(&text[at + prefix.len()..]);
                if length == 0 {
                    from = at + prefix.len();
                    continue;
                }
                let actual = text[at..at + prefix.len() + length].to_owned();
                let known = self.0.iter().find(|(id, _)| *id == actual).map(|(_, name)| name.clone());
                let name = known.unwrap_or_else(|| {
                    let number = self.0.iter().filter(|(id, _)| id.starts_with(prefix)).count() + 1;
                    let name = if prefix == "req_" { "req_#".to_owned() } else { format!("{prefix}#{number}") };
                    self.0.push((actual.clone(), name.clone()));
                    name
                });
                text.replace_range(at..at + actual.len(), &name);
                from = at + name.len();
            }
        }
        text
    }
}

/// How many characters of the text are a UUID, with dashes or without, or the name of a suppression; 0 when none.
fn id_length(text: &str) -> usize {
    if text.len() > 64 && text[..64].bytes().all(|b| b.is_ascii_hexdigit()) {
        return text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    }
    let length = text.bytes().take_while(|b| b.is_ascii_hexdigit() || *b == b'-').count();
    if matches!(length, 32 | 36) { length } else { 0 }
}

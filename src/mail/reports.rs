//! Reports that mail systems send back as letters: delivery reports (RFC 3464) and feedback reports (ARF, RFC 5965).
//! Whoever can write to the return path can write such a letter, so it names nothing but letters of ours.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use crate::domain::bounces::{Report, ReportKind};

/// Longest text that is kept of what the other system said.
const MOST: usize = 500;

/// The reports in a letter. None in one that is no report, or that the parser fails on: parts that
/// end in a stranger's order violate what it asserts of itself in builds for testing.
pub fn read(bytes: &[u8]) -> Vec<Report> {
    std::panic::catch_unwind(|| read_parts(bytes)).unwrap_or_else(|_| {
        log::warn!("a letter of {} bytes was passed over, for the parser of letters failed on it", bytes.len());
        Vec::new()
    })
}

fn read_parts(bytes: &[u8]) -> Vec<Report> {
    let Some(letter) = MessageParser::default().parse(bytes) else { return Vec::new() };
    let mut names = addressed(&letter);
    let mut found = Vec::new();
    for part in &letter.parts {
        let kind = part.content_type().and_then(|kind| kind.subtype()).unwrap_or_default().to_ascii_lowercase();
        let text = match &part.body {
            PartType::Text(text) => text.to_string(),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            PartType::Message(inner) if kind == "rfc822" || kind == "global" => {
                names.extend(named_in(inner));
                continue;
            }
            PartType::Message(inner) => String::from_utf8_lossy(inner.raw_message()).into_owned(),
            PartType::Html(_) | PartType::Multipart(_) => continue,
        };
        match kind.as_str() {
            "delivery-status" | "global-delivery-status" => found.extend(deliveries(&text)),
            "feedback-report" => found.extend(feedback(&text)),
            "rfc822-headers" => {
                names.extend(MessageParser::default().parse_headers(text.as_bytes()).iter().flat_map(named_in));
            }
            _ => {}
        }
    }
    for report in &mut found {
        report.names.extend(names.iter().cloned());
    }
    found
}

/// Where the report itself went: our return path, in whichever header the last mail server left it.
fn addressed(letter: &Message) -> Vec<String> {
    let mut names: Vec<String> =
        letter.all_to().flat_map(|to| to.iter()).filter_map(|to| to.address()).map(str::to_owned).collect();
    for header in ["Delivered-To", "X-Original-To", "Envelope-To"] {
        names.extend(letter.header_raw(header).map(|text| text.trim().to_owned()));
    }
    names
}

/// What names the letter that came back.
fn named_in(letter: &Message) -> Vec<String> {
    letter.return_address().into_iter().chain(letter.message_id()).map(str::to_owned).collect()
}

/// The fields of a delivery report: a block about the letter, then one about each recipient.
fn deliveries(text: &str) -> Vec<Report> {
    blocks(text)
        .into_iter()
        .filter_map(|fields| {
            let action = field(&fields, "action")?.to_ascii_lowercase();
            let permanent = match action.as_str() {
                "failed" => true,
                "delayed" => false,
                _ => return None,
            };
            let status = field(&fields, "status").and_then(|text| text.split([' ', '(']).next());
            let detail = field(&fields, "diagnostic-code").map(|text| text.chars().take(MOST).collect());
            // A failure without a status blames nothing that we know.
            let status = Some(status.filter(|status| !status.is_empty()).unwrap_or("5.0.0").to_owned());
            let names = field(&fields, "original-recipient")
                .map(|text| text.rsplit(';').next().unwrap_or(text).trim().to_owned());
            Some(Report {
                kind: ReportKind::Bounce,
                permanent: permanent && status.as_deref().is_some_and(|status| status.starts_with('5')),
                status,
                names: names.into_iter().collect(),
                email: None,
                at: None,
                source: "delivery report",
                detail,
            })
        })
        .collect()
}

/// The fields of a feedback report.
fn feedback(text: &str) -> Option<Report> {
    let fields = blocks(text).into_iter().flatten().collect::<Vec<_>>();
    let kind = field(&fields, "feedback-type")?.to_ascii_lowercase();
    // `not-spam` takes a complaint back, and the rest is about the sender's own affairs.
    if !matches!(kind.as_str(), "abuse" | "fraud" | "virus" | "other" | "opt-out") {
        return None;
    }
    Some(Report {
        kind: ReportKind::Complaint,
        permanent: true,
        status: None,
        names: field(&fields, "original-mail-from").map(str::to_owned).into_iter().collect(),
        email: None,
        at: None,
        source: "feedback report",
        detail: Some(kind),
    })
}

type Fields = Vec<(String, String)>;

/// Blocks of fields between blank lines, folded lines put together.
fn blocks(text: &str) -> Vec<Fields> {
    let mut blocks: Vec<Fields> = vec![Vec::new()];
    for line in text.lines() {
        let Some(block) = blocks.last_mut() else { continue };
        if line.trim().is_empty() {
            blocks.push(Vec::new());
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            block.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    blocks
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

//! The bodies in which mail providers report about letters, and our own. Each becomes the same reports.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::domain::bounces::{Report, ReportKind, status_in};
use crate::domain::{EmailAddress, Error, Result, Site, Timestamp};

/// Longest text that is kept of what the other system said.
const MOST: usize = 500;

/// What a body says.
pub(super) enum Understood {
    /// These.
    Reports(Vec<Report>),
    /// Something that is not about a letter's fate.
    Nothing,
    /// It is not from whom it says.
    WrongSignature,
}

/// Reads a body of any provider that we know: each has a member that no other has.
pub(super) fn understand(site: &Site, body: &Value) -> Result<Understood> {
    if body.get("event-data").is_some() {
        return Ok(mailgun(site, body));
    }
    if body.get("RecordType").is_some() {
        return Ok(reports(postmark(body)));
    }
    match (text(body, "Type"), body.get("notificationType").or(body.get("eventType"))) {
        (Some("Notification"), _) => Ok(sns(text(body, "Message").unwrap_or_default())),
        (Some("SubscriptionConfirmation" | "UnsubscribeConfirmation"), _) => {
            // The operator confirms, who knows which topics are the shop's.
            log::warn!("Amazon SNS asks to confirm: open {:?}", text(body, "SubscribeURL").unwrap_or_default());
            Ok(Understood::Nothing)
        }
        // Raw message delivery has no envelope of SNS.
        (_, Some(_)) => Ok(reports(ses(body))),
        (_, None) => own(body),
    }
}

fn reports(found: Vec<Report>) -> Understood {
    if found.is_empty() { Understood::Nothing } else { Understood::Reports(found) }
}

/// Our own: one report, or a list of them.
fn own(body: &Value) -> Result<Understood> {
    let one = |report: &Value| -> Result<Report> {
        let kind: ReportKind = text(report, "type").ok_or_else(|| Error::missing("type"))?.parse()?;
        let names: Vec<String> = ["return_path", "message_id"].iter().filter_map(|name| owned(report, name)).collect();
        let email = text(report, "email").map(EmailAddress::parse).transpose()?;
        if names.is_empty() && email.is_none() {
            return Err(Error::missing("message_id"));
        }
        let at = text(report, "at").map(|at| Timestamp::parse_rfc3339(at).map_err(|e| e.in_field("at")));
        Ok(Report {
            kind,
            permanent: report.get("permanent").and_then(Value::as_bool).unwrap_or(kind == ReportKind::Complaint),
            status: owned(report, "status"),
            names,
            email,
            at: at.transpose()?,
            source: "bounces interface",
            detail: owned(report, "detail"),
        })
    };
    match body {
        Value::Array(list) => Ok(Understood::Reports(list.iter().map(one).collect::<Result<_>>()?)),
        Value::Object(_) => Ok(Understood::Reports(vec![one(body)?])),
        _ => Err(Error::malformed("body", "must be a report or a list of them")),
    }
}

/// Whether a body is an envelope of SNS, whose signature has to be checked before anything in it is believed.
pub(super) fn is_of_sns(body: &Value) -> bool {
    matches!(text(body, "Type"), Some("Notification" | "SubscriptionConfirmation" | "UnsubscribeConfirmation"))
        && body.get("RecordType").is_none()
        && body.get("event-data").is_none()
}

/// Amazon SES, in the envelope of SNS.
fn sns(message: &str) -> Understood {
    serde_json::from_str::<Value>(message).map_or(Understood::Nothing, |message| reports(ses(&message)))
}

fn ses(message: &Value) -> Vec<Report> {
    let mail = &message["mail"];
    let mut names: Vec<String> = owned(mail, "source").into_iter().collect();
    names.extend(owned(&mail["commonHeaders"], "messageId"));
    let headers = mail["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_id = |header: &&Value| text(header, "name").is_some_and(|name| name.eq_ignore_ascii_case("message-id"));
    names.extend(headers.iter().filter(is_id).filter_map(|header| owned(header, "value")));
    let kind = text(message, "notificationType").or(text(message, "eventType")).unwrap_or_default();
    let (fact, recipients, kind) = match kind {
        "Bounce" => (&message["bounce"], "bouncedRecipients", ReportKind::Bounce),
        "Complaint" => (&message["complaint"], "complainedRecipients", ReportKind::Complaint),
        _ => return Vec::new(),
    };
    let permanent = kind == ReportKind::Complaint || text(fact, "bounceType") == Some("Permanent");
    // These of SES's words are about the address; `ContentRejected` and the like are not.
    let blames =
        matches!(text(fact, "bounceSubType"), Some("General" | "NoEmail" | "Suppressed" | "OnAccountSuppressionList"));
    let list = fact[recipients].as_array().map(Vec::as_slice).unwrap_or_default();
    let report = |recipient: &Value| Report {
        kind,
        permanent,
        status: owned(recipient, "status").or_else(|| (!blames).then(|| "5.0.0".to_owned())),
        names: names.clone(),
        email: address(recipient, "emailAddress"),
        at: instant(fact, "timestamp"),
        source: "Amazon SES",
        detail: owned(recipient, "diagnosticCode").or_else(|| owned(fact, "complaintFeedbackType")),
    };
    list.iter().map(report).collect()
}

/// Postmark signs nothing; the secret in the path is the credential.
fn postmark(body: &Value) -> Vec<Report> {
    let (kind, permanent) = match (text(body, "RecordType"), text(body, "Type")) {
        (Some("SpamComplaint"), _) | (Some("Bounce"), Some("SpamComplaint")) => (ReportKind::Complaint, true),
        (Some("Bounce"), Some("HardBounce" | "BadEmailAddress" | "Blocked" | "DMARCPolicy")) => {
            (ReportKind::Bounce, true)
        }
        (Some("Bounce"), _) => (ReportKind::Bounce, false),
        _ => return Vec::new(),
    };
    let details = text(body, "Details").or(text(body, "Description")).unwrap_or_default();
    let blames = matches!(text(body, "Type"), Some("HardBounce" | "BadEmailAddress"));
    let header = |name: &str| body["Metadata"].get(name).and_then(Value::as_str).map(str::to_owned);
    vec![Report {
        kind,
        permanent,
        status: status_in(details).map(str::to_owned).or_else(|| (!blames).then(|| "5.0.0".to_owned())),
        names: header("message_id").into_iter().chain(owned(body, "MessageID")).collect(),
        email: address(body, "Email"),
        at: instant(body, "BouncedAt"),
        source: "Postmark",
        detail: Some(details.chars().take(MOST).collect()),
    }]
}

/// Mailgun signs time and token with the account's key.
fn mailgun(site: &Site, body: &Value) -> Understood {
    let key = site.settings.get("bounces.mailgun_signing_key");
    if !key.is_empty() && !is_signed(key, &body["signature"]) {
        return Understood::WrongSignature;
    }
    let event = &body["event-data"];
    let (kind, permanent) = match (text(event, "event"), text(event, "severity")) {
        (Some("complained"), _) => (ReportKind::Complaint, true),
        (Some("failed"), severity) => (ReportKind::Bounce, severity == Some("permanent")),
        _ => return Understood::Nothing,
    };
    let delivery = &event["delivery-status"];
    let detail = owned(delivery, "message").filter(|text| !text.is_empty()).or_else(|| owned(delivery, "description"));
    let status = owned(delivery, "enhanced-code").filter(|code| !code.is_empty());
    let status = status.or_else(|| detail.as_deref().and_then(status_in).map(str::to_owned));
    // `suppress-bounce`: the address came back before, so it was not tried again.
    let blames = matches!(text(event, "reason"), Some("suppress-bounce"));
    Understood::Reports(vec![Report {
        kind,
        permanent,
        status: status.or_else(|| (!blames).then(|| "5.0.0".to_owned())),
        names: [owned(&event["envelope"], "sender"), owned(&event["message"]["headers"], "message-id")]
            .into_iter()
            .flatten()
            .collect(),
        email: address(event, "recipient"),
        at: event["timestamp"].as_f64().map(|secs| Timestamp::from_secs(secs as i64)),
        source: "Mailgun",
        detail,
    }])
}

fn is_signed(key: &str, signature: &Value) -> bool {
    let (Some(time), Some(token), Some(shown)) =
        (text(signature, "timestamp"), text(signature, "token"), text(signature, "signature"))
    else {
        return false;
    };
    let Ok(shown) = data_encoding::HEXLOWER_PERMISSIVE.decode(shown.as_bytes()) else { return false };
    Hmac::<Sha256>::new_from_slice(key.as_bytes()).is_ok_and(|mut mac| {
        mac.update(time.as_bytes());
        mac.update(token.as_bytes());
        mac.verify_slice(&shown).is_ok()
    })
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn owned(value: &Value, name: &str) -> Option<String> {
    text(value, name).map(|text| text.chars().take(MOST).collect())
}

/// An address that can be read; a report without one may still name its letter.
fn address(value: &Value, name: &str) -> Option<EmailAddress> {
    EmailAddress::parse(text(value, name)?).ok()
}

fn instant(value: &Value, name: &str) -> Option<Timestamp> {
    Timestamp::parse_iso8601(text(value, name)?).ok().map(|(at, _)| at)
}

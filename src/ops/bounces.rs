//! What other mail systems report about letters that left: kept as evidence, counted once, and the end of letters to
//! an address that is no good or whose owner complained.

use serde_json::json;

use super::{messages as letters, suppressions};
use crate::domain::bounces::{Report, ReportKind, letter_of_return_path};
use crate::domain::carts::Class;
use crate::domain::messages::{Event, EventKind, Message};
use crate::domain::suppressions::Reason;
use crate::domain::{Result, Site};
use crate::store::{ReadTx, WriteTx, messages};

/// What became of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The letter that it is about, where it is one of the site's.
    pub letter: Option<String>,
    /// Whether anything was new about it.
    pub is_new: bool,
    /// Whether letters to the address end with it, now or before.
    pub suppresses: bool,
}

/// Records a report. Telling it again changes nothing.
pub fn record(tx: &WriteTx, site: &Site, report: &Report) -> Result<Recorded> {
    let letter = find(tx, site, report)?;
    let mut recorded = Recorded { letter: letter.as_ref().map(|letter| letter.id.clone()), ..Recorded::default() };
    let erased = letter.as_ref().filter(|letter| letter.email.is_none()).map(|letter| letter.no);
    let address = letter.as_ref().and_then(|letter| letter.email.clone()).or_else(|| report.email.clone());
    if let Some(letter) = letter {
        recorded.is_new = keep(tx, site, letter, report)?;
    }
    if let (Some(message), Some(address)) = (erased, &address)
        && report.suppresses()
    {
        // Whoever it was is erased: what comes back late brings no address back.
        recorded.suppresses = true;
        recorded.is_new |= suppressions::suppress_erased(tx, site, address, reason(report), Some(message))?;
        return Ok(recorded);
    }
    if let Some(address) = address.filter(|_| report.suppresses()) {
        recorded.suppresses = true;
        recorded.is_new |= suppressions::suppress(tx, site, &address, reason(report), recorded.letter.as_deref())?;
    }
    Ok(recorded)
}

fn reason(report: &Report) -> Reason {
    match report.kind {
        ReportKind::Bounce => Reason::Bounce,
        ReportKind::Complaint => Reason::Complaint,
    }
}

/// Keeps the evidence about a letter, unless the same is there already.
fn keep(tx: &WriteTx, site: &Site, mut letter: Message, report: &Report) -> Result<bool> {
    let kind = match report.kind {
        ReportKind::Bounce if report.permanent => EventKind::Bounce,
        ReportKind::Bounce => EventKind::SoftBounce,
        ReportKind::Complaint => EventKind::Complaint,
    };
    // What a mail server says often repeats the address.
    let detail = report.detail.as_ref().filter(|_| letter.email.is_some());
    let mut evidence = json!({ "status": report.status, "detail": detail });
    if let Some(at) = report.at {
        evidence["at"] = at.rfc3339().into();
    }
    let evidence = evidence.to_string();
    let known = messages::events(tx, letter.no)?;
    // One letter comes back once and is complained about once; a delay may be told again and again.
    let same = |event: &Event| {
        event.kind == kind && (kind != EventKind::SoftBounce || event.evidence.as_deref() == Some(&evidence))
    };
    if known.iter().any(same) {
        return Ok(false);
    }
    let event = Event {
        kind,
        // A clock that goes wrong elsewhere must not date anything into the future.
        at: report.at.unwrap_or(tx.now()).min(tx.now()),
        class: Class::Unknown,
        rule: Some(format!("report: {}", report.source)),
        evidence: Some(evidence),
    };
    messages::insert_event(tx, letter.no, &event)?;
    letters::mark(tx, site, &mut letter, kind, Class::Unknown)?;
    Ok(true)
}

/// The letter that a report names: by a return path that only we could have made, by its message id, or by address.
fn find(tx: &ReadTx, site: &Site, report: &Report) -> Result<Option<Message>> {
    for name in &report.names {
        if let Some(no) = letter_of_return_path(site, name)
            && let Some(letter) = messages::by_no(tx, site.no, no)?
        {
            return Ok(Some(letter));
        }
    }
    for name in &report.names {
        let id = name.trim().trim_matches(['<', '>']).split('@').next().unwrap_or_default();
        if let Some(letter) = messages::by_id(tx, site.no, id)? {
            return Ok(Some(letter));
        }
    }
    // A provider that keeps only its own ids still says to whom: what it tells is about the newest letter there.
    match &report.email {
        Some(email) => messages::newest_to(tx, site.no, &email.matched()),
        None => Ok(None),
    }
}

//! Opens and clicks: each is kept as evidence, and each letter's are judged together, for what else happened to it
//! tells who did it. The figures follow the verdicts, now and whenever they are given again.

use serde_json::{Map, Value, json};

use super::messages as letters;
use crate::domain::carts::Class;
use crate::domain::engagement::{Evidence, Hit, Letter, Link, classify};
use crate::domain::messages::{Event, EventKind, Marks, Message};
use crate::domain::{Result, Site};
use crate::store::{WriteTx, engagement, messages};

/// What a letter keeps at most: whoever has its links could otherwise fill the disk with them.
const MOST_HITS: usize = 200;

/// Keeps an open or a click of a letter, and judges all that the letter has.
pub fn record(tx: &WriteTx, site: &Site, message: &Message, kind: EventKind, evidence: &Evidence) -> Result<()> {
    // Of somebody who is erased nothing new is kept.
    if message.email.is_none() || engagement::events(tx, message.no)?.len() >= MOST_HITS {
        return Ok(());
    }
    let event = Event { kind, at: tx.now(), class: Class::Unknown, rule: None, evidence: Some(text(evidence)) };
    messages::insert_event(tx, message.no, &event)?;
    judge(tx, site, message.clone()).map(drop)
}

/// Judges the hits of the next few letters of a site after one, by the rules as they are now. Returns how many
/// verdicts are others than before, and after which letter to go on.
pub fn reclassify(tx: &WriteTx, site: &Site, after: i64, limit: i64) -> Result<(usize, Option<i64>)> {
    let mut changed = 0;
    let mut last = None;
    for no in engagement::hit_letters_after(tx, site.no, after, limit)? {
        if let Some(message) = messages::by_no(tx, site.no, no)? {
            changed += judge(tx, site, message)?;
        }
        last = Some(no);
    }
    Ok((changed, last))
}

/// Gives every hit of a letter its verdict, and the letter the marks that follow. What an archive brought with a
/// verdict of its own, and without evidence of ours, keeps it.
fn judge(tx: &WriteTx, site: &Site, mut message: Message) -> Result<usize> {
    let events = engagement::events(tx, message.no)?;
    let seen: Vec<Option<Hit>> = events.iter().map(|(_, event)| hit(event)).collect();
    let hits: Vec<Hit> = seen.iter().flatten().cloned().collect();
    // Every letter has the link back to its cart besides those of its lines.
    let links = engagement::links(tx, message.no)?.len() + 1;
    let own_networks = site.settings.own_networks();
    let letter = Letter { sent_at: message.sent_at, links, hits: &hits, own_networks: &own_networks };
    let mut marks = Marks { opened: false, clicked: false, ..message.marks };
    let mut changed = 0;
    for ((no, event), hit) in events.iter().zip(&seen) {
        let mut class = event.class;
        if let Some(hit) = hit {
            let (verdict, rule) = classify(hit, &letter);
            if (event.class, event.rule.as_deref()) != (verdict, Some(rule)) {
                engagement::set_verdict(tx, *no, verdict, rule)?;
                changed += 1;
            }
            class = verdict;
        }
        marks = marks.with(event.kind, class);
    }
    letters::set_marks(tx, site, &mut message, marks)?;
    Ok(changed)
}

/// The hit that an event is, where its evidence is of our making.
fn hit(event: &Event) -> Option<Hit> {
    if !matches!(event.kind, EventKind::Open | EventKind::Click) {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_str(event.evidence.as_deref()?).ok()?;
    let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let link = field("link").and_then(|link| match link.as_str() {
        "honeypot" => Some(Link::Honeypot),
        "restore" => Some(Link::Restore),
        number => number.parse().ok().map(Link::Numbered),
    });
    let evidence = Evidence {
        link,
        method: field("method")?,
        user_agent: field("user_agent"),
        purpose: field("purpose"),
        network: field("network"),
    };
    Some(Hit { kind: event.kind, at: event.at, evidence })
}

fn text(evidence: &Evidence) -> String {
    let link = evidence.link.as_ref().map(|link| match link {
        Link::Honeypot => "honeypot".to_owned(),
        Link::Restore => "restore".to_owned(),
        Link::Numbered(number) => number.to_string(),
    });
    let mut fields = Map::new();
    let all = [
        ("link", link.as_ref()),
        ("method", Some(&evidence.method)),
        ("user_agent", evidence.user_agent.as_ref()),
        ("purpose", evidence.purpose.as_ref()),
        ("network", evidence.network.as_ref()),
    ];
    for (name, value) in all {
        if let Some(value) = value {
            fields.insert(name.to_owned(), json!(value));
        }
    }
    Value::Object(fields).to_string()
}

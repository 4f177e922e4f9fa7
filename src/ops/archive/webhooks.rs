//! Endpoints of webhooks in an archive, in both directions. What is on its way to them is not in it.

use super::lines::{Line, WebhookLine};
use super::values::{As, Id, Tag};
use crate::domain::webhooks::{Events, Format, Webhook, check_url};
use crate::domain::{Result, Site};
use crate::store::{WriteTx, webhooks};

/// An endpoint. Where it leads is looked at again when it is called.
pub fn webhook(line: &WebhookLine) -> Result<Webhook> {
    Ok(Webhook {
        no: 0,
        id: line.id.0.0.clone(),
        url: check_url(&line.url, true)?,
        format: line.format.map_or(Format::Json, |As(format)| format),
        events: line.events.as_ref().map_or_else(Events::usual, |As(events)| events.clone()),
        secret: line.secret.0,
        active: line.active.unwrap_or(true),
        created_at: line.created_at.0,
        failing_since: None,
    })
}

/// An endpoint as a line.
pub fn webhook_line(webhook: &Webhook) -> Line {
    Line::Webhook(WebhookLine {
        tag: Tag,
        id: As(Id(webhook.id.clone())),
        url: webhook.url.clone(),
        format: Some(As(webhook.format)),
        events: Some(As(webhook.events.clone())),
        secret: As(webhook.secret),
        active: Some(webhook.active),
        created_at: As(webhook.created_at),
    })
}

/// Writes an endpoint, unless it is there.
pub(super) fn insert(tx: &WriteTx, site: &Site, line: &WebhookLine) -> Result<bool> {
    if webhooks::by_id(tx, site.no, &line.id.0.0)?.is_some() {
        return Ok(false);
    }
    webhooks::insert(tx, site.no, &webhook(line)?)?;
    Ok(true)
}

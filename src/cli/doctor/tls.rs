//! The certificate that this process shows, where it speaks TLS by itself.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::{Check, fault, ok, warning};
use crate::app::certificates::{Facts, read};
use crate::config::{Certificate, Config};
use crate::domain::Timestamp;

/// With less time left than this, whatever renews it does not.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// Bits of a file's mode with which others than its owner and group read or write it.
const FOR_ANYBODY: u32 = 0o006;

pub(super) fn look(config: &Config, now: Timestamp) -> Option<Check> {
    let name = "tls";
    let files = config.tls.as_ref()?;
    let facts = match read(files) {
        Ok((_, facts)) => facts,
        Err(e) => return Some(fault(name, e.to_string())),
    };
    let host = config.public_url.as_deref().and_then(|url| url::Url::parse(url).ok()?.host_str().map(str::to_owned));
    Some(match wrong(&facts, host.as_deref(), now) {
        Some(sentence) => fault(name, sentence),
        None if is_for_anybody(files) => {
            warning(name, format!("anybody on this machine can read {}: chmod o= it", files.key.display()))
        }
        None if facts.until.secs() - now.secs() < SOON.as_secs().cast_signed() => {
            warning(name, format!("the certificate ends on {}: renew it, and send the server SIGHUP", facts.until))
        }
        None => ok(name, format!("the certificate counts until {}", facts.until)),
    })
}

fn wrong(facts: &Facts, host: Option<&str>, now: Timestamp) -> Option<String> {
    match host {
        _ if now > facts.until => {
            Some(format!("the certificate ended on {}: renew it, and send the server SIGHUP", facts.until))
        }
        _ if now < facts.from => {
            Some(format!("the certificate counts from {} on: use one that counts now", facts.from))
        }
        Some(host) if !facts.cover(host) => {
            Some(format!("the certificate is for {}, not for {host} of public_url", facts.names.join(", ")))
        }
        _ => None,
    }
}

fn is_for_anybody(files: &Certificate) -> bool {
    files.key.metadata().is_ok_and(|about| about.mode() & FOR_ANYBODY != 0)
}

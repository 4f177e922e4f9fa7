//! The web origins of a shop's pages, and which links out of a browser's mouth lead back to them.

use url::{Host, Url};

use super::{Error, Result};

/// The most characters of a link that is kept.
const LONGEST_LINK: usize = 2_000;

/// A scheme, a host and a port, as a browser's `Origin` header says them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    url: Url,
    text: String,
}

impl Origin {
    /// Reads `https://shop.example` or `http://localhost:3000`: no path, no query, nothing after the port. Plain
    /// `http` is for this machine alone, for anybody on the way could rewrite such a page.
    pub fn parse(text: &str) -> Result<Self> {
        let flaw = || Error::malformed("origin", "must be an origin such as https://shop.example");
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| flaw())?;
        let spelled = url.origin().ascii_serialization();
        let bare = spelled == text.trim_end_matches('/').to_ascii_lowercase();
        let mut origin = Origin { url, text: spelled };
        let sound = origin.url.scheme() == "https" || (origin.url.scheme() == "http" && origin.is_loopback());
        // Slashes behind it say nothing, and a browser's own spelling has none.
        origin.url.set_path("/");
        if bare && sound && is_named_soundly(&origin.url) { Ok(origin) } else { Err(flaw()) }
    }

    /// As a browser spells it.
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// Whether it is a page of the machine that shows it.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Whether a link leads to this origin's host or to one below it, where a shop keeps its pictures. `www.` is no
    /// level of its own.
    fn owns(&self, link: &Url) -> bool {
        let (Some(mine), Some(theirs)) = (self.url.host_str(), link.host_str()) else { return false };
        let mine = mine.strip_prefix("www.").unwrap_or(mine);
        let below = || matches!(link.host(), Some(Host::Domain(_))) && theirs.ends_with(&format!(".{mine}"));
        theirs == mine || below()
    }
}

/// Reads a comma list of origins, as a shop's setting holds it.
pub fn list(text: &str) -> Result<Vec<Origin>> {
    text.split(',').filter(|part| !part.trim().is_empty()).map(Origin::parse).collect()
}

/// Whether a host is an address, or letters, digits, dots and dashes. The reader of addresses lets a quotation mark and the
/// like through, which no host has and some page might not expect.
fn is_named_soundly(url: &Url) -> bool {
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    url.host().is_some_and(|host| !matches!(host, Host::Domain(name) if !plain(name)))
}

/// A link that leads to one of the shop's own origins, spelled out whole; a relative one is taken from the page's
/// origin. Everything else (another host, another scheme, a name and password before the host) is none.
pub fn own_link(raw: &str, page: &Origin, own: &[Origin]) -> Option<String> {
    let link = Url::options().base_url(Some(&page.url)).parse(raw.trim()).ok()?;
    let web = matches!(link.scheme(), "https" | "http") && link.username().is_empty() && link.password().is_none();
    let ours = page.owns(&link) || own.iter().any(|origin| origin.owns(&link));
    let sound = is_named_soundly(&link);
    let text = String::from(link);
    (web && ours && sound && !raw.trim().is_empty() && text.len() <= LONGEST_LINK).then_some(text)
}

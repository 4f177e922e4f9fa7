//! Who opened or clicked: written rules over kept evidence, so that a verdict can be explained, and given again when
//! the rules have learned something. docs/definitions.md is the same in words.

use std::net::IpAddr;

use super::Timestamp;
use super::carts::Class;
use super::messages::EventKind;

/// Whoever comes sooner than this after the letter left has not read it, seconds.
const TOO_SOON: i64 = 2;
/// Clicks this close together belong to one burst, seconds.
const BURST_SECS: i64 = 5;
/// More clicks than this in a burst are a machine's.
const BURST_CLICKS: usize = 5;
/// Following all of a letter's links in one burst is telling from this many links on.
const LINKS_THAT_TELL: usize = 3;
/// A hit of the link that nobody can see gives away what happens to the letter within this time of it, seconds.
const HONEYPOT_SECS: i64 = 60;
/// The longest part of a program's name that is kept.
const NAME_CHARS: usize = 200;

/// Parts of names of programs that follow links without a reader: mail scanners, previews, libraries, crawlers.
const SCANNERS: &[&str] = &[
    "barracuda",
    "proofpoint",
    "mimecast",
    "ironport",
    "symantec",
    "messagelabs",
    "trendmicro",
    "trend micro",
    "sophos",
    "fireeye",
    "forcepoint",
    "zscaler",
    "cloudmark",
    "spamassassin",
    "rspamd",
    "safelinks",
    "linkscan",
    "urlscan",
    "virustotal",
    "bingpreview",
    "headlesschrome",
    "phantomjs",
    "puppeteer",
    "playwright",
    "selenium",
    "curl/",
    "wget/",
    "python-",
    "aiohttp",
    "go-http-client",
    "java/",
    "okhttp",
    "apache-httpclient",
    "libwww",
    "guzzlehttp",
    "node-fetch",
    "axios/",
    "scrapy",
    "ruby",
    "bot",
    "crawler",
    "spider",
    "slurp",
    "preview",
    "facebookexternalhit",
    "whatsapp",
    "telegram",
    "slack-imgproxy",
];

/// Services that fetch a letter's pictures for their readers, when these look or before.
const PICTURE_PROXIES: &[&str] = &["googleimageproxy", "yahoomailproxy"];

/// Which link was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// The one that no reader can see.
    Honeypot,
    /// Back to the cart.
    Restore,
    /// A line's own, by its position, from 1.
    Numbered(i64),
}

/// What was seen of an open or a click, as raw as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Of a click.
    pub link: Option<Link>,
    /// Of the request.
    pub method: String,
    /// How the program calls itself, cut.
    pub user_agent: Option<String>,
    /// What a request's headers said that it was made for, such as `prefetch`.
    pub purpose: Option<String>,
    /// The network that it came from: an address without its last part.
    pub network: Option<String>,
}

impl Evidence {
    /// What a request shows. Addresses lose what tells one household from another.
    pub fn of(method: &str, user_agent: Option<&str>, purpose: Option<&str>, address: Option<IpAddr>) -> Self {
        let cut = |text: &str| text.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect::<String>();
        Evidence {
            link: None,
            method: cut(method),
            user_agent: user_agent.map(cut).filter(|name| !name.trim().is_empty()),
            purpose: purpose.map(cut),
            network: address.map(network_of),
        }
    }
}

/// The network of an address: 24 bits of version 4, 48 of version 6.
pub fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

/// An open or a click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which of the two.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// What was seen.
    pub evidence: Evidence,
}

/// The letter that was hit.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// When it left; absent while it is on its way.
    pub sent_at: Option<Timestamp>,
    /// Links that a reader can see.
    pub links: usize,
    /// All its hits, the judged one among them.
    pub hits: &'a [Hit],
    /// Networks of the shop's own people.
    pub own_networks: &'a [String],
}

/// Who made a hit, and the rule that says so: the first that fits.
pub fn classify(hit: &Hit, letter: &Letter) -> (Class, &'static str) {
    let evidence = &hit.evidence;
    let name = evidence.user_agent.as_deref().unwrap_or_default().to_ascii_lowercase();
    let named = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let purpose = evidence.purpose.as_deref().unwrap_or_default().to_ascii_lowercase();
    let clicked = hit.kind == EventKind::Click;
    let machines = [
        (near(hit, letter, HONEYPOT_SECS).any(|other| other.evidence.link == Some(Link::Honeypot)), "honeypot"),
        (evidence.method == "HEAD", "head"),
        (purpose.contains("prefetch") || purpose.contains("preview"), "prefetch"),
        (evidence.network.as_ref().is_some_and(|network| letter.own_networks.contains(network)), "own_network"),
        (name.is_empty(), "nameless"),
        (named(SCANNERS), "scanner"),
        // Apple's mail privacy fetches every picture on arrival and calls itself this and no more.
        (!clicked && name == "mozilla/5.0", "mail_privacy"),
        (letter.sent_at.is_none_or(|sent| hit.at < sent.plus(TOO_SOON)), "too_soon"),
        (clicked && follows_every_link(hit, letter), "every_link"),
        (clicked && clicks_near(hit, letter).count() > BURST_CLICKS, "burst"),
    ];
    if let Some((_, rule)) = machines.into_iter().find(|(holds, _)| *holds) {
        return (Class::Machine, rule);
    }
    if named(PICTURE_PROXIES) {
        return (Class::Unknown, "picture_proxy");
    }
    // Browsers and mail programs with a browser inside say on what they run.
    if name.starts_with("mozilla/5.0 (") { (Class::Human, "browser") } else { (Class::Unknown, "unrecognised") }
}

fn near<'a>(hit: &'a Hit, letter: &Letter<'a>, secs: i64) -> impl Iterator<Item = &'a Hit> + use<'a> {
    let (from, to) = (hit.at.plus(-secs), hit.at.plus(secs));
    letter.hits.iter().filter(move |other| (from..=to).contains(&other.at))
}

fn clicks_near<'a>(hit: &'a Hit, letter: &Letter<'a>) -> impl Iterator<Item = &'a Hit> + use<'a> {
    near(hit, letter, BURST_SECS).filter(|other| other.kind == EventKind::Click)
}

fn follows_every_link(hit: &Hit, letter: &Letter) -> bool {
    let mut links: Vec<&Link> = Vec::new();
    for link in clicks_near(hit, letter).filter_map(|click| click.evidence.link.as_ref()) {
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links.len() >= letter.links.max(LINKS_THAT_TELL)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

    fn hit(kind: EventKind, at: i64, name: &str, link: Option<Link>) -> Hit {
        let evidence = Evidence { link, ..Evidence::of("GET", Some(name), None, None) };
        Hit { kind, at: Timestamp::from_secs(at), evidence }
    }

    fn click(at: i64, link: i64) -> Hit {
        hit(EventKind::Click, at, BROWSER, Some(Link::Numbered(link)))
    }

    fn rule(at: usize, hits: &[Hit], links: usize) -> &'static str {
        let own_networks = ["203.0.113.0/24".to_owned()];
        let letter = Letter { sent_at: Some(Timestamp::from_secs(0)), links, hits, own_networks: &own_networks };
        classify(&hits[at], &letter).1
    }

    #[test]
    fn a_program_is_judged_by_what_it_calls_itself() {
        let open = |name: &str| rule(0, &[hit(EventKind::Open, 60, name, None)], 1);
        assert_eq!(open(BROWSER), "browser");
        assert_eq!(open("Mozilla/5.0"), "mail_privacy");
        assert_eq!(
            open("Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"),
            "picture_proxy"
        );
        assert_eq!(open("Barracuda Sentinel (EE)"), "scanner");
        assert_eq!(open("Mailbird"), "unrecognised");
        assert_eq!(open("  "), "nameless");
    }

    #[test]
    fn what_comes_before_anybody_can_have_read_is_a_machines() {
        assert_eq!(rule(0, &[click(1, 1)], 1), "too_soon");
        assert_eq!(rule(0, &[click(2, 1)], 1), "browser");
    }

    #[test]
    fn a_burst_and_a_walk_over_every_link_are_a_machines() {
        assert_eq!(rule(0, &[click(60, 1), click(61, 2), click(62, 3)], 3), "every_link");
        assert_eq!(rule(0, &[click(60, 1), click(61, 2)], 2), "browser", "two links are soon followed");
        assert_eq!(rule(0, &[click(60, 1), click(61, 2), click(80, 3)], 3), "browser");
        let six: Vec<Hit> = (0..6).map(|at| click(60 + at / 2, 1)).collect();
        assert_eq!(rule(5, &six, 9), "burst");
        assert_eq!(rule(4, &six[..5], 9), "browser");
    }

    #[test]
    fn the_link_that_nobody_sees_gives_away_what_happens_around_it() {
        let bait = hit(EventKind::Click, 100, BROWSER, Some(Link::Honeypot));
        let hits = [click(45, 1), bait, click(200, 1)];
        assert_eq!((rule(0, &hits, 9), rule(1, &hits, 9), rule(2, &hits, 9)), ("honeypot", "honeypot", "browser"));
    }

    #[test]
    fn the_shops_own_people_are_no_readers() {
        let mut own = click(60, 1);
        own.evidence.network = "203.0.113.77".parse().ok().map(network_of);
        assert_eq!(rule(0, &[own], 9), "own_network");
    }

    #[test]
    fn an_address_is_kept_without_what_tells_households_apart() {
        let kept = |text: &str| network_of(text.parse().expect("an address"));
        assert_eq!(kept("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(kept("::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(kept("2001:db8:12:34::1"), "2001:db8:12::/48");
    }
}

//! Proxies whose word on whom they speak for is taken.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::domain::{Error, Result};

/// Networks of proxies in front of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Reads addresses and networks between commas.
    pub(super) fn read(text: &str) -> Result<Self> {
        let one = |text: &str| {
            let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| {
                Error::malformed("proxies", format!("must be addresses or networks such as 10.0.0.0/8, not `{text}`"))
            })
        };
        let all = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        all.map(one).collect::<Result<_>>().map(Proxies)
    }

    /// As it is written.
    pub(super) fn text(&self) -> String {
        let one = |network: &IpNet| match network.prefix_len() == network.max_prefix_len() {
            true => network.addr().to_string(),
            false => network.to_string(),
        };
        self.0.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Whether an address is that of one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who a call is from, that came from `peer` and brought these lists of `X-Forwarded-For`, in their order. Each proxy adds
    /// at the end whom it heard the call from, so the lists are read backwards for as long as the word is that of a proxy of
    /// ours; what stands before is anybody's invention.
    pub fn origin<'a>(&self, peer: IpAddr, lists: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut from = peer;
        for word in lists.rev().flat_map(|list| list.rsplit(',')) {
            let Ok(before) = word.trim().parse::<IpAddr>() else { break };
            if !self.contain(from) {
                break;
            }
            from = before;
        }
        from.to_canonical()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(peer: &str, lists: &[&str]) -> String {
        let proxies = Proxies::read("127.0.0.1, 10.0.0.0/8").expect("proxies");
        proxies.origin(peer.parse().expect("an address"), lists.iter().copied()).to_string()
    }

    #[test]
    fn a_proxy_of_ours_is_believed_and_nobody_else() {
        assert_eq!(origin("127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(origin("198.51.100.1", &["203.0.113.7"]), "198.51.100.1");
        assert_eq!(origin("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(origin("::ffff:127.0.0.1", &["203.0.113.7"]), "203.0.113.7");
    }

    #[test]
    fn what_a_caller_invents_stands_before_what_the_proxies_say() {
        assert_eq!(origin("127.0.0.1", &["1.1.1.1, 203.0.113.7, 10.0.0.3"]), "203.0.113.7");
        assert_eq!(origin("127.0.0.1", &["1.1.1.1", "203.0.113.7"]), "203.0.113.7");
        assert_eq!(origin("127.0.0.1", &["203.0.113.7, nonsense"]), "127.0.0.1");
    }
}

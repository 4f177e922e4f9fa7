//! Addresses of the web that letters lead to.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A link that a letter may carry: to the web, on one line, and never `javascript:` or `data:`.
pub fn is_web_link(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    web && !url.contains(|c: char| c.is_control() || c == ' ')
}

/// The address with one more parameter in its query, before what a browser keeps to itself (`#…`).
pub fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let (address, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{address}{joint}{name}={}{fragment}", utf8_percent_encode(value, NON_ALPHANUMERIC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_goes_into_the_query_whatever_the_address_has_already() {
        let with = |url: &str| with_parameter(url, "cart", "a b");
        assert_eq!(with("https://s.example/c"), "https://s.example/c?cart=a%20b");
        assert_eq!(with("https://s.example/c?x=1#top"), "https://s.example/c?x=1&cart=a%20b#top");
        assert_eq!(with("https://s.example/c?"), "https://s.example/c?cart=a%20b");
    }
}

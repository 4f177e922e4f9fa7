//! Single values: amounts, dates, lengths of time, origins, addresses, settings, tokens, plain text out of markup.

use cartwright::domain::markup::{amount, plain};
use cartwright::domain::money::{MAX_MINOR, decimal, plain_decimal};
use cartwright::domain::origins::{self, Origin, own_link};
use cartwright::domain::settings::{ALL, Settings};
use cartwright::domain::subscribers::Phone;
use cartwright::domain::time::{MAX_SECONDS, format_duration, parse_day, parse_duration};
use cartwright::domain::tokens::{Token, Use, hash_named, name_of, spell};
use cartwright::domain::webhooks::check_url;
use cartwright::domain::{Currency, EmailAddress, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use crate::fuzz;
use crate::mutate::{awkward_text, mutated_text};
use crate::support::{SITE, World};

fn currencies() -> Vec<Currency> {
    ["USD", "JPY", "KWD", "CLF", "EUR"].iter().map(|code| Currency::parse(code).expect("a currency")).collect()
}

#[test]
fn an_amount_is_within_bounds_and_reads_back_as_it_was_written() {
    let texts = mutated_text(&[
        "1,234.50",
        "1.234,50",
        "0",
        "12",
        "17.990000000000002",
        "1 234,5",
        ".5",
        "5.",
        "1.234.567",
        "-3",
        "1e9",
        "9999999999.99",
        "0.005",
        "  7 ",
    ]);
    let inputs = (select(currencies()), texts, 0..=MAX_MINOR);
    fuzz("tests/fuzz/seeds/amounts.txt", &inputs, |(currency, text, minor)| {
        prop_assert_eq!(currency.parse_major(&currency.major(minor)), Some(minor));
        let negative = decimal(-minor, currency.decimals());
        prop_assert_eq!(negative.trim_start_matches('-'), currency.major(minor));
        if let Some(minor) = currency.parse_major(&text) {
            prop_assert!((0..=MAX_MINOR).contains(&minor), "{text:?} is {minor}");
            prop_assert_eq!(currency.parse_major(&currency.major(minor)), Some(minor));
        }
        if let Some(plain) = plain_decimal(&text) {
            prop_assert!(plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{plain:?}");
            prop_assert_eq!(plain.matches('.').count(), 1);
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            prop_assert_eq!(digits(&plain), digits(&text));
            let again = plain_decimal(&plain);
            prop_assert_eq!(again, Some(plain), "reading twice changes it");
        }
        Ok(())
    });
}

#[test]
fn a_price_in_markup_is_within_bounds_and_is_the_price_that_was_dressed() {
    let texts = mutated_text(&[
        "<span class=\"price\">$1,234.50</span>",
        "1.234,50&nbsp;€",
        "<b>12</b>",
        "CHF 1'234.50",
        "&#36;5",
        "3 < 4",
        "<ins><bdi>17,99</bdi></ins>",
        "-3.00",
        "&minus;4",
        "1e21",
        "\u{2212}5",
        "&#x24;9.99",
    ]);
    let inputs = (select(currencies()), texts, 0..=MAX_MINOR);
    fuzz("tests/fuzz/seeds/prices.txt", &inputs, |(currency, text, minor)| {
        if let Some(minor) = amount(&text, currency) {
            prop_assert!((0..=MAX_MINOR).contains(&minor), "{text:?} is {minor}");
        }
        let dressed = format!("<span title=\"x\">{} {}</span>", currency.code(), currency.major(minor));
        prop_assert_eq!(amount(&dressed, currency), Some(minor), "{}", dressed);
        Ok(())
    });
}

#[test]
fn text_out_of_markup_holds_no_markup_and_does_not_change_again() {
    let texts = prop_oneof![
        mutated_text(&[
            "Blue <b>mug</b>, 30 cl",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "see https://evil.example/x now",
            "<a href='javascript:x'>www.evil.com</a>",
            "A &amp; B",
            "&amp;lt;img src=x&amp;gt;",
            "mail a@evil.com",
        ]),
        awkward_text(),
    ];
    fuzz("tests/fuzz/seeds/markup.txt", &(texts, 1..300_usize), |(text, most)| {
        let Some(once) = plain(&text, most) else { return Ok(()) };
        prop_assert!(once.chars().count() <= most);
        prop_assert!(!once.is_empty() && !once.contains(['<', '>']) && !once.contains(char::is_control), "{once:?}");
        let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        let linked = once.contains("://");
        prop_assert!(!once.contains(hidden) && !linked, "{once:?}");
        Ok(())
    });
}

#[test]
fn an_instant_reads_back_as_it_was_written() {
    let texts = mutated_text(&[
        "2024-01-15T10:30:00Z",
        "2024-01-15 10:30",
        "20240115T103000+0100",
        "2024-01-15T10:30:00.123-05:00",
        "2024-01-15",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2024-02-29T24:00:00Z",
        "2024-01-15T23:59:60Z",
    ]);
    let secs = Timestamp::MIN.secs()..=Timestamp::MAX.secs();
    fuzz("tests/fuzz/seeds/instants.txt", &(texts, secs), |(text, secs)| {
        let at = Timestamp::from_secs(secs);
        prop_assert_eq!(Timestamp::parse_rfc3339(&at.rfc3339()).ok(), Some(at));
        prop_assert_eq!(Timestamp::parse_iso8601(&at.rfc3339()).ok(), Some((at, false)));
        if let Ok(read) = Timestamp::parse_rfc3339(&text) {
            prop_assert_eq!(Timestamp::parse_rfc3339(&read.rfc3339()).ok(), Some(read));
        }
        if let Ok((read, _)) = Timestamp::parse_iso8601(&text) {
            prop_assert!((Timestamp::MIN..=Timestamp::MAX).contains(&read));
            prop_assert_eq!(Timestamp::parse_iso8601(&read.rfc3339()).ok(), Some((read, false)));
        }
        if let Ok(day) = parse_day(&text) {
            prop_assert_eq!(day.to_string(), text);
        }
        Ok(())
    });
}

#[test]
fn a_length_of_time_reads_back_as_it_was_written() {
    let texts = mutated_text(&["30m", "24h", "4d", "1d12h", "0s", "2w3d", "9223372036854775807s", "60m60m"]);
    fuzz("tests/fuzz/seeds/durations.txt", &(texts, 0..=MAX_SECONDS), |(text, secs)| {
        prop_assert_eq!(parse_duration(&format_duration(secs)).ok(), Some(secs));
        if let Ok(secs) = parse_duration(&text) {
            prop_assert!((0..=MAX_SECONDS).contains(&secs));
            prop_assert_eq!(parse_duration(&format_duration(secs)).ok(), Some(secs));
        }
        Ok(())
    });
}

#[test]
fn an_origin_is_bare_and_a_link_of_ours_is_a_web_link() {
    let texts = mutated_text(&[
        "https://shop.example",
        "http://localhost:3000",
        "https://[::1]:8443",
        "http://127.0.0.1",
        "https://SHOP.example/",
        "https://user:pw@shop.example",
        "//shop.example/x",
        "/cart?a=b",
        "https://www.shop.example:443",
        "https://shop.example.evil.test",
        "javascript:alert(1)",
        "https://xn--bcher-kva.example",
    ]);
    let page = Origin::parse("https://shop.example").expect("an origin");
    fuzz("tests/fuzz/seeds/origins.txt", &texts, |text| {
        if let Ok(origin) = Origin::parse(&text) {
            let shown = origin.as_text();
            prop_assert!(shown.starts_with("https://") || (shown.starts_with("http://") && origin.is_loopback()));
            prop_assert_eq!(Origin::parse(shown).ok(), Some(origin));
        }
        if let Ok(list) = origins::list(&text) {
            let spelled = list.iter().map(Origin::as_text).collect::<Vec<_>>().join(",");
            prop_assert_eq!(origins::list(&spelled).ok(), Some(list));
        }
        if let Some(link) = own_link(&text, &page, &[]) {
            prop_assert!(link.len() <= 2_000 && !link.contains(['<', '>', '"', '\r', '\n', ' ']), "{link:?}");
            let url = url::Url::parse(&link).expect("a URL");
            let host = url.host_str().unwrap_or_default();
            prop_assert!(host == "shop.example" || host.ends_with(".shop.example"), "{link:?}");
            prop_assert_eq!(own_link(&link, &page, &[]), Some(link));
        }
        Ok(())
    });
}

#[test]
fn a_host_is_letters_digits_dots_and_dashes_and_an_endpoint_is_as_long_as_it_is_kept() {
    let page = Origin::parse("https://shop.example").expect("an origin");
    assert_eq!(own_link("https://\"www.shop.example/", &page, &[]), None);
    assert!(Origin::parse("https://a\"b.example").is_err() && Origin::parse("https://[::1]").is_ok());
    assert_eq!(Origin::parse("https://SHOP.example//").ok(), Some(page));
    let spelled_longer = format!("https://hooks.example/{}", "é".repeat(1_000));
    assert!(check_url(&spelled_longer, false).is_err());
}

#[test]
fn an_address_reads_back_and_one_that_mail_goes_to_has_nothing_in_it_that_a_header_ends_with() {
    let texts = prop_oneof![
        mutated_text(&[
            "ann@example.com",
            "a+b@x.co",
            "\"a b\"@x.com",
            "zoë@müller.example",
            "a@[127.0.0.1]",
            " A@B.C "
        ]),
        awkward_text(),
    ];
    fuzz("tests/fuzz/seeds/addresses.txt", &texts, |text| {
        if let Ok(address) = EmailAddress::parse(&text) {
            let again = EmailAddress::parse(address.shown()).ok();
            prop_assert_eq!(again.as_ref(), Some(&address));
            prop_assert!(address.shown().len() <= 254 && !address.shown().contains(char::is_control));
            if address.is_deliverable() {
                prop_assert!(address.shown().is_ascii());
                prop_assert!(
                    lettre::Address::new(
                        address.shown().split('@').next().unwrap_or_default(),
                        address.shown().split('@').nth(1).unwrap_or_default()
                    )
                    .is_ok(),
                    "{address:?}"
                );
                let small = EmailAddress::parse(&address.matched()).expect("an address");
                prop_assert_eq!(small.matched(), address.matched());
            }
        }
        if let Ok(phone) = Phone::parse(&text) {
            prop_assert_eq!(Phone::parse(phone.shown()).map(|again| again.matched()).ok(), Some(phone.matched()));
        }
        Ok(())
    });
}

#[test]
fn a_setting_that_was_taken_is_taken_again_and_read_without_a_fault() {
    let texts = prop_oneof![
        mutated_text(&[
            "30m",
            "on",
            "off",
            "21:00-08:00",
            "24:00-00:60",
            "https://shop.example, http://localhost",
            "shop@example.com",
            "2024-01-15T10:30:00Z",
            "4294967295",
            "click",
            "soft_opt_in",
            "10.0.0.0/8, ::1",
            "Mill Lane 1",
        ]),
        awkward_text(),
    ];
    let names = select(ALL.iter().map(|setting| setting.name).collect::<Vec<_>>());
    fuzz("tests/fuzz/seeds/settings.txt", &(names, texts), |(name, value)| {
        let mut settings = Settings::default();
        if settings.set(name, &value).is_ok() {
            let kept: Vec<(String, String)> =
                settings.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let again = Settings::from_pairs(kept).ok();
            prop_assert_eq!(again.as_ref(), Some(&settings));
        }
        let _ = (settings.quiet_hours(), settings.own_networks(), settings.sender(), settings.breaker_reset_at());
        prop_assert!(settings.abandon_after() > 0 && settings.attribution_window() > 0, "{name} {value:?}");
        let unknown = format!("{name}{value}x");
        let refused = Settings::default().set(&unknown, "on").is_err();
        prop_assert!(refused, "{unknown:?}");
        Ok(())
    });
}

#[test]
fn hours_beyond_every_clock_are_refused() {
    let refused = Settings::default().set("letters.quiet_hours", "222222222222222221:00-08:00");
    assert!(refused.is_err());
}

#[test]
fn no_change_of_a_token_passes_for_it() {
    let site = World::new().site(SITE);
    let sound = spell(&site, Use::Unsubscribe, "letter-1", None);
    let timed = spell(&site, Use::Click, "letter-2/0", Some(Timestamp::from_secs(4_000_000_000)));
    let now = Timestamp::from_secs(1_800_000_000);
    let inputs = mutated_text(&[&sound, &timed]);
    fuzz("tests/fuzz/seeds/tokens.txt", &(inputs, any::<[u8; 32]>()), |(text, hash)| {
        prop_assert_eq!(hash_named(&name_of(&hash)), Some(hash));
        if let Some(token) = Token::read(&text) {
            prop_assert!(token.site_id().len() + token.about().len() < text.len());
            for purpose in [Use::Unsubscribe, Use::Restore, Use::Click, Use::Open, Use::Undo] {
                let known = (text == sound && purpose == Use::Unsubscribe) || (text == timed && purpose == Use::Click);
                prop_assert_eq!(token.holds(&site, purpose, now), known, "{}", text);
            }
        }
        Ok(())
    });
}

#[test]
fn an_endpoint_is_a_web_address_and_stays_one() {
    let texts = mutated_text(&[
        "https://hooks.example/x",
        "http://127.0.0.1:1/",
        "https://[::ffff:10.0.0.1]/",
        "https://user@h.example/",
        "https://0x7f.1/",
        "https://169.254.169.254/latest",
        "https://hooks.example:0/",
        "https://2130706433/",
    ]);
    fuzz("tests/fuzz/seeds/endpoints.txt", &texts, |text| {
        if let Ok(url) = check_url(&text, false) {
            prop_assert!(url.starts_with("https://") || url.starts_with("http://"), "{url}");
            let read = url::Url::parse(&url).expect("a URL");
            if let Some(url::Host::Ipv4(address)) = read.host() {
                prop_assert!(!address.is_loopback() && !address.is_private() && !address.is_link_local(), "{url}");
            }
            prop_assert_eq!(check_url(&url, false).ok(), Some(url));
        }
        Ok(())
    });
}

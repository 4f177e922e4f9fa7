//! Money, time, addresses and the clock's effect on a cart, held against what must be true of every value.

use cartwright::domain::carts::{Cart, CartStatus, Channel, Class};
use cartwright::domain::money::{MAX_MINOR, decimal, ratio_half_up};
use cartwright::domain::time::{self, MAX_SECONDS, format_duration, parse_duration};
use cartwright::domain::{Currency, EmailAddress, Timestamp, Zone};
use proptest::prelude::*;

/// One currency for each number of decimals that ISO 4217 has.
const CURRENCIES: &[&str] = &["JPY", "EUR", "KWD", "CLF"];

/// Zones that change their clocks, at midnight too, that are off by three quarters of an hour, and one that once left
/// a whole day out.
const ZONES: &[&str] =
    &["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo"];

/// 1970 to 2100: where shops live.
const SHOPS: std::ops::Range<i64> = 0..4_102_444_800;

fn currency() -> impl Strategy<Value = Currency> {
    proptest::sample::select(CURRENCIES).prop_map(|code| Currency::parse(code).expect("a currency"))
}

fn zone() -> impl Strategy<Value = Zone> {
    proptest::sample::select(ZONES).prop_map(|name| Zone::parse(name).expect("a zone"))
}

fn writable() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.secs()..=Timestamp::MAX.secs()).prop_map(Timestamp::from_secs)
}

fn cart() -> impl Strategy<Value = Cart> {
    let facts = (any::<bool>(), any::<bool>(), 0..4_i64, 0..3_i64);
    let times = (0..10_000_i64, 0..5_000_i64, 0..20_000_i64);
    (facts, times).prop_map(|((abandoned, before, count, total), (active, earlier, expires))| {
        let at = Timestamp::from_secs;
        let abandoned_at = abandoned.then(|| at(active + earlier));
        Cart {
            no: 1,
            id: "cart".into(),
            email: None,
            identified: false,
            customer_id: None,
            session_id: None,
            visitor: None,
            channel: Channel::Web,
            currency: Currency::parse("EUR").expect("a currency"),
            locale: None,
            subtotal: total,
            discount: 0,
            tax: 0,
            shipping: 0,
            total,
            item_count: count,
            unique_item_count: count,
            created_at: at(0),
            updated_at: at(active),
            last_activity: at(active),
            items_changed_at: at(active),
            first_abandoned_at: abandoned_at.or(before.then(|| at(active / 2))),
            abandoned_at: abandoned_at.or(before.then(|| at(active / 2))),
            status: if abandoned { CartStatus::Abandoned } else { CartStatus::Active },
            expires_at: at(expires),
            restore_url: None,
            class: Class::Unknown,
            order_id: None,
            shipping_address: None,
            metadata: None,
            emailed: false,
            recovered: false,
            imported: false,
            deleted_at: None,
        }
    })
}

#[test]
fn the_currencies_of_these_tests_have_all_numbers_of_decimals() {
    let decimals: Vec<u32> = CURRENCIES.iter().map(|code| Currency::parse(code).expect(code).decimals()).collect();
    assert_eq!(decimals, [0, 2, 3, 4]);
}

#[test]
fn half_a_minor_unit_is_rounded_up() {
    let parse = |code: &str, text: &str| Currency::parse(code).expect(code).parse_major(text);
    assert_eq!(parse("EUR", "0.005"), Some(1));
    assert_eq!(parse("EUR", "0.0049999999"), Some(0));
    assert_eq!(parse("EUR", "1.015"), Some(102), "binary fractions would make 101 of it");
    assert_eq!(parse("JPY", "2.5"), Some(3));
    assert_eq!(parse("KWD", "0.0005"), Some(1));
    assert_eq!(parse("EUR", " 12 "), Some(1_200));
    for bad in ["", " ", ".", "-1", "1,5", "1e3", "NaN", "1.2.3", "0x1", "１", "1 000", "99999999999999999999999999999"]
    {
        assert_eq!(parse("EUR", bad), None, "{bad:?}");
    }
    assert_eq!(parse("EUR", "9999999999.99"), Some(MAX_MINOR));
    assert_eq!(parse("EUR", "10000000000"), None);
    assert_eq!(parse("EUR", "9999999999.995"), None, "it would be rounded beyond the largest amount");
}

#[test]
fn more_decimals_than_a_number_holds_still_round_right() {
    let euro = Currency::parse("EUR").expect("a currency");
    let nearly_half = format!("0.004{}", "9".repeat(40));
    assert_eq!(euro.parse_major(&nearly_half), Some(0));
    assert_eq!(euro.parse_major(&format!("0.005{}", "0".repeat(40))), Some(1));
    assert_eq!(euro.parse_major(&format!("{}1.50", "0".repeat(40))), Some(150));
}

#[test]
fn a_ratio_over_nothing_is_0() {
    assert_eq!(ratio_half_up(5, 0, 100), 0);
}

#[test]
fn a_clock_change_at_midnight_moves_the_start_of_the_day() {
    let zone = Zone::parse("America/Sao_Paulo").expect("a zone");
    let day = time::parse_day("2018-11-04").expect("a day");
    assert_eq!(zone.start_of(day).rfc3339(), "2018-11-04T03:00:00Z", "midnight was skipped: the day began at one");
    let apia = Zone::parse("Pacific/Apia").expect("a zone");
    let skipped = time::parse_day("2011-12-30").expect("a day");
    assert!(apia.start_of(skipped) <= apia.start_of(time::day_plus(skipped, 1)), "a day that did not happen is empty");
}

#[test]
fn lengths_of_time_that_mean_nothing_are_refused() {
    for bad in
        ["", "30", "m", "1d30", "-1h", "1.5h", "1 h", "1y", "１h", "99999999999999999999d", "9223372036854775807w"]
    {
        assert!(parse_duration(bad).is_err(), "{bad:?}");
    }
    assert_eq!(parse_duration("1d12h").ok(), Some(129_600));
    assert_eq!(format_duration(0), "0s");
}

proptest! {
    #[test]
    fn an_amount_is_read_as_it_was_written(currency in currency(), minor in 0..=MAX_MINOR) {
        prop_assert_eq!(currency.parse_major(&currency.major(minor)), Some(minor));
    }

    #[test]
    fn an_amount_has_the_decimals_of_its_currency(currency in currency(), minor in any::<i64>()) {
        let text = currency.major(minor);
        let decimals = text.split_once('.').map_or(0, |(_, part)| part.len());
        prop_assert_eq!(decimals, currency.decimals() as usize);
        prop_assert_eq!(text.starts_with('-'), minor < 0);
        let digits: String = text.chars().filter(|c| *c != '.').collect();
        prop_assert_eq!(digits.parse::<i64>().ok(), Some(minor), "{}", text);
    }

    #[test]
    fn amounts_are_rounded_half_up(currency in currency(), tenths in 0..=MAX_MINOR * 10 - 5) {
        // One decimal more than the currency has.
        let text = decimal(tenths, currency.decimals() + 1);
        prop_assert_eq!(currency.parse_major(&text), Some((tenths + 5) / 10));
    }

    #[test]
    fn reading_an_amount_never_panics(currency in currency(), text in "\\PC*", number in "[+-]?[0-9]{0,40}[.]?[0-9]{0,40}") {
        let _ = currency.parse_major(&text);
        let read = currency.parse_major(&number);
        prop_assert!(read.is_none_or(|minor| (0..=MAX_MINOR).contains(&minor)));
    }

    #[test]
    fn a_ratio_is_the_nearest_whole_number(
        n in prop_oneof![any::<i64>(), -1_000..=1_000_i64],
        d in prop_oneof![any::<i64>(), -1_000..=1_000_i64],
        scale in 1..=10_000_i64,
    ) {
        prop_assume!(d != 0);
        let (exact, divisor) = (i128::from(n) * i128::from(scale), i128::from(d));
        let (towards_zero, rest) = (exact / divisor, exact % divisor);
        let away = if 2 * rest.abs() >= divisor.abs() { exact.signum() * divisor.signum() } else { 0 };
        let nearest = (towards_zero + away).clamp(i64::MIN.into(), i64::MAX.into());
        prop_assert_eq!(i128::from(ratio_half_up(n, d, scale)), nearest);
    }

    #[test]
    fn a_length_of_time_is_read_as_it_was_written(secs in 0..=MAX_SECONDS) {
        prop_assert_eq!(parse_duration(&format_duration(secs)).ok(), Some(secs));
    }

    #[test]
    fn reading_a_length_of_time_never_panics(text in "[0-9smhdw]{0,30}|\\PC*") {
        prop_assert!(parse_duration(&text).is_ok_and(|secs| (0..=MAX_SECONDS).contains(&secs)) || parse_duration(&text).is_err());
    }

    #[test]
    fn an_instant_is_read_as_it_was_written(at in writable()) {
        prop_assert_eq!(Timestamp::parse_rfc3339(&at.rfc3339()).ok(), Some(at));
        prop_assert_eq!(Timestamp::parse_iso8601(&at.rfc3339()).ok(), Some((at, false)));
    }

    #[test]
    fn iso_8601_and_rfc_3339_agree(at in writable(), minutes in -1_439..=1_439_i64, fraction in 0..1_000_u32) {
        let shifted = at.plus(minutes * 60);
        prop_assume!(shifted.secs() - at.secs() == minutes * 60);
        let local = shifted.rfc3339();
        let sign = if minutes < 0 { '-' } else { '+' };
        let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        let text = format!("{}.{fraction:03}{offset}", local.trim_end_matches('Z'));
        prop_assert_eq!(Timestamp::parse_rfc3339(&text).ok(), Some(at));
        prop_assert_eq!(Timestamp::parse_iso8601(&text).ok(), Some((at, fraction > 0)));
        // As it arrives in a query whose plus was not encoded.
        prop_assert_eq!(Timestamp::parse_iso8601(&text.replace('+', " ")).ok(), Some((at, fraction > 0)));
        let civil = local.trim_end_matches('Z');
        prop_assert_eq!(Timestamp::parse_iso8601(civil).ok(), Some((shifted, false)), "without an offset it is UTC");
        prop_assert_eq!(Timestamp::parse_iso8601(&civil.replace('T', " ")).ok(), Some((shifted, false)));
    }

    #[test]
    fn reading_a_time_never_panics(text in "\\PC*", near in "[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}[T é]?[0-9:. +Zé-]{0,20}") {
        for text in [text, near] {
            let read = Timestamp::parse_iso8601(&text);
            if let (Ok(strict), Ok((lenient, _))) = (Timestamp::parse_rfc3339(&text), &read) {
                prop_assert_eq!(strict, *lenient);
            }
            prop_assert!(read.is_ok() || Timestamp::parse_rfc3339(&text).is_err(), "{}", text);
            let _ = time::parse_day(&text);
        }
    }

    #[test]
    fn days_are_counted_as_they_are_added(secs in SHOPS, days in -40_000..40_000_i64) {
        let day = Zone::UTC.day_of(Timestamp::from_secs(secs));
        let other = time::day_plus(day, days);
        prop_assert_eq!(time::days_between(day, other), days);
        prop_assert_eq!(time::days_between(other, day), -days);
        prop_assert_eq!(time::parse_day(&day.to_string()).ok(), Some(day));
    }

    #[test]
    fn every_instant_lies_within_its_day(zone in zone(), secs in SHOPS) {
        let at = Timestamp::from_secs(secs);
        let day = zone.day_of(at);
        prop_assert!(zone.start_of(day) <= at, "{} begins at {}", day, zone.start_of(day));
        let next = zone.start_of(time::day_plus(day, 1));
        prop_assert!(at < next, "{} ends at {}", day, next);
        prop_assert_eq!(zone.day_of(zone.start_of(day)), day);
    }

    #[test]
    fn a_day_ends_where_the_next_begins(zone in zone(), secs in SHOPS) {
        let day = zone.day_of(Timestamp::from_secs(secs));
        let start = zone.start_of(day);
        prop_assert_ne!(zone.day_of(start.plus(-1)), day);
        let length = zone.start_of(time::day_plus(day, 1)).secs() - start.secs();
        prop_assert!((22 * 3_600..=49 * 3_600).contains(&length), "{} lasts {} s", day, length);
    }

    #[test]
    fn an_address_is_matched_by_what_it_is_matched_by(text in "[ \t]{0,2}[a-zA-ZÀ-ÿİıẞß.+]{1,10}@[a-zA-ZÀ-ÿİẞ.]{1,10}[ ]{0,2}") {
        let address = EmailAddress::parse(&text).expect("an address");
        prop_assert_eq!(address.shown(), text.trim());
        let again = EmailAddress::parse(&address.matched()).expect("the matched form is an address");
        prop_assert_eq!(again.matched(), address.matched());
    }

    #[test]
    fn reading_an_address_never_panics_and_keeps_its_promise(text in "\\PC*|[a@ \u{0}\n]{0,6}") {
        if let Ok(address) = EmailAddress::parse(&text) {
            prop_assert_eq!(address.shown().matches('@').count(), 1);
            prop_assert!(!address.shown().contains(char::is_whitespace) && address.shown().len() <= 254);
        }
    }

    #[test]
    fn it_does_not_matter_how_often_somebody_looks(
        cart in cart(),
        looks in proptest::collection::vec(0..30_000_i64, 0..6),
        last in 0..30_000_i64,
        after in 60..6_000_i64,
    ) {
        let mut looks: Vec<i64> = looks.into_iter().filter(|look| *look <= last).collect();
        looks.sort_unstable();
        looks.push(last);
        let mut watched = cart.clone();
        let seen: Vec<_> = looks.iter().flat_map(|look| watched.settle(Timestamp::from_secs(*look), after)).collect();
        let mut alone = cart;
        let happened = alone.settle(Timestamp::from_secs(last), after);
        prop_assert_eq!(seen, happened);
        prop_assert_eq!(&watched, &alone);
        prop_assert!(alone.due_at(after).is_none_or(|due| due.secs() > last), "nothing is left that fell due");
    }
}

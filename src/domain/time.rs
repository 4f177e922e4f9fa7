//! Instants, days and zones. Time is a value here: whoever needs "now" is given it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use jiff::civil;
use jiff::tz::TimeZone;

use super::{Error, Result};

/// Where "now" comes from. The composition root injects it; nothing below asks the operating system.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A calendar day, without a zone.
pub type Day = civil::Date;

/// The last instant that every format of ours can write: 9999-12-31T23:59:59Z.
pub const MAX_SECONDS: i64 = 253_402_300_799;

/// Seconds of a day without a change of the zone's offset.
pub const DAY_SECS: i64 = 86_400;

/// An instant in whole seconds since 1970-01-01 UTC, between the years 1 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant that we can write: 0001-01-01T00:00:00Z.
    pub const MIN: Timestamp = Timestamp(-62_135_596_800);
    /// The last one: 9999-12-31T23:59:59Z.
    pub const MAX: Timestamp = Timestamp(MAX_SECONDS);

    /// The instant that many seconds after the epoch, clamped to what can be written.
    pub fn from_secs(secs: i64) -> Self {
        Timestamp(secs.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Whole seconds since the epoch.
    pub fn secs(self) -> i64 {
        self.0
    }

    /// The instant `secs` later; earlier when negative.
    pub fn plus(self, secs: i64) -> Self {
        Timestamp::from_secs(self.0.saturating_add(secs))
    }

    /// Reads RFC 3339 with a zone offset. A fraction of a second is cut off.
    pub fn parse_rfc3339(text: &str) -> Result<Self> {
        let parsed = DateTime::parse_from_rfc3339(text)
            .map_err(|_| Error::malformed("time", "must be an RFC 3339 time such as 2024-01-15T10:30:00Z"))?;
        Timestamp::in_range(parsed.timestamp())
    }

    /// Reads ISO 8601 as callers of web interfaces write it: date and time with an offset in any of its forms, without
    /// one (then UTC), or a bare date (then midnight UTC); extended or basic, seconds or not. A blank where `+` stood
    /// before it was decoded is forgiven. Returns the instant and whether a fraction of a second was cut off it.
    pub fn parse_iso8601(text: &str) -> Result<(Self, bool)> {
        let flaw = || Error::malformed("time", "must be an ISO 8601 time such as 2024-01-15T10:30:00Z");
        let text = text.trim().replace(',', ".");
        for format in ["%Y-%m-%d", "%Y%m%d"] {
            if let Ok(date) = NaiveDate::parse_from_str(&text, format) {
                let midnight = date.and_hms_opt(0, 0, 0).unwrap_or_default();
                return Ok((Timestamp::in_range(midnight.and_utc().timestamp())?, false));
            }
        }
        let (civil, offset_secs) = split_offset(&text).ok_or_else(flaw)?;
        let formats = [
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M",
            "%Y%m%dT%H%M%S%.f",
            "%Y%m%dT%H%M",
        ];
        let civil = civil.to_ascii_uppercase();
        let read = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(&civil, format).ok());
        let read = read.ok_or_else(flaw)?.and_utc();
        let cut = read.timestamp_subsec_nanos() > 0;
        Ok((Timestamp::in_range(read.timestamp() - offset_secs)?, cut))
    }

    fn in_range(secs: i64) -> Result<Self> {
        if (Self::MIN.0..=Self::MAX.0).contains(&secs) {
            Ok(Timestamp(secs))
        } else {
            Err(Error::refused("time", "must lie between the years 1 and 9999"))
        }
    }

    /// RFC 3339 in UTC, whole seconds: `2024-01-15T10:30:00Z`.
    pub fn rfc3339(self) -> String {
        let (days, secs) = (self.0.div_euclid(DAY_SECS), self.0.rem_euclid(DAY_SECS));
        let (year, month, day) = civil_from_days(days);
        let mut text = *b"0000-00-00T00:00:00Z";
        let (hour, minute, second) = (secs / 3_600, secs / 60 % 60, secs % 60);
        // Every value has two digits but the year, which comes as two halves.
        let values = [(0, year / 100), (2, year % 100), (5, month), (8, day), (11, hour), (14, minute), (17, second)];
        for (at, value) in values {
            let value = (value % 100) as u8;
            text[at] = b'0' + value / 10;
            text[at + 1] = b'0' + value % 10;
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Timestamp {
    /// As a header of a letter has it (RFC 5322, section 3.3): `Sun, 15 Mar 2026 12:00:00 +0000`.
    pub fn rfc2822(self) -> String {
        DateTime::from_timestamp(self.0, 0).unwrap_or_default().to_rfc2822()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar: `civil_from_days` of
/// <https://howardhinnant.github.io/date_algorithms.html>. Lists write three instants a row, and the general formatter
/// took half of the time that a page of them takes.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years begin in March here, so that the leap day is their last.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A date with a time of day, and the seconds by which its offset is ahead of UTC: `Z`, `+hh:mm`, `+hhmm` or `+hh`
/// behind the time, with `-` or a blank in place of `+`; none is UTC. `None` where that cannot be told.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(civil) = text.strip_suffix(['Z', 'z']) {
        return Some((civil, 0));
    }
    // A sign behind the date's own dashes; a blank may part date and time, so only one behind a time counts.
    let time = text.find(':').or_else(|| text.find(['T', 't'])).unwrap_or(text.len());
    let Some(at) = text[time..].find(['+', '-', ' ']).map(|at| at + time) else { return Some((text, 0)) };
    let (civil, offset) = text.split_at(at);
    let digits = offset[1..].replace(':', "");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i64>().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse::<i64>().ok()?),
        _ => return None,
    };
    let secs = hours * 3_600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some((civil, if offset.starts_with('-') { -secs } else { secs }))
}

/// An IANA time zone, in which days and months are cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time, the default everywhere.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// Looks a name such as `Europe/Paris` up in the system's zone data, else in the copy that we carry.
    pub fn parse(name: &str) -> Result<Self> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Zone::UTC);
        }
        TimeZone::get(name)
            .map(Zone)
            .map_err(|_| Error::refused("timezone", format!("knows no zone `{name}`; use a name such as Europe/Paris")))
    }

    /// The zone's IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Wall-clock date and time in this zone at an instant.
    pub fn civil(&self, at: Timestamp) -> civil::DateTime {
        let instant = jiff::Timestamp::from_second(at.secs()).unwrap_or_default();
        self.0.to_datetime(instant)
    }

    /// The day on which an instant falls in this zone.
    pub fn day_of(&self, at: Timestamp) -> Day {
        self.civil(at).date()
    }

    /// The first instant of a day in this zone. It is not always midnight: some zones change their clocks then.
    pub fn start_of(&self, day: Day) -> Timestamp {
        self.instant_of(day.to_datetime(civil::Time::midnight()))
    }

    /// The instant at which the wall clock of this zone shows a date and time; where it shows it twice, the first
    /// time, and where it skips it, the instant of the skip.
    pub fn instant_of(&self, at: civil::DateTime) -> Timestamp {
        let instant = self.0.to_ambiguous_timestamp(at).compatible().unwrap_or_default();
        Timestamp::from_secs(instant.as_second())
    }
}

/// Reads `YYYY-MM-DD`, four, two and two digits.
pub fn parse_day(text: &str) -> Result<Day> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    let flaw = || Error::malformed("day", "must be a date such as 2024-01-31");
    if !shaped {
        return Err(flaw());
    }
    text.parse::<Day>().map_err(|_| flaw())
}

/// The day `days` later, clamped to the calendar of the type.
pub fn day_plus(day: Day, days: i64) -> Day {
    day.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

/// How many days `to` is after `from`.
pub fn days_between(from: Day, to: Day) -> i64 {
    from.until((jiff::Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
}

/// Reads a length of time such as `30m`, `24h`, `4d`, `90s` or `1d12h` into seconds.
pub fn parse_duration(text: &str) -> Result<i64> {
    let flaw = || Error::malformed("duration", "must be a length of time such as 30m, 24h or 4d");
    let mut total: i64 = 0;
    let mut digits = String::new();
    if text.is_empty() {
        return Err(flaw());
    }
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => DAY_SECS,
            'w' => 7 * DAY_SECS,
            _ => return Err(flaw()),
        };
        let count: i64 = digits.parse().map_err(|_| flaw())?;
        digits.clear();
        total = count.checked_mul(unit).and_then(|secs| total.checked_add(secs)).ok_or_else(flaw)?;
    }
    // "1d30" leaves digits without a unit.
    if digits.is_empty() && total <= MAX_SECONDS { Ok(total) } else { Err(flaw()) }
}

/// Writes seconds as [`parse_duration`] reads them, in the largest unit that divides them.
pub fn format_duration(secs: i64) -> String {
    [(DAY_SECS, 'd'), (3_600, 'h'), (60, 'm')]
        .into_iter()
        .find(|(unit, _)| secs != 0 && secs % unit == 0)
        .map_or_else(|| format!("{secs}s"), |(unit, name)| format!("{}{name}", secs / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_zone_data_knows_the_zones_too() {
        // What the library turns to when the system has none.
        let carried = jiff::tz::TimeZoneDatabase::bundled();
        assert!(carried.get("Europe/Paris").is_ok());
    }

    #[test]
    fn instants_are_written_as_a_library_writes_them() {
        let edges = [Timestamp::MIN.secs(), -1, 0, 951_782_399, 951_782_400, 4_107_542_399, Timestamp::MAX.secs()];
        // Steps of a little over 97 days, with odd seconds, meet every month and many leap days.
        let walk = (Timestamp::MIN.secs()..Timestamp::MAX.secs()).step_by(8_400_017);
        for secs in edges.into_iter().chain(walk) {
            let expected = DateTime::from_timestamp(secs, 0).expect("in range");
            let expected = expected.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            assert_eq!(Timestamp::from_secs(secs).rfc3339(), expected);
        }
    }
}

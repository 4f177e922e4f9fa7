//! Hours in which no letter leaves, by the shop's clocks on the wall.

use super::time::day_plus;
use super::{Error, Result, Timestamp, Zone};

/// A time of day and another, in minutes after midnight; over midnight where the second is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: i64,
    to: i64,
}

impl QuietHours {
    /// Reads `21:00-08:00`.
    pub fn parse(text: &str) -> Result<Self> {
        let minutes = |time: &str| -> Option<i64> {
            let (hours, minutes) = time.trim().split_once(':')?;
            let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
            ((0..24).contains(&hours) && (0..60).contains(&minutes)).then(|| hours * 60 + minutes)
        };
        text.split_once('-')
            .and_then(|(from, to)| Some(QuietHours { from: minutes(from)?, to: minutes(to)? }))
            .filter(|hours| hours.from != hours.to)
            .ok_or_else(|| Error::malformed("hours", "must be two times of day such as 21:00-08:00"))
    }

    /// When the quiet that reigns at an instant ends, in a zone. `None` when it does not reign.
    pub fn end(self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let here = zone.civil(now);
        let minute = i64::from(here.hour()) * 60 + i64::from(here.minute());
        let over_midnight = self.from > self.to;
        let quiet = if over_midnight {
            minute >= self.from || minute < self.to
        } else {
            (self.from..self.to).contains(&minute)
        };
        let day = if over_midnight && minute >= self.from { day_plus(here.date(), 1) } else { here.date() };
        let (hour, minute) = (self.to / 60, self.to % 60);
        let end = day.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
        // Where the clocks skip that time, the instant of the skip is already behind it.
        quiet.then(|| zone.instant_of(end).max(now.plus(1)))
    }
}

//! Timestamps as Django stores them: without a zone, in UTC or local time.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::engine::moment;
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};

/// How a site stores times: the settings `USE_TZ` and `TIME_ZONE`. No zone
/// means UTC.
///
/// Mirrors `DatabaseOperations.adapt_datetimefield_value` of the engines
/// without a type with a zone.
#[derive(Clone, Debug)]
pub struct TimeKeeping(Option<TimeZone>);

impl TimeKeeping {
    /// `USE_TZ = True`, Django's default: UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self(None)
    }

    /// `USE_TZ = False`: local time of the IANA zone `name`.
    ///
    /// # Errors
    /// Usage, if there is no such zone.
    pub fn local(name: &str) -> Result<Self> {
        TimeZone::get(name).map(|zone| Self(Some(zone))).map_err(|_| {
            Error::usage("unknown time zone").hint(
                Hint::action(Action::option(Setting::TimeZone, "Europe/Berlin"))
                    .lead("use a name that Django's TIME_ZONE accepts"),
            )
        })
    }

    /// Returns the time to store for a system time.
    ///
    /// # Errors
    /// Rejected, outside the years 1970 to 9999, because Django could not read
    /// it.
    pub fn stored(&self, now: SystemTime) -> Result<DateTime> {
        let wrong = || {
            Error::rejected("the system clock is outside the years 1970 to 9999")
                .hint("set the clock, then run the command again")
        };
        let moment = Timestamp::try_from(now).map_err(|_| wrong())?;
        let microseconds = moment.as_microsecond();
        let moment = Timestamp::from_microsecond(microseconds).map_err(|_| wrong())?;
        let stored = self.stored_at(moment);
        if moment < Timestamp::UNIX_EPOCH || stored.year() > 9999 {
            return Err(wrong());
        }
        Ok(stored)
    }

    /// Returns the stored time of a timestamp.
    #[must_use]
    pub fn stored_at(&self, moment: Timestamp) -> DateTime {
        match &self.0 {
            Some(zone) => zone.to_datetime(moment),
            None => Offset::UTC.to_datetime(moment),
        }
    }

    /// Returns the timestamp of a stored time.
    ///
    /// An ambiguous local time means the earlier timestamp, as Python's
    /// `fold=0` does.
    #[must_use]
    pub fn timestamp(&self, stored: DateTime) -> Option<Timestamp> {
        match &self.0 {
            Some(zone) => zone.to_ambiguous_timestamp(stored).compatible().ok(),
            None => Offset::UTC.to_timestamp(stored).ok(),
        }
    }

    /// Returns the timestamp of a stored time, formatted by [`rfc3339`].
    #[must_use]
    pub fn moment(&self, stored: DateTime) -> Option<String> {
        self.timestamp(stored).map(rfc3339)
    }
}

/// Formats a timestamp as RFC 3339 in UTC, with six digits of fraction, or none
/// if it is zero, as DRF does.
#[must_use]
pub fn rfc3339(moment: Timestamp) -> String {
    let mut text = Vec::with_capacity(27);
    write_rfc3339(moment, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Writes [`rfc3339`].
pub fn write_rfc3339(at: Timestamp, text: &mut Vec<u8>) {
    moment::write(Offset::UTC.to_datetime(at), b'T', text);
    text.push(b'Z');
}

/// Returns the sort key of a stored time: microseconds without a zone; `None`
/// for an invalid time.
#[must_use]
pub fn order_of(stored: DateTime) -> Option<i64> {
    Offset::UTC.to_timestamp(stored).ok().map(Timestamp::as_microsecond)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    fn at(seconds: u64, micros: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::new(seconds, micros * 1_000)
    }

    #[test]
    fn a_site_without_use_tz_keeps_local_time() {
        let berlin = TimeKeeping::local("Europe/Berlin").unwrap();
        let stored = berlin.stored(at(1_750_000_000, 0)).unwrap();
        assert_eq!(moment::to_text(stored), "2025-06-15 17:06:40");
        assert_eq!(berlin.moment(stored).unwrap(), "2025-06-15T15:06:40Z");
    }

    #[test]
    fn a_clock_outside_1970_to_9999_is_refused() {
        let utc = TimeKeeping::utc();
        assert!(utc.stored(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_err());
        assert!(utc.stored(at(253_402_300_800, 0)).is_err());
        assert!(utc.stored(at(253_370_764_800, 0)).is_ok());
    }

    #[test]
    fn a_time_is_stored_and_sorted_by_microseconds() {
        let utc = TimeKeeping::utc();
        for (seconds, micros, text, order) in
            [(0, 0, "1970-01-01 00:00:00", 0), (4_102_444_800, 7, "2100-01-01 00:00:00.000007", 4_102_444_800_000_007)]
        {
            let stored = utc.stored(at(seconds, micros)).unwrap();
            assert_eq!((&*moment::to_text(stored), order_of(stored)), (text, Some(order)));
        }
    }

    proptest! {
        #[test]
        fn a_timestamp_is_formatted_like_other_libraries(seconds in -62_000_000_000_i64..253_000_000_000, micros in 0_i32..1_000_000) {
            let moment = Timestamp::new(seconds, micros * 1_000).unwrap();
            let whole = moment.subsec_nanosecond() == 0;
            let theirs = if whole { moment.to_string() } else { format!("{moment:.6}") };
            prop_assert_eq!(rfc3339(moment), theirs);
        }
    }
}

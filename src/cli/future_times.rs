//! Times in the future: they show that a site stores local time, or that a clock
//! is wrong. Ages and filters by age are then hours off.

use jiff::{SignedDuration, Timestamp};

use crate::admin::Session;
use crate::admin::model::Moment;
use crate::cli::context::Context;
use crate::cli::hints::render;
use crate::engine::Column;
use crate::error::Result;
use crate::hint::{Hint, Setting};
use crate::query::filter::{Filter, Subject};

/// How far two clocks may differ.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Counts the rows of a list that have times in the future.
pub(in crate::cli) struct FutureTimes {
    /// A later time is in the future.
    since: Timestamp,
    rows: u64,
    /// Whether [`warn_of_future`] has checked already.
    is_known: bool,
}

impl FutureTimes {
    pub(in crate::cli) fn new(filter: &Filter, context: &Context) -> Self {
        Self { since: since(context), rows: 0, is_known: filter.has_age() }
    }

    /// Counts a row if one of its times is in the future.
    pub(in crate::cli) fn see(&mut self, times: [Option<&Moment<'_>>; 2]) {
        let is_future = |time: &Moment<'_>| time.at().is_some_and(|at| at > self.since);
        self.rows += u64::from(times.into_iter().flatten().any(is_future));
    }

    /// Warns of the rows that were counted.
    ///
    /// # Errors
    /// Same as [`Session::layout`].
    pub(in crate::cli) fn warn(&self, session: &mut Session, context: &Context) -> Result<()> {
        match self.rows {
            _ if self.is_known => Ok(()),
            0 => Ok(()),
            1 => warn("a row has", session, context),
            rows => warn(&format!("{rows} rows have"), session, context),
        }
    }
}

/// Warns, before a filter by age is applied, of rows that were created in the
/// future.
///
/// # Errors
/// Same as [`Session::layout`].
pub(in crate::cli) fn warn_of_future(
    session: &mut Session,
    filter: &Filter,
    subject: Subject,
    context: &Context,
) -> Result<()> {
    if filter.has_age() && session.has_rows_since(subject, since(context))? {
        return warn("rows have", session, context);
    }
    Ok(())
}

fn since(context: &Context) -> Timestamp {
    let now = Timestamp::try_from(context.now()).unwrap_or_default();
    now.saturating_add(TOLERANCE).unwrap_or(Timestamp::MAX)
}

/// Returns the age of a row in seconds; none if it is in the future.
pub(in crate::cli) fn age(created: Timestamp, now: Timestamp) -> Option<i64> {
    let age = now.as_second() - created.as_second();
    (age >= -TOLERANCE.as_secs()).then_some(age.max(0))
}

fn warn(rows: &str, session: &mut Session, context: &Context) -> Result<()> {
    let zone = context.time_zone()?;
    let is_absolute = session.layout()?.columns().any(Column::keeps_zone);
    let name_it = || render(&Hint::option(Setting::TimeZone).lead("name its zone"), context.invocation());
    context.notes().warning(&match zone {
        _ if is_absolute => format!("{rows} times in the future: a clock is wrong"),
        Some(zone) => {
            format!("{rows} times in the future: the site does not store times of {zone}, or a clock is wrong")
        }
        None => format!(
            "{rows} times in the future: the site stores local time (USE_TZ = False), or a clock is wrong; {}",
            name_it()
        ),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_age_is_negative() {
        for (created, expected) in [(0, Some(1_000)), (1_000, Some(0)), (1_300, Some(0)), (1_301, None), (4_600, None)]
        {
            let [created, now] = [created, 1_000].map(|second| Timestamp::from_second(second).unwrap());
            assert_eq!(age(created, now), expected, "{created}");
        }
    }
}

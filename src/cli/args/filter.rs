//! Which users and which of their tokens: the words for it, the same in every
//! command that takes them.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};

use clap::Args as ClapArgs;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::admin::ONE_TRANSACTION;
use crate::cli::context::Context;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::query::filter::Filter;
use crate::query::pattern::Pattern;

/// The most characters that are taken for the beginning of a key, and not for
/// the key itself.
const LONGEST_PREFIX: usize = 12;

/// The most patterns of a command: a statement has to hold them.
const MOST_PATTERNS: usize = 500;

/// What is typed of a filter, beside names.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Filters")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct FilterArgs {
    /// Made before: 90d, 12h or 2w ago, or a date such as 2026-01-31; all UTC
    #[arg(long, value_name = "AGE|DATE")]
    pub older_than: Option<String>,

    /// Made since: 90d, 12h or 2w ago, or a date such as 2026-01-31; all UTC
    #[arg(long, value_name = "AGE|DATE")]
    pub newer_than: Option<String>,

    /// Users who may log in
    #[arg(long, conflicts_with = "inactive")]
    pub active: bool,

    /// Users who may not log in
    #[arg(long)]
    pub inactive: bool,

    /// Users who may log into the admin site
    #[arg(long)]
    pub staff: bool,

    /// Users with all permissions
    #[arg(long)]
    pub superusers: bool,

    /// Users who have never logged in
    #[arg(long)]
    pub never_logged_in: bool,

    /// Users with a weak hash: MD5, few iterations, plain text, unknown
    #[arg(long)]
    pub weak_password: bool,

    /// Tokens whose key begins with this, as a list shows it
    #[arg(long, value_name = "TEXT")]
    pub key_prefix: Option<String>,
}

impl FilterArgs {
    /// The filter, with users by name or pattern.
    ///
    /// # Errors
    /// Usage, if a moment cannot be understood or a prefix could be a whole
    /// key; rejected, if nobody could have a name.
    pub(in crate::cli) fn filter(&self, names: &[OsString], context: &Context) -> Result<Filter> {
        let now =
            Timestamp::try_from(context.now()).map_err(|_| Error::rejected("the system clock is out of range"))?;
        let moment = |typed: &Option<String>| typed.as_deref().map(|typed| moment(typed, now)).transpose();
        let mut filter = Filter {
            key_prefix: self.key_prefix.as_deref().map(prefix).transpose()?,
            older_than: moment(&self.older_than)?,
            newer_than: moment(&self.newer_than)?,
            is_active: (self.active || self.inactive).then_some(self.active),
            is_staff: self.staff,
            is_superuser: self.superusers,
            never_logged_in: self.never_logged_in,
            has_weak_password: self.weak_password,
            ..Filter::default()
        };
        for typed in names {
            match pattern(typed) {
                Some(pattern) => filter.patterns.push(pattern),
                None => filter.names.push(Username::parse(&literal(typed))?),
            }
        }
        Ok(filter)
    }
}

/// Refuses what would have to be done in parts that could overlap; a user who
/// is named twice is meant once.
///
/// # Errors
/// Usage, if there are very many names and patterns, too.
pub(in crate::cli) fn settle(filter: &mut Filter) -> Result<()> {
    let mut seen = HashSet::new();
    filter.names.retain(|name| seen.insert(name.as_str().to_owned()));
    if filter.patterns.len() > MOST_PATTERNS {
        return Err(Error::usage(format!("there can be {MOST_PATTERNS} patterns in a command")));
    }
    let names = u64::try_from(filter.names.len()).unwrap_or(u64::MAX);
    if names > ONE_TRANSACTION && !filter.patterns.is_empty() {
        return Err(Error::usage(format!("more than {ONE_TRANSACTION} names do not go with patterns"))
            .hint("one command for the names, another for the patterns"));
    }
    Ok(())
}

/// The pattern that a word is, if it is one.
pub(in crate::cli) fn pattern(typed: &OsStr) -> Option<Pattern> {
    typed.to_str().and_then(Pattern::parse)
}

/// A name in which backslashes take their meaning from wildcards.
fn literal(typed: &OsStr) -> OsString {
    typed.to_str().map_or_else(|| typed.to_owned(), |typed| Pattern::literal(typed).into())
}

fn prefix(typed: &str) -> Result<String> {
    // As a list shows it.
    let typed = typed.trim_end_matches('…');
    let length = typed.chars().count();
    if length > LONGEST_PREFIX {
        return Err(Error::usage("a key on the command line can be seen by every user of this machine")
            .hint(format!("its first {LONGEST_PREFIX} characters are enough, or: revoke --keys-from FILE")));
    }
    if length == 0 { Err(Error::usage("a key begins with something")) } else { Ok(typed.to_owned()) }
}

/// A moment: an age before now, or a date with or without a time.
fn moment(typed: &str, now: Timestamp) -> Result<Timestamp> {
    let wrong = || {
        Error::usage(format!("{typed} is neither an age nor a date"))
            .hint("an age is 90d, 12h or 2w; a date is 2026-01-31 or 2026-01-31T09:00:00Z; all times are UTC")
    };
    // A zone that is written has to be heeded: what reads the others overlooks it.
    if typed.contains('[') {
        return typed.parse::<Zoned>().map(|zoned| zoned.timestamp()).map_err(|_| wrong());
    }
    if let Ok(moment) = typed.parse::<Timestamp>() {
        return Ok(moment);
    }
    let civil = typed.parse::<Date>().map(|date| date.to_datetime(jiff::civil::Time::midnight()));
    if let Ok(civil) = typed.parse::<DateTime>().or(civil) {
        return civil.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|_| wrong());
    }
    if typed.strip_suffix('m').is_some_and(|count| count.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(Error::usage(format!("{typed} could be minutes or months")).hint(format!("{typed}in, or {typed}o")));
    }
    let age: Span = typed.parse().map_err(|_| wrong())?;
    if age.is_negative() {
        return Err(wrong());
    }
    let moment = now.to_zoned(TimeZone::UTC).checked_sub(age).map_err(|_| wrong())?;
    Ok(moment.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_or_a_date_is_a_moment_of_utc() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        for (typed, moment_of) in [
            ("90d", "2025-12-31T12:00:00Z"),
            ("2w", "2026-03-17T12:00:00Z"),
            ("12h", "2026-03-31T00:00:00Z"),
            ("1mo", "2026-02-28T12:00:00Z"),
            ("0s", "2026-03-31T12:00:00Z"),
            ("90min", "2026-03-31T10:30:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31 09:30", "2026-01-31T09:30:00Z"),
            ("2026-01-31T09:30:00+02:00", "2026-01-31T07:30:00Z"),
        ] {
            assert_eq!(moment(typed, now).unwrap().to_string(), moment_of, "{typed}");
        }
        for typed in ["", "90", "-90d", "3m", "90d ago", "yesterday", "2026-02-30", "99999y"] {
            assert!(moment(typed, now).is_err(), "{typed}");
        }
    }
}

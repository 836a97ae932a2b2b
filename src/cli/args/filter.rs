//! The options that select users and tokens, the same in every command.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};

use clap::Args as ClapArgs;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use crate::admin::ONE_TRANSACTION;
use crate::cli::args::keys::ListedKeys;
use crate::cli::args::names::{LIST, OnUnknown, listed_names};
use crate::cli::context::Context;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::query::filter::Filter;
use crate::query::pattern::Pattern;

/// The maximum length of the beginning of a key; longer text may be a whole key.
const LONGEST_PREFIX: usize = 12;

/// The maximum number of patterns: they are in one statement.
const MOST_PATTERNS: usize = 500;

/// The options of a filter.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Filters")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct FilterArgs {
    /// Select rows created before an age (90d, 12h, 2w) or a date, UTC
    #[arg(long, value_name = "AGE|DATE")]
    pub older_than: Option<String>,

    /// Select rows created since an age (90d, 12h, 2w) or a date, UTC
    #[arg(long, value_name = "AGE|DATE")]
    pub newer_than: Option<String>,

    /// Select users who may log in
    #[arg(long, conflicts_with = "inactive")]
    pub active: bool,

    /// Select users who may not log in
    #[arg(long)]
    pub inactive: bool,

    /// Select users who may log into the admin site
    #[arg(long)]
    pub staff: bool,

    /// Select users with all permissions
    #[arg(long)]
    pub superusers: bool,

    /// Select users who have never logged in
    #[arg(long)]
    pub never_logged_in: bool,

    /// Select users with a weak hash: MD5, few iterations, plain, unknown
    #[arg(long)]
    pub weak_password: bool,

    /// Select tokens whose key begins with this, as a list shows it
    #[arg(long, value_name = "TEXT")]
    pub key_prefix: Option<String>,
}

impl FilterArgs {
    /// Returns the filter of these options and of users by name or pattern.
    ///
    /// # Errors
    /// Usage if a time is invalid or a prefix may be a whole key; rejected if a
    /// name is invalid.
    pub(in crate::cli) fn filter(&self, names: &[OsString], context: &Context) -> Result<Filter> {
        let now =
            Timestamp::try_from(context.now()).map_err(|_| Error::rejected("the system clock is out of range"))?;
        let moment = |option: &str, typed: &Option<String>| {
            let time = typed.as_deref().map(|typed| moment(typed, now));
            time.transpose().map_err(|error| error.at(option))
        };
        let mut filter = Filter {
            key_prefix: self.key_prefix.as_deref().map(prefix).transpose()?,
            older_than: moment("--older-than", &self.older_than)?,
            newer_than: moment("--newer-than", &self.newer_than)?,
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

    /// Returns the filter like [`FilterArgs::filter`], with names of standard
    /// input for `-`, and with keys. `None` if there are lists and all are empty:
    /// without them, the filter would select other rows.
    ///
    /// # Errors
    /// Same as [`FilterArgs::filter`]; usage if there are very many names and
    /// patterns too.
    pub(in crate::cli) fn selection(
        &self,
        typed: &[OsString],
        keys: Option<&ListedKeys>,
        context: &Context,
    ) -> Result<Option<Filter>> {
        let (lists, named): (Vec<_>, Vec<_>) = typed.iter().cloned().partition(|typed| typed == LIST);
        let mut filter = self.filter(&named, context)?;
        if !lists.is_empty() {
            filter.names.extend(listed_names()?);
        }
        if let Some(keys) = keys {
            filter.keys = keys.distinct();
        }
        settle(&mut filter)?;
        let is_list = !lists.is_empty() || keys.is_some();
        let is_empty = filter.names.is_empty() && filter.patterns.is_empty() && filter.keys.is_empty();
        Ok((!is_list || !is_empty).then_some(filter))
    }
}

/// Checks that the beginning of a key selects one token, as a name does.
///
/// # Errors
/// Rejected if it selects several, or none and that is an error.
pub(in crate::cli) fn check_prefix(filter: &Filter, count: u64, on_unknown: OnUnknown) -> Result<()> {
    match (&filter.key_prefix, count) {
        (None, _) | (Some(_), 1) => Ok(()),
        (Some(_), 0) if on_unknown == OnUnknown::Note => Ok(()),
        (Some(prefix), 0) => {
            let is_alone = Filter { key_prefix: None, ..filter.clone() }.is_empty();
            let selected = if is_alone { "" } else { "selected " };
            Err(Error::rejected(format!("no {selected}token begins with {prefix}")))
        }
        (Some(prefix), several) => {
            Err(Error::rejected(format!("{several} tokens begin with {prefix}")).hint("type more of the key"))
        }
    }
}

/// Removes duplicate names. Rejects a filter whose chunks could overlap.
///
/// # Errors
/// Usage if there are very many names and patterns too.
pub(in crate::cli) fn settle(filter: &mut Filter) -> Result<()> {
    let mut seen = HashSet::new();
    filter.names.retain(|name| seen.insert(name.as_str().to_owned()));
    if filter.patterns.len() > MOST_PATTERNS {
        return Err(Error::usage(format!("a command takes at most {MOST_PATTERNS} patterns")));
    }
    let names = u64::try_from(filter.names.len()).unwrap_or(u64::MAX);
    if names > ONE_TRANSACTION && !filter.patterns.is_empty() {
        return Err(Error::usage(format!("more than {ONE_TRANSACTION} names cannot be combined with patterns"))
            .hint("run one command for the names and another for the patterns"));
    }
    Ok(())
}

/// Returns the pattern that an argument is, if it is one.
pub(in crate::cli) fn pattern(typed: &OsStr) -> Option<Pattern> {
    typed.to_str().and_then(Pattern::parse)
}

/// Returns the name of an argument in which a backslash escapes a wildcard.
fn literal(typed: &OsStr) -> OsString {
    typed.to_str().map_or_else(|| typed.to_owned(), |typed| Pattern::literal(typed).into())
}

fn prefix(typed: &str) -> Result<String> {
    // As a list shows it.
    let typed = typed.trim_end_matches('…');
    let length = typed.chars().count();
    if length > LONGEST_PREFIX {
        return Err(Error::usage("a key on the command line can be seen by every user of this machine")
            .hint(format!("type its first {LONGEST_PREFIX} characters, or put it into a file: --keys-from FILE")));
    }
    if length == 0 { Err(Error::usage("--key-prefix needs the beginning of a key")) } else { Ok(typed.to_owned()) }
}

/// Returns the time of an age before now, or of a date with or without a time.
fn moment(typed: &str, now: Timestamp) -> Result<Timestamp> {
    let wrong = || {
        Error::usage("expected an age or a date")
            .hint("an age is 90d, 12h or 2w; a date is 2026-01-31 or 2026-01-31T09:00:00Z; all times are UTC")
    };
    // The other parsers ignore a zone in brackets.
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
        return Err(Error::usage("m could be minutes or months").hint("write 5min or 5mo"));
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
    fn very_many_names_or_patterns_are_rejected_only_together() {
        let names = |count: u64| (0..count).map(|at| Username::parse(format!("user{at}").as_ref()).unwrap());
        let patterns = |count| vec![Pattern::parse("ci-*").unwrap(); count];
        for (named, matched, error) in [
            (ONE_TRANSACTION, 1, None),
            (ONE_TRANSACTION + 1, 0, None),
            (ONE_TRANSACTION + 1, 1, Some("more than 2000 names cannot be combined with patterns")),
            (0, MOST_PATTERNS, None),
            (0, MOST_PATTERNS + 1, Some("a command takes at most 500 patterns")),
        ] {
            let twice = names(named).chain(names(1.min(named))).collect();
            let mut filter = Filter { names: twice, patterns: patterns(matched), ..Filter::default() };
            let settled = settle(&mut filter).map_err(|error| error.to_string());
            assert_eq!(settled.err().as_deref(), error, "{named} {matched}");
            if error.is_none() {
                assert!(filter.names.into_iter().eq(names(named)), "{named} {matched}");
            }
        }
    }

    #[test]
    fn the_beginning_of_a_key_is_at_most_12_characters() {
        for (typed, accepted) in [
            ("", None),
            ("…", None),
            ("9944b091…", Some("9944b091")),
            ("é23456789012", Some("é23456789012")),
            ("é234567890123", None),
        ] {
            assert_eq!(prefix(typed).ok().as_deref(), accepted, "{typed}");
        }
    }

    #[test]
    fn the_beginning_of_a_key_selects_one_token() {
        let alone = Filter { key_prefix: Some("9944".to_owned()), ..Filter::default() };
        let active = Filter { is_active: Some(true), ..alone.clone() };
        for (filter, count, on_unknown, error) in [
            (&Filter::default(), 0, OnUnknown::Refuse, None),
            (&alone, 1, OnUnknown::Refuse, None),
            (&alone, 0, OnUnknown::Note, None),
            (&alone, 0, OnUnknown::Refuse, Some("no token begins with 9944")),
            (&active, 0, OnUnknown::Refuse, Some("no selected token begins with 9944")),
            (&alone, 2, OnUnknown::Note, Some("2 tokens begin with 9944")),
        ] {
            let checked = check_prefix(filter, count, on_unknown).map_err(|error| error.to_string());
            assert_eq!(checked.err().as_deref(), error, "{filter:?} {count} {on_unknown:?}");
        }
    }

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

//! The outcome of a commit that got no answer.

use crate::error::{Error, Kind, Result};
use crate::hint::Hint;

/// The outcome of a commit that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitOutcome {
    Committed,
    RolledBack,
    /// A new connection cannot find out, or the evidence is contradictory.
    Unknown,
}

impl CommitOutcome {
    /// Returns the outcome that all pieces of evidence show; each says whether
    /// the transaction was committed.
    pub(super) fn of_evidence(mut evidence: impl Iterator<Item = bool>) -> Self {
        match evidence.next() {
            Some(first) if evidence.any(|other| other != first) => Self::Unknown,
            Some(true) => Self::Committed,
            Some(false) => Self::RolledBack,
            None => Self::Unknown,
        }
    }

    /// Returns the warning if the change is committed, else an error.
    pub(super) fn warning(self, warning: String, error: Error, again: &Hint) -> Result<String> {
        match self {
            Self::Committed => Ok(warning),
            Self::RolledBack => Err(error),
            Self::Unknown => Err(Error::new(Kind::Unknown, "the outcome of the commit is unknown")
                .caused_by(error)
                .hint(again.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_known_only_if_all_evidence_agrees() {
        for (evidence, outcome) in [
            (&[true, true][..], CommitOutcome::Committed),
            (&[false], CommitOutcome::RolledBack),
            (&[true, false], CommitOutcome::Unknown),
            (&[], CommitOutcome::Unknown),
        ] {
            assert_eq!(CommitOutcome::of_evidence(evidence.iter().copied()), outcome, "{evidence:?}");
        }
    }
}

//! Interrupts long work. The layers that do the work receive an [`Interrupt`]
//! and need no state of the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Kind, Result};
use crate::os::signals;

/// Shows whether work must stop. Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    /// It is never interrupted.
    #[default]
    Never,
    /// A flag that the caller sets.
    Flag(Arc<AtomicBool>),
    /// A signal to the process.
    Signals,
}

/// Defers signals while it exists: INT, TERM and HUP until they are checked
/// for, TSTP until this is dropped. Does nothing if signals do not interrupt
/// the work.
#[must_use = "signals wait while this lives"]
pub struct Held {
    _stops: Option<signals::HeldStops>,
}

impl Interrupt {
    /// Returns an interrupt by SIGINT, SIGTERM or SIGHUP.
    #[must_use]
    pub fn by_signals() -> Self {
        Self(Source::Signals)
    }

    /// Returns an interrupt by a flag that the caller sets.
    #[must_use]
    pub fn by_flag(flag: Arc<AtomicBool>) -> Self {
        Self(Source::Flag(flag))
    }

    /// Returns whether the work must stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        match &self.0 {
            Source::Never => false,
            Source::Flag(flag) => flag.load(Ordering::SeqCst),
            Source::Signals => signals::pending().is_some(),
        }
    }

    /// Fails if an interrupt was requested.
    ///
    /// # Errors
    /// Interrupted, if it was.
    pub fn check(&self) -> Result<()> {
        if !self.is_requested() {
            return Ok(());
        }
        let by = signals::pending().map_or_else(|| "by the caller".to_owned(), |signal| format!("by {signal}"));
        Err(Error::new(Kind::Interrupted, format!("interrupted {by}")))
    }

    /// Defers signals until the returned value is dropped.
    pub fn hold(&self) -> Held {
        match self.0 {
            Source::Signals => {
                signals::hold();
                Held { _stops: Some(signals::hold_stops()) }
            }
            Source::Never | Source::Flag(_) => Held { _stops: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_of_the_caller_stops_the_work() {
        let flag = Arc::new(AtomicBool::new(false));
        let interrupt = Interrupt::by_flag(Arc::clone(&flag));
        assert!(interrupt.check().is_ok());
        flag.store(true, Ordering::SeqCst);
        assert_eq!(interrupt.check().unwrap_err().kind(), Kind::Interrupted);
        assert!(Interrupt::default().check().is_ok());
    }

    #[test]
    fn a_deferred_signal_stops_the_work() {
        let interrupt = Interrupt::by_signals();
        assert!(interrupt.check().is_ok());
        signals::while_deferred(nix::sys::signal::Signal::SIGTERM, || {
            assert_eq!(interrupt.check().unwrap_err().to_string(), "interrupted by SIGTERM");
            assert!(!Interrupt::default().is_requested());
        });
        assert!(!interrupt.is_requested());
    }
}

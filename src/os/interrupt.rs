//! Asking long work to stop, without any state of the process in the layers
//! that do the work: they are handed an [`Interrupt`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Kind, Result};
use crate::os::signals;

/// Tells whether work is to stop. A clone tells the same.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    /// Nothing asks it to stop.
    #[default]
    Never,
    /// A flag of the caller's.
    Flag(Arc<AtomicBool>),
    /// A signal to the process.
    Signals,
}

/// While this lives, signals wait: INT, TERM and HUP until they are checked
/// for, TSTP until this is dropped. Where no signal interrupts, it does
/// nothing.
#[must_use = "signals wait while this lives"]
pub struct Held {
    _stops: Option<signals::HeldStops>,
}

impl Interrupt {
    /// An interrupt by SIGINT, SIGTERM or SIGHUP.
    #[must_use]
    pub fn by_signals() -> Self {
        Self(Source::Signals)
    }

    /// An interrupt by a flag that the caller sets.
    #[must_use]
    pub fn by_flag(flag: Arc<AtomicBool>) -> Self {
        Self(Source::Flag(flag))
    }

    /// Whether the work is to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        match &self.0 {
            Source::Never => false,
            Source::Flag(flag) => flag.load(Ordering::SeqCst),
            Source::Signals => signals::pending().is_some(),
        }
    }

    /// Stops the work if that was requested.
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

    /// Has signals wait.
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
}

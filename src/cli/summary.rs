//! What is said beside a result.

use crate::admin::Session;
use crate::admin::model::Summary;
use crate::admin::tokens::IssuedToken;
use crate::cli::context::Context;
use crate::error::Result;

/// Says what was noticed beside the result.
pub(in crate::cli) fn say(summary: &Summary, context: &Context) {
    for notice in &summary.notices {
        context.notes().note(notice);
    }
    for warning in &summary.warnings {
        context.notes().warning(warning);
    }
}

/// Warns of what makes the detected layout doubtful, where a command only reads.
pub(in crate::cli) fn warn_of_layout(session: &mut Session, context: &Context) -> Result<()> {
    for warning in &session.layout()?.warnings {
        context.notes().warning(warning);
    }
    Ok(())
}

/// Warns of tokens that the application will refuse.
pub(in crate::cli) fn warn_of_inactive(tokens: &[IssuedToken], context: &Context) {
    for token in tokens.iter().filter(|token| !token.is_active) {
        warn_of_refusal(&token.username.readable(), context);
    }
}

/// Warns of a user whose token the application will refuse.
pub(in crate::cli) fn warn_of_refusal(username: &str, context: &Context) {
    context.notes().warning(&format!("user {username} is inactive: the application will refuse this token"));
}

//! What `-v` reports: the database, role, tables and columns in use.

use crate::admin::Session;
use crate::error::{Kind, Result};
use crate::output::Notes;
use crate::schema::layout::{Layout, TokenTable, UserTable};

/// Notes which database, role, tables and columns a command uses. A layout that
/// cannot be detected is left to the command, which reports why if it needs one.
///
/// # Errors
/// Busy if another session holds the lock; unusable if the database cannot be
/// read.
pub(super) fn note_in_use(session: &mut Session, notes: Notes) -> Result<()> {
    let mut facts = Vec::new();
    for (name, fact) in session.engine_facts()? {
        facts.push(format!("{name} {fact}"));
    }
    notes.note(&format!("connected: {}", facts.join(", ")));
    match session.layout() {
        Ok(layout) => lines(layout).iter().for_each(|line| notes.note(line)),
        Err(error) if error.kind() == Kind::Busy => return Err(error),
        Err(_) => {}
    }
    Ok(())
}

fn lines(layout: &Layout) -> Vec<String> {
    let mut lines = vec![users(&layout.users)];
    if let Ok(table) = layout.tokens() {
        lines.push(tokens(table));
    }
    lines.extend(layout.schema.as_ref().map(|choice| format!("schema: {}", choice.schema)));
    lines
}

fn users(users: &UserTable) -> String {
    let usernames: Vec<&str> = users.username.columns().iter().map(|column| column.name.as_str()).collect();
    let mut parts = vec![
        format!("users: table {}", users.name()),
        format!("primary key {}", users.key()),
        format!("username column {}", usernames.join(" or ")),
    ];
    parts.extend(users.is_active.as_ref().map(|column| format!("active column {}", column.name)));
    parts.extend(users.membership.as_ref().map(|membership| format!("group table {}", membership.table)));
    parts.join(", ")
}

fn tokens(tokens: &TokenTable) -> String {
    format!(
        "tokens: table {}, key column {}, user column {}, created column {}",
        tokens.name(),
        tokens.key,
        tokens.user,
        tokens.created
    )
}

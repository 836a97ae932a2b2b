//! Which table holds tokens, and whether drfctl can use it.

use crate::admin::identity::evidence::Evidence;
use crate::engine::{Column, ColumnKind, Table};
use crate::schema::layout::{PerUser, TokenTable, UserTable};
use crate::schema::problem::TokenProblem;
use crate::schema::tables::{HISTORY_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};

/// Returns the token table and notices about it, or why tokens cannot be used.
pub(super) fn token_table(
    users: &UserTable,
    evidence: &Evidence<'_>,
) -> Result<(TokenTable, Vec<String>), TokenProblem> {
    let catalog = evidence.catalog;
    if let Some(problem) = evidence.history.token_problem(catalog) {
        return Err(problem);
    }
    let Some(table) = catalog.table(TOKEN_TABLE) else {
        if let Some(schema) = catalog.elsewhere(TOKEN_TABLE).next() {
            return Err(TokenProblem::Elsewhere(schema.to_owned()));
        }
        let is_empty = catalog.spelling(STOCK_USER_TABLE).is_none() && catalog.spelling(HISTORY_TABLE).is_none();
        return Err(if is_empty { TokenProblem::NoDjangoTables } else { TokenProblem::Missing });
    };
    let (tokens, notices) = columns(table)?;
    let user = required(table, &tokens.user)?;
    if !user.kind.joins(&users.key_kind()) {
        return Err(changed(&tokens.user, &format!("does not have the same type as {}", users.key())));
    }
    Ok((tokens, notices))
}

fn columns(table: &Table) -> Result<(TokenTable, Vec<String>), TokenProblem> {
    let key = required(table, "key")?;
    let created = required(table, "created")?;
    let user = required(table, "user_id")?;
    if !key.kind.joins(&ColumnKind::Text) {
        return Err(changed("key", "is not text"));
    }
    if !table.is_unique(&key.name) {
        return Err(changed("key", "is not unique"));
    }
    if created.kind != ColumnKind::DateTime {
        return Err(changed("created", "is not a date and time"));
    }
    let pk = table.primary_key().map_or(&key.name, |pk| &pk.name);
    let ours = [&key.name, &created.name, &user.name];
    let mut notices = Vec::new();
    for column in table.columns.iter().filter(|column| !ours.contains(&&column.name) && column.name != *pk) {
        notices.push(format!("{} has a column that DRF does not create: {}", table.name, column.name));
    }
    let tokens = TokenTable {
        pk: pk.clone(),
        key: key.name.clone(),
        created: created.name.clone(),
        user: user.name.clone(),
        per_user: if table.is_unique(&user.name) { PerUser::One } else { PerUser::Several },
        is_plain: notices.is_empty() && *pk == key.name,
        shape: table.clone(),
    };
    Ok((tokens, notices))
}

fn required<'a>(table: &'a Table, column: &str) -> Result<&'a Column, TokenProblem> {
    table.column(column).ok_or_else(|| changed(column, "is missing"))
}

fn changed(column: &str, how: &str) -> TokenProblem {
    TokenProblem::Changed(column.to_owned(), how.to_owned())
}

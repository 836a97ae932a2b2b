//! Which tables to describe before the layout is resolved.

use crate::admin::identity::evidence::{Evidence, GROUP_COLUMN, ModelOptions, membership_table, parent_of};
use crate::admin::identity::user_table::table_of_model;
use crate::schema::tables::{ADMIN_LOG_TABLE, GROUP_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};

/// Returns the tables that most databases have, and the user table that was named,
/// each once.
#[must_use]
pub fn usual_tables(given: &ModelOptions) -> Vec<String> {
    let mut names = vec![TOKEN_TABLE.to_owned(), STOCK_USER_TABLE.to_owned(), membership_table(STOCK_USER_TABLE)];
    if let Some(table) = given.user_table.as_ref().filter(|table| !names.contains(table)) {
        names.push(table.clone());
    }
    names
}

/// Returns the tables that the evidence still lacks a description of. The
/// caller repeats this until there are none: a described table may reference
/// others.
#[must_use]
pub fn tables_to_describe(evidence: &Evidence<'_>) -> Vec<String> {
    let (catalog, given) = (evidence.catalog, evidence.given);
    let mut names: Vec<String> = vec![TOKEN_TABLE.into(), STOCK_USER_TABLE.into()];
    names.extend(catalog.names.iter().filter(|table| table.is_user_model).map(|table| table.name.clone()));
    names.extend(given.user_table.clone());
    names.extend(given.user_model.as_deref().map(table_of_model));
    names.extend(evidence.models.map(|models| models.table.clone()));
    for table in [TOKEN_TABLE, ADMIN_LOG_TABLE].into_iter().filter_map(|name| catalog.table(name)) {
        names.extend(table.references("user_id").map(|key| key.table.clone()));
    }
    if is_undirected(evidence) {
        names.push(ADMIN_LOG_TABLE.into());
        let is_described = |name: &str| catalog.spelling(name).is_none_or(|name| catalog.tables.contains_key(name));
        let leads = catalog.table(ADMIN_LOG_TABLE).is_some_and(|log| log.references("user_id").next().is_some());
        // A child in multi-table inheritance does not have the shape of a user
        // model.
        let has_candidates = catalog.names.iter().any(|table| table.is_user_model);
        if is_described(ADMIN_LOG_TABLE) && !leads && has_candidates {
            names.extend(catalog.names.iter().map(|table| table.name.clone()));
        }
    }
    names.extend(catalog.tables.values().filter_map(|table| parent_of(table)).map(str::to_owned));
    let groups: Vec<String> = names.iter().map(|name| membership_table(name)).collect();
    for table in groups.iter().filter_map(|name| catalog.table(name)) {
        let own = table.references(GROUP_COLUMN).filter(|key| !key.table.eq_ignore_ascii_case(GROUP_TABLE));
        names.extend(own.map(|key| key.table.clone()));
    }
    names.extend(groups);
    let mut wanted: Vec<String> = Vec::new();
    for name in names {
        if let Some(name) = catalog.spelling(&name)
            && !catalog.tables.contains_key(name)
            && !wanted.iter().any(|known| known == name)
        {
            wanted.push(name.to_owned());
        }
    }
    wanted
}

/// Returns whether only the shape of tables shows which one has users. False
/// until the token table is described.
fn is_undirected(evidence: &Evidence<'_>) -> bool {
    let (catalog, given) = (evidence.catalog, evidence.given);
    let tokens = match (catalog.spelling(TOKEN_TABLE), catalog.table(TOKEN_TABLE)) {
        (None, _) => None,
        (Some(_), None) => return false,
        (Some(_), Some(tokens)) => Some(tokens),
    };
    let leads = tokens.is_some_and(|tokens| tokens.references("user_id").next().is_some());
    !leads && given.user_table.is_none() && given.user_model.is_none() && evidence.models.is_none()
}

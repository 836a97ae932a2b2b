//! Resolves the layout from the evidence.

use crate::admin::identity::evidence::{Evidence, GROUP_COLUMN, membership_table, parent_of};
use crate::admin::identity::token_table::token_table;
use crate::admin::identity::user_table::{choose, table_of_model};
use crate::admin::identity::username::username_column;
use crate::engine::{ForeignKey, Table};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Manage, Program};
use crate::schema::layout::{Layout, Membership, ModelTable, UserTable, UsernameColumn};
use crate::schema::problem::{TokenProblem, changed, elsewhere};
use crate::schema::tables::{GROUP_TABLE, HISTORY_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};
use crate::schema::{Catalog, SchemaChoice};

/// Returns which tables and columns hold users and tokens.
///
/// # Errors
/// Unusable if there are no users, or several answers remain; rejected if an
/// option or the settings conflict with the database.
pub fn resolve(evidence: &Evidence<'_>) -> Result<Layout> {
    let choice = choose(evidence)?;
    let catalog = evidence.catalog;
    let Some(first) = catalog.table(&choice.table) else {
        if let Some(schema) = catalog.elsewhere(&choice.table).next() {
            return Err(elsewhere("user table", &choice.table, schema));
        }
        return Err(no_users(&choice.table, catalog));
    };
    let users = user_table(first, choice.key.as_deref(), evidence)?;
    let (tokens, notices) = match token_table(&users, evidence) {
        Ok((tokens, notices)) => (Ok(tokens), notices),
        Err(problem) => (Err(problem), Vec::new()),
    };
    let mut layout = Layout::new(users, tokens);
    layout.notices = notices;
    layout.notices.extend(evidence.history.notice());
    layout.schema = catalog.schema_of(TOKEN_TABLE);
    layout.notices.extend(layout.schema.as_ref().and_then(other_schemas));
    layout.warnings.extend(choice.warning);
    Ok(layout)
}

/// Returns whether the application's models can decide an open question: they
/// were not asked, and the settings name a user model of the application's own.
#[must_use]
pub fn models_may_decide(evidence: &Evidence<'_>, outcome: &Result<Layout>) -> bool {
    let Some(model) = evidence.given.user_model.as_deref().filter(|_| evidence.given.has_custom_model()) else {
        return false;
    };
    let is_open = match outcome {
        Ok(layout) => {
            let users = &layout.users;
            let is_ambiguous = matches!(users.username, UsernameColumn::OneOf(_));
            let has_choice =
                evidence.given.username_field.is_none() && (is_ambiguous || users.other_unique().next().is_some());
            // Another name than Django's default may be that of another model.
            has_choice || !users.name().eq_ignore_ascii_case(&table_of_model(model))
        }
        Err(_) => true,
    };
    is_open && evidence.models.is_none()
}

/// Returns a notice if other schemas have a token table, too: each tenant may
/// have one.
fn other_schemas(choice: &SchemaChoice) -> Option<String> {
    let SchemaChoice { schema, others } = choice;
    let others = match others {
        0 => return None,
        1 => "another schema also has one".to_owned(),
        others => format!("{others} other schemas also have one"),
    };
    Some(format!("the search path selects the table {TOKEN_TABLE} of the schema {schema}; {others}"))
}

fn no_users(table: &str, catalog: &Catalog) -> Error {
    if [STOCK_USER_TABLE, TOKEN_TABLE, HISTORY_TABLE].iter().all(|table| catalog.spelling(table).is_none()) {
        return TokenProblem::NoDjangoTables.to_error();
    }
    Error::unusable(format!("the user table {table} is missing"))
        .hint(Hint::manage(Manage::Migrate).or(Action::Run(Program::Migrate)).lead("apply the migrations"))
}

/// Returns the user model, from the table and the column that tokens reference.
fn user_table(first: &Table, key: Option<&str>, evidence: &Evidence<'_>) -> Result<UserTable> {
    let no_key = |table: &Table| changed(&table.name, "the primary key", "is not a single column");
    let key = match key {
        Some(key) => first.column(key).ok_or_else(|| changed(&first.name, key, "is missing"))?,
        None => first.primary_key().ok_or_else(|| no_key(first))?,
    };
    let mut tables = vec![(first, key)];
    while let Some((parent, key)) = parent_of(tables[tables.len() - 1].0)
        .and_then(|name| evidence.catalog.table(name))
        .and_then(|parent| Some((parent, parent.primary_key()?)))
        && !tables.iter().any(|(table, _)| table.name == parent.name)
    {
        tables.push((parent, key));
    }
    let models: Vec<&Table> = tables.iter().map(|(table, _)| *table).collect();
    let mut users = UserTable {
        username: username_column(&models, evidence)?,
        membership: models.iter().find_map(|table| membership(evidence.catalog, table)),
        is_active: None,
        chain: tables
            .iter()
            .map(|(table, key)| ModelTable { shape: Table::clone(table), key: key.name.clone() })
            .collect(),
    };
    users.is_active = users.find_column("is_active");
    Ok(users)
}

fn membership(catalog: &Catalog, users: &Table) -> Option<Membership> {
    let table = catalog.table(&membership_table(&users.name))?;
    let column_to = |name: &str| table.foreign_keys.iter().find(|key| key.table.eq_ignore_ascii_case(name));
    let group = column_to(GROUP_TABLE).or_else(|| own_groups(catalog, table))?;
    Some(Membership {
        table: table.name.clone(),
        user: column_to(&users.name)?.column.clone(),
        group: group.column.clone(),
        groups: group.table.clone(),
    })
}

/// Returns the reference to groups of the application's own model, which have the
/// columns of Django's.
fn own_groups<'a>(catalog: &Catalog, membership: &'a Table) -> Option<&'a ForeignKey> {
    membership.references(GROUP_COLUMN).find(|key| {
        let groups = catalog.table(&key.table);
        groups.is_some_and(|table| {
            table.column("name").is_some() && table.primary_key().is_some_and(|key| key.name == "id")
        })
    })
}

#[cfg(test)]
mod tests;

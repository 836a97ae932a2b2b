//! The user that new users copy from: what the application keeps with that user is
//! copied, except what can belong to one user only.

use crate::admin::model::UserId;
use crate::admin::snapshot::Snapshot;
use crate::admin::transaction::Transaction;
use crate::admin::users::data::{RandomBytes, UserData};
use crate::admin::users::default::{Omitted, is_own, random_uuid};
use crate::admin::users::find::not_found;
use crate::django::secret::{looks_like_key, may_hold_secret};
use crate::engine::{Cell, Column, ColumnKind, Reference, Table, Value};
use crate::error::{Error, Result};
use crate::query;
use crate::query::template::{Copied, NthRow, TableOfUser};
use crate::schema::layout::{ColumnRef, UserTable};
use crate::schema::personal::is_personal;

/// The user that new users copy from.
#[derive(Clone, Debug)]
pub struct Template {
    user: UserId,
    /// The application's own columns, as text that can be typed.
    columns: Vec<(String, String)>,
    /// The groups.
    groups: Vec<String>,
    rows: Vec<TemplateRow>,
    /// The columns and tables that are not copied: unique ones, and those that may
    /// hold secrets or tell who the user is.
    pub left_out: Vec<String>,
}

/// Rows of one table that are copied.
#[derive(Clone, Debug)]
struct TemplateRow {
    reference: Reference,
    columns: Vec<String>,
    /// The columns that get a value of their own.
    fresh: Vec<(String, Fresh)>,
    /// How many of them the template has.
    count: u64,
}

/// A value that is not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fresh {
    EmptyText,
    False,
    RandomUuid,
}

/// What becomes of a column of a row that is copied.
enum CopyRule {
    Copied,
    /// The database's default, or NULL.
    Omitted,
    Fresh(Fresh),
    /// The row cannot be copied.
    Impossible,
}

impl Template {
    /// Gives a new user the template's columns and groups, except columns that are
    /// given.
    pub fn fill(&self, user: &mut UserData) {
        for (name, value) in &self.columns {
            if !user.columns.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
                user.columns.push((name.clone(), value.clone()));
            }
        }
        for group in &self.groups {
            if !user.groups.contains(group) {
                user.groups.push(group.clone());
            }
        }
    }

    /// Returns the tables of which rows are copied.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.reference.table.as_str())
    }

    /// Returns whether a column is copied.
    #[must_use]
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|(known, _)| known == name)
    }

    /// Returns what is copied, in words: columns, groups and tables.
    #[must_use]
    pub fn copied(&self) -> Vec<String> {
        let columns = self.columns.iter().map(|(name, _)| name.clone());
        let groups = self.groups.iter().map(|name| format!("group {name}"));
        let rows = self.rows.iter().map(|TemplateRow { reference, count, .. }| match count {
            1 => format!("row of {}", reference.table),
            _ => format!("{count} rows of {}", reference.table),
        });
        columns.chain(groups).chain(rows).collect()
    }
}

impl Snapshot<'_> {
    /// Returns the user of a name as a template.
    ///
    /// # Errors
    /// No such user; rejected if several users have the name; unusable or busy if
    /// the database cannot be read.
    pub fn template(&mut self, username: &str) -> Result<Template> {
        let users = &self.layout().users;
        let user = self.find_user(username, &[])?.ok_or_else(|| not_found(users, username))?.id;
        let mut left_out = Vec::new();
        let columns = self.template_columns(&user, &mut left_out)?;
        let groups = self.groups_of(&user)?;
        let rows = self.template_rows(&user, &mut left_out)?;
        Ok(Template { user, columns, groups, rows, left_out })
    }

    /// Returns the application's own columns of a user, except those that can
    /// belong to one user only.
    fn template_columns(&mut self, user: &UserId, left_out: &mut Vec<String>) -> Result<Vec<(String, String)>> {
        let users = &self.layout().users;
        let mut wanted = Vec::new();
        for (column_ref, column) in users.columns() {
            let is_key = users.chain[column_ref.table].key == column.name;
            if is_key || column.is_generated || !is_own(&column.name) || users.username.columns().contains(&column_ref)
            {
                continue;
            }
            let is_unknown = matches!(column.kind, ColumnKind::Unknown(_));
            if users.is_unique(&column_ref) || is_of_one_person(column) || is_unknown {
                left_out.push(column.name.clone());
            } else if !matches!(Omitted::of(users, &column_ref, column), Omitted::Now) {
                wanted.push(column_ref);
            }
        }
        let mut columns = Vec::new();
        if wanted.is_empty() {
            return Ok(columns);
        }
        let references: Vec<&ColumnRef> = wanted.iter().collect();
        let statement = query::template::columns(users, self.dialect(), &references, user.to_value());
        self.each(&statement, &mut |row| {
            for (at, column_ref) in wanted.iter().enumerate() {
                match row.get(at)? {
                    Cell::Null => {}
                    Cell::Bytes(_) => left_out.push(column_ref.name.clone()),
                    cell if looks_like_key(&cell.readable()) => left_out.push(column_ref.name.clone()),
                    cell => columns.push((column_ref.name.clone(), cell.readable().into_owned())),
                }
            }
            Ok(())
        })?;
        Ok(columns)
    }

    /// Returns the names of the groups of a user.
    pub(super) fn groups_of(&mut self, user: &UserId) -> Result<Vec<String>> {
        let users = &self.layout().users;
        let mut groups = Vec::new();
        if let Some(membership) = &users.membership {
            let statement = query::template::groups(users, self.dialect(), membership, user.to_value());
            self.each(&statement, &mut |row| {
                groups.push(row.text(0)?);
                Ok(())
            })?;
        }
        Ok(groups)
    }

    /// Returns those of these tables in which a user has rows, with their number.
    pub(super) fn related_rows(&mut self, user: &UserId, tables: &[Reference]) -> Result<Vec<(Reference, u64)>> {
        let mut found = Vec::new();
        if tables.is_empty() {
            return Ok(found);
        }
        let statement = query::template::tables(&self.layout().users, self.dialect(), tables, &user.to_value());
        self.each(&statement, &mut |row| {
            let row = TableOfUser(row);
            if let (Some(reference), count @ 1..) = (tables.get(row.index()?), row.count()?) {
                found.push((reference.clone(), count));
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Returns the rows of other tables that belong to a user alone, except the
    /// token, and those of tables in which nearly every user has rows.
    fn template_rows(&mut self, user: &UserId, left_out: &mut Vec<String>) -> Result<Vec<TemplateRow>> {
        let layout = self.layout();
        let token_table = layout.tokens_if_any().ok().flatten().map(|tokens| tokens.name().to_owned());
        let mut references = self.one_to_ones(&layout.users)?;
        references.retain(|reference| token_table.as_ref() != Some(&reference.table));
        references.extend(self.several_rows()?);
        let found = self.related_rows(user, &references)?;
        let names: Vec<String> = found.iter().map(|(reference, _)| reference.table.clone()).collect();
        let shapes = if names.is_empty() { Vec::new() } else { self.describe(&names)? };
        let mut rows = Vec::new();
        for (reference, count) in found {
            let shape = shapes.iter().find(|shape| shape.name == reference.table);
            match shape.and_then(|shape| TemplateRow::of(&reference, count, shape, left_out)) {
                Some(row) => rows.push(row),
                None => left_out.push(format!("row of {}", reference.table)),
            }
        }
        Ok(rows)
    }
}

impl TemplateRow {
    /// Returns how the rows are copied, if they can be. Columns that are not copied
    /// are added to `left_out`.
    fn of(reference: &Reference, count: u64, shape: &Table, left_out: &mut Vec<String>) -> Option<Self> {
        let is_shared = |set: &Vec<String>| set.len() > 1 && !set.contains(&reference.column);
        if shape.unique.iter().any(is_shared) {
            return None;
        }
        let (mut columns, mut fresh, mut omitted) = (Vec::new(), Vec::new(), Vec::new());
        for column in shape.columns.iter().filter(|column| column.name != reference.column && !column.is_generated) {
            match copy_rule(shape, column) {
                CopyRule::Copied => columns.push(column.name.clone()),
                CopyRule::Omitted => omitted.extend((!column.primary_key).then_some(&column.name)),
                CopyRule::Fresh(value) => {
                    fresh.push((column.name.clone(), value));
                    omitted.extend((!column.primary_key).then_some(&column.name));
                }
                CopyRule::Impossible => return None,
            }
        }
        // Without such a column, two rows of one user may be the same.
        let is_of_one_row =
            |set: &Vec<String>| set.contains(&reference.column) && set.iter().any(|name| omitted.contains(&name));
        if count > 1 && shape.unique.iter().any(is_of_one_row) {
            return None;
        }
        left_out.extend(omitted.into_iter().map(|name| format!("{}.{name}", shape.name)));
        Some(Self { reference: reference.clone(), columns, fresh, count })
    }
}

fn copy_rule(shape: &Table, column: &Column) -> CopyRule {
    let is_unique = shape.is_unique(&column.name);
    if !is_unique && !column.primary_key && !is_of_one_person(column) {
        return CopyRule::Copied;
    }
    match column.kind {
        _ if !column.is_required() => CopyRule::Omitted,
        ColumnKind::Uuid => CopyRule::Fresh(Fresh::RandomUuid),
        ColumnKind::Boolean if !is_unique => CopyRule::Fresh(Fresh::False),
        ColumnKind::Text if !is_unique => CopyRule::Fresh(Fresh::EmptyText),
        _ => CopyRule::Impossible,
    }
}

/// Returns whether a column may hold a secret, or tell who the user is.
fn is_of_one_person(column: &Column) -> bool {
    may_hold_secret(&column.name) || (column.kind == ColumnKind::Text && is_personal(&column.name))
}

impl Transaction<'_> {
    /// Copies the template's rows for a new user.
    pub(super) fn copy_rows(&mut self, template: &Template, user: &UserId, random: &mut RandomBytes<'_>) -> Result<()> {
        let users: &UserTable = &self.layout().users;
        for rows in &template.rows {
            // Each row needs a UUID of its own.
            let by =
                rows.fresh.iter().find(|(_, fresh)| *fresh == Fresh::RandomUuid).map(|(column, _)| column.as_str());
            let statements = if by.is_some() { rows.count } else { 1 };
            let mut written = 0;
            for n in 0..statements {
                let mut values = Vec::with_capacity(rows.fresh.len());
                for (column, fresh) in &rows.fresh {
                    let value = match fresh {
                        Fresh::EmptyText => Value::text(""),
                        Fresh::False => Value::Integer(0),
                        Fresh::RandomUuid => random_uuid(random)?,
                    };
                    values.push((column.as_str(), value));
                }
                let only = by.map(|by| NthRow { by, n });
                let copied = Copied { reference: &rows.reference, columns: &rows.columns, values, only };
                let (from, to) = (template.user.to_value(), user.to_value());
                written += self.execute(&query::template::copy(users, self.dialect(), &copied, from, to))?;
            }
            if written != rows.count {
                let (table, count) = (&rows.reference.table, rows.count);
                return Err(Error::rejected(format!(
                    "{written} of {count} rows were copied in {table}: a trigger or another session changed them"
                )));
            }
        }
        Ok(())
    }
}

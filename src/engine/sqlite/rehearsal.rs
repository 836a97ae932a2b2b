//! Django's migrations on a database in memory, to see the tables they leave.

use super::{DIALECT, catalog, rebuild};
use crate::error::{Error, Result};
use crate::migrations::{HISTORY, Migration, UserModel};
use crate::schema::catalog::Catalog;

/// The tables after each act.
///
/// # Errors
/// Internal, if a migration cannot be run.
pub(in crate::engine) fn rehearse(acts: &[Vec<Migration>], users: &UserModel) -> Result<Vec<Catalog>> {
    let fault = |error| Error::internal("the migrations cannot be rehearsed").caused_by(anyhow::Error::new(error));
    let connection = rusqlite::Connection::open_in_memory().map_err(fault)?;
    connection.execute_batch(rebuild::PRAGMAS).map_err(fault)?;
    // Most often all is applied, and there is a short cut to that.
    let at_once = users.stock && acts.first().is_some_and(|act| act == &HISTORY);
    let scripts = DIALECT.migrations;
    let short_cut = scripts.newest.filter(|_| at_once);
    connection.execute_batch(short_cut.unwrap_or(scripts.recorder)).map_err(fault)?;
    let play = |act: &Vec<Migration>| {
        for migration in act.iter().filter(|_| short_cut.is_none()) {
            connection.execute_batch(&scripts.statements(*migration, users))?;
        }
        let mut tables = Catalog { names: catalog::table_names(&connection)?, ..Catalog::default() };
        for name in tables.names.iter().filter(|name| !name.starts_with("sqlite_")) {
            tables.tables.insert(name.clone(), catalog::describe(&connection, name)?);
        }
        Ok(tables)
    };
    acts.iter().map(|act| play(act).map_err(fault)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::user_model;

    /// The statements that make the schema, and the tables that have a
    /// sequence.
    fn dump(scripts: &[String]) -> String {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(rebuild::PRAGMAS).unwrap();
        for script in scripts {
            connection.execute_batch(script).unwrap();
        }
        let lines = |sql| -> Vec<String> {
            connection.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let schema =
            "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'";
        let sequences = r#"SELECT 'INSERT INTO "sqlite_sequence" ("name", "seq") VALUES (''' || name || ''', 0);'
            FROM sqlite_sequence"#;
        lines(schema).into_iter().chain(lines(sequences)).map(|line| line + "\n").collect()
    }

    #[test]
    fn the_short_cut_is_what_the_migrations_leave() {
        let users = user_model::stock();
        let scripts = DIALECT.migrations;
        let mut all = vec![
            scripts.recorder.to_owned(),
            // The history's sequence begins with its first row.
            r#"INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('django_migrations', 0);"#.to_owned(),
        ];
        all.extend(HISTORY.iter().map(|migration| scripts.statements(*migration, &users)));
        let newest = dump(&all);
        assert_eq!(scripts.newest, Some(newest.as_str()), "write this into newest.sql");
        assert_eq!(dump(std::slice::from_ref(&newest)), newest);
    }
}

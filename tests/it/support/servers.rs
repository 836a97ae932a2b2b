//! Sandboxes with a database on one of the engines.

use super::connections::Engine;
use super::databases::Database;
use super::sandbox::Sandbox;
use super::site::Site;

impl Engine {
    /// Returns the address of the server that the tests use themselves: drfctl and Django may use a
    /// pooler in front of it.
    pub(super) fn direct_server(self) -> String {
        let direct = if self == Self::Postgres { std::env::var("DRFCTL_TEST_POSTGRES_DIRECT").ok() } else { None };
        direct.unwrap_or_else(|| self.server())
    }

    /// Returns the type of the columns in which Django stores a UUID. MySQL itself has none for it.
    pub(crate) fn uuid_type(self) -> &'static str {
        let version = self.admin_database().rows("SELECT version()").concat().remove(0);
        if self == Self::Postgres || version.contains("MariaDB") { "uuid" } else { "char(32)" }
    }

    /// Returns the database that every server has, from which others are created and dropped.
    pub(super) fn admin_database(self) -> Database {
        let name = if self == Self::Postgres { "postgres" } else { "mysql" };
        Database::named(self, name)
    }
}

impl Sandbox {
    /// Creates a database of that site on an engine, with the users of [`Sandbox::new`]. On a
    /// server, drfctl finds it through `DATABASE_URL`.
    pub(crate) fn on(engine: Engine, site: Site) -> Self {
        match engine {
            Engine::Sqlite => Self::new(site),
            server => Self::with_database(Database::copy(&Database::template(server, site)), site),
        }
    }

    /// Creates a database without tables on an engine (for SQLite, no file).
    pub(crate) fn empty_on(engine: Engine) -> Self {
        Self::unmigrated_on(engine, Site::Stock)
    }

    /// Does the same for a site.
    pub(crate) fn unmigrated_on(engine: Engine, site: Site) -> Self {
        match engine {
            Engine::Sqlite => Self::folder(site),
            server => Self::with_database(Database::empty(server), site),
        }
    }

    /// Creates a second folder with a copy of this database on the same server.
    pub(crate) fn copied(&self) -> Self {
        Self::with_database(Database::copy(self.server.as_ref().expect("a server")), self.site)
    }

    /// Returns the tables of a database on a server with their columns, indexes and constraints.
    pub(crate) fn schema(&self) -> String {
        self.server.as_ref().expect("a server").schema()
    }

    fn with_database(server: Database, site: Site) -> Self {
        let mut sandbox = Self::folder(site);
        sandbox.server = Some(server);
        sandbox
    }

    /// Limits the simultaneous connections of drfctl; calls beyond the limit wait.
    pub(crate) fn limit_connections(&mut self, connections: u32) {
        self.drfctl_url = self.server.as_ref().map(|server| server.limited(connections));
    }

    /// Opens a new connection to PostgreSQL.
    pub(crate) fn postgres(&self) -> postgres::Client {
        self.server.as_ref().expect("a server").postgres()
    }

    /// Opens a new connection to MySQL.
    pub(crate) fn mysql(&self) -> mysql::Conn {
        self.server.as_ref().expect("a server").mysql()
    }
}

//! The engines that the tests use, and sandboxes with a database on one of them.

use super::databases::Database;
use super::sandbox::Sandbox;
use super::site::Site;

/// The engines that every scenario runs on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
    MySql,
}

impl Engine {
    /// Returns the address of its server, as a URL without a database.
    pub(super) fn server(self) -> String {
        let (variable, local) = match self {
            Self::Postgres => ("DRFCTL_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432"),
            Self::MySql => ("DRFCTL_TEST_MYSQL", "mysql://root@127.0.0.1:3306"),
            Self::Sqlite => unreachable!("SQLite has no server"),
        };
        let url = std::env::var(variable).unwrap_or_else(|_| local.to_owned());
        assert!(!url.is_empty(), "NOT RUN: {variable} is empty");
        url.trim_end_matches('/').to_owned()
    }

    /// Returns the address at which the tests themselves use its server. It differs where a
    /// connection pooler is between the server and the programs that are tested.
    pub(super) fn direct_server(self) -> String {
        let direct = if self == Self::Postgres { std::env::var("DRFCTL_TEST_POSTGRES_DIRECT").ok() } else { None };
        direct.unwrap_or_else(|| self.server())
    }

    /// Returns the type of the columns in which Django stores a UUID. MySQL itself has none for it.
    pub(crate) fn uuid_type(self) -> &'static str {
        let version = self.entrance().rows("SELECT version()").concat().remove(0);
        if self == Self::Postgres || version.contains("MariaDB") { "uuid" } else { "char(32)" }
    }

    /// Returns the database that every server has, to create and drop others from.
    pub(super) fn entrance(self) -> Database {
        let name = if self == Self::Postgres { "postgres" } else { "mysql" };
        Database::named(self, name)
    }
}

impl Sandbox {
    /// A database of that site on an engine, with the users of [`Sandbox::new`]. On a server,
    /// drfctl finds it by `DATABASE_URL`.
    pub(crate) fn on(engine: Engine, site: Site) -> Self {
        match engine {
            Engine::Sqlite => Self::new(site),
            server => Self::beside(Database::copy(&Database::template(server, site)), site),
        }
    }

    /// A database without tables on an engine; in a file, none.
    pub(crate) fn empty_on(engine: Engine) -> Self {
        Self::unmigrated_on(engine, Site::Stock)
    }

    /// The same, of a site.
    pub(crate) fn unmigrated_on(engine: Engine, site: Site) -> Self {
        match engine {
            Engine::Sqlite => Self::folder(site),
            server => Self::beside(Database::empty(server), site),
        }
    }

    /// A second folder, with a copy of this database on the same server.
    pub(crate) fn copied(&self) -> Self {
        Self::beside(Database::copy(self.server.as_ref().expect("a server")), self.site)
    }

    /// Returns the tables of a server's database with their columns, indexes and constraints.
    pub(crate) fn schema(&self) -> String {
        self.server.as_ref().expect("a server").schema()
    }

    fn beside(server: Database, site: Site) -> Self {
        let mut sandbox = Self::folder(site);
        sandbox.server = Some(server);
        sandbox
    }

    /// Limits the connections that calls of drfctl have at one time; the others wait.
    pub(crate) fn limit_connections(&mut self, connections: u32) {
        self.way = self.server.as_ref().map(|server| server.limited(connections));
    }

    /// A client of its own on the server.
    pub(crate) fn postgres(&self) -> postgres::Client {
        self.server.as_ref().expect("a server").postgres()
    }

    /// A client of its own on the server.
    pub(crate) fn mysql(&self) -> mysql::Conn {
        self.server.as_ref().expect("a server").mysql()
    }
}

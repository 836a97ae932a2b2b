//! Database engines: connect, run statements, read the catalog, classify
//! errors.
//!
//! Knows nothing about users or tokens. A new engine is one folder, one row of
//! the registry, and one folder of migrations.

#[cfg(any(feature = "mysql", feature = "postgres"))]
mod calls;
mod connection;
mod dialect;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod loopback;
pub mod moment;
#[cfg(feature = "mysql")]
mod mysql;
mod options;
#[cfg(feature = "postgres")]
mod postgres;
mod redact;
mod registry;
mod row;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
mod sqlite;
mod statement;
mod table;
mod url;
mod url_options;
mod url_syntax;
mod value;
mod variables;

pub use connection::{CommitFailure, Concern, Connection, LostCommit, OnRow, Purpose, Query, ReadConnection, Tables};
pub use dialect::{Deferral, Dialect, Family, Folding, Lock, Locking, Many, Matching, Moments, Naming, Placeholder};
pub(crate) use options::REPORT_AFTER;
pub use options::{Absent, Aliases, FilePolicy, OnWait, Options, OtherOwner};
pub use registry::{Backend, backend, connect, dialects, is_absent};
pub use row::{Cells, Row};
pub use sqlite::Scratch;
pub use statement::Statement;
pub use table::{Column, ColumnKind, ForeignKey, Reference, Table, TableName};
pub use url::{DatabaseUrl, Target};
pub use value::{Cell, Value, array, readable};
pub use variables::Variables;

//! Tests that run once on each engine.

/// Runs functions of the module, which take the engine, as tests on each engine, with the attributes
/// of their names.
macro_rules! scenarios {
    ($($(#[$attribute:meta])* $name:ident,)+) => {
        mod sqlite {
            $(#[test] $(#[$attribute])* fn $name() { super::$name($crate::support::Engine::Sqlite); })+
        }
        mod postgres {
            $(#[test] $(#[$attribute])* fn $name() { super::$name($crate::support::Engine::Postgres); })+
        }
        mod mysql {
            $(#[test] $(#[$attribute])* fn $name() { super::$name($crate::support::Engine::MySql); })+
        }
    };
}
pub(crate) use scenarios;

/// Runs functions of the module, which take the engine, as tests on PostgreSQL and MySQL.
macro_rules! servers_only {
    ($($name:ident,)+) => {
        mod postgres {
            $(#[test] fn $name() { super::$name($crate::support::Engine::Postgres); })+
        }
        mod mysql {
            $(#[test] fn $name() { super::$name($crate::support::Engine::MySql); })+
        }
    };
}
pub(crate) use servers_only;

//! How the C code in the program is compiled: `.cargo/config.toml`.

use std::fs;

use rusqlite::Connection;

#[test]
fn sqlite_is_built_without_extensions_and_dbstat() {
    let connection = Connection::open_in_memory().unwrap();
    let mut options = connection.prepare("PRAGMA compile_options").unwrap();
    let options: Vec<String> = options.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    for omitted in ["OMIT_COMPLETE", "OMIT_DESERIALIZE", "OMIT_LOAD_EXTENSION", "OMIT_SHARED_CACHE"] {
        assert!(options.iter().any(|option| option == omitted), "{omitted}: {options:?}");
    }
    assert!(!options.iter().any(|option| option == "ENABLE_DBSTAT_VTAB"), "{options:?}");
    // An application's triggers may need these.
    for kept in ["ENABLE_FTS5", "ENABLE_RTREE"] {
        assert!(options.iter().any(|option| option == kept), "{kept}: {options:?}");
    }
}

/// The functions of the C library that end the program if a stack or a buffer overflows.
#[test]
#[cfg(target_env = "gnu")]
fn c_code_checks_its_stack_and_its_buffers() {
    let bytes = fs::read(env!("CARGO_BIN_EXE_drfctl")).unwrap();
    for function in ["__stack_chk_fail", "__memcpy_chk"] {
        assert!(bytes.windows(function.len()).any(|name| name == function.as_bytes()), "{function}");
    }
}

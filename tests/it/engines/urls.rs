//! URLs as dj-database-url and django-environ read them.
//!
//! Tags such as `N30` name cases of `tests/CASES.md`.

use std::collections::BTreeMap;
use std::process::Command;

use drfctl::engine::{DatabaseUrl, Target, backend, is_absent};

use crate::support::python;

/// Prints what both packages read, `null` for an error, each part as text.
const SCRIPT: &str = "
import json, sys, warnings
import dj_database_url, environ

warnings.simplefilter('ignore')
BASE = {'CONN_MAX_AGE', 'CONN_HEALTH_CHECKS', 'DISABLE_SERVER_SIDE_CURSORS', 'ENGINE', 'AUTOCOMMIT', 'ATOMIC_REQUESTS'}

def read(parse, url):
    try:
        parts = parse(url)
    except ValueError:
        return None
    found = {name: str(part) for name, part in parts.items() if name not in BASE | {'OPTIONS'} and part}
    return found | {'.' + name: str(part) for name, part in parts.get('OPTIONS', {}).items()}

json.dump([[read(parse, url) for parse in (dj_database_url.parse, environ.Env.db_url_config)] for url in json.load(sys.stdin)], sys.stdout)
";

/// What a package reads, by the names of Django's settings.
type Parts = BTreeMap<String, String>;

/// Returns what dj-database-url and django-environ read.
fn packages(urls: &[&str]) -> Vec<[Option<Parts>; 2]> {
    let input = std::env::temp_dir().join(format!("drfctl-urls-{}", std::process::id()));
    std::fs::write(&input, serde_json::to_vec(urls).unwrap()).unwrap();
    let mut command = Command::new(python());
    command.args(["-c", SCRIPT]).stdin(std::fs::File::open(&input).unwrap());
    let output = command.output().unwrap();
    std::fs::remove_file(input).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns what drfctl reads.
fn parts(url: &str) -> Option<Parts> {
    let url = DatabaseUrl::parse(url).ok()?;
    let password = url.password.as_ref().map(|password| password.to_string());
    let name = url.name.to_str().map(ToOwned::to_owned);
    let named = [("USER", url.user), ("PASSWORD", password), ("HOST", url.host), ("PORT", url.port), ("NAME", name)];
    let named = named.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?)));
    let options = url.options.into_iter().map(|(name, value)| (format!(".{name}"), value));
    Some(named.filter(|(_, part)| !part.is_empty()).chain(options).collect())
}

/// N30, N31: where the two packages agree, drfctl reads the same.
#[test]
fn urls_are_read_as_both_packages_read_them() {
    let urls = [
        "postgres://shop@/db",
        "postgres://shop@:5433/db",
        "postgres:///db",
        "postgres://shop@db.internal",
        "postgres://shop@db.internal:5432/",
        "postgres://shop@db.internal:0/db",
        "postgres://u@/db?host=/cloudsql/p:r:i",
        "postgres://u@/db?service=shop",
        "postgres://u:p@h/db?sslmode=require&options=-c%20search_path%3Dx,y",
        "postgres://u@h/db?host=a,b&port=1,2",
        "postgres://u@h1,h2/db",
        "postgres://u@h1,h2:5433/db",
        "postgres://u%2Bx:p+w%40%3A%2F@h/db%2Fy",
        "postgres://u:p:w@h/db",
        "postgres://u:p@w@h/db",
        "postgres://u@h/%C3%A9",
        "postgres://u@h:5432/a/b",
        "postgres://u@h/db;x=1",
        "postgres://u@[::1]:5433/db",
        "postgres://u@h?host=/run",
        "mysql://root@/db?unix_socket=/run/mysqld/mysqld.sock",
        "mysql://u:p@h:3307/db?charset=utf8mb4&ssl_mode=REQUIRED",
        "mysql-connector://u@h/db",
        "spatialite:///shop.db",
        "sqlite:///shop.db?timeout=20",
        "sqlite:////srv/shop.db",
        "postgres://u@h:port/db",
    ];
    for (url, [one, other]) in urls.iter().zip(packages(&urls)) {
        assert_eq!(one, other, "the packages differ: {url}");
        assert_eq!(parts(url), one, "{url}");
    }
    // Where they differ, drfctl reads what one of them does.
    for (url, package) in [
        ("postgres://u@%2Frun%2Fpostgresql:5433/db", 0),
        ("postgres://u@h/db+x", 0),
        ("postgres://u@h1:1,h2:2/db", 1),
        ("postgres://u@[::1]/db", 0),
    ] {
        let read = packages(&[url]).remove(0);
        assert_eq!(parts(url), read[package], "{url}");
    }
}

/// N32: a scheme is supported if the backend is that it means.
#[test]
fn every_scheme_of_both_packages_is_supported_with_its_backend() {
    const SCHEMES: &str = "
import json
import dj_database_url, environ

schemes = {scheme: engine.backend for scheme, engine in dj_database_url.ENGINE_SCHEMES.items()}
print(json.dumps([schemes, environ.Env.DB_SCHEMES]))
";
    let output = Command::new(python()).args(["-c", SCHEMES]).output().unwrap();
    let packages: Vec<Parts> = serde_json::from_slice(&output.stdout).unwrap();
    let mut supported = 0;
    for (scheme, name) in packages.iter().flatten() {
        let target = Target::Url(DatabaseUrl::parse(&format!("{scheme}:///shop")).unwrap());
        assert_eq!(is_absent(&target).is_ok(), backend(name).is_ok(), "{scheme} {name}");
        supported += usize::from(backend(name).is_ok());
    }
    assert!(supported > 20, "{supported}");
}

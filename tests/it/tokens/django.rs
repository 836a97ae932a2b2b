//! The application accepts the tokens that drfctl creates, and rejects the keys that it replaced.

use jiff::{Span, Timestamp, civil::DateTime, tz::TimeZone};

use crate::support::{INVALID_TOKEN, Sandbox, Site, django_project, python};

#[test]
fn a_created_token_authenticates() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":"alice"}"#);
}

#[test]
fn a_created_token_authenticates_on_every_site() {
    for site in Site::ALL {
        let sandbox = Sandbox::new(site);
        let name = site.alice();
        let key = sandbox.drfctl(["create-token", "--time-zone", "UTC", name]).run().ok().key();
        assert_eq!(sandbox.serve().whoami(&key), format!(r#"200 {{"user":"{name}"}}"#), "{site:?}");
    }
}

#[test]
fn a_running_server_rejects_the_old_key_after_a_reset() {
    for site in [Site::Stock, Site::Email] {
        let sandbox = Sandbox::new(site);
        let name = site.alice();
        let server = sandbox.serve();
        let accepted = format!(r#"200 {{"user":"{name}"}}"#);

        let old = sandbox.drfctl(["create-token", name]).run().ok().key();
        assert_eq!(server.whoami(&old), accepted, "{site:?}");
        let new = sandbox.drfctl(["create-token", "-r", name]).run().ok().key();
        assert_eq!((server.whoami(&old).as_str(), server.whoami(&new)), (INVALID_TOKEN, accepted), "{site:?}");
    }
}

#[test]
fn a_chosen_key_authenticates() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "--key-from", "-", "alice"]).stdin("2Kx9Wq7LmZ4tVb8NcR3y\n").run().ok();
    assert_eq!(sandbox.serve().whoami("2Kx9Wq7LmZ4tVb8NcR3y"), r#"200 {"user":"alice"}"#);
}

#[test]
fn the_token_of_an_inactive_user_is_rejected() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "ina"]).run().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"401 {"detail":"User inactive or deleted."}"#);
}

#[test]
fn obtain_auth_token_returns_the_created_token() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let (status, body, _) = sandbox.serve().post("/obtain", r#"{"username": "alice", "password": "secret"}"#);
    assert_eq!((status, body), (200, format!(r#"{{"token":"{key}"}}"#)));
}

#[test]
fn create_token_prints_a_token_that_django_created() {
    let sandbox = Sandbox::new(Site::Email);
    let (_, body, _) = sandbox.serve().post("/obtain", r#"{"username": "bob@example.com", "password": "secret"}"#);
    let key = sandbox.drfctl(["create-token", "bob@example.com"]).run().ok().key();
    assert_eq!(body, format!(r#"{{"token":"{key}"}}"#));
}

#[test]
fn the_response_401_names_the_scheme() {
    let sandbox = Sandbox::stock();
    let (status, _, response) = sandbox.serve().get("/whoami", Some("Token 0000000000000000000000000000000000000000"));
    let scheme = response
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
        .map(|(_, value)| value.as_str());
    assert_eq!((status, scheme), (401, Some("Token")));
}

#[test]
fn django_reads_the_time_of_creation_in_the_record() {
    for site in [Site::Stock, Site::Email, Site::Odd, Site::Member] {
        let sandbox = Sandbox::new(site);
        let outcome = sandbox.drfctl(["create-token", "--format", "json", site.alice()]).run().ok();
        let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let seen = sandbox.django(
            "from rest_framework.authtoken.models import Token\n\
             created = Token.objects.get().created\n\
             print(created.utcoffset(), created.isoformat().replace('+00:00', 'Z'))",
        );
        assert_eq!(seen, format!("0:00:00 {}", records[0]["created"].as_str().unwrap()), "{site:?}");
    }
}

/// Asserts that the row contains the current time of Berlin, and that the record has the same time.
fn assert_berlin_time(sandbox: &Sandbox, record: &str) {
    let stored: DateTime = sandbox.value("SELECT created FROM authtoken_token").parse().unwrap();
    let stored = stored.to_zoned(TimeZone::get("Europe/Berlin").unwrap()).unwrap().timestamp();
    let records: serde_json::Value = serde_json::from_str(record).unwrap();
    let recorded: Timestamp = records[0]["created"].as_str().unwrap().parse().unwrap();
    assert_eq!(stored, recorded);
    let age = Timestamp::now().since(recorded).unwrap();
    assert!(age.compare(Span::new().minutes(5)).unwrap().is_lt(), "{age}");
}

#[test]
fn local_time_follows_the_time_zone_option() {
    let sandbox = Sandbox::new(Site::Local);
    let outcome =
        sandbox.drfctl(["create-token", "--time-zone", "Europe/Berlin"]).args(["--format", "json", "alice"]).run().ok();
    assert_berlin_time(&sandbox, &outcome.stdout);
}

#[test]
fn local_time_follows_the_settings() {
    let sandbox = Sandbox::new(Site::Local);
    let outcome = sandbox
        .drfctl(["create-token", "--settings", "shop.settings_local"])
        .args(["--format", "json", "alice"])
        .arg("--pythonpath")
        .arg(django_project())
        .env("PYTHON", python())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("DRFCTL_TEST_DATABASE", sandbox.db())
        .run()
        .ok();
    assert_berlin_time(&sandbox, &outcome.stdout);
}

#[test]
fn local_time_is_stored_like_django() {
    let sandbox = Sandbox::new(Site::Local);
    let _ = sandbox.drfctl(["create-token", "--time-zone", "Europe/Berlin", "alice"]).run().ok();
    assert_eq!(
        sandbox.django(
            "from rest_framework.authtoken.models import Token\n\
             from datetime import datetime\n\
             created = Token.objects.get().created\n\
             print(created.tzinfo, abs((datetime.now() - created).total_seconds()) < 300)"
        ),
        "None True"
    );
}

#[test]
fn an_unknown_time_zone_is_rejected() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(["create-token", "--time-zone", "Mars/Olympus", "alice"]).run();
    assert_eq!((outcome.status.as_str(), sandbox.dump()), ("2", before));
}

#[test]
fn django_has_no_migrations_to_apply_after_create_token() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "-r", "alice", "bob"]).run().ok();
    let check = sandbox.manage(["migrate", "--check"]);
    assert_eq!(check.status, "0", "{check}");
    assert_eq!(
        [sandbox.value("PRAGMA integrity_check"), sandbox.sql("PRAGMA foreign_key_check").len().to_string()],
        ["ok", "0"]
    );
}

//! The real application accepts the tokens that drfctl creates, and rejects those that it replaced.

use jiff::{Span, Timestamp, civil::DateTime, tz::TimeZone};

use crate::support::{INVALID_TOKEN, Sandbox, Site, django_project, python};

#[test]
fn a_token_made_here_authenticates_there() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":"alice"}"#);
}

#[test]
fn a_created_token_authenticates_at_every_site() {
    for site in Site::ALL {
        let sandbox = Sandbox::new(site);
        let name = site.alice();
        let key = sandbox.drfctl(["create-token", "--time-zone", "UTC", name]).run().ok().key();
        assert_eq!(sandbox.serve().whoami(&key), format!(r#"200 {{"user":"{name}"}}"#), "{site:?}");
    }
}

#[test]
fn a_reset_refuses_the_old_key_and_accepts_the_new_one_while_the_server_runs() {
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
fn a_given_key_authenticates_there() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "--key-from", "-", "alice"]).stdin("2Kx9Wq7LmZ4tVb8NcR3y\n").run().ok();
    assert_eq!(sandbox.serve().whoami("2Kx9Wq7LmZ4tVb8NcR3y"), r#"200 {"user":"alice"}"#);
}

#[test]
fn the_token_of_an_inactive_user_is_refused_as_the_warning_says() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "ina"]).run().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"401 {"detail":"User inactive or deleted."}"#);
}

#[test]
fn obtain_auth_token_hands_out_the_token_made_here() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let (status, body, _) = sandbox.serve().post("/obtain", r#"{"username": "alice", "password": "secret"}"#);
    assert_eq!((status, body), (200, format!(r#"{{"token":"{key}"}}"#)));
}

#[test]
fn a_token_that_django_made_is_printed_here() {
    let sandbox = Sandbox::new(Site::Email);
    let (_, body, _) = sandbox.serve().post("/obtain", r#"{"username": "bob@example.com", "password": "secret"}"#);
    let key = sandbox.drfctl(["create-token", "bob@example.com"]).run().ok().key();
    assert_eq!(body, format!(r#"{{"token":"{key}"}}"#));
}

#[test]
fn a_refusal_names_the_scheme() {
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
fn django_reads_the_time_of_creation_that_the_record_says() {
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

/// Asserts that the row holds Berlin's time of now, and answers what the record said.
fn berlin(sandbox: &Sandbox, record: &str) {
    let stored: DateTime = sandbox.value("SELECT created FROM authtoken_token").parse().unwrap();
    let stored = stored.to_zoned(TimeZone::get("Europe/Berlin").unwrap()).unwrap().timestamp();
    let records: serde_json::Value = serde_json::from_str(record).unwrap();
    let said: Timestamp = records[0]["created"].as_str().unwrap().parse().unwrap();
    assert_eq!(stored, said);
    let age = Timestamp::now().since(said).unwrap();
    assert!(age.compare(Span::new().minutes(5)).unwrap().is_lt(), "{age}");
}

#[test]
fn a_site_with_local_time_gets_it_by_time_zone() {
    let sandbox = Sandbox::new(Site::Local);
    let outcome =
        sandbox.drfctl(["create-token", "--time-zone", "Europe/Berlin"]).args(["--format", "json", "alice"]).run().ok();
    berlin(&sandbox, &outcome.stdout);
}

#[test]
fn a_site_with_local_time_gets_it_by_its_settings() {
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
    berlin(&sandbox, &outcome.stdout);
}

#[test]
fn local_time_is_what_django_itself_would_store() {
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
fn an_unknown_time_zone_is_refused() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(["create-token", "--time-zone", "Mars/Olympus", "alice"]).run();
    assert_eq!((outcome.status.as_str(), sandbox.dump()), ("2", before));
}

#[test]
fn django_finds_its_tables_unchanged_after_us() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "-r", "alice", "bob"]).run().ok();
    let check = sandbox.manage(["migrate", "--check"]);
    assert_eq!(check.status, "0", "{check}");
    assert_eq!(
        [sandbox.value("PRAGMA integrity_check"), sandbox.sql("PRAGMA foreign_key_check").len().to_string()],
        ["ok", "0"]
    );
}

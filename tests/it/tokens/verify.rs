//! `verify`: whether the application accepts a token. It never writes.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{FOUR_KEYS, Outcome, Sandbox, Site};

const INVALID: &str = "Invalid token.";

/// Creates the stock site with tokens for Alice and the inactive Ina.
fn with_tokens() -> (Sandbox, String, String) {
    let sandbox = Sandbox::stock();
    let active = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let inactive = sandbox.drfctl(["create-token", "ina"]).run().key();
    (sandbox, active, inactive)
}

fn verify(sandbox: &Sandbox, presented: impl Into<Vec<u8>>) -> Outcome {
    sandbox.untouched(sandbox.drfctl(["verify"]).stdin(presented))
}

fn rejected(words: &str) -> String {
    format!("exit: 3\n--- stdout\n--- stderr\nerror: {words}\n")
}

#[test]
fn verify_prints_the_user_of_a_valid_token() {
    let (sandbox, key, _) = with_tokens();
    assert_data_eq!(
        verify(&sandbox, key).to_string(),
        str![[r#"
exit: 0
--- stdout
DRF's TokenAuthentication would accept this token of user alice
--- stderr

"#]]
    );
}

#[test]
fn the_record_has_a_name_and_a_time_but_no_key() {
    let (sandbox, key, _) = with_tokens();
    let stored = sandbox.value(&format!("SELECT created FROM authtoken_token WHERE key = '{key}'"));
    let created = format!("{}Z", stored.replace(' ', "T"));
    for (format, expected) in [
        (
            "json",
            format!(
                "[\n  {{\"line\":1,\"username\":\"alice\",\"created\":\"{created}\",\"outcome\":\"accepted\",\"error\":null}}\n]\n"
            ),
        ),
        (
            "jsonl",
            format!(
                "{{\"line\":1,\"username\":\"alice\",\"created\":\"{created}\",\"outcome\":\"accepted\",\"error\":null}}\n"
            ),
        ),
        ("csv", format!("line,username,created,outcome,error\r\n1,alice,{created},accepted,\r\n")),
        ("tsv", format!("line\tusername\tcreated\toutcome\terror\n1\talice\t{created}\taccepted\t\n")),
    ] {
        let outcome = sandbox.untouched(sandbox.drfctl(["verify", "--format", format]).stdin(key.as_str())).ok();
        assert_eq!(outcome.stdout, expected);
    }
    let table = sandbox.untouched(sandbox.drfctl(["verify", "--format", "table"]).stdin(key.as_str())).ok();
    assert!(table.stdout.contains(&stored[..16]) && !table.stdout.contains(&key), "{table}");
    let raw = sandbox.untouched(sandbox.drfctl(["verify", "--format", "raw"]).stdin(key.as_str()));
    assert!(raw.status == "2" && !raw.to_string().contains(&key), "{raw}");
}

#[test]
fn verify_accepts_every_format_of_a_key() {
    let (sandbox, key, inactive) = with_tokens();
    for (presented, answer) in [
        (key.clone(), ""),
        (format!("{key}\n"), ""),
        (format!("  {key} \r\n"), ""),
        (format!("Token {key}"), ""),
        (format!("tOKEN\t{key}\n"), ""),
        (format!("Authorization: Token {key}\r\n"), ""),
        (format!("authorization:token {key}"), ""),
        (key.to_uppercase(), INVALID),
        (key[..39].to_owned(), INVALID),
        (format!("{key}0"), INVALID),
        ("%".to_owned(), INVALID),
        ("' OR 1=1--".replace(' ', "+"), INVALID),
        (format!("Token Token{key}"), INVALID),
        (inactive.clone(), "User inactive or deleted."),
        (format!("Authorization: Token {inactive}"), "User inactive or deleted."),
        (String::new(), "Invalid token header. No credentials provided."),
        ("Token\n".to_owned(), "Invalid token header. No credentials provided."),
        (format!("Token {key} {key}"), "Invalid token header. Token string should not contain spaces."),
        (format!("{key} {key}"), "Invalid token header. Token string should not contain spaces."),
        (format!("Authorization: Bearer {key}"), "Authentication credentials were not provided."),
        ("x".repeat(5000), "line 1 of standard input is longer than 4096 bytes"),
    ] {
        let outcome = verify(&sandbox, presented.as_str());
        if answer.is_empty() {
            assert_eq!(
                outcome.ok().stdout,
                "DRF's TokenAuthentication would accept this token of user alice\n",
                "{presented:?}"
            );
        } else {
            assert_eq!(outcome.to_string(), rejected(answer), "{presented:?}");
        }
    }
}

/// Returns the headers that the real server and `verify` compare.
fn headers(key: &str, inactive: &str) -> Vec<String> {
    let mut headers = Vec::new();
    for value in [key, inactive, "0123456789", "ü", "€", "😀", "a\u{a0}b", "a\u{2003}b", "a\u{3000}"] {
        for word in ["Token", "token", "TOKEN", "Token ", "Token\t", "Bearer", "Basic", "Tokens", "Tokén"] {
            headers.push(format!("{word} {value}"));
        }
        headers.push(format!("Token {value} "));
        headers.push(format!("Token {value} {value}"));
        headers.push(format!("Token a {value} b"));
        headers.push(format!("Token={value}"));
        headers.push(format!("Token \"{value}\""));
        headers.push(format!("\u{a0}Token {value}"));
    }
    headers.extend(["Token", "Token ", "token", "Bearer", "x"].map(ToOwned::to_owned));
    headers
}

#[test]
fn verify_agrees_with_the_server_about_headers() {
    let (sandbox, key, inactive) = with_tokens();
    let headers = headers(&key, &inactive);
    let server = sandbox.serve();
    let theirs: Vec<(u16, String)> = headers
        .iter()
        .map(|header| server.get("/whoami", Some(header)))
        .map(|(status, body, _)| (status, body))
        .collect();
    drop(server);
    let ours: Vec<(u16, String)> = headers
        .iter()
        .map(|header| verify(&sandbox, format!("Authorization: {header}\r\n")))
        .map(|outcome| match outcome.status.as_str() {
            "0" => (200, r#"{"user":"alice"}"#.to_owned()),
            "3" => (401, format!("{{\"detail\":\"{}\"}}", outcome.stderr["error: ".len()..].trim_end())),
            other => panic!("{other}\n{outcome}"),
        })
        .collect();
    let differ: Vec<_> =
        headers.iter().zip(ours.iter().zip(&theirs)).filter(|(_, (ours, theirs))| ours != theirs).collect();
    assert!(differ.is_empty(), "header, (ours, theirs): {differ:#?}");
}

#[test]
fn a_header_that_is_not_utf_8_has_djangos_message() {
    let (sandbox, ..) = with_tokens();
    // Django's server decodes a header as Latin-1.
    let theirs: String = sandbox.ask(
        &"Token k\u{e9}y",
        r#"
from django.test import RequestFactory
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
try:
    TokenAuthentication().authenticate(RequestFactory().get("/", HTTP_AUTHORIZATION=table))
    answer = "accepted"
except AuthenticationFailed as error:
    answer = str(error.detail)
"#,
    );
    assert_eq!(theirs, "Invalid token header. Token string should not contain invalid characters.");
    assert_eq!(verify(&sandbox, b"Token k\xe9y").to_string(), rejected(&theirs));
}

#[test]
fn verify_reads_a_key_from_a_file() {
    let (sandbox, key, inactive) = with_tokens();
    for (content, answer) in [
        (
            format!("{key}\n"),
            "exit: 0\n--- stdout\nDRF's TokenAuthentication would accept this token of user alice\n--- stderr\n"
                .to_owned(),
        ),
        (
            format!("Authorization: Token {key}"),
            "exit: 0\n--- stdout\nDRF's TokenAuthentication would accept this token of user alice\n--- stderr\n"
                .to_owned(),
        ),
        (inactive, rejected("User inactive or deleted.")),
        ("unknown".to_owned(), rejected(INVALID)),
    ] {
        fs::write(sandbox.dir().join("key"), content).unwrap();
        assert_eq!(sandbox.untouched(sandbox.drfctl(["verify", "--key-from", "key"])).to_string(), answer);
    }
    let call = sandbox.drfctl(["verify", "--key-from", "-"]).stdin(key);
    assert_eq!(sandbox.untouched(call).status, "0");
    let missing = sandbox.untouched(sandbox.drfctl(["verify", "--key-from", "no-file"]));
    assert_eq!(
        missing.to_string(),
        rejected(
            "the file cannot be read (name hidden because it could be a secret): No such file or directory (os error 2)\n\
             hint: give the path of a file, or - for standard input"
        )
    );
}

/// N67: no key is repeated, and the exit status shows whether all are accepted.
#[test]
fn verify_prints_a_record_for_each_of_several_keys() {
    let sandbox = Sandbox::four_tokens();
    let (alice, ina) = (FOUR_KEYS[0].1, FOUR_KEYS[1].1);
    let input = format!("\u{feff}{alice}\r\n\nAuthorization: Token {ina}\n{}\n{alice} {alice}\n", "f".repeat(40));
    let outcome = sandbox.untouched(sandbox.drfctl(["verify"]).stdin(input.clone()));
    outcome.is(
        "3",
        "line 1: accepted, the token of user alice\n\
         line 3: rejected: User inactive or deleted.\n\
         line 4: rejected: Invalid token.\n\
         line 5: rejected: Invalid token header. Token string should not contain spaces.\n",
        "error: 3 of 4 keys were rejected\n",
    );
    fs::write(sandbox.dir().join("keys"), input).unwrap();
    let outcome = sandbox.drfctl(["verify", "--key-from", "keys", "--format", "jsonl"]).run();
    let first = r#"{"line":1,"username":"alice","created":"2026-01-02T03:04:05Z","outcome":"accepted","error":null}"#;
    let third = r#"{"line":4,"username":null,"created":null,"outcome":"rejected","error":"Invalid token."}"#;
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!((outcome.status.as_str(), lines.len(), lines[0], lines[2]), ("3", 4, first, third), "{outcome}");
    let alone = sandbox.drfctl(["verify", "--format", "jsonl"]).stdin("f".repeat(40)).run();
    let record = r#"{"line":1,"username":null,"created":null,"outcome":"rejected","error":"Invalid token."}"#;
    alone.is("3", &format!("{record}\n"), "error: Invalid token.\n");
    let both = sandbox.drfctl(["verify"]).stdin(format!("{alice}\n{}\n", FOUR_KEYS[2].1)).run().ok();
    assert_eq!(both.stdout.lines().count(), 2);
}

#[test]
fn verify_supports_every_site() {
    for site in Site::ALL {
        let sandbox = Sandbox::new(site);
        let name = site.alice();
        let token = sandbox.django(&format!(
            "from django.contrib.auth import get_user_model\nfrom rest_framework.authtoken.models import Token\n\
             print(Token.objects.create(user=get_user_model().objects.get_by_natural_key('{name}')))"
        ));
        let outcome = verify(&sandbox, format!("Token {token}")).ok();
        assert_eq!(
            outcome.stdout,
            format!("DRF's TokenAuthentication would accept this token of user {name}\n"),
            "{site:?}"
        );
        assert_eq!(verify(&sandbox, "Token 0").to_string(), rejected(INVALID), "{site:?}");
        if site != Site::Email {
            let _ = sandbox.drfctl(["deactivate", name]).run().ok();
            assert_eq!(verify(&sandbox, token).to_string(), rejected("User inactive or deleted."), "{site:?}");
        }
    }
}

#[test]
fn missing_arguments_of_verify_are_usage_errors() {
    let sandbox = Sandbox::stock();
    for (args, words) in [
        (
            &["verify", "--user", "alice"][..],
            "give it on standard input: drfctl verify --user USERNAME --password-stdin",
        ),
        (&["verify", "--password-stdin"], "--user"),
        (&["verify", "--user", "alice", "--key-from", "key"], "cannot be used with"),
        (&["verify", "some-key"], "unexpected argument"),
    ] {
        let outcome = sandbox.untouched(sandbox.drfctl(args).stdin("secret"));
        assert!(outcome.status == "2" && outcome.stdout.is_empty() && outcome.stderr.contains(words), "{outcome}");
    }
}

//! Creating and updating users on every engine, and that the application accepts them.

use serde_json::json;

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![
    a_created_user_can_log_in_to_django,
    a_file_of_users_is_created_in_one_transaction,
    a_rejected_row_is_skipped_with_keep_going,
    a_user_is_updated_like_in_the_application,
    create_groups_creates_the_missing_groups,
];

fn a_created_user_can_log_in_to_django(engine: Engine) {
    for site in [Site::Stock, Site::Email, Site::Big] {
        let sandbox = Sandbox::on(engine, site);
        let name = if site == Site::Email { "carol@example.com" } else { "carol" };
        let words = ["create-user", name, "--password-stdin", "--hasher", "md5"];
        let _ = sandbox.drfctl(words).arg("--skip-validation").stdin("pass word\n").run().ok();
        let login = json!({"username": name, "password": "pass word"}).to_string();
        let (status, body, _) = sandbox.serve().post("/obtain", &login);
        assert_eq!(status, 200, "{site:?} {body}");
    }
}

fn a_file_of_users_is_created_in_one_transaction(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let _ = sandbox.django("from django.contrib.auth.models import Group\nGroup.objects.create(name='ops')");
    let file = "username,email,is_staff,groups\nZo\u{eb},z@x.org,true,ops\ncarol,c@x.org,,\ndave,,,\n";
    let call = sandbox.drfctl(["create-user", "--from", "-", "--no-password", "--with-token"]).stdin(file);
    let created = call.records("0");
    assert_eq!(created.len(), 3);
    let seen: Vec<(String, String, bool, Vec<String>, String)> = sandbox.ask(
        &"",
        "from django.contrib.auth.models import User
answer = [[u.username, u.email, u.is_staff, [g.name for g in u.groups.all()], u.auth_token.key]
          for u in User.objects.filter(pk__gt=3).order_by('pk')]",
    );
    let key = |at: usize| created[at]["key"].as_str().unwrap().to_owned();
    assert_eq!(
        seen,
        [
            ("Zo\u{eb}".to_owned(), "z@x.org".to_owned(), true, vec!["ops".to_owned()], key(0)),
            ("carol".to_owned(), "c@x.org".to_owned(), false, vec![], key(1)),
            ("dave".to_owned(), String::new(), false, vec![], key(2)),
        ]
    );
}

/// N73: a group of a rejected row is not created.
fn create_groups_creates_the_missing_groups(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let file = "username,groups\nzoe,ops;dev\ncarol,dev\nalice,lost\ndave,\n";
    let call = || sandbox.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(file);
    let outcome = sandbox.unchanged(call());
    outcome
        .error_begins("3", "line 2: 2 groups do not exist: dev, ops\nhint: --create-groups creates missing groups\n");
    sandbox.unchanged(call().arg("--create-groups")).error_begins("4", "line 4: user alice already exists\n");
    let outcome = call().args(["--create-groups", "--keep-going"]).run();
    assert_eq!(outcome.status, "3", "{outcome}");
    assert!(outcome.stderr.starts_with("note: created group dev\nnote: created group ops\n"), "{outcome}");
    let of_users = "SELECT username, name FROM auth_user_groups JOIN auth_user ON user_id = auth_user.id \
                    JOIN auth_group ON group_id = auth_group.id ORDER BY username, name";
    assert_eq!(sandbox.sql(of_users), [["carol", "dev"], ["zoe", "dev"], ["zoe", "ops"]]);
    assert_eq!(sandbox.sql("SELECT name FROM auth_group ORDER BY name").concat(), ["dev", "ops"]);
    let erin = ["create-user", "erin", "--no-password", "--group", "dev", "--group", "qa", "--create-groups"];
    sandbox.drfctl(erin).run().is("0", "Created user erin\n", "note: created group qa\n");
    // MariaDB compares names without case, so that these are one group there.
    let both = ["create-user", "gil", "--no-password", "--group", "Red", "--group", "red", "--create-groups"];
    let outcome = sandbox.drfctl(both).run();
    let noted = "note: created group Red\n".to_owned();
    let noted = if engine == Engine::MySql { noted } else { noted + "note: created group red\n" };
    outcome.is("0", "Created user gil\n", &noted);
    let count = sandbox.value("SELECT count(*) FROM auth_group WHERE name IN ('Red', 'red')");
    assert_eq!(count, if engine == Engine::MySql { "1" } else { "2" });
    let long = "g".repeat(151);
    let call = sandbox.drfctl(["create-user", "frank", "--no-password", "--create-groups", "--group", &long]);
    sandbox.unchanged(call).error_is("3", &format!("the name of group {long} is longer than 150 characters"));
}

fn a_rejected_row_is_skipped_with_keep_going(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let file = "username\ncarol\nalice\ndave\n";
    let call = || sandbox.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(file);
    let outcome = sandbox.unchanged(call());
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("4", ""), "{outcome}");
    let outcome = call().arg("--keep-going").run();
    assert_eq!(outcome.status, "3", "{outcome}");
    let names = sandbox.sql("SELECT username FROM auth_user ORDER BY id").concat();
    assert_eq!(names, ["alice", "bob", "ina", "carol", "dave"]);
}

fn a_user_is_updated_like_in_the_application(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let _ = sandbox.drfctl(["activate", "ina"]).run().ok();
    let _ = sandbox.drfctl(["deactivate", "bob"]).run().ok();
    let set = ["set-password", "alice", "--password-stdin", "--skip-validation", "--hasher", "md5"];
    let _ = sandbox.drfctl(set).stdin("other\n").run().ok();
    let _ = sandbox.drfctl(["create-user", "ina", "--update", "--no-password", "--email", "new@x.org"]).run().ok();
    let joined = ["create-user", "bob", "--update", "--no-password", "--set", "date_joined=2024-05-05T10:00:00+05:00"];
    let _ = sandbox.drfctl(joined).run().ok();
    let seen: Vec<bool> = sandbox.ask(
        &"",
        "from django.contrib.auth.models import User
users = {u.username: u for u in User.objects.all()}
answer = [users['ina'].is_active, users['bob'].is_active, users['alice'].check_password('other'),
          users['ina'].email == 'new@x.org', users['ina'].has_usable_password(),
          users['bob'].date_joined.isoformat() == '2024-05-05T05:00:00+00:00']",
    );
    assert_eq!(seen, [true, false, true, true, false, true]);
}

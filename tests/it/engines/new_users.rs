//! The companion rows of existing and of new users, on every engine.
//!
//! Tags such as `N21` name cases of `tests/CASES.md`.

use serde_json::json;

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![
    missing_companion_rows_are_reported_before_the_write,
    a_group_in_each_row_of_a_file_does_not_warn,
    a_column_with_one_shared_value_is_required,
    a_content_type_column_is_filled_or_required,
    groups_of_a_custom_model_are_supported,
    the_models_are_read_if_needed_or_requested,
];

/// N21, N21b
fn missing_companion_rows_are_reported_before_the_write(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let kind = sandbox.value("SELECT MAX(kind_id) FROM club_user");
    let expected = format!(
        "note: kind_id is {kind}, as for all users\n\
         warning: nearly every user has a row in club_profile, club_membership; the application may fail for a user without one\n\
         hint: --like USERNAME copies the rows of a user\n\
         hint: --signals lets the application's own receivers create them\n\
         warning: nearly every user is in the group members\n\
         hint: --group members\n\
         note: nearly every user has a token: --with-token creates one\n"
    );
    let found = sandbox.drfctl(["inspect"]).records("0");
    assert_eq!(
        found[0]["each_user_has"],
        json!(["column:kind_id", "row:club_profile", "row:club_membership", "group:members", "token"])
    );
    let call = || sandbox.create_user(&["carol", "--set", "language=en"]);
    // The warning comes before the password prompt.
    let prompted = sandbox.unchanged(sandbox.drfctl(["create-user", "carol", "--set", "language=en"]));
    assert!(prompted.status == "2" && prompted.stderr.starts_with(&expected), "{prompted}");
    call().run().is("0", "Created user carol\n", &expected);
    // One user without the rows does not change the result.
    let file = "username,language\ndave,en\nerin,en\n";
    let outcome = sandbox.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(file).run();
    outcome.is("0", "Created user dave\nCreated user erin\n", &expected);
}

/// N21b
fn a_group_in_each_row_of_a_file_does_not_warn(engine: Engine) {
    for (groups, is_warned) in [(["members", "members"], false), (["members", ""], true)] {
        let sandbox = Sandbox::club(engine);
        let file = format!("username,language,groups\ndave,en,{}\nerin,en,{}\n", groups[0], groups[1]);
        let outcome = sandbox.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(file).run();
        assert_eq!((&*outcome.status, &*outcome.stdout), ("0", "Created user dave\nCreated user erin\n"), "{outcome}");
        assert_eq!(outcome.stderr.contains("nearly every user is in the group members"), is_warned, "{outcome}");
    }
}

/// N22c
fn a_column_with_one_shared_value_is_required(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    for (change, hint) in [
        ("UPDATE club_user SET bio = ''", "--set language=en"),
        ("UPDATE club_user SET is_verified = (1 = 1)", "--set language=en --set is_verified=true"),
    ] {
        sandbox.exec(change);
        let outcome = sandbox.unchanged(sandbox.create_user(&["carol"]));
        let names = if hint.contains("verified") { "language, is_verified" } else { "language" };
        assert_eq!(outcome.status, "3", "{outcome}");
        let expected =
            format!("error: missing columns in which all users have the same value: {names}\nhint: {hint}\n");
        assert!(outcome.stderr.ends_with(&expected), "{outcome}");
    }
    let file = sandbox.drfctl(["create-user", "--from", "-", "--no-password"]).stdin("username\ncarol\n");
    assert!(
        sandbox
            .unchanged(file)
            .stderr
            .contains("error: line 2: missing columns in which all users have the same value")
    );
}

/// N20
fn a_content_type_column_is_filled_or_required(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let other = sandbox.value("SELECT MIN(id) FROM django_content_type");
    // The users have different content types.
    sandbox.exec(&format!("UPDATE club_user SET kind_id = {other} WHERE username = 'bob'"));
    let call = || sandbox.create_user(&["carol", "--set", "language=en"]);
    let outcome = sandbox.unchanged(call());
    let expected = "error: missing column kind_id, the user's content type: without it the application may fail to read users\n\
                hint: --set kind_id=VALUE\n";
    outcome.is("3", "", expected);
    let _ = call().args(["--set", &format!("kind_id={other}"), "-v", "0"]).run();
    assert_eq!(sandbox.value("SELECT kind_id FROM club_user WHERE username = 'carol'"), other);
    // A user without one shows that the application can read such users.
    sandbox.exec("UPDATE club_user SET kind_id = NULL WHERE username = 'bob'");
    let outcome = sandbox.create_user(&["dave", "--set", "language=en"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    // Without users, the schema decides.
    for table in ["authtoken_token", "club_user_groups", "club_membership", "club_visit", "club_profile", "club_user"] {
        sandbox.exec(&format!("DELETE FROM {table}"));
    }
    sandbox.unchanged(sandbox.create_user(&["carol"])).is("3", "", expected);
    let found = sandbox.drfctl(["inspect"]).records("0");
    assert_eq!(found[0]["each_user_may_need"], json!(["row:club_badge", "row:club_profile"]));
    let outcome = sandbox.create_user(&["carol", "--set", &format!("kind_id={other}")]).run();
    let note = "note: the application may need a row for each user in club_badge, club_profile\n";
    outcome.is("0", "Created user carol\n", note);
}

/// N21b: like `NetBox` and Weblate.
fn groups_of_a_custom_model_are_supported(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let key = match engine {
        Engine::Sqlite => "integer PRIMARY KEY",
        Engine::Postgres => "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        Engine::MySql => "bigint AUTO_INCREMENT PRIMARY KEY",
    };
    for statement in [
        "DROP TABLE club_user_groups".to_owned(),
        "DROP TABLE club_membership".to_owned(),
        "DROP TABLE club_team".to_owned(),
        format!("CREATE TABLE club_team (id {key}, name varchar(80) NOT NULL)"),
        format!(
            "CREATE TABLE club_user_groups (id {key}, user_id bigint NOT NULL, group_id bigint NOT NULL, \
             FOREIGN KEY (user_id) REFERENCES club_user (id), FOREIGN KEY (group_id) REFERENCES club_team (id))"
        ),
        "INSERT INTO club_team (name) VALUES ('members'), ('viewers')".to_owned(),
        "INSERT INTO club_user_groups (user_id, group_id) SELECT u.id, t.id FROM club_user u, club_team t".to_owned(),
    ] {
        sandbox.exec(&statement);
    }
    let outcome = sandbox.create_user(&["carol", "--set", "language=en"]).run();
    let expected =
        "warning: nearly every user is in the groups members, viewers\nhint: --group members --group viewers\n";
    assert!(outcome.status == "0" && outcome.stderr.contains(expected), "{outcome}");
    let outcome = sandbox.create_user(&["dave", "--like", "alice"]).run();
    assert!(outcome.status == "0" && outcome.stderr.contains("group members, group viewers, row of"), "{outcome}");
    let outcome = sandbox.create_user(&["erin", "--set", "language=en", "--group", "viewers"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    let groups = "SELECT u.username, t.name FROM club_user u JOIN club_user_groups g ON g.user_id = u.id \
                  JOIN club_team t ON t.id = g.group_id WHERE u.username IN ('carol', 'dave', 'erin') ORDER BY u.id, t.id";
    assert_eq!(sandbox.sql(groups), [["dave", "members"], ["dave", "viewers"], ["erin", "viewers"]]);
    let outcome = sandbox.unchanged(sandbox.drfctl([
        "create-user",
        "zoe",
        "--no-password",
        "--set",
        "language=en",
        "--group",
        "nobodies",
        "-v",
        "0",
    ]));
    outcome.error_begins("3", "group nobodies does not exist");
}

/// Only the application's code knows the default and the choices of a column.
fn the_models_are_read_if_needed_or_requested(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let create = |args: &[&str]| {
        sandbox.with_settings(Site::Club.settings(), ["create-user", "--no-password", "--group", "members"]).args(args)
    };
    let expected = |name: &str| format!("note: {name} is en, the default of the user model\n");
    // All users have the same language, so the database alone does not decide.
    let outcome = create(&["carol"]).run();
    assert!(outcome.status == "0" && outcome.stderr.starts_with(&expected("language")), "{outcome}");
    // If users differ, empty text is stored, unless --ask-django is given.
    sandbox.exec("UPDATE club_user SET language = 'de' WHERE username = 'bob'");
    for (name, args, language) in [("dave", &[][..], ""), ("erin", &["--ask-django"], "en")] {
        let outcome = create(args).arg(name).run();
        assert_eq!(
            (outcome.status.as_str(), outcome.stderr.contains(&expected("language"))),
            ("0", !args.is_empty()),
            "{outcome}"
        );
        let stored = format!("SELECT language FROM club_user WHERE username = '{name}'");
        assert_eq!(sandbox.value(&stored), language, "{name}");
    }
    let outcome = sandbox.unchanged(create(&["zoe", "--ask-django", "--set", "language=xx"]));
    outcome.error_is("3", "column language: expected a choice (en, de, fr)");
    // A value that is too long would make all users unreadable.
    for call in [
        &["zoe", "--set", "balance=1234567", "--set", "language=en"][..],
        &["alice", "--update", "--set", "balance=1234567"],
    ] {
        let outcome = sandbox.unchanged(create(call));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
        let expected = outcome.stderr.lines().find(|line| line.starts_with("error: column balance: expected "));
        assert!(expected.is_some_and(|expected| expected.contains("8 digits")), "{outcome}");
    }
    let outcome = sandbox.unchanged(sandbox.create_user(&["zoe", "--ask-django"]));
    outcome.reports(
        "2",
        "error: --ask-django needs a settings module\nhint: name the settings module: --settings MODULE\n",
    );
}

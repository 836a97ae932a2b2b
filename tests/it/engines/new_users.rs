//! The companion rows of users, and those of a new user, on every engine.
//!
//! Tags such as `N21` name cases of `tests/CASES.md`.

use serde_json::json;

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![
    missing_companion_rows_are_reported_before_the_write,
    a_group_that_each_row_of_a_file_names_is_not_warned_of,
    a_column_with_one_shared_value_is_required,
    a_reference_to_the_model_of_the_row_is_filled_or_asked_for,
    groups_of_the_applications_own_model_are_groups_of_users,
    the_models_are_read_if_the_database_is_ambiguous_or_always,
];

/// N21, N21b
fn missing_companion_rows_are_reported_before_the_write(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let kind = sandbox.value("SELECT MAX(kind_id) FROM club_user");
    let said = format!(
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
    // A password that is asked for comes after it.
    let asked = sandbox.unchanged(sandbox.drfctl(["create-user", "carol", "--set", "language=en"]));
    assert!(asked.status == "2" && asked.stderr.starts_with(&said), "{asked}");
    call().run().is("0", "Created user carol\n", &said);
    // One without does not hide that the others have it.
    let file = "username,language\ndave,en\nerin,en\n";
    let outcome = sandbox.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(file).run();
    outcome.is("0", "Created user dave\nCreated user erin\n", &said);
}

/// N21b
fn a_group_that_each_row_of_a_file_names_is_not_warned_of(engine: Engine) {
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
        let said = format!("error: missing columns in which all users have the same value: {names}\nhint: {hint}\n");
        assert!(outcome.stderr.ends_with(&said), "{outcome}");
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
fn a_reference_to_the_model_of_the_row_is_filled_or_asked_for(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let other = sandbox.value("SELECT MIN(id) FROM django_content_type");
    // The users of several models.
    sandbox.exec(&format!("UPDATE club_user SET kind_id = {other} WHERE username = 'bob'"));
    let call = || sandbox.create_user(&["carol", "--set", "language=en"]);
    let outcome = sandbox.unchanged(call());
    let said = "error: missing column kind_id, the user's content type: without it the application may fail to read users\n\
                hint: --set kind_id=VALUE\n";
    outcome.is("3", "", said);
    let _ = call().args(["--set", &format!("kind_id={other}"), "-v", "0"]).run();
    assert_eq!(sandbox.value("SELECT kind_id FROM club_user WHERE username = 'carol'"), other);
    // One who has none shows that the application reads such users.
    sandbox.exec("UPDATE club_user SET kind_id = NULL WHERE username = 'bob'");
    let outcome = sandbox.create_user(&["dave", "--set", "language=en"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    // Without users, the schema alone says it.
    for table in ["authtoken_token", "club_user_groups", "club_membership", "club_visit", "club_profile", "club_user"] {
        sandbox.exec(&format!("DELETE FROM {table}"));
    }
    sandbox.unchanged(sandbox.create_user(&["carol"])).is("3", "", said);
    let found = sandbox.drfctl(["inspect"]).records("0");
    assert_eq!(found[0]["each_user_may_need"], json!(["row:club_badge", "row:club_profile"]));
    let outcome = sandbox.create_user(&["carol", "--set", &format!("kind_id={other}")]).run();
    let note = "note: the application may need a row for each user in club_badge, club_profile\n";
    outcome.is("0", "Created user carol\n", note);
}

/// N21b: as in `NetBox` and Weblate.
fn groups_of_the_applications_own_model_are_groups_of_users(engine: Engine) {
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
    let said = "warning: nearly every user is in the groups members, viewers\nhint: --group members --group viewers\n";
    assert!(outcome.status == "0" && outcome.stderr.contains(said), "{outcome}");
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

/// Only the application's code has the default of a column and its choices.
fn the_models_are_read_if_the_database_is_ambiguous_or_always(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let create = |args: &[&str]| {
        sandbox.with_settings(Site::Club.settings(), ["create-user", "--no-password", "--group", "members"]).args(args)
    };
    let said = |name: &str| format!("note: {name} is en, the default of the user model\n");
    // All users have the same language: that leaves a choice.
    let outcome = create(&["carol"]).run();
    assert!(outcome.status == "0" && outcome.stderr.starts_with(&said("language")), "{outcome}");
    // Where they differ, empty text will do, unless the models are asked.
    sandbox.exec("UPDATE club_user SET language = 'de' WHERE username = 'bob'");
    for (name, args, language) in [("dave", &[][..], ""), ("erin", &["--ask-django"], "en")] {
        let outcome = create(args).arg(name).run();
        assert_eq!(
            (outcome.status.as_str(), outcome.stderr.contains(&said("language"))),
            ("0", !args.is_empty()),
            "{outcome}"
        );
        let stored = format!("SELECT language FROM club_user WHERE username = '{name}'");
        assert_eq!(sandbox.value(&stored), language, "{name}");
    }
    let outcome = sandbox.unchanged(create(&["zoe", "--ask-django", "--set", "language=xx"]));
    outcome.error_is("3", "column language: expected a choice (en, de, fr)");
    // One that is too long would make all users unreadable.
    for call in [
        &["zoe", "--set", "balance=1234567", "--set", "language=en"][..],
        &["alice", "--update", "--set", "balance=1234567"],
    ] {
        let outcome = sandbox.unchanged(create(call));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
        let said = outcome.stderr.lines().find(|line| line.starts_with("error: column balance: expected "));
        assert!(said.is_some_and(|said| said.contains("8 digits")), "{outcome}");
    }
    let outcome = sandbox.unchanged(sandbox.create_user(&["zoe", "--ask-django"]));
    outcome.reports(
        "2",
        "error: --ask-django needs a settings module\nhint: name the settings module: --settings MODULE\n",
    );
}

//! What the application keeps for each user, and what a new user gets of it, on every engine.
//!
//! Tags such as `N21` name cases of `tests/CASES.md`.

use serde_json::{Value, json};

use crate::support::{Engine, Outcome, Sandbox, Site, scenarios};

scenarios![
    what_every_other_user_has_is_said_before_anything_is_written,
    a_column_in_which_all_users_have_the_same_is_asked_for,
    a_reference_to_the_model_of_the_row_is_filled_or_asked_for,
    a_user_like_another_has_the_same_rows_without_what_is_of_that_user_alone,
    groups_of_the_applications_own_model_are_groups_of_users,
    the_applications_receivers_make_a_user_as_its_own,
    the_applications_manager_makes_users_as_its_own,
    the_models_are_asked_where_the_database_leaves_a_choice_or_always,
];

/// What the application keeps of a user, beside the name.
const KEPT: &str = "
from club.models import User
from rest_framework.authtoken.models import Token
def kept(name):
    user = User.objects.get(username=name)
    profile = getattr(user, 'profile', None)
    return [user.language, user.kind.model, [group.name for group in user.groups.all()],
            profile and [profile.locale, profile.feed_token, profile.calendar and str(profile.calendar)],
            Token.objects.filter(user=user).count()]
answer = [kept(name) for name in table]";

fn club(engine: Engine) -> Sandbox {
    let sandbox = Sandbox::on(engine, Site::Club);
    sandbox.exec("UPDATE club_profile SET feed_token = 'secret of alice' WHERE locale = 'en'");
    sandbox
}

fn kept(sandbox: &Sandbox, names: &[&str]) -> Value {
    sandbox.ask(&names, KEPT)
}

#[track_caller]
fn reports(outcome: &Outcome, status: &str, stdout: &str, stderr: &str) {
    let seen = (outcome.status.as_str(), outcome.stdout.as_str(), outcome.stderr.as_str());
    assert_eq!(seen, (status, stdout, stderr), "{outcome}");
}

/// N21, N21b
fn what_every_other_user_has_is_said_before_anything_is_written(engine: Engine) {
    let sandbox = club(engine);
    let kind = sandbox.value("SELECT MAX(kind_id) FROM club_user");
    let said = format!(
        "note: kind_id is {kind}, as for all users\n\
         warning: nearly every user has a row in club_profile; the application may fail for a user without one\n\
         hint: --like USERNAME copies the rows of a user\n\
         hint: --signals lets the application's own receivers create them\n\
         warning: nearly every user is in the group members\n\
         hint: --group members\n\
         note: nearly every user has a token: --with-token creates one\n"
    );
    let found = sandbox.drfctl(["inspect"]).records("0");
    assert_eq!(found[0]["each_user_has"], json!(["column:kind_id", "row:club_profile", "group:members", "token"]));
    let call = || sandbox.create_user(&["carol", "--set", "language=en"]);
    // A password that is asked for comes after it.
    let asked = sandbox.unchanged(sandbox.drfctl(["create-user", "carol", "--set", "language=en"]));
    assert!(asked.status == "2" && asked.stderr.starts_with(&said), "{asked}");
    reports(&call().run(), "0", "Created user carol\n", &said);
    // One without does not hide that the others have it.
    let file = "username,language\ndave,en\nerin,en\n";
    let outcome = sandbox.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(file).run();
    reports(&outcome, "0", "Created user dave\nCreated user erin\n", &said);
}

/// N22c
fn a_column_in_which_all_users_have_the_same_is_asked_for(engine: Engine) {
    let sandbox = club(engine);
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
    let sandbox = club(engine);
    let other = sandbox.value("SELECT MIN(id) FROM django_content_type");
    // The users of several models.
    sandbox.exec(&format!("UPDATE club_user SET kind_id = {other} WHERE username = 'bob'"));
    let call = || sandbox.create_user(&["carol", "--set", "language=en"]);
    let outcome = sandbox.unchanged(call());
    let said = "error: missing column kind_id, the user's content type: without it the application may fail to read users\n\
                hint: --set kind_id=VALUE\n";
    reports(&outcome, "3", "", said);
    let _ = call().args(["--set", &format!("kind_id={other}"), "-v", "0"]).run();
    assert_eq!(sandbox.value("SELECT kind_id FROM club_user WHERE username = 'carol'"), other);
    // One who has none shows that the application reads such users.
    sandbox.exec("UPDATE club_user SET kind_id = NULL WHERE username = 'bob'");
    let outcome = sandbox.create_user(&["dave", "--set", "language=en"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    // Without users, the schema alone says it.
    for table in ["authtoken_token", "club_user_groups", "club_profile", "club_user"] {
        sandbox.exec(&format!("DELETE FROM {table}"));
    }
    reports(&sandbox.unchanged(sandbox.create_user(&["carol"])), "3", "", said);
    let outcome = sandbox.create_user(&["carol", "--set", &format!("kind_id={other}")]).run();
    let note = "note: the application may need a row for each user in club_badge, club_profile\n";
    reports(&outcome, "0", "Created user carol\n", note);
}

/// N21, N21b
fn a_user_like_another_has_the_same_rows_without_what_is_of_that_user_alone(engine: Engine) {
    let sandbox = club(engine);
    sandbox.exec("ALTER TABLE club_user ADD COLUMN full_name varchar(40)");
    sandbox.exec(
        "UPDATE club_user SET full_name = 'Alice A', nickname = 'al', bio = 'b', birthday = '2001-02-03', wakes_at = '07:30:15.25', level = 7, \
                  balance = 12.5, height = 1.5 WHERE username = 'alice'",
    );
    // What the database computes is not written.
    let stored = if engine == Engine::Postgres { "STORED" } else { "VIRTUAL" };
    sandbox.exec(&format!("ALTER TABLE club_profile ADD COLUMN twice int GENERATED ALWAYS AS (user_id * 2) {stored}"));
    let call = |name: &str| sandbox.create_user(&[name, "--like", "alice", "--with-token", "--set", "level=8"]);
    let outcome = call("carol").run().mask_keys();
    reports(
        &outcome,
        "0",
        "Created user carol\nGenerated token KEY for user carol\n",
        "note: copying from alice: language, bio, is_verified, balance, birthday, wakes_at, height, level, kind_id, group members, row of club_profile\n\
         note: not copied: card, nickname, full_name, club_profile.calendar, club_profile.feed_token\n",
    );
    let file = "username,bio\ndave,d\nerin,e\n";
    let call = sandbox.drfctl(["create-user", "--from", "-", "--no-password", "--like", "alice"]).stdin(file);
    assert_eq!(call.run().status, "0");
    let profile = json!(["en", "", null]);
    let like = |tokens: u8| json!(["en", "user", ["members"], profile, tokens]);
    assert_eq!(kept(&sandbox, &["carol", "dave", "erin"]), json!([like(1), like(0), like(0)]));
    let columns = "SELECT username, bio, level, COALESCE(nickname, '-') FROM club_user WHERE id > 3 ORDER BY id";
    assert_eq!(sandbox.sql(columns), [["carol", "b", "8", "-"], ["dave", "d", "7", "-"], ["erin", "e", "7", "-"]]);
    let same: bool = sandbox.ask(
        &"",
        "
from club.models import User
answer = len(set(User.objects.filter(username__in=['alice', 'dave', 'erin'])
                 .values_list('balance', 'birthday', 'wakes_at', 'height', 'level'))) == 1",
    );
    assert!(same);
    let nobody = sandbox.unchanged(sandbox.create_user(&["zoe", "--like", "nobody"]));
    nobody.error_is("3", "user nobody does not exist");
}

/// N21b: as in `NetBox` and Weblate.
fn groups_of_the_applications_own_model_are_groups_of_users(engine: Engine) {
    let sandbox = club(engine);
    let key = match engine {
        Engine::Sqlite => "integer PRIMARY KEY",
        Engine::Postgres => "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        Engine::MySql => "bigint AUTO_INCREMENT PRIMARY KEY",
    };
    for statement in [
        "DROP TABLE club_user_groups".to_owned(),
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

/// N21, N21b
fn the_applications_receivers_make_a_user_as_its_own(engine: Engine) {
    let sandbox = club(engine);
    let with = |args: &[&str]| {
        let settings = Site::Club.settings();
        sandbox
            .with_settings(settings, ["create-user", "--no-password", "--set", "language=en", "--signals"])
            .args(args)
    };
    // The receiver's token is the one that is printed.
    let made = with(&["carol", "--with-token"]).records("0");
    let key = sandbox.value(
        "SELECT t.key FROM authtoken_token t JOIN club_user u ON u.id = t.user_id WHERE u.username = 'carol'"
            .replace("t.key", if engine == Engine::MySql { "t.`key`" } else { "t.key" })
            .as_str(),
    );
    assert_eq!(made[0]["key"].as_str(), Some(key.as_str()));
    let own = json!(["en", "user", ["members"], ["en", "", null], 1]);
    assert_eq!(kept(&sandbox, &["carol"]), json!([own]));
    let outcome = with(&["unlucky"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("9", "Created user unlucky\n"), "{outcome}");
    let said = "error: user unlucky was created, but a receiver of the application failed: ValueError: no room for this user\n";
    assert!(outcome.stderr.contains(said), "{outcome}");
    let file = with(&["--from", "-", "--with-token"]).stdin("username\ndave\nerin\n").records("0");
    assert_eq!(kept(&sandbox, &["dave", "erin"]), json!([own, own]));
    assert!(file.iter().all(|row| row["key"].is_string()), "{file:?}");
    // In another database than the application's, it would find nobody.
    let elsewhere = sandbox.create_user(&["zoe", "--set", "language=en", "--signals"]);
    sandbox
        .unchanged(elsewhere)
        .error_begins("2", "--signals and --through-django need the database that the settings name");
}

/// N21
fn the_applications_manager_makes_users_as_its_own(engine: Engine) {
    let sandbox = club(engine);
    let with =
        |args: &[&str]| sandbox.with_settings(Site::Club.settings(), ["create-user", "--through-django"]).args(args);
    let made = with(&["carol", "--password-stdin", "--with-token"]).stdin("pw of carol").records("0");
    assert_eq!(made[0]["outcome"], "created");
    let own = json!(["en", "user", ["members"], ["en", "", null], 1]);
    assert_eq!(kept(&sandbox, &["carol"]), json!([own]));
    assert_eq!(sandbox.passwords_match(&[("carol", "pw of carol")]), [true]);
    for (args, status, said) in [
        (&["carol", "--no-password"][..], "4", "error: user carol exists already\n"),
        (
            &["unlucky", "--no-password"],
            "3",
            "error: the application rejected the user: ValueError: no room for this user\n",
        ),
        (
            &["dave", "--no-password", "--set", "balance=1.234"],
            "3",
            "error: balance: Ensure that there are no more than 2 decimal places.\n",
        ),
        (&["dave", "--no-password", "--group", "nobodies"], "3", "error: group nobodies does not exist\n"),
        (
            &["dave", "--no-password", "--set", "username=other"],
            "3",
            "error: the column username is the login name, which is given by itself\n",
        ),
        (
            &["carol", "--update", "--set", "id=78"],
            "3",
            "error: the column id is the key of a user who exists: it stays\n",
        ),
    ] {
        let outcome = sandbox.unchanged(with(args));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), (status, ""), "{outcome}");
        assert!(outcome.stderr.starts_with(said), "{outcome}");
    }
    let file = "username,password,language\ndave,pw d,de\nunlucky,pw,en\ncarol,pw,en\nerin,pw e,fr\n";
    let all = sandbox.unchanged(with(&["--from", "-"]).stdin(file));
    all.error_begins("3", "line 3: the application rejected the user: ValueError: no room for this user");
    let records = with(&["--from", "-", "--keep-going"]).stdin(file).records("3");
    let outcomes: Vec<&str> = records.iter().filter_map(|row| row["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["created", "refused", "refused", "created"]);
    assert_eq!(sandbox.passwords_match(&[("dave", "pw d"), ("carol", "pw of carol"), ("erin", "pw e")]), [true; 3]);
    let outcome = with(&["carol", "--update", "--inactive", "--set", "birthday=2001-02-03"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("0", "Updated user carol\n"), "{outcome}");
    let seen: Value = sandbox.ask(
        &"carol",
        "from club.models import User\nuser = User.objects.get(username=table)\nanswer = [user.is_active, str(user.birthday)]",
    );
    assert_eq!(seen, json!([false, "2001-02-03"]));
}

/// Only the application's code has the default of a column and its choices.
fn the_models_are_asked_where_the_database_leaves_a_choice_or_always(engine: Engine) {
    let sandbox = club(engine);
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
    outcome.error_is("3", "column language: expected one of en, de, fr; found xx");
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
    outcome.reports("2", "error: --ask-django needs a settings module\nhint: name it: --settings MODULE\n");
}

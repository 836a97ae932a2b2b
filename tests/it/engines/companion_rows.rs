//! The options that create the companion rows of a new user, on every engine.
//!
//! Tags such as `N21` name cases of `tests/CASES.md`.

use serde_json::{Value, json};

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![
    like_copies_the_shared_rows_of_a_user,
    receivers_create_the_companion_rows,
    the_applications_manager_creates_users,
    rows_that_the_application_does_not_create_are_warned_about,
];

/// The teams into which the application puts each user.
const TEAMS: [&str; 2] = ["blue", "red"];

/// Python code that returns the companion rows of users.
const COMPANION_ROWS: &str = "
from club.models import User
from rest_framework.authtoken.models import Token
def companion_rows(name):
    user = User.objects.get(username=name)
    profile = getattr(user, 'profile', None)
    return [user.language, user.kind.model, [group.name for group in user.groups.all()],
            profile and [profile.locale, profile.feed_token, profile.calendar and str(profile.calendar)],
            Token.objects.filter(user=user).count(),
            [row.team.name for row in user.membership_set.order_by('team__name')]]
answer = [companion_rows(name) for name in table]";

fn companion_rows(sandbox: &Sandbox, names: &[&str]) -> Value {
    sandbox.ask(&names, COMPANION_ROWS)
}

/// Gives each user a row that no receiver creates. The name of its only column contains "password",
/// as in Mayan EDMS.
fn add_options(sandbox: &Sandbox) {
    sandbox.exec(
        "CREATE TABLE club_option (user_id bigint PRIMARY KEY, block_password_change boolean NOT NULL, \
         FOREIGN KEY (user_id) REFERENCES club_user (id))",
    );
    sandbox.exec("INSERT INTO club_option SELECT id, (1 = 1) FROM club_user");
}

/// N21, N21b
fn like_copies_the_shared_rows_of_a_user(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    sandbox.exec("ALTER TABLE club_user ADD COLUMN full_name varchar(40)");
    sandbox.exec(
        "UPDATE club_user SET full_name = 'Alice A', nickname = 'al', bio = 'b', birthday = '2001-02-03', wakes_at = '07:30:15.25', level = 7, \
                  balance = 12.5, height = 1.5 WHERE username = 'alice'",
    );
    add_options(&sandbox);
    // Generated columns are not written.
    let stored = if engine == Engine::Postgres { "STORED" } else { "VIRTUAL" };
    sandbox.exec(&format!("ALTER TABLE club_profile ADD COLUMN twice int GENERATED ALWAYS AS (user_id * 2) {stored}"));
    let call = |name: &str| sandbox.create_user(&[name, "--like", "alice", "--with-token", "--set", "level=8"]);
    let outcome = call("carol").run().mask_keys();
    outcome.is("0",
        "Created user carol\nGenerated token KEY for user carol\n",
        "note: copying from alice: language, bio, is_verified, balance, birthday, wakes_at, height, level, kind_id, group members, row of club_option, row of club_profile, 2 rows of club_membership\n\
         note: not copied: card, nickname, full_name, club_option.block_password_change, club_profile.calendar, club_profile.feed_token\n",
    );
    let file = "username,bio\ndave,d\nerin,e\n";
    let call = sandbox.drfctl(["create-user", "--from", "-", "--no-password", "--like", "alice"]).stdin(file);
    assert_eq!(call.run().status, "0");
    let profile = json!(["en", "", null]);
    let like = |tokens: u8| json!(["en", "user", ["members"], profile, tokens, TEAMS]);
    assert_eq!(companion_rows(&sandbox, &["carol", "dave", "erin"]), json!([like(1), like(0), like(0)]));
    let options = "SELECT username FROM club_option JOIN club_user ON id = user_id \
                   WHERE NOT block_password_change ORDER BY id";
    assert_eq!(sandbox.sql(options), [["carol"], ["dave"], ["erin"]]);
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

/// N21, N21b
fn receivers_create_the_companion_rows(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let with = |args: &[&str]| {
        let settings = Site::Club.settings();
        sandbox
            .with_settings(settings, ["create-user", "--no-password", "--set", "language=en", "--signals"])
            .args(args)
    };
    // The printed token is the one of the receiver.
    let created = with(&["carol", "--with-token"]).records("0");
    let key = sandbox.value(
        "SELECT t.key FROM authtoken_token t JOIN club_user u ON u.id = t.user_id WHERE u.username = 'carol'"
            .replace("t.key", if engine == Engine::MySql { "t.`key`" } else { "t.key" })
            .as_str(),
    );
    assert_eq!(created[0]["key"].as_str(), Some(key.as_str()));
    let own = json!(["en", "user", ["members"], ["en", "", null], 1, TEAMS]);
    assert_eq!(companion_rows(&sandbox, &["carol"]), json!([own]));
    let outcome = with(&["unlucky"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("9", "Created user unlucky\n"), "{outcome}");
    let expected = "error: user unlucky was created, but a receiver of the application failed: ValueError: no room for this user\n";
    assert!(outcome.stderr.contains(expected), "{outcome}");
    let file = with(&["--from", "-", "--with-token"]).stdin("username\ndave\nerin\n").records("0");
    assert_eq!(companion_rows(&sandbox, &["dave", "erin"]), json!([own, own]));
    assert!(file.iter().all(|row| row["key"].is_string()), "{file:?}");
    // In another database, the application would not find the user.
    let other_database = sandbox.create_user(&["zoe", "--set", "language=en", "--signals"]);
    sandbox
        .unchanged(other_database)
        .error_begins("2", "--signals and --through-django need the database that the settings name");
}

/// N21
fn the_applications_manager_creates_users(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    let with =
        |args: &[&str]| sandbox.with_settings(Site::Club.settings(), ["create-user", "--through-django"]).args(args);
    let created = with(&["carol", "--password-stdin", "--with-token"]).stdin("pw of carol").records("0");
    assert_eq!(created[0]["outcome"], "created");
    let own = json!(["en", "user", ["members"], ["en", "", null], 1, TEAMS]);
    assert_eq!(companion_rows(&sandbox, &["carol"]), json!([own]));
    assert_eq!(sandbox.passwords_match(&[("carol", "pw of carol")]), [true]);
    for (args, status, expected) in [
        (&["carol", "--no-password"][..], "4", "error: user carol already exists\n"),
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
        (
            &["dave", "--no-password", "--group", "nobodies", "--group", "members", "--group", "none"],
            "3",
            "error: 2 groups do not exist: nobodies, none\nhint: --create-groups creates missing groups\n",
        ),
        (&["dave", "--no-password", "--create-groups", "--group", &"g".repeat(151)], "3", "error: group ggg"),
        (
            &["dave", "--no-password", "--set", "username=other"],
            "3",
            "error: column username is the username field; give its value as the argument USERNAME\n",
        ),
        (
            &["carol", "--update", "--set", "id=78"],
            "3",
            "error: the column id is the primary key, which cannot be changed\n",
        ),
    ] {
        let outcome = sandbox.unchanged(with(args));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), (status, ""), "{outcome}");
        assert!(outcome.stderr.starts_with(expected), "{outcome}");
    }
    let file = "username,password,language\ndave,pw d,de\nunlucky,pw,en\ncarol,pw,en\nerin,pw e,fr\n";
    let all = sandbox.unchanged(with(&["--from", "-"]).stdin(file));
    all.error_begins("3", "line 3: the application rejected the user: ValueError: no room for this user");
    let records = with(&["--from", "-", "--keep-going"]).stdin(file).records("3");
    let outcomes: Vec<&str> = records.iter().filter_map(|row| row["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["created", "rejected", "rejected", "created"]);
    assert_eq!(sandbox.passwords_match(&[("dave", "pw d"), ("carol", "pw of carol"), ("erin", "pw e")]), [true; 3]);
    let joined = with(&["fay", "--no-password", "--group", "members"]).run();
    assert_eq!(
        (joined.status.as_str(), joined.stdout.as_str(), joined.stderr.as_str()),
        ("0", "Created user fay\n", "")
    );
    // N73
    let joined = with(&["gina", "--no-password", "--create-groups", "--group", "guests"]).run();
    joined.is("0", "Created user gina\n", "note: created group guests\n");
    let of_gina =
        "from club.models import User\nanswer = sorted(g.name for g in User.objects.get(username=table).groups.all())";
    let groups: Vec<String> = sandbox.ask(&"gina", of_gina);
    assert_eq!(groups, ["guests", "members"]);
    let outcome = with(&["carol", "--update", "--inactive", "--set", "birthday=2001-02-03"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("0", "Updated user carol\n"), "{outcome}");
    let seen: Value = sandbox.ask(
        &"carol",
        "from club.models import User\nuser = User.objects.get(username=table)\nanswer = [user.is_active, str(user.birthday)]",
    );
    assert_eq!(seen, json!([false, "2001-02-03"]));
}

/// N21: a view may create the row, like the sign-up of Label Studio.
fn rows_that_the_application_does_not_create_are_warned_about(engine: Engine) {
    let sandbox = Sandbox::club(engine);
    add_options(&sandbox);
    // Neither new users nor those whose receiver failed count as existing.
    for (names, complete, option, status) in [
        ("carol\n", "carol", "--signals", "0"),
        ("unlucky\ndave\nerin\n", "dave", "--signals", "9"),
        ("fay\ngil\nhal\n", "fay", "--through-django", "0"),
    ] {
        let words = ["create-user", "--from", "-", "--no-password", "--set", "language=en", option];
        let call = sandbox.with_settings(Site::Club.settings(), words).stdin(format!("username\n{names}"));
        let expected = format!(
            "warning: user {complete} lacks what nearly every user has: row of club_option\n\
             hint: create them in the application\n"
        );
        let outcome = call.run();
        assert_eq!(outcome.status, status, "{outcome}");
        assert!(
            outcome.stderr.contains(&expected) && outcome.stdout.lines().count() == names.lines().count(),
            "{outcome}"
        );
        sandbox.exec("INSERT INTO club_option SELECT id, (1 = 1) FROM club_user WHERE id NOT IN (SELECT user_id FROM club_option)");
    }
}

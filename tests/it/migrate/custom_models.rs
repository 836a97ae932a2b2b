//! `migrate` if `AUTH_USER_MODEL` is the application's own.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site};

const CUSTOM: [Site; 4] = [Site::Email, Site::Odd, Site::Member, Site::Big];

#[test]
fn tokens_reference_the_custom_table_like_in_django() {
    for (site, options) in [
        (Site::Email, &[][..]),
        (Site::Odd, &[]),
        (Site::Member, &["--user-table", "member_member"]),
        (Site::Big, &[]),
        (Site::Email, &["--user-table", "people_emailuser"]),
        (Site::Odd, &["--user-table", r#"Odd "User" Table"#]),
        (Site::Big, &["--user-table", "ACCOUNTS_USER"]),
    ] {
        let (ours, theirs) = (Sandbox::without_tokens(site), Sandbox::without_tokens(site));
        let _ = ours.drfctl(["migrate"]).args(options).run().ok();
        let _ = theirs.manage(["migrate"]).ok();
        assert_eq!(ours.image(), theirs.image(), "{site:?} {options:?}");
        let schema = |sandbox: &Sandbox| sandbox.sql("SELECT type, name, sql FROM sqlite_master ORDER BY type, name");
        assert_eq!(schema(&ours), schema(&Sandbox::new(site)), "{site:?} {options:?}");
    }
}

#[test]
fn a_token_of_a_migrated_table_authenticates_in_django() {
    for (site, options) in
        [(Site::Email, &[][..]), (Site::Odd, &[]), (Site::Member, &["--user-table", "member_member"]), (Site::Big, &[])]
    {
        let sandbox = Sandbox::without_tokens(site);
        let _ = sandbox.drfctl(["migrate"]).args(options).run().ok();
        let key = sandbox.drfctl(["create-token", site.alice()]).run().ok().key();
        assert_eq!(sandbox.serve().whoami(&key), format!(r#"200 {{"user":"{}"}}"#, site.alice()), "{site:?}");
    }
}

#[test]
fn a_parent_and_its_child_are_ambiguous() {
    let sandbox = Sandbox::without_tokens(Site::Member);
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: cannot detect the table of the user model
hint: name it: --user-table accounts_user or --user-table member_member
hint: or name the settings, whose AUTH_USER_MODEL decides: --settings MODULE

"#]]
    );
}

#[test]
fn the_settings_name_the_user_model() {
    // One table does not have the name of its model, so only the models identify it.
    for site in [Site::Email, Site::Member, Site::Big, Site::Odd] {
        let (ours, theirs) = (Sandbox::without_tokens(site), Sandbox::without_tokens(site));
        let _ = ours.with_settings(site.settings(), ["migrate"]).run().ok();
        let _ = theirs.manage(["migrate"]).ok();
        assert_eq!(ours.image(), theirs.image(), "{site:?}");
    }
}

#[test]
fn the_admin_log_references_the_custom_table_like_in_django() {
    for (site, app) in [(Site::Email, "people"), (Site::Odd, "odd"), (Site::Member, "member"), (Site::Big, "accounts")]
    {
        let (ours, theirs) = (Sandbox::unmigrated(site), Sandbox::unmigrated(site));
        let settings = format!(
            "from {} import *\n\
             INSTALLED_APPS = [*map('django.contrib.'.__add__, ('admin', 'sessions', 'sites')), *INSTALLED_APPS]",
            site.settings()
        );
        let manage = |sandbox: &Sandbox, apps: &[&str]| {
            let folder = format!("--pythonpath={}", sandbox.dir().display());
            sandbox.manage([&["migrate", "--skip-checks", "--settings=full", &folder], apps].concat()).ok()
        };
        for sandbox in [&ours, &theirs] {
            std::fs::write(sandbox.dir().join("full.py"), &settings).unwrap();
            let _ = manage(sandbox, &[app]);
        }
        let call = ours.with_settings("full", ["migrate", "-v", "0"]).env("PYTHONPATH", ours.dir());
        assert_eq!(call.run().ok().stdout, "", "{site:?}");
        let _ = manage(&theirs, &[]);
        // The application's migrate creates its own content types and permissions.
        assert!(manage(&ours, &[]).stdout.contains("\n  No migrations to apply.\n"), "{site:?}");
        assert_eq!(ours.image(), theirs.image(), "{site:?}");
    }
}

#[test]
fn an_unknown_table_name_must_be_given() {
    let sandbox = Sandbox::without_tokens(Site::Odd);
    let module = "from shop.settings_odd import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'nowhere']";
    std::fs::write(sandbox.dir().join("broken.py"), module).unwrap();
    let call = sandbox.with_settings("broken", ["migrate"]).env("PYTHONPATH", sandbox.dir());
    assert_data_eq!(
        sandbox.untouched(call).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the table odd_odduser of the user model odd.OddUser is missing, and only the application can create it
hint: apply the migrations: python manage.py migrate odd; then: drfctl migrate
hint: name the table if the model sets Meta.db_table: --user-table 'Odd "User" Table'

"#]]
    );
    let _ = sandbox.with_settings(Site::Odd.settings(), ["migrate", "--user-table", r#"Odd "User" Table"#]).run().ok();
    assert_eq!(sandbox.manage(["migrate", "--check"]).status, "0");
}

#[test]
fn migrate_runs_with_only_the_applications_user_table() {
    for by_settings in [false, true] {
        let ours = Sandbox::unmigrated(Site::Email);
        let _ = ours.manage(["migrate", "people", "-v", "0"]).ok();
        let theirs = ours.copy();
        let outcome = if by_settings {
            ours.with_settings(Site::Email.settings(), ["migrate"]).run()
        } else {
            ours.drfctl(["migrate", "--user-table", "people_emailuser"]).run()
        };
        let _ = outcome.ok();
        assert_eq!(ours.manage(["migrate", "--check"]).status, "0");
        // The application's migrate creates its own content types and permissions, after the others.
        let _ = ours.manage(["migrate"]).ok();
        let _ = theirs.manage(["migrate"]).ok();
        assert_eq!(ours.image(), theirs.image(), "by settings: {by_settings}");
    }
}

#[test]
fn an_older_state_with_a_custom_user_model_migrates_like_django() {
    for step in ["0001_initial", "0005_alter_user_last_login_null"] {
        let ours = Sandbox::unmigrated(Site::Email);
        let _ = ours.manage(["migrate", "people", "-v", "0"]).ok();
        let _ = ours.manage(["migrate", "auth", step, "-v", "0"]).ok();
        let theirs = ours.copy();
        let _ = ours.drfctl(["migrate"]).run().ok();
        let _ = theirs.manage(["migrate"]).ok();
        assert_eq!(ours.image(), theirs.image(), "{step}");
    }
}

#[test]
fn an_ambiguous_user_model_is_rejected() {
    let sandbox = Sandbox::unmigrated(Site::Email);
    let _ = sandbox.manage(["migrate", "people", "-v", "0"]).ok();
    let before = sandbox.files();
    assert_data_eq!(
        sandbox.drfctl(["migrate"]).run().to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: cannot detect the table of the user model
hint: name it: --user-table people_emailuser or --user-table auth_user for Django's own
hint: or name the settings, whose AUTH_USER_MODEL decides: --settings MODULE

"#]]
    );
    assert!(sandbox.files() == before, "a file changed");
}

#[test]
fn the_stock_user_table_can_be_named_next_to_a_similar_one() {
    let sandbox = Sandbox::unmigrated(Site::Email);
    let _ = sandbox.manage(["migrate", "people", "-v", "0"]).ok();
    let _ = sandbox.drfctl(["migrate", "--user-table", "auth_user"]).run().ok();
    assert_eq!(
        sandbox.sql("SELECT \"table\", \"to\" FROM pragma_foreign_key_list('authtoken_token')"),
        [["auth_user", "id"]]
    );
}

#[test]
fn a_missing_user_table_is_left_to_the_application() {
    let empty_file = Sandbox::unmigrated(Site::Email);
    std::fs::write(empty_file.db(), "").unwrap();
    let other_tables = Sandbox::unmigrated(Site::Email);
    let _ = other_tables.manage(["migrate", "contenttypes", "-v", "0"]).ok();
    for sandbox in [Sandbox::unmigrated(Site::Email), empty_file, other_tables] {
        let before = sandbox.files();
        assert_data_eq!(
            sandbox.with_settings(Site::Email.settings(), ["migrate"]).run().to_string(),
            str![[r#"
exit: 6
--- stdout
--- stderr
error: the table people_emailuser of the user model people.EmailUser is missing, and only the application can create it
hint: apply the migrations: python manage.py migrate people; then: drfctl migrate

"#]]
        );
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
        let after = sandbox.files();
        assert_eq!(names(&after), names(&before));
        assert!(after == before, "the file changed");
    }
}

#[test]
fn a_named_but_missing_user_table_creates_no_file() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["migrate", "--user-table", "people_emailuser"]).run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the user table people_emailuser is missing, and only the application can create it
hint: apply the migrations: python manage.py migrate

"#]]
    );
    assert_eq!(sandbox.files().len(), 0);
}

#[test]
fn a_migrated_site_has_no_migrations_and_is_not_written() {
    for site in CUSTOM {
        let sandbox = Sandbox::new(site);
        let outcome = sandbox.untouched(sandbox.drfctl(["migrate"])).ok();
        assert_eq!(outcome.stdout.lines().last(), Some("  No migrations to apply."), "{site:?}");
    }
}

#[test]
fn a_user_table_that_tokens_do_not_reference_is_rejected() {
    let sandbox = Sandbox::new(Site::Member);
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate", "--user-table", "accounts_user"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: tokens reference the table member_member, not accounts_user
hint: omit the option, because the foreign key of the token table decides

"#]]
    );
}

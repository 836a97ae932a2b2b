//! `migrate` in a project of `startproject`: the tables of `admin`, `sessions` and `sites` also
//! match those of Django's own `migrate`.
//!
//! Tags such as `N29` name cases of `tests/CASES.md`.

use crate::support::{Engine, Sandbox, scenarios};

scenarios![
    a_new_project_is_complete_after_a_migration,
    a_new_project_with_sites_has_its_default_site,
    every_state_of_a_new_project_can_be_migrated,
    a_label_migrates_an_app_and_its_dependencies,
];

/// Returns the database of a new project after Django's `migrate`.
fn by_django(engine: Engine, settings: &str, args: &[&str]) -> Sandbox {
    let theirs = Sandbox::new_project(engine);
    theirs.add_to_settings(settings);
    let _ = theirs.manage_py(["migrate", "-v", "0"].iter().chain(args)).ok();
    theirs
}

/// N29
fn a_new_project_is_complete_after_a_migration(engine: Engine) {
    let ours = Sandbox::new_project(engine);
    let outcome = ours.in_project(["migrate", "-v", "0"]).run();
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n");
    assert_eq!(ours.migrated_image(), by_django(engine, "", &[]).migrated_image());
    for (args, last_line) in [
        (&["migrate", "--check"][..], None),
        (&["makemigrations", "--check"], Some("No changes detected")),
        (&["migrate"], Some("  No migrations to apply.")),
    ] {
        let outcome = ours.manage_py(args);
        assert_eq!((outcome.status.as_str(), outcome.stdout.lines().last()), ("0", last_line), "{args:?}\n{outcome}");
        let outcome = ours.in_project(["migrate", "--check"]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n");
    }
    let again = ours.in_project(["migrate"]).run().ok();
    assert_eq!(again.stdout, ours.manage_py(["migrate"]).ok().stdout);
    // A user logs in to the admin site, adds a group, and gets a token.
    let visited = ours.django(
        "from django.contrib.auth.models import Group, User
from django.contrib.admin.models import LogEntry
from django.test import Client
User.objects.create_superuser('nina', password='secret')
client = Client(SERVER_NAME='localhost')
answers = [client.post('/admin/login/', {'username': 'nina', 'password': 'secret', 'next': '/admin/'}).status_code]
answers += [client.get('/admin/').status_code]
answers += [client.post('/admin/auth/group/add/', {'name': 'staff'}).status_code]
print(answers, Group.objects.get().name, LogEntry.objects.get().user.username)",
    );
    assert_eq!(visited, "[302, 200, 302] staff nina");
    // The new project configures no authentication classes, which drfctl notes.
    let key = ours.in_project(["create-token", "nina"]).run().key();
    let holder = ours.django(&format!(
        "from rest_framework.authtoken.models import Token; print(Token.objects.get(key='{key}').user.username)"
    ));
    assert_eq!(holder, "nina");
}

/// N29
fn a_new_project_with_sites_has_its_default_site(engine: Engine) {
    const SITES: &str = "INSTALLED_APPS.insert(1, 'django.contrib.sites')\nSITE_ID = 7";
    let (ours, theirs) = (Sandbox::new_project(engine), by_django(engine, SITES, &[]));
    ours.add_to_settings(SITES);
    let _ = ours.in_project(["migrate", "-v", "0"]).run().ok();
    assert_eq!(ours.migrated_image(), theirs.migrated_image());
    assert_eq!(ours.manage_py(["migrate", "--check"]).status, "0");
    for sandbox in [&ours, &theirs] {
        let next = "from django.contrib.sites.models import Site
print([site.pk for site in (Site.objects.get_current(), Site.objects.create(domain='b.example.com', name='b'))])";
        assert_eq!(sandbox.django(next), "[7, 8]");
        sandbox.exec("DELETE FROM django_site");
    }
    // A missing default site is created again.
    let _ = ours.in_project(["migrate", "-v", "0"]).run().ok();
    let _ = theirs.manage_py(["migrate", "-v", "0"]).ok();
    assert_eq!(ours.migrated_image(), theirs.migrated_image());
    // A step that was applied and not recorded, as MySQL may leave it.
    ours.exec("DELETE FROM django_migrations WHERE app = 'sites' AND name LIKE '0002%'");
    let recorded = ours.in_project(["migrate", "-v", "0"]).run();
    assert_eq!(recorded.to_string(), "exit: 0\n--- stdout\n--- stderr\n");
    assert_eq!(ours.manage_py(["migrate", "--check"]).status, "0");
    let again = ours.in_project(["migrate", "-v", "2"]).run();
    assert!(again.status == "0" && !again.stdout.contains("Site"), "{again}");
}

/// N29
fn every_state_of_a_new_project_can_be_migrated(engine: Engine) {
    const SITES: &str = "INSTALLED_APPS.insert(1, 'django.contrib.sites')";
    for (app, name) in [
        ("contenttypes", "0001"),
        ("admin", "0001"),
        ("admin", "0003"),
        ("auth", "0008"),
        ("sites", "0001"),
        ("sessions", "0001"),
    ] {
        let [ours, theirs] = [(); 2].map(|()| by_django(engine, SITES, &[app, name]));
        let outcome = ours.in_project(["migrate", "-v", "0"]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n", "{app} {name}");
        let _ = theirs.manage_py(["migrate", "-v", "0"]).ok();
        assert_eq!(ours.migrated_image(), theirs.migrated_image(), "{app} {name}");
    }
}

/// N29
fn a_label_migrates_an_app_and_its_dependencies(engine: Engine) {
    for label in ["admin", "auth", "authtoken", "contenttypes", "sessions"] {
        let (ours, theirs) = (Sandbox::new_project(engine), by_django(engine, "", &[label]));
        let check = ours.in_project(["migrate", "--check", label]).run();
        assert_eq!((check.status.as_str(), check.stdout.as_str()), ("1", ""), "{check}");
        let outcome = ours.in_project(["migrate", "-v", "0", label]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n", "{label}");
        assert_eq!(ours.migrated_image(), theirs.migrated_image(), "{label}");
        assert_eq!(ours.in_project(["migrate", label]).run(), theirs.manage_py(["migrate", label]), "{label}");
        assert_eq!(ours.in_project(["migrate", "--check", label]).run().ok().stdout, "", "{label}");
    }
}

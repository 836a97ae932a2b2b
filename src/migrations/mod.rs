//! Django's own migrations of the three apps that drfctl serves, by name.
//!
//! Names only so far; the SQL of each, a file per engine, lives beside this
//! file when `migrate` comes to apply them.

/// A migration: the app label and the name, as `django_migrations` records it.
pub type Migration = (&'static str, &'static str);

/// The history that a fresh `manage.py migrate` records for contenttypes, auth
/// and authtoken, in its order.
///
/// Mirrors the `migrations` packages of `django.contrib.contenttypes`,
/// `django.contrib.auth` and `rest_framework.authtoken`.
pub const HISTORY: [Migration; 18] = [
    ("contenttypes", "0001_initial"),
    ("auth", "0001_initial"),
    ("contenttypes", "0002_remove_content_type_name"),
    ("auth", "0002_alter_permission_name_max_length"),
    ("auth", "0003_alter_user_email_max_length"),
    ("auth", "0004_alter_user_username_opts"),
    ("auth", "0005_alter_user_last_login_null"),
    ("auth", "0006_require_contenttypes_0002"),
    ("auth", "0007_alter_validators_add_error_messages"),
    ("auth", "0008_alter_user_username_max_length"),
    ("auth", "0009_alter_user_last_name_max_length"),
    ("auth", "0010_alter_group_name_max_length"),
    ("auth", "0011_update_proxy_permissions"),
    ("auth", "0012_alter_user_first_name_max_length"),
    ("authtoken", "0001_initial"),
    ("authtoken", "0002_auto_20160226_1747"),
    ("authtoken", "0003_tokenproxy"),
    ("authtoken", "0004_alter_tokenproxy_options"),
];

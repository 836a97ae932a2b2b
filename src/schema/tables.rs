//! The names of the tables that Django and DRF create.

/// The table of DRF's `rest_framework.authtoken.models.Token`.
pub const TOKEN_TABLE: &str = "authtoken_token";

/// The table of Django's own `django.contrib.auth.models.User`.
pub const STOCK_USER_TABLE: &str = "auth_user";

/// The table of `django.contrib.contenttypes.models.ContentType`.
pub const CONTENT_TYPE_TABLE: &str = "django_content_type";

/// The table of `django.contrib.auth.models.Permission`.
pub const PERMISSION_TABLE: &str = "auth_permission";

/// The table of `django.contrib.admin.models.LogEntry`, which references users.
pub const ADMIN_LOG_TABLE: &str = "django_admin_log";

/// The table of `django.contrib.sites.models.Site`.
pub const SITE_TABLE: &str = "django_site";

/// The table of `django.contrib.auth.models.Group`.
pub const GROUP_TABLE: &str = "auth_group";

/// The table of Django's `MigrationRecorder.Migration`.
pub const HISTORY_TABLE: &str = "django_migrations";

/// The alias of the token table in every statement.
pub const TOKEN_ALIAS: &str = "t";

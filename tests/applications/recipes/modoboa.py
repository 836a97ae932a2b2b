"""Modoboa, a mail hosting platform: its own hash format, and limits for each user."""

IS_LIGHT = True
PYTHON = None
ENGINE = "mysql"

ENVIRONMENT = {"OIDC_RSA_PRIVATE_KEY": "none"}
# The settings of its template for new installations, without Redis and syslog.
SETTINGS = """
from pathlib import Path

import django
import modoboa
import pymysql
from django.template import Context, Engine

pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()

template = Path(modoboa.__file__).parent / "core/commands/templates/settings.py.tpl"
known = {"name": "application", "secret_key": "a key of the tests", "devmode": False, "lang": "en", "timezone": "UTC"}
exec(Engine().from_string(template.read_text()).render(Context(known)))

from application_database import DATABASES

ROOT_URLCONF = "application_urls"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING = {"version": 1, "disable_existing_loggers": False}
SECURE_SSL_REDIRECT = False
"""
FILES = {
    "application_urls.py": """
from django.urls import include, path

urlpatterns = [path("", include("modoboa.urls"))]
"""
}
COMMANDS = [
    ["-m", "django", "migrate", "--verbosity=0"],
    ["-m", "django", "load_initial_data", "--no-frontend"],
]

USERS = """
from modoboa.core.models import User

for name in ("alice", "bob"):
    user = User(username=name, email=f"{name}@example.com")
    user.set_password(f"password of {name}")
    user.save()
    user.role = "Resellers"
    user.save()
"""
EXISTING, ADMIN, NEW = "alice", "admin", "{}"
DIFFERENT = {}
# The application could not read a password that drfctl hashes.
GIVEN = {"like": ["--no-password"], "signals": ["--no-password"]}

HAS_OWN_HASHES = True
USER_TABLE, USERNAME_FIELD = "core_user", "username"
TOKEN_TABLE, TOKEN_HEADER, API = "authtoken_token", "Token", "/api/v2/account/me/"

PAGES = [
    "/api/v2/account/me/",
    "/api/v2/accounts/",
    "/api/v2/domains/",
    "/api/v2/aliases/",
    "/api/v2/notifications/",
    "/api/v2/capabilities/",
    "/api/v2/theme/",
]
LISTS = ["/api/v2/accounts/", "/api/v2/logs/audit-trail/", "/api/v2/admin/statistics/"]

PLAIN = (
    3,
    """
error: existing passwords use an unknown hash format (unknown, {SHA512-CRYPT})
hint: set the password in the application, or choose a hasher of its PASSWORD_HASHERS: --hasher NAME
""",
)

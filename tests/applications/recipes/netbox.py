"""NetBox, a network inventory: users have a row of preferences, and tokens of another type."""

IS_LIGHT = False
PYTHON = "3.12"
ENGINE = "postgres"

ENVIRONMENT = {"NETBOX_CONFIGURATION": "netbox_configuration", "NETBOX_ROOT": "{folder}"}
FILES = {
    "netbox_configuration.py": """
from application_database import DATABASES

ALLOWED_HOSTS = ["*"]
SECRET_KEY = "a key that only the tests use, of 50 characters at least"
API_TOKEN_PEPPERS = {1: "a pepper that only the tests use, of 50 characters at least"}
REDIS = {"tasks": {"HOST": "localhost"}, "caching": {"HOST": "localhost"}}
"""
}
# The visited pages need no queue. Without Redis, they need another cache.
SETTINGS = """
from netbox.settings import *

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
"""
COMMANDS = [["-m", "django", "migrate", "--verbosity=0"]]

USERS = """
from users.models import User

for name in ("alice", "bob"):
    User.objects.create_user(name, f"{name}@example.com", f"password of {name}")
User.objects.create_superuser("admin", "admin@example.com", "password of admin")
"""
EXISTING, ADMIN, NEW = "alice", "admin", "{}"
DIFFERENT = {}
GIVEN = {}

HAS_OWN_HASHES = False
USER_TABLE, USERNAME_FIELD, TOKEN_TABLE = "users_user", "username", None
NO_TOKENS = """
note: INSTALLED_APPS of the settings does not have rest_framework.authtoken: the application may accept none of these tokens
error: the token table authtoken_token is missing
hint: add 'rest_framework.authtoken' to INSTALLED_APPS, then: python manage.py migrate authtoken
"""

PAGES = [
    "/",
    "/user/profile/",
    "/user/preferences/",
    "/user/bookmarks/",
    "/user/notifications/",
    "/user/api-tokens/",
    "/dcim/sites/",
    "/api/",
    "/api/users/config/",
]
LISTS = ["/users/users/", "/users/users/{pk}/", "/users/users/{pk}/edit/", "/users/tokens/", "/api/users/users/"]

PLAIN = (
    0,
    """
warning: nearly every user has a row in users_userconfig; the application may fail for a user without one
hint: --like USERNAME copies the rows of a user
hint: --signals lets the application's own receivers create them
""",
)

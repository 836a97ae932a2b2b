"""Weblate, a translation platform: receivers create a token, a profile, groups and subscriptions."""

IS_LIGHT = False
PYTHON = "3.12"
ENGINE = "postgres"

ENVIRONMENT = {"CI_BASE_DIR": "{folder}"}
# Its settings for tests need no Redis and no worker. Their weak password hasher is replaced.
SETTINGS = """
from weblate.settings_test import *
from django.conf.global_settings import PASSWORD_HASHERS
from application_database import DATABASES
"""
COMMANDS = [["-m", "django", "migrate", "--verbosity=0"]]

USERS = """
from weblate.auth.models import User

for name in ("alice", "bob"):
    User.objects.create_user(name, f"{name}@example.com", f"password of {name}", full_name=name)
User.objects.create_superuser("admin", "admin@example.com", "password of admin", full_name="admin")
"""
EXISTING, ADMIN, NEW = "alice", "admin", "{}"
DIFFERENT = {}
GIVEN = {}

HAS_OWN_HASHES = False
USER_TABLE, USERNAME_FIELD = "weblate_auth_user", "username"
TOKEN_TABLE, TOKEN_HEADER, API = "authtoken_token", "Token", "/api/users/"

PAGES = [
    "/",
    "/accounts/profile/",
    "/accounts/password/",
    "/user/{name}/",
    "/projects/",
    "/api/",
    "/api/users/",
    "/api/users/{name}/",
    "/api/users/{name}/notifications/",
    "/api/projects/",
]
LISTS = [
    "/manage/users/",
    "/user/{name}/",
    "/api/users/",
    "/api/users/{name}/",
    "/admin/weblate_auth/user/",
    "/admin/weblate_auth/user/{pk}/change/",
]

PLAIN = (
    0,
    """
warning: nearly every user has a row in accounts_profile; the application may fail for a user without one
hint: --like USERNAME copies the rows of a user
hint: --signals lets the application's own receivers create them
warning: nearly every user is in the groups Users, Viewers
hint: --group Users --group Viewers
note: nearly every user has a token: --with-token creates one
""",
)

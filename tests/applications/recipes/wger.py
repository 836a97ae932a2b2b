"""wger, a workout manager: receivers create a profile and a row of a cache."""

IS_LIGHT = True
PYTHON = None
ENGINE = "sqlite"

ENVIRONMENT = {}
SETTINGS = """
from wger.settings_global import *
from application_database import DATABASES

SECRET_KEY = "a key of the tests"
SITE_URL = "http://localhost"
RECAPTCHA_PUBLIC_KEY = RECAPTCHA_PRIVATE_KEY = ""
MEDIA_ROOT = "media"
MEDIA_URL = "/media/"
# The scripts for browsers are not in the package.
COMPRESS_ENABLED = False
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
"""
FIXTURES = (
    "gym",
    "languages",
    "groups",
    "users",
    "licenses",
    "language_config",
    "gym_config",
    "gym-config",
    "gym-adminconfig",
)
COMMANDS = [
    ["-m", "django", "migrate", "--verbosity=0"],
    ["-m", "django", "loaddata", "--verbosity=0", *FIXTURES],
]

USERS = """
# The fixtures have an administrator.
from django.contrib.auth.models import User

for name in ("alice", "bob"):
    User.objects.create_user(name, f"{name}@example.com", f"password of {name}")
"""
EXISTING, ADMIN, NEW = "alice", "admin", "{}"
DIFFERENT = {}
GIVEN = {}

HAS_OWN_HASHES = False
USER_TABLE, USERNAME_FIELD = "auth_user", "username"
TOKEN_TABLE, TOKEN_HEADER, API = "authtoken_token", "Token", "/api/v2/userprofile/"

PAGES = [
    "/en/dashboard",
    "/en/user/preferences",
    "/en/user/api-key",
    "/en/user/{pk}/overview",
    "/en/workout/overview",
    "/en/nutrition/overview/",
    "/en/weight/overview/",
    "/api/v2/userprofile/",
    "/api/v2/workout/",
]
LISTS = ["/en/user/list", "/en/user/{pk}/overview", "/en/user/{pk}/edit"]

PLAIN = (
    0,
    """
warning: nearly every user has a row in core_usercache, core_userprofile; the application may fail for a user without one
hint: --like USERNAME copies the rows of a user
hint: --signals lets the application's own receivers create them
""",
)

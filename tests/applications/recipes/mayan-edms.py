"""Mayan EDMS, a document management system: receivers create rows of options in many of its apps."""

IS_LIGHT = False
PYTHON = None
ENGINE = "sqlite"

ENVIRONMENT = {
    "MAYAN_MEDIA_ROOT": "{folder}/media",
    # This backend needs no index.
    "MAYAN_SEARCH_BACKEND": "mayan.apps.dynamic_search.backends.django.DjangoSearchBackend",
}
SETTINGS = """
from mayan.settings.base import *
from application_database import DATABASES

SECRET_KEY = "a key of the tests"
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_BROKER_URL = "memory://"
CELERY_RESULT_BACKEND = "cache+memory://"
"""
COMMANDS = [["-m", "django", "migrate", "--verbosity=0"]]

USERS = """
from django.contrib.auth.models import User

for name in ("alice", "bob"):
    User.objects.create_user(name, f"{name}@example.com", f"password of {name}")
User.objects.create_superuser("admin", "admin@example.com", "password of admin")
"""
EXISTING, ADMIN, NEW = "alice", "admin", "{}"
DIFFERENT = {}
GIVEN = {}

HAS_OWN_HASHES = False
USER_TABLE, USERNAME_FIELD = "auth_user", "username"
TOKEN_TABLE, TOKEN_HEADER, API = "authtoken_token", "Token", "/api/v4/users/current/"

PAGES = [
    "/home/",
    "/setup/",
    "/tools/",
    "/accounts/users/{pk}/",
    "/locales/user/{pk}/locale/",
    "/locales/user/{pk}/locale/edit/",
    "/messaging/messages/",
    "/api/v4/",
    "/api/v4/users/current/",
]
LISTS = [
    "/accounts/users/",
    "/accounts/users/{pk}/",
    "/locales/user/{pk}/locale/",
    "/api/v4/users/",
    "/api/v4/users/{pk}/",
]

PLAIN = (
    0,
    """
warning: nearly every user has a row in authentication_otp_userotpdata, locales_userlocaleprofile, \
user_management_useroptions; the application may fail for a user without one
hint: --like USERNAME copies the rows of a user
hint: --signals lets the application's own receivers create them
""",
)

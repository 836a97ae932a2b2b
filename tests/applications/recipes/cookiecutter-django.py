"""A project of cookiecutter-django, with login by email, argon2, and sign-up by allauth.

The template is not a package. It is cloned from the repository of its authors, or from the repository in
COOKIECUTTER_DJANGO.
"""

import os

from outcome import Failed, NotRun, call

IS_LIGHT = True
PYTHON = "3.12"
ENGINE = "postgres"

TEMPLATE = os.environ.get("COOKIECUTTER_DJANGO", "https://github.com/cookiecutter/cookiecutter-django")
COMMIT = "2d3b8809f288187b3014163a3310766b5f962cf9"
ANSWERS = [
    "project_name=example",
    "username_type=email",
    "rest_api=DRF",
    "mail_service=Other SMTP",
    "cloud_provider=None",
]


def prepare(application):
    """Creates the project without its hooks, which would install it."""
    template = application.folder / "template"
    known = {"cwd": application.folder, "env": application.environment | {"GIT_TERMINAL_PROMPT": "0"}}
    clone = ["timeout", "120", "git", "clone", "--quiet", TEMPLATE, template]
    call(clone, "the template cannot be cloned", NotRun, **known)
    call(["git", "-C", template, "checkout", "--quiet", COMMIT], "the template cannot be cloned", NotRun, **known)
    program = [application.python, "-m", "cookiecutter", "--no-input", "--accept-hooks", "no", template, *ANSWERS]
    call(program, "cookiecutter", Failed, **known)


ENVIRONMENT = {"DATABASE_URL": "sqlite://:memory:", "REDIS_URL": "redis://localhost"}
SETTINGS = """
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "example"))

from config.settings.base import *
from application_database import DATABASES

SECRET_KEY = "a key of the tests"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
"""
COMMANDS = [["-m", "django", "migrate", "--verbosity=0"]]

USERS = """
from django.test import Client
from example.users.models import User

for name in ("alice", "bob"):
    word = f"a passphrase of {name}"
    form = {"email": f"{name}@example.com", "password1": word, "password2": word}
    answer = Client().post("/accounts/signup/", form)
    assert answer.status_code == 302, answer.content.decode()
User.objects.create_superuser("admin@example.com", "a passphrase of admin")
"""
EXISTING, ADMIN, NEW = "alice@example.com", "admin@example.com", "{}@example.com"
DIFFERENT = {}
GIVEN = {}

HAS_OWN_HASHES = False
USER_TABLE, USERNAME_FIELD = "users_user", "email"
TOKEN_TABLE, TOKEN_HEADER, API = "authtoken_token", "Token", "/api/users/me/"

PAGES = [
    "/",
    "/users/~redirect/",
    "/users/~update/",
    "/users/{pk}/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/api/users/",
    "/api/users/me/",
]
LISTS = ["/admin/users/user/", "/admin/users/user/{pk}/change/", "/admin/account/emailaddress/"]

PLAIN = (0, "")

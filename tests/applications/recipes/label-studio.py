"""Label Studio: login by email; a receiver creates a token for each user, the sign-up an organization."""

IS_LIGHT = False
PYTHON = None
ENGINE = "postgres"

ENVIRONMENT = {
    "LABEL_STUDIO_BASE_DATA_DIR": "{folder}/data",
    # Otherwise new organizations reject tokens of authtoken.
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    # The login stores the time in the session, which the tests do not do.
    "INACTIVITY_SESSION_TIMEOUT_ENABLED": "0",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "COLLECT_ANALYTICS": "false",
}
SETTINGS = """
import os
import sys

import label_studio

sys.path.insert(0, os.path.dirname(label_studio.__file__))

# The settings import core.settings while they are loaded.
from core.settings.base import *
from core.settings.label_studio import *
from application_database import DATABASES
"""
COMMANDS = [["-m", "django", "migrate", "--verbosity=0"]]

USERS = """
from django.test import Client
from users.models import User

for name in ("admin", "alice", "bob"):
    client = Client()
    client.get("/user/signup/")
    form = {"email": f"{name}@example.com", "password": f"password of {name}", "allow_newsletters": "on"}
    form["csrfmiddlewaretoken"] = client.cookies["csrftoken"].value
    answer = client.post("/user/signup/", form)
    assert answer.status_code == 302, answer.content.decode()
User.objects.filter(email="admin@example.com").update(is_superuser=True, is_staff=True)
"""
EXISTING, ADMIN, NEW = "alice@example.com", "admin@example.com", "{}@example.com"
# Only its sign-up adds users to an organization. drfctl warns of that.
NO_MEMBER = "/api/users/{pk}/ for the administrator: 404, not 200"
DIFFERENT = {
    "signals": ["/api/users/{pk}/: 403, not 200", NO_MEMBER],
    "through": ["/api/users/{pk}/: 403, not 200", NO_MEMBER],
}
# drfctl warns that the others have a token.
GIVEN = {"like": ["--with-token", "--password-stdin"]}

HAS_OWN_HASHES = False
USER_TABLE, USERNAME_FIELD = "htx_user", "email"
TOKEN_TABLE, TOKEN_HEADER, API = "authtoken_token", "Token", "/api/current-user/whoami"

PAGES = [
    "/",
    "/user/account/",
    "/projects/",
    "/organization/",
    "/api/current-user/whoami",
    "/api/current-user/token",
    "/api/current-user/hotkeys/",
    "/api/users/",
    "/api/users/{pk}/",
    "/api/projects/",
    "/api/organizations/",
]
LISTS = [
    "/api/users/",
    "/api/users/{pk}/",
    "/api/organizations/1/memberships",
    "/admin/users/user/",
    "/admin/users/user/{pk}/change/",
]

PLAIN = (
    0,
    """
warning: every other user has a value in active_organization_id, allow_newsletters, custom_hotkeys; the new user has none
hint: --set active_organization_id=1 --set allow_newsletters=true --set custom_hotkeys='{}'
warning: nearly every user has a row in organizations_organizationmember; the application may fail for a user without one
hint: --like USERNAME copies the rows of a user
hint: --signals lets the application's own receivers create them
note: nearly every user has a token: --with-token creates one
""",
)

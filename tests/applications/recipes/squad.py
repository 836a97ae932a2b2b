"""SQUAD, a software quality dashboard: a receiver adds users to a group."""

IS_LIGHT = True
PYTHON = None
ENGINE = "sqlite"

ENVIRONMENT = {"XDG_DATA_HOME": "{folder}", "SQUAD_SITE_NAME": "squad"}
SETTINGS = """
import sys
import types

# At import, the application would download scripts for browsers.
setup = types.ModuleType("squad.frontend.setup")
setup.setup_staticfiles = lambda: None
sys.modules[setup.__name__] = setup

from squad.settings import *
from application_database import DATABASES
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
TOKEN_TABLE, TOKEN_HEADER, API = "authtoken_token", "Token", "/api/groups/"

PAGES = [
    "/",
    "/_/settings/",
    "/_/settings/profile/",
    "/_/settings/api-token/",
    "/_/settings/projects/",
    "/_/settings/subscriptions/",
    "/_/new-group/",
    "/api/",
    "/api/groups/",
    "/api/projects/",
]
LISTS = ["/admin/auth/user/", "/admin/auth/user/{pk}/change/", "/admin/authtoken/tokenproxy/"]

PLAIN = (
    0,
    """
warning: nearly every user is in the group squad
hint: --group squad
""",
)

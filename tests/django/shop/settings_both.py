"""The shop whose users have a unique username and log in with their unique email address."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "both"]  # noqa: F405
AUTH_USER_MODEL = "both.Person"

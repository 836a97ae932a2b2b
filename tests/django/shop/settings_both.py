"""The shop whose users have a unique username and log in with their unique e-mail address."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "both"]  # noqa: F405
AUTH_USER_MODEL = "both.Person"

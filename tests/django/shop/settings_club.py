"""The shop whose application has other rows for each user."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "club"]  # noqa: F405
AUTH_USER_MODEL = "club.User"

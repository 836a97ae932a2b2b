"""The shop with a custom user model as Django's documentation recommends: 64-bit primary key, `username`."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "accounts"]  # noqa: F405
AUTH_USER_MODEL = "accounts.User"

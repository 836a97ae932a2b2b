"""The shop whose user table has a name that must be quoted, and a text primary key."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "odd"]  # noqa: F405
AUTH_USER_MODEL = "odd.OddUser"

"""The shop whose users log in with their email address and have a UUID as primary key."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "people"]  # noqa: F405
AUTH_USER_MODEL = "people.EmailUser"

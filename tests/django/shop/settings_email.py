"""The shop whose users log in with their e-mail address and have a UUID key."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "people"]  # noqa: F405
AUTH_USER_MODEL = "people.EmailUser"

"""The shop whose users log in with an email address that may be missing."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "nullable"]  # noqa: F405
AUTH_USER_MODEL = "nullable.Organizer"

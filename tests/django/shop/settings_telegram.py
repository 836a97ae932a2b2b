"""The shop whose users log in with a number."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "telegram"]  # noqa: F405
AUTH_USER_MODEL = "telegram.Chatter"

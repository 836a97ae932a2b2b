"""The shop whose users log in with their email address; their username is not unique."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "mail"]  # noqa: F405
AUTH_USER_MODEL = "mail.Person"

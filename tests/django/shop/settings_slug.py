"""The shop whose users log in with a slug; their username is not unique."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "slug"]  # noqa: F405
AUTH_USER_MODEL = "slug.Member"

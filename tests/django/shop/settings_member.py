"""The shop whose user model is a multi-table child of another model."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "accounts", "member"]  # noqa: F405
AUTH_USER_MODEL = "member.Member"

"""The shop whose custom user model uses the table `auth_user`."""

from shop.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "kept"]  # noqa: F405
AUTH_USER_MODEL = "kept.User"

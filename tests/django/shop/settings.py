"""A project of `startproject` with DRF's tokens and the stock user table."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

SECRET_KEY = "only for tests"
DEBUG = False
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework.authtoken",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"


def database(place):
    """Returns the database settings for a path, or for the URL of a server."""
    url = urlsplit(str(place))
    if not url.netloc:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": place}
    if url.scheme == "mysql":
        import pymysql  # noqa: PLC0415

        # Django checks the version of MySQLdb, which PyMySQL replaces.
        pymysql.version_info = (2, 2, 7, "final", 0)
        pymysql.install_as_MySQLdb()
    else:
        from django.db.backends.postgresql.features import DatabaseFeatures  # noqa: PLC0415

        # This Django asks for 14. Applications on 13 use an older one, which makes the same tables.
        DatabaseFeatures.minimum_database_version = (13,)
    return {
        "ENGINE": f"django.db.backends.{'mysql' if url.scheme == 'mysql' else 'postgresql'}",
        "NAME": url.path.removeprefix("/"),
        "HOST": url.hostname,
        "PORT": url.port or "",
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
    }


DATABASES = {"default": database(os.environ.get("DRFCTL_TEST_DATABASE", Path.cwd() / "db.sqlite3"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A fast hasher, because the tests do not depend on its strength.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

"""Prints what drfctl needs of a Django settings module as JSON.

Imports that module alone: no application is loaded, no database is opened.
"""
import gzip
import importlib
import json
import os
import sys

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What the module prints must not get into the answer.
sys.path[:0] = [path for path in sys.argv[2:] if path]
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]
settings = importlib.import_module(sys.argv[1])
try:
    from django.conf import global_settings
except ImportError:
    global_settings = None


def setting(name, default):
    return getattr(settings, name, getattr(global_settings, name, default))


default = (setting("DATABASES", None) or {}).get("default") or {}
use_tz = bool(setting("USE_TZ", True))
name = default.get("NAME")
options = {}
for option, value in (default.get("OPTIONS") or {}).items():
    parts = value.items() if isinstance(value, dict) else [("", value)]  # As {"ssl": {"ca": …}}.
    for part, of_it in parts:
        if isinstance(of_it, (str, int, os.PathLike)):
            options[f"{option}_{part}".rstrip("_")] = str(of_it)


def text(key):
    return str(default.get(key) or "")


def password_list(path):
    """The passwords of a list, read as CommonPasswordValidator reads it."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return sorted({line.strip() for line in lines})
    except OSError:
        with open(path) as lines:
            return sorted({line.strip() for line in lines})


def password_validator(config):
    """A validator of AUTH_PASSWORD_VALIDATORS, with the options of Django's own ones."""
    options = dict(config.get("OPTIONS") or {})
    path = options.pop("password_list_path", None)
    return {
        "name": str(config["NAME"]),
        "min_length": options.pop("min_length", None),
        "max_similarity": options.pop("max_similarity", None),
        "user_attributes": options.pop("user_attributes", None),
        "passwords": path and password_list(path),
    }


# A connection has a zone of its own only where times are kept with one.
zone = (default.get("TIME_ZONE") or "UTC") if use_tz else setting("TIME_ZONE", "America/Chicago")
json.dump(
    {
        "engine": str(default.get("ENGINE") or ""),
        "name": None if name is None else os.fsdecode(name),
        "host": text("HOST"),
        "port": text("PORT"),
        "user": text("USER"),
        "password": text("PASSWORD"),
        "options": options,
        "time_zone": zone,
        "auth_user_model": str(setting("AUTH_USER_MODEL", "auth.User")),
        "default_auto_field": str(setting("DEFAULT_AUTO_FIELD", "django.db.models.AutoField")),
        "password_hashers": [str(hasher) for hasher in getattr(settings, "PASSWORD_HASHERS", ())],
        "password_validators": [password_validator(config) for config in setting("AUTH_PASSWORD_VALIDATORS", ())],
    },
    answer,
)

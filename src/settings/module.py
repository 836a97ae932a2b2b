"""Prints what drfctl needs of a Django settings module as JSON.

Imports that module alone: no application is loaded, no database is opened.
Arguments: the module, the alias of the database or nothing, folders to import from.
"""
import gzip
import importlib
import json
import math
import os
import sys

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What the module prints must not get into the answer.
module, alias, *folders = sys.argv[1:]
sys.path[:0] = [folder for folder in folders if folder]
os.environ["DJANGO_SETTINGS_MODULE"] = module
if os.environ.get("DJANGO_CONFIGURATION"):
    # As configurations.management does; the module's class becomes the settings.
    from configurations import importer

    importer.install()
    from django.conf import settings

    settings.DATABASES  # Raises what is wrong with the configuration.
    own = settings
else:
    own = importlib.import_module(module)
try:
    from django.conf import global_settings
except ImportError:
    global_settings = None


def setting(name, default):
    return getattr(own, name, getattr(global_settings, name, default))


databases = setting("DATABASES", None) or {}
database = databases.get(alias or "default") or {}
hashers = setting("PASSWORD_HASHERS", None)
use_tz = bool(setting("USE_TZ", True))
name = database.get("NAME")
options = {}
for option, value in (database.get("OPTIONS") or {}).items():
    parts = value.items() if isinstance(value, dict) else [("", value)]  # As {"ssl": {"ca": …}}.
    for part, of_it in parts:
        if isinstance(of_it, (str, int, os.PathLike)):
            options[f"{option}_{part}".rstrip("_")] = str(of_it)


def text(key):
    return str(database.get(key) or "")


def class_path(entry):
    """The dotted path of a class, which settings name or import."""
    return entry if isinstance(entry, str) else f"{getattr(entry, '__module__', '')}.{getattr(entry, '__name__', '')}"


def authentication_classes():
    """The DEFAULT_AUTHENTICATION_CLASSES of REST_FRAMEWORK, unless DRF's default counts."""
    rest_framework = setting("REST_FRAMEWORK", None)
    classes = rest_framework.get("DEFAULT_AUTHENTICATION_CLASSES") if isinstance(rest_framework, dict) else None
    return [class_path(entry) for entry in classes] if isinstance(classes, (list, tuple)) else None


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
    name = str(config["NAME"])
    known = {"name": name, "min_length": None, "max_similarity": None, "user_attributes": None, "passwords": None}
    if not name.startswith("django.contrib.auth.password_validation."):
        return known
    options = dict(config.get("OPTIONS") or {})
    try:
        if "min_length" in options:
            known["min_length"] = max(0, math.ceil(options["min_length"]))
        if "max_similarity" in options:
            known["max_similarity"] = float(options["max_similarity"])
        if "user_attributes" in options:
            known["user_attributes"] = [str(attribute) for attribute in options["user_attributes"]]
        if "password_list_path" in options:
            known["passwords"] = password_list(options["password_list_path"])
    except (OSError, TypeError, ValueError) as error:
        known["name"] = f"{name} ({type(error).__name__} in its OPTIONS)"
    return known


# A connection has a zone of its own only where times are kept with one.
zone = (database.get("TIME_ZONE") or "UTC") if use_tz else setting("TIME_ZONE", "America/Chicago")
json.dump(
    {
        "aliases": [str(name) for name, other in databases.items() if (other or {}).get("ENGINE")],
        "has_routers": bool(setting("DATABASE_ROUTERS", ())),
        "engine": str(database.get("ENGINE") or ""),
        "name": None if name is None else os.fsdecode(name),
        "host": text("HOST"),
        "port": text("PORT"),
        "user": text("USER"),
        "password": text("PASSWORD"),
        "options": options,
        "time_zone": zone,
        "auth_user_model": str(setting("AUTH_USER_MODEL", "auth.User")),
        "default_auto_field": str(setting("DEFAULT_AUTO_FIELD", "django.db.models.AutoField")),
        "installed_apps": [str(app) for app in setting("INSTALLED_APPS", ())],
        "authentication_classes": authentication_classes(),
        "password_hashers": hashers and [str(hasher) for hasher in hashers],
        "password_validators": [password_validator(config) for config in setting("AUTH_PASSWORD_VALIDATORS", ())],
    },
    answer,
)

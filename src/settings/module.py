"""Prints what drfctl needs of a Django settings module as JSON.

Imports that module alone: no application is loaded, no database is opened.
Arguments: the module, the alias of the database or nothing, folders to import from.
"""
import ast
import gzip
import importlib
import importlib.util
import json
import math
import os
import pkgutil
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
        elif option == "ssl" and of_it is not None:
            # An SSLContext, which drfctl cannot read.
            options[option] = type(of_it).__name__


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


# The apps whose migrations drfctl knows, by the paths that INSTALLED_APPS has of them.
paths = {label: f"django.contrib.{label}" for label in ("admin", "auth", "contenttypes", "sessions", "sites")}
paths["authtoken"] = "rest_framework.authtoken"


def places(path):
    """Where a package or module would be. Nothing is imported: only its top is looked up."""
    top, *rest = path.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    return [os.path.join(folder, *rest) for folder in (spec and spec.submodule_search_locations) or ()]


def dotted(node):
    """The names of an expression like `apps.AdminConfig`; none for any other."""
    if isinstance(node, ast.Attribute):
        names = dotted(node.value)
        return names and [*names, node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def extended(path, name):
    """The paths of the classes that a class of a module extends. The module is read, not run."""
    for place in places(path):
        for file in (f"{place}.py", os.path.join(place, "__init__.py")):
            if not os.path.isfile(file):
                continue
            with open(file, "rb") as source:
                body = ast.parse(source.read()).body
            imports = [node for node in body if isinstance(node, ast.ImportFrom) and node.module]
            names = {new.asname or new.name: f"{node.module}.{new.name}" for node in imports for new in node.names}
            classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == name]
            bases = [dotted(base) for node in classes for base in node.bases]
            return [".".join([names.get(first, first), *rest]) for first, *rest in filter(None, bases)]
    return []


def label(entry):
    """The label of the app of Django's or DRF's that an entry of INSTALLED_APPS installs: a package, an AppConfig, or
    an AppConfig of the application's own that extends one."""
    for known, path in paths.items():
        if entry == path or entry.startswith(f"{path}.apps."):
            return known
    module, _, name = entry.rpartition(".")
    if not name[:1].isupper():
        return None
    try:
        return next((own for own in map(label, extended(module, name)) if own), None)
    except (OSError, RecursionError, SyntaxError, ValueError):
        return None


def migrations(path):
    """The names of the migrations that the installed version of an app has, as MigrationLoader finds them."""
    folders = [os.path.join(place, "migrations") for place in places(path)]
    found = [module.name for module in pkgutil.iter_modules(folders) if not module.ispkg and module.name[0] not in "_~"]
    return found or None


def own_apps():
    """The apps of INSTALLED_APPS whose migrations are Django's or DRF's own."""
    found = dict.fromkeys(label(str(entry)) for entry in setting("INSTALLED_APPS", ()))
    moved = setting("MIGRATION_MODULES", {}) or {}
    return [{"label": app, "migrations": migrations(paths[app])} for app in found if app and app not in moved]


site_id = setting("SITE_ID", 1)
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
        "own_apps": own_apps(),
        "site_id": site_id if isinstance(site_id, int) else 1,
        "auth_user_model": str(setting("AUTH_USER_MODEL", "auth.User")),
        "default_auto_field": str(setting("DEFAULT_AUTO_FIELD", "django.db.models.AutoField")),
        "installed_apps": [str(app) for app in setting("INSTALLED_APPS", ())],
        "authentication_classes": authentication_classes(),
        "password_hashers": hashers and [str(hasher) for hasher in hashers],
        "password_validators": [password_validator(config) for config in setting("AUTH_PASSWORD_VALIDATORS", ())],
    },
    answer,
)

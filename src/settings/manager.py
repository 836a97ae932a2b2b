"""Creates and updates users through the application's own manager and save().

Arguments: the settings module, the umask, the alias of the database or nothing,
folders to import from. Standard input has the request, the output a line when the
transaction begins and then what became of each user, all as JSON.
"""
import json
import os
import sys

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What the application prints must not get into the answer.
os.umask(int(sys.argv[2]))  # What it creates has the permissions it would have.
alias = sys.argv[3] or "default"
sys.path[:0] = [path for path in sys.argv[4:] if path]
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]
request = json.load(sys.stdin)

import django

django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction

model = get_user_model()
manager = model._default_manager.db_manager(alias)
username_field = model._meta.get_field(model.USERNAME_FIELD)
columns = {}
for field in model._meta.concrete_fields:
    for known in (field.column, field.attname, field.name):
        columns[known.lower()] = field


class Refused(Exception):
    """A user who cannot be saved, with the kind of error."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def value_of(field, typed):
    if isinstance(field, models.BooleanField):
        typed = {"true": True, "yes": True, "false": False, "no": False}.get(typed.lower(), typed)
    elif typed == "" and field.null:
        return None
    elif isinstance(field, models.JSONField):
        typed = json.loads(typed)
    if field.is_relation:
        return field.target_field.to_python(typed)
    try:
        return field.clean(typed, None)
    except ValidationError as error:
        raise Refused("rejected", f"{field.name}: {' '.join(error.messages)}") from None


def values_of(user):
    values = {}
    for name, typed in user["columns"]:
        field = columns.get(name.lower())
        if field is None:
            raise Refused("rejected", f"the user model has no column {name}")
        values[field.attname] = value_of(field, typed)
    return values


def create(user, values):
    password = user["password"]
    named = {model.USERNAME_FIELD: username_field.clean(user["username"], None), **values}
    if values.get("is_superuser") and hasattr(manager, "create_superuser"):
        return manager.create_superuser(password=password, **named)
    if hasattr(manager, "create_user"):
        return manager.create_user(password=password, **named)
    created = model(**named)
    created.set_password(password)
    created.save(using=alias)
    return created


def update(existing, user, values):
    for name, value in values.items():
        setattr(existing, name, value)
    if user["sets_password"]:
        existing.set_password(user["password"])
    existing.save(using=alias)
    return existing


def save(user):
    """Returns what was done with a user, and the token's key."""
    username, values, groups = user["username"], values_of(user), []
    for name in user["groups"]:
        from django.contrib.auth.models import Group

        groups.append(Group.objects.using(alias).filter(name=name).first())
        if groups[-1] is None:
            raise Refused("rejected", f"group {name} does not exist")
    existing = model._base_manager.using(alias).filter(**{model.USERNAME_FIELD: username}).first()
    if user["password"] is not None and request["validates"]:
        validate_password(user["password"], existing or model(**{model.USERNAME_FIELD: username, **values}))
    if existing is None:
        outcome, saved = "Created", create(user, values)
    elif request["on_existing"] == "refuse":
        raise Refused("exists", f"user {username} exists already")
    elif request["on_existing"] == "keep":
        outcome, saved = "Existing", existing
    else:
        outcome, saved = "Updated", update(existing, user, values)
    if groups and outcome != "Existing":
        saved.groups.add(*groups)
    key = None
    if request["with_token"]:
        from rest_framework.authtoken.models import Token

        key = Token.objects.using(alias).get_or_create(user=saved)[0].key
    return {"outcome": outcome, "key": key, "is_active": bool(saved.is_active)}


def attempt(user):
    try:
        with transaction.atomic(using=alias):
            return save(user)
    except Refused as error:
        return {"kind": error.kind, "error": str(error)}
    except ValidationError as error:
        return {"kind": "rejected", "error": " ".join(error.messages)}
    except IntegrityError as error:
        return {"kind": "conflict", "error": f"the database refuses the user: {error}".splitlines()[0]}
    except Exception as error:
        return {"kind": "rejected", "error": f"the application refuses the user: {type(error).__name__}: {error}"}


class Stopped(Exception):
    """A user who cannot be saved where all are to be, or none."""


results = []
json.dump("begun", answer)
answer.write("\n")
answer.flush()
try:
    with transaction.atomic(using=alias):
        for user in request["users"]:
            results.append(attempt(user))
            if "error" in results[-1] and not request["keeps_going"]:
                raise Stopped
except Stopped:
    pass
json.dump(results, answer)
answer.write("\n")
answer.flush()

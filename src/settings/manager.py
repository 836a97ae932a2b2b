"""Creates and updates users through the application's own manager and save().

Arguments: the settings module, the umask, the alias of the database or nothing, the
seconds to wait for a lock, folders to import from. Standard input has the request,
the output a line when the transaction begins, then the result of each user, or why
none is saved, and then what failed after the commit, all as JSON.
"""
import inspect
import json
import os
import signal
import sys

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What the application prints must not get into the answer.
module, umask, alias, patience, *folders = sys.argv[1:]
alias = alias or "default"
request = json.load(sys.stdin.buffer)
load_application(module, umask, folders)

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import IntegrityError, InterfaceError, OperationalError, connections, models, transaction

connection = connections[alias]
if connection.vendor == "sqlite":
    connection.settings_dict.setdefault("OPTIONS", {})["timeout"] = float(patience)
model = get_user_model()
manager = model._default_manager.db_manager(alias)
username_field = model._meta.get_field(model.USERNAME_FIELD)
columns = {}
for field in model._meta.concrete_fields:
    for known in (field.column, field.attname):
        columns[known.lower()] = field


def say(line):
    answer.write(json.dumps(line) + "\n")
    answer.flush()


class Refused(Exception):
    """A user who cannot be saved, with the kind of error."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class MissingGroups(Exception):
    """A user whose groups do not exist."""

    def __init__(self, names):
        super().__init__()
        self.names = names


class Stopped(Exception):
    """Rolls back all users because one cannot be saved."""


def value_of(field, typed):
    if isinstance(field, models.BooleanField):
        typed = {"true": True, "yes": True, "false": False, "no": False}.get(typed.lower(), typed)
    elif typed == "" and field.null and (field.unique or not isinstance(field, models.TextField)):
        return None
    try:
        if isinstance(field, models.JSONField):
            typed = json.loads(typed)
        if field.is_relation:
            return field.target_field.to_python(typed)
        return field.clean(typed, None)
    except ValidationError as error:
        raise Refused("rejected", f"{field.column}: {' '.join(error.messages)}") from None
    except ValueError:
        raise Refused("rejected", f"{field.column}: Enter a valid JSON.") from None


def values_of(user):
    values = {}
    for name, typed in user["columns"]:
        field = columns.get(name.lower())
        if field is None:
            raise Refused("rejected", f"the user model has no column {name}")
        if field is username_field:
            raise Refused("rejected", f"column {name} is the username field; give its value as the argument USERNAME")
        values[field.attname] = value_of(field, typed)
    return values


def taken_by(function, values):
    """Those of the values that a function of the manager takes."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return values
    return {name: value for name, value in values.items() if name in [parameter.name for parameter in parameters]}


def create(user, values):
    username = username_field.clean(user["username"], None)
    values = {model.USERNAME_FIELD: username, **values}
    function = None
    if values.get("is_superuser") or (values.get("is_staff") and not hasattr(model, "is_superuser")):
        function = getattr(manager, "create_superuser", None)
    function = function or getattr(manager, "create_user", None)
    if function is None:
        created = model(**values)
        created.set_password(user["password"])
        created.save(using=alias)
    else:
        created = function(password=user["password"], **taken_by(function, values))
    others = {name: value for name, value in values.items() if name != model.USERNAME_FIELD}
    if any(getattr(created, name) != value for name, value in others.items()):
        update(created, others)
    if str(created.get_username()).casefold() != str(username).casefold():
        raise Refused("rejected", "the application saved the user by another name")
    return created


def update(existing, values):
    for name, value in values.items():
        setattr(existing, name, value)
    existing.save(using=alias)


def groups_of(user):
    """Returns the groups to join, which may be of the application's own model, and the
    names of those that were created."""
    if not user["groups"]:
        return [], []
    try:
        group_model = model._meta.get_field("groups").related_model
    except FieldDoesNotExist:
        raise Refused("rejected", f"the users of {model._meta.db_table} have no groups") from None
    groups, created, missing = [], [], []
    for name in user["groups"]:
        group = group_model._base_manager.using(alias).filter(name=name).first()
        if group is None and request["create_groups"]:
            group = group_model(name=name)
            try:
                group.full_clean()
            except ValidationError as error:
                raise Refused("rejected", f"group {name}: {' '.join(error.messages)}") from None
            group.save(using=alias)
            created.append(name)
        elif group is None:
            missing.append(name)
        groups.append(group)
    if missing:
        raise MissingGroups(missing)
    return groups, created


def save(user):
    """Returns what was done with a user, and the token's key."""
    username, values = user["username"], values_of(user)
    users = model._base_manager.using(alias).select_for_update()
    existing = users.filter(**{model.USERNAME_FIELD: username}).first()
    if existing is not None and request["on_existing"] == "refuse":
        raise Refused("exists", f"user {username} already exists")
    keeps = existing is not None and request["on_existing"] == "keep"
    groups, created_groups = ([], []) if keeps else groups_of(user)
    if user["password"] is not None and request["validates"]:
        validate_password(user["password"], existing or model(**{model.USERNAME_FIELD: username, **values}))
    if existing is None:
        outcome, saved = "Created", create(user, values)
    elif keeps:
        outcome, saved = "Existing", existing
    else:
        outcome, saved = "Updated", existing
        if model._meta.pk.attname in values:
            raise Refused("rejected", f"the column {model._meta.pk.column} is the primary key, which cannot be changed")
        if user["sets_password"]:
            saved.set_password(user["password"])
        update(saved, values)
    if groups:
        saved.groups.add(*groups)
    key = None
    if request["with_token"]:
        from rest_framework.authtoken.models import Token

        key = Token.objects.using(alias).get_or_create(user=saved)[0].key
    return {
        "outcome": outcome,
        "key": key,
        "is_active": bool(saved.is_active),
        "created_groups": created_groups,
    }


def check_constraints():
    """Checks deferred constraints after each user: an error of the commit does not name one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def attempt(user):
    try:
        with transaction.atomic(using=alias):
            saved = save(user)
            check_constraints()
            return saved
    except (OperationalError, InterfaceError):
        raise  # The database failed, not this user's data.
    except Refused as error:
        return {"kind": error.kind, "error": str(error)}
    except MissingGroups as error:
        return {"missing_groups": error.names}
    except ValidationError as error:
        return {"kind": "rejected", "error": " ".join(error.messages)}
    except IntegrityError as error:
        return {"kind": "conflict", "error": f"the database rejected the user: {in_one_line(error)}"}
    except Exception as error:
        return {"kind": "rejected", "error": f"the application rejected the user: {in_one_line(error)}"}


def kind_of(error):
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, IntegrityError):
        return "conflict"
    if not isinstance(error, (OperationalError, InterfaceError)):
        return "rejected"
    words = str(error).lower()
    is_locked = any(word in words for word in ("locked", "lock wait", "deadlock", "could not serialize", "lock timeout"))
    return "busy" if is_locked else "unusable"


results = []
is_committed = False


def commit():
    """Runs first after the commit: what the application runs then may fail."""
    global is_committed
    is_committed = True
    say(results)
    signal.signal(signal.SIGINT, signal.default_int_handler)


say("begun")
try:
    with transaction.atomic(using=alias):
        transaction.on_commit(commit, using=alias)
        for user in request["users"]:
            results.append(attempt(user))
            if "outcome" not in results[-1] and not request["keeps_going"]:
                raise Stopped
        # The commit is not interrupted: its outcome would be unknown.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
except Stopped:
    say(results)
except BaseException as error:
    if is_committed:
        say({"kind": "after", "error": in_one_line(error)})
    else:
        say({"kind": kind_of(error), "error": in_one_line(error)})

"""Prints the user model of a Django application as JSON: its table, the column of
its USERNAME_FIELD, and what only the code says of its fields.

Loads the application, as its manage.py would. No database is opened.
"""
import datetime
import decimal
import json
import os
import sys

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What the application prints must not get into the answer.
module, umask, *folders = sys.argv[1:]
load_application(module, umask, folders)

from django.contrib.auth import get_user_model
from django.db import models


# The types whose text is read as the same value.
PLAIN = (str, int, float, decimal.Decimal, datetime.date, datetime.time)


def text(field, value):
    """A value as it is typed; None if it has no such form."""
    if isinstance(field, models.JSONField):
        return None if value is None else json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, PLAIN) else None


def default(field):
    """The default of a field, unless it is another one each time."""
    if not field.has_default():
        return None
    value = field.get_default()
    return text(field, value) if value == field.get_default() else None


model = get_user_model()
username = model._meta.get_field(model.USERNAME_FIELD)
fields = []
for field in model._meta.concrete_fields:
    choices = [text(field, value) for value, _ in field.flatchoices or []]
    fields.append({
        "column": field.column,
        "default": default(field),
        "choices": [choice for choice in choices if choice is not None],
        "is_required": field.name in model.REQUIRED_FIELDS,
        "precision": [field.max_digits, field.decimal_places] if isinstance(field, models.DecimalField) else None,
    })
json.dump({"table": model._meta.db_table, "username": username.column, "fields": fields}, answer)

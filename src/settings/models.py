"""Prints the user model of a Django application as JSON: its table, and the
column of its USERNAME_FIELD.

Loads the application, as its manage.py would. No database is opened.
"""
import json
import os
import sys

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What the application prints must not get into the answer.
os.umask(int(sys.argv[2]))  # What it creates has the permissions it would have.
sys.path[:0] = [path for path in sys.argv[3:] if path]
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]

import django

django.setup()

from django.contrib.auth import get_user_model

model = get_user_model()
username = model._meta.get_field(model.USERNAME_FIELD)
json.dump({"table": model._meta.db_table, "username": username.column}, answer)

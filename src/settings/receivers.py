"""Runs the application's post_save receivers for users who were created.

Arguments: the settings module, the umask, the alias of the database or nothing,
folders to import from. Standard input has the usernames, the output what failed,
both as JSON.
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
usernames = json.load(sys.stdin)

import django

django.setup()

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_save

model = get_user_model()
failures = []
for username in usernames:
    try:
        user = model._base_manager.using(alias).get(**{model.USERNAME_FIELD: username})
        with transaction.atomic(using=alias):
            post_save.send(sender=model, instance=user, created=True, update_fields=None, raw=False, using=alias)
    except Exception as error:
        failures.append({"username": username, "error": f"{type(error).__name__}: {error}".strip()})
json.dump(failures, answer)

"""Runs the application's post_save receivers for users who were created.

Arguments: the settings module, the umask, the alias of the database or nothing,
folders to import from. The output has a line once the application is loaded. Then
standard input has the usernames, and the output a line for each, all as JSON.
"""
import json
import os
import sys

answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # What the application prints must not get into the answer.
module, umask, alias, *folders = sys.argv[1:]
alias = alias or "default"
load_application(module, umask, folders)

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models.signals import post_save

model = get_user_model()


def say(line):
    answer.write(json.dumps(line) + "\n")
    answer.flush()


def run(username):
    """Returns what failed, and whether that is undone."""
    is_written = False
    try:
        with transaction.atomic(using=alias):
            user = model._base_manager.using(alias).get(**{model.USERNAME_FIELD: username})
            post_save.send(sender=model, instance=user, created=True, update_fields=None, raw=False, using=alias)
            is_written = True
    except (Exception, SystemExit) as error:
        # What runs after the commit may fail, too.
        return {"error": in_one_line(error), "is_undone": not is_written}
    return {"error": None, "is_undone": False}


say("ready")
for username in json.load(sys.stdin.buffer):
    say(run(username))

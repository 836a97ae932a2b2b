"""Runs inside an application: answers requests, one JSON object per line, until its input ends."""

import json
import os
import sys
import traceback
import warnings

warnings.simplefilter("ignore")
# The application may print to standard output.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import django

django.setup()

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

settings.ALLOWED_HOSTS = ["*"]


def show(**known):
    """Logs why a page failed."""
    traceback.print_exc()


got_request_exception.connect(show)


def user_of(name):
    return get_user_model()._default_manager.get_by_natural_key(name)


def visit(user, pages, of=None):
    """Returns the status of each page for a user, and its redirect; `of` is the user that the pages show."""
    about = user_of(of or user)
    client = APIClient(raise_request_exception=False)
    try:
        client.force_login(user_of(user))
    except Exception:
        traceback.print_exc()
        return ["no login"] * len(pages)
    # An API may accept only tokens.
    client.force_authenticate(user_of(user))
    seen = []
    for page in pages:
        names = {"pk": str(about.pk), "name": about.get_username()}
        try:
            answer = client.get(page.format(**names), HTTP_ACCEPT="text/html,application/json")
        except Exception:
            # The error page failed, too.
            traceback.print_exc()
            seen.append("500")
            continue
        location = answer.headers.get("Location", "")
        for key, value in names.items():
            location = location.replace(f"/{value}", f"/{{{key}}}")
        seen.append(f"{answer.status_code} {location}".strip())
    return seen


def log_in(user, password):
    """Returns whether the application's own backends accept a password."""
    request = RequestFactory().post("/")
    request.session = Client().session
    found = authenticate(request, **{get_user_model().USERNAME_FIELD: user, "password": password})
    return found is not None and found.pk == user_of(user).pk


def use_token(page, header):
    return Client(raise_request_exception=False).get(page, HTTP_AUTHORIZATION=header).status_code


def set_password(user, password):
    found = user_of(user)
    found.set_password(password)
    found.save()


def delete(user):
    found = user_of(user)
    try:
        with transaction.atomic():
            found.delete()
    except Exception:
        # The application's own deletion may need a service that is not installed.
        traceback.print_exc()
        rows = type(found)._base_manager.filter(pk=found.pk)
        rows._raw_delete(rows.db)


def run(code):
    exec(code, {})


REQUESTS = {each.__name__: each for each in (visit, log_in, use_token, set_password, delete, run)}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"answer": REQUESTS[request.pop("request")](**request)}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)

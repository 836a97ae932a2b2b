"""Fills the freshly migrated database of the settings in force with the users of the tests."""

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402

User = get_user_model()
label = User._meta.label
if label == "people.EmailUser":
    for name in ("alice", "bob"):
        User.objects.create_user(f"{name}@example.com", "secret")
elif label == "odd.OddUser":
    for number, name in enumerate(("alice", "bob", "ina"), 1):
        user = User(code=f"U-{number:03}", handle=name, is_active=name != "ina")
        user.set_password("secret")
        user.save()
else:
    for name in ("alice", "bob", "ina"):
        User.objects.create_user(name, f"{name}@example.com", "secret", is_active=name != "ina")

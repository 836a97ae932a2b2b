"""Creates the test users in a migrated database of the current settings."""

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
elif label == "mail.Person":
    for name in ("alice", "bob"):
        User.objects.create_user(name, f"{name}@example.com", "secret")
    # Another user's address, which is not in this user's username field.
    User.objects.create_user("alice@example.com", "mallory@example.com", "secret")
elif label == "both.Person":
    for name in ("alice", "bob"):
        User.objects.create_user(name, f"{name}@example.com", "secret")
    User.objects.create_user("bob@example.com", "carol@example.com", "secret")
elif label == "telegram.Chatter":
    for number in (1, 42):
        user = User(telegram_id=number)
        user.set_password("secret")
        user.save()
elif label == "slug.Member":
    for name in ("alice", "bob"):
        user = User(username="Member", slug=name)
        user.set_password("secret")
        user.save()
elif label == "nullable.Organizer":
    for email in ("alice@example.com", "bob@example.com", None, None):
        user = User(email=email)
        user.set_password("secret")
        user.save()
else:
    for name in ("alice", "bob", "ina"):
        User.objects.create_user(name, f"{name}@example.com", "secret", is_active=name != "ina")

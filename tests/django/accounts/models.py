"""A user model as Django's documentation recommends for new projects."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    pass

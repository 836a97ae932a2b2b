"""A user model as Django's documentation advises for every new project."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    pass

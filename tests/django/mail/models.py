"""Users who log in with their email address and have a username that is not unique."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    username = models.CharField(max_length=150)
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username"]

"""Users who log in with their email address, and whose username is unique as well."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["username"]

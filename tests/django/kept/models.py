"""A custom user model that uses the table of Django's model."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    first_name = models.CharField(max_length=30, blank=True)
    phone = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "auth_user"

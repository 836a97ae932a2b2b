"""Users who log in with an email address that may be missing."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Organizer(AbstractBaseUser):
    email = models.EmailField(unique=True, null=True)

    USERNAME_FIELD = "email"
    objects = BaseUserManager()

"""Users who log in with a slug and have a username that is not unique."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Member(AbstractBaseUser):
    username = models.CharField(max_length=30)
    slug = models.CharField(max_length=30, unique=True)

    USERNAME_FIELD = "slug"
    objects = BaseUserManager()

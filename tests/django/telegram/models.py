"""Users who log in with a number."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Chatter(AbstractBaseUser):
    telegram_id = models.BigIntegerField(unique=True)

    USERNAME_FIELD = "telegram_id"
    objects = BaseUserManager()

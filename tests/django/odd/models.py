"""Users in a table whose every name must be quoted."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class OddUser(AbstractBaseUser):
    code = models.CharField(max_length=20, primary_key=True, db_column="Code Name")
    handle = models.CharField(max_length=60, unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "handle"
    objects = BaseUserManager()

    class Meta:
        # Django does not double a quote within a name, so it is written doubled here:
        # the table is called `Odd "User" Table`.
        db_table = 'Odd ""User"" Table'

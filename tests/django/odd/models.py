"""Users in a table whose names all must be quoted."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class OddUser(AbstractBaseUser):
    code = models.CharField(max_length=20, primary_key=True, db_column="Code Name")
    handle = models.CharField(max_length=60, unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "handle"
    objects = BaseUserManager()

    class Meta:
        # Django does not double a quote inside a name, so it is doubled here. The name of the table
        # is `Odd "User" Table`.
        db_table = 'Odd ""User"" Table'

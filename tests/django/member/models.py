"""Members: a concrete user model with another table, whose primary key is the parent's.

The parent is not Django's own `User`: a model cannot replace the one that it inherits from.
"""

from accounts.models import User
from django.db import models


class Member(User):
    nickname = models.CharField(max_length=60, blank=True)

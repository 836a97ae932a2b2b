"""Users with a column of each type. The application's receivers create a profile, a group and a
token for each new user."""

import uuid

from django.contrib.auth.models import AbstractUser, Group
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from rest_framework.authtoken.models import Token


class User(AbstractUser):
    language = models.CharField(
        max_length=8, default="en", choices=[("en", "English"), ("de", "German"), ("fr", "French")]
    )
    bio = models.TextField(blank=True)
    is_verified = models.BooleanField()
    joined_club = models.DateTimeField(auto_now_add=True)
    balance = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    birthday = models.DateField(null=True)
    wakes_at = models.TimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    height = models.FloatField(null=True)
    card = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    choices = models.JSONField(null=True)
    level = models.SmallIntegerField(null=True)
    points = models.PositiveIntegerField(null=True)
    nickname = models.CharField(max_length=20, null=True, unique=True)
    # django-polymorphic stores the model of a row like this.
    kind = models.ForeignKey(ContentType, models.CASCADE, null=True, editable=False)

    def save(self, *args, **kwargs):
        if self.is_verified is None:
            self.is_verified = False
        if self.kind_id is None:
            self.kind = ContentType.objects.get_for_model(type(self))
        super().save(*args, **kwargs)


class Profile(models.Model):
    user = models.OneToOneField(User, models.CASCADE)
    locale = models.CharField(max_length=8)
    # Different for each user, like keys and addresses.
    calendar = models.UUIDField(null=True, unique=True)
    feed_token = models.CharField(max_length=40, blank=True)


class Team(models.Model):
    name = models.CharField(max_length=40, unique=True)


class Membership(models.Model):
    """Each user is in several teams."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, models.CASCADE)
    team = models.ForeignKey(Team, models.CASCADE)
    joined = models.DateTimeField(auto_now_add=True)


class Visit(models.Model):
    """A log: each user has rows, but a new user needs none."""

    user = models.ForeignKey(User, models.CASCADE)
    page = models.CharField(max_length=40)


class Badge(models.Model):
    """Few users have one."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True)
    title = models.CharField(max_length=40)


@receiver(post_save, sender=User)
def welcome(instance, created, **kwargs):
    if not created:
        return
    if instance.username == "unlucky":
        raise ValueError("no room for this user")
    Profile.objects.create(user=instance, locale=instance.language)
    instance.groups.add(Group.objects.get_or_create(name="members")[0])
    Token.objects.create(user=instance)
    for team in ("red", "blue"):
        Membership.objects.create(user=instance, team=Team.objects.get_or_create(name=team)[0])

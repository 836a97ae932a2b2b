//! Queries of Django's ORM for the tests of lists and filters.

/// Python functions that return users and tokens as `list` prints them.
pub(crate) const ORM: &str = r#"
import datetime, zoneinfo
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import identify_hasher
from django.db.models import F, Q
from rest_framework.authtoken.models import Token
User = get_user_model()
UTC = datetime.timezone.utc
def moment(value):
    if value is None:
        return None
    if not settings.USE_TZ:
        value = value.replace(tzinfo=zoneinfo.ZoneInfo(settings.TIME_ZONE))
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
def of_both(user):
    return {
        "username": user.get_username(),
        "active": user.is_active,
        "staff": getattr(user, "is_staff", None),
        "superuser": getattr(user, "is_superuser", None),
        "last_login": moment(user.last_login),
    }
def of_token(token):
    return of_both(token.user) | {"key": token.key, "created": moment(token.created)}
def of_user(user):
    return of_both(user) | {
        "email": getattr(user, "email", None),
        "date_joined": moment(getattr(user, "date_joined", None)),
        "has_token": Token.objects.filter(user=user).exists(),
        "password": identify_hasher(user.password).algorithm if user.has_usable_password() else "unusable",
    }
"#;

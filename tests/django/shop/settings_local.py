"""The shop that keeps naive local time."""

from shop.settings import *  # noqa: F403

USE_TZ = False
TIME_ZONE = "Europe/Berlin"

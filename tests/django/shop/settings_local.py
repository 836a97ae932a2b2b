"""The shop that stores naive local times."""

from shop.settings import *  # noqa: F403

USE_TZ = False
TIME_ZONE = "Europe/Berlin"

"""The cast, for stories of routing."""

from tests.cast_fixtures import *  # noqa: F403

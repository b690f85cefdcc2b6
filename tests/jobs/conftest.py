"""The cast, for stories of jobs."""

from tests.cast_fixtures import *  # noqa: F403

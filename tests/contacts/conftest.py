from tests.cast_fixtures import *  # noqa: F403

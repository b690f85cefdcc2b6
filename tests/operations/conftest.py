from tests.cast_fixtures import cast

__all__ = ["cast"]

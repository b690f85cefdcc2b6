from __future__ import annotations

import pytest

from accounts.models import Role, User
from tests.browser import someone
from tests.cast import Cast
from tests.cast_fixtures import *  # noqa: F403
from tests.input.raw import Caller
from tests.realtime.conftest import Web, listen, web, world  # noqa: F401  (fixtures)
from tests.realtime.world import sign_in


@pytest.fixture
def ada(cast: Cast) -> User:
    """An administrator of the cast's organisation."""
    return someone(cast, Role.ADMINISTRATOR, name="Ada Sossou")


@pytest.fixture
def caller(web: Web, ada: User) -> Caller:  # noqa: F811
    """Ada, signed in at a real web process, writing bytes."""
    return Caller(web, sign_in(ada))

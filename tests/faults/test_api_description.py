"""Many questions to every operation of the API and long sequences of them; tests/gates asks a few (FAULT_SEEDS)."""

from __future__ import annotations

import os

import pytest

from tests.gates.conftest import company, made_company  # noqa: F401  (fixtures)
from tests.gates.test_description import test_every_answer_is_one_that_the_description_tells_of  # noqa: F401
from tests.gates.test_sequences import test_whatever_follows_what_the_answers_are_as_described  # noqa: F401

pytestmark = pytest.mark.skipif(os.environ.get("FAULT_SEEDS", "1") == "1", reason="asked by the unit tests already")

"""The shared vectors: the composer in the browser is held to the same file."""

import json
from pathlib import Path

import pytest

from channels_sms.text import parts

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "segments.json").read_text())


@pytest.mark.needs("BUS-011", part="counting")
@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_text_weighs_what_the_shared_vector_says(vector):
    plan = parts.plan(vector["text"])
    assert (plan.encoding, plan.units, plan.parts) == (vector["encoding"], vector["units"], vector["parts"])
    assert len(parts.split(vector["text"], reference=7)) == vector["parts"]

"""What a provider posts has one meaning, or is refused before anything of it is looked at."""

from __future__ import annotations

import pytest

from channels_sms.called import JSON, read_json
from common.nesting import DEEPEST
from conversations.adapters import WebhookRefused, WebhookRequest


def posted(body: str) -> WebhookRequest:
    return WebhookRequest(
        "texts", "POST", "https://desk.example/webhooks/l/texts", {"content-type": JSON}, body.encode()
    )


def nested(levels: int) -> str:
    """An object whose value stands inside so many lists and objects, itself counted."""
    return '{"a":' + "[" * (levels - 1) + "1" + "]" * (levels - 1) + "}"


def test_lists_and_objects_stand_inside_each_other_so_deep_and_no_deeper():
    deepest = DEEPEST - 1  # the value within counts as a level
    assert read_json(posted(nested(deepest)))
    with pytest.raises(WebhookRefused) as refused:
        read_json(posted(nested(deepest + 1)))
    assert refused.value.code == "too_deep"


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, '{"a":1e999}', '{"a":NaN}', "[]", ""])
def test_what_is_no_object_of_json_is_refused(body):
    with pytest.raises(WebhookRefused) as refused:
        read_json(posted(body))
    assert refused.value.code == "unreadable"


def test_a_key_that_comes_twice_is_refused():
    with pytest.raises(WebhookRefused) as refused:
        read_json(posted('{"a":{"b":1,"b":2}}'))
    assert refused.value.code == "duplicate_key"

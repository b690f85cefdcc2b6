"""The lines that an agent reads before answering. All words come from the domain.

line 1   why the bot stepped aside; the subjects that came up; the values that were given
line 2   the subscriber's own last words
line 3   how he feels, where that is told (bots/mood/turns.py)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bots.embedded.domain import Domain, fill
from bots.embedded.spelling import clean

_LONGEST = 200

MOOD = "utter_summary_mood_"


def write(
    domain: Domain,
    *,
    reason: str,
    intents: Sequence[str],
    entities: Mapping[str, str],
    said: Sequence[str],
    given: Sequence[str] = (),
    more: Sequence[str] = (),
) -> str:
    """`intents` and `said`: newest last. `given`: details that stand before those of `entities`, in words already.
    `more`: sentences at the end of the first line."""
    first = [_sentence(domain, f"utter_summary_{reason}")]
    topics = [
        _sentence(domain, f"utter_topic_{intent}")
        for intent in dict.fromkeys(intents)
        if f"utter_topic_{intent}" in domain.responses
    ]
    if topics:
        first.append(fill(_sentence(domain, "utter_summary_topic"), {"topic": ", ".join(topics)}))
    details = list(given)
    details += [
        fill(_sentence(domain, f"utter_detail_{entity}"), {"value": value})
        for entity, value in entities.items()
        if f"utter_detail_{entity}" in domain.responses
    ]
    if details:
        first.append(fill(_sentence(domain, "utter_summary_details"), {"details": ", ".join(details)}))
    lines = [" ".join([*first, *more])]
    words = " / ".join(filter(None, (clean(text) for text in said)))
    if words:
        if len(words) > _LONGEST:
            words = "..." + words[-_LONGEST:]  # the end is what they want now
        lines.append(fill(_sentence(domain, "utter_summary_said"), {"asked": words}))
    return "\n".join(lines)


def mood(domain: Domain, label: str) -> str:
    """The line that says how the subscriber feels; "" for a mood of which the bot says nothing."""
    name = f"{MOOD}{label}"
    return _sentence(domain, name) if label and name in domain.responses else ""


def _sentence(domain: Domain, name: str) -> str:
    return domain.responses[name].variants(domain.home_language)[0]

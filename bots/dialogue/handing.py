"""What goes with a conversation that is handed to a person: what was asked, given and tried, over all its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.dialogue import values
from bots.dialogue.memory import Frame, Memory
from bots.dialogue.plan import Plan
from bots.embedded import summary
from bots.embedded.bot_files import BotFiles
from bots.embedded.domain import Domain, Signal, fill
from bots.turn import Handover

UNKNOWN = "?"
"""The value of a slot that the subscriber says he does not know."""

_MOST_INTENTS = 8


def told_more(
    handover: Handover,
    *,
    plan: Plan,
    files: BotFiles,
    memory: Memory,
    ended: Sequence[Frame],
    said: Sequence[str],
) -> Handover:
    """The handover with what the dialogue knows. `ended`: forms that end with it, beside those that wait in memory.
    `said`: the subscriber's last texts, this one last. In the bot's home language. What waits asks for its skills and
    its priority, too.
    """
    domain = files.domain
    language = domain.home_language
    frames = [*memory.stack, *ended]
    slots: dict[str, str] = dict(memory.slots)
    for frame in frames:
        slots.update(frame.slots)
    own = [plan.forms[frame.form].intent for frame in frames if frame.form in plan.forms]
    intents = list(dict.fromkeys([*own, *handover.intents]))[-_MOST_INTENTS:]
    given = [recap(plan, name, value, language) for name, value in slots.items() if name in plan.slots]
    tried = [topic for topic in dict.fromkeys(memory.topics) if topic not in intents]
    more = []
    if topics := _topics(domain, tried):
        more.append(fill(plan.talk["summary_tried"].variants(language)[0], {"topics": topics}))
    waiting = [plan.forms[frame.form].intent for frame in memory.stack if frame.form in plan.forms]
    if ended and (topics := _topics(domain, [one for one in waiting if one not in own[-1:]])):
        more.append(fill(plan.talk["summary_open"].variants(language)[0], {"topics": topics}))
    known = {name: value for name, value in slots.items() if value != UNKNOWN}
    digits = [_digits(value) for value in known.values()]
    kept = {
        name: value
        for name, value in handover.entities.items()
        # "dossier AB 12345" is no amount of 12345, whatever a pattern makes of it
        if name in known or not _digits(value) or not any(_digits(value) in one for one in digits)
    }
    kept.update((name, value) for name, value in known.items() if name in domain.entities)
    lines = summary.write(
        domain,
        reason=handover.reason,
        intents=intents,
        entities={name: value for name, value in handover.entities.items() if name in kept and name not in slots},
        said=said,
        given=given,
        more=more,
    )
    skills, priority = handover.skills, handover.priority
    for frame in memory.stack:
        signal = _signal_of(plan, files, frame)
        if signal is not None:
            skills, priority = (*skills, *signal.skills), max(priority, signal.priority)
    return replace(
        handover, summary=lines, intents=tuple(intents), entities=kept, skills=tuple(dict.fromkeys(skills)),
        priority=priority,
    )  # fmt: skip


def _signal_of(plan: Plan, files: BotFiles, frame: Frame) -> Signal | None:
    form = plan.forms.get(frame.form)
    if form is None or form.signal is not None:
        return form.signal if form else None
    return next((step.signal for step in files.rules.steps[form.intent, False] if step.signal is not None), None)


def recap(plan: Plan, name: str, value: str, language: str) -> str:
    """ "montant 3500 F" """
    slot = plan.slots[name]
    if value == UNKNOWN:
        shown = plan.talk["summary_unknown"].variants(language)[0]
    else:
        shown = values.shown(slot, value, language)
    return fill(slot.recap.variants(language)[0], {"value": shown})


def _digits(value: str) -> str:
    return "".join(filter(str.isdigit, value))


def _topics(domain: Domain, intents: Sequence[str]) -> str:
    return ", ".join(topic(domain, intent, domain.home_language) for intent in intents if has_topic(domain, intent))


def has_topic(domain: Domain, intent: str) -> bool:
    return f"utter_topic_{intent}" in domain.responses


def topic(domain: Domain, intent: str, language: str) -> str:
    return domain.responses[f"utter_topic_{intent}"].variants(language)[0]

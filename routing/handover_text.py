"""What is said at a handover: to the subscriber, how long it may take; to the agent, what has happened so far."""

from __future__ import annotations

from collections.abc import Sequence

from bots.turn import BotTurn, Turn
from routing.estimates import Estimate
from routing.ladder_words import span
from routing.turns import Talk

LONGEST = 500  # characters of a summary, as its column has it
_SAID, _TRIED = 180, 110

# Every sign of them is in GSM 03.38: one that is not would double what each of them costs.
_WAIT = {
    "fr": ("Un conseiller va vous répondre ici.", "Attente : environ {wait}, rarement plus de {longest}."),
    "en": ("An agent will answer you here.", "Wait: about {wait}, seldom more than {longest}."),
}
_SUMMARY = {
    "fr": {
        "keyword": "Un mot de la ligne demande une personne.", "vip": "Client à suivre de près.",
        "mood": "Le client s'impatiente.", "loop": "Le robot tournait en rond.",
        "unsure": "Le robot n'a pas compris.", "failed": "Le robot a échoué.",
        "asked": "Le client demande une personne.",
        "rule": "Le sujet revient à une personne.", "values": "Donné : {values}.", "said": "Client : « {words} »",
        "tried": "Robot : « {words} »", "negative": "Humeur : mécontent", "positive": "Humeur : content",
        "language": "Langue : {language}",
    },
    "en": {
        "keyword": "A word of the line asks for a person.", "vip": "A customer to look after.",
        "mood": "The customer is losing patience.", "loop": "The bot was going round in circles.",
        "unsure": "The bot did not understand.", "failed": "The bot failed.",
        "asked": "The customer asks for a person.",
        "rule": "The subject belongs to a person.", "values": "Given: {values}.", "said": "Customer: “{words}”",
        "tried": "Bot: “{words}”", "negative": "Mood: unhappy", "positive": "Mood: happy",
        "language": "Language: {language}",
    },
}  # fmt: skip
_LANGUAGES = {"fr": {"fr": "français", "en": "anglais"}, "en": {"fr": "French", "en": "English"}}


def with_wait(replies: Sequence[str], language: str, known: Estimate) -> tuple[str, ...]:
    """`replies` of a bot that hands over, the last of them with how long it may take, where that is known; where the
    bot says nothing, a sentence of ours: somebody will answer."""
    here, wait = _WAIT.get(language, _WAIT["fr"])
    told = ""
    if known.p50_s is not None and known.p90_s is not None:
        told = wait.format(wait=span(known.p50_s), longest=span(max(known.p50_s, known.p90_s)))
    if not replies:
        return (f"{here} {told}".strip(),)
    return (*replies[:-1], f"{replies[-1]} {told}".strip())


def summary(talk: Talk, turn: BotTurn, home: str) -> str:
    """Lines for the agent, in the line's language. The first two tell most: why, what was given, his own words; then
    what the bot has tried, his mood, his language. The engine's own first two stand where it wrote them."""
    words = _SUMMARY.get(home, _SUMMARY["fr"])
    if turn.handover is None:
        return ""
    lines = [line for line in turn.handover.summary.split("\n") if line.strip()][:2]
    if not lines:
        first = [words.get(turn.handover.reason, words["rule"])]
        values = ", ".join(turn.handover.entities.values())
        if values:
            first.append(words["values"].format(values=_cut(values, 80)))
        lines = [" ".join(first)]
        said = " / ".join(filter(None, (one.strip() for one in _his(talk))))
        if said:
            lines.append(words["said"].format(words=_end(" ".join(said.split()), _SAID)))
    tried = next((one.body for one in reversed(talk.history) if one.author == "bot"), "")
    if tried:
        lines.append(words["tried"].format(words=_cut(" ".join(tried.split()), _TRIED)))
    if turn.sentiment in ("negative", "positive"):
        lines.append(words[turn.sentiment])
    names = _LANGUAGES.get(home, _LANGUAGES["fr"])
    if turn.language and turn.language != home:
        lines.append(words["language"].format(language=names.get(turn.language, turn.language)))
    return "\n".join(lines)[:LONGEST]


def _his(talk: Talk) -> list[str]:
    earlier = [one.body for one in _of(talk.history, "contact")][-2:]
    return [*earlier, *talk.text.split("\n")]


def _of(history: Sequence[Turn], author: str) -> list[Turn]:
    return [one for one in history if one.author == author]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _end(text: str, longest: int) -> str:
    """The end is what he wants now."""
    return text if len(text) <= longest else f"...{text[3 - longest :]}"

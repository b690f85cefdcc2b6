"""Answering from an article where the bot itself has no answer. Pure: the caller has searched.

An article never takes the place of what the bot knows, of a person who was asked for, or of an opt-out. Its words are
quoted as they were approved: nothing is put together or filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.turn import NOT_ANSWERED, BotTurn
from knowledge.matching import Hit

ARTICLE = "article:"


def wants_article(turn: BotTurn) -> bool:
    """Whether the bot has nothing of its own to say: it has not understood, or it is no business of its files."""
    if turn.intent not in NOT_ANSWERED or turn.actions or turn.look_up is not None:
        return False
    return turn.handover is None or turn.handover.reason == "unsure"


def with_article(turn: BotTurn, hits: Sequence[Hit], *, threshold: float) -> BotTurn:
    """`turn`, or the answer of the best of `hits` in its place, if its score reaches `threshold`. `hits`: of what is
    approved and live, in the language of the turn, for this line; best first."""
    if not hits or not wants_article(turn):
        return turn
    best = hits[0]
    if best.score < threshold or not best.entry.answer:
        return turn
    return replace(
        turn,
        replies=(best.entry.answer,),
        intent=None,
        confidence=best.score,
        handover=None,
        source=f"{ARTICLE}{best.entry.article_id}",
        why=(*turn.why, f"{ARTICLE}{best.entry.key}"),
    )

"""What a text means: its language, its intent. Trained from the bot's phrases when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bots.embedded import features, trained
from bots.embedded.bot_files import BotFiles
from bots.errors import BotDataError


@dataclass(frozen=True, slots=True)
class Reading:
    """`intent` is None when not sure; `confidence` is that of the best guess either way."""

    intent: str | None
    confidence: float


_NOTHING = Reading(None, 0.0)


class Model:
    """Two classifiers over the same phrases. A phrase that stands in the files as it is needs no guess:
    "STOP" is certain, whatever the statistics say.
    """

    def __init__(self, files: BotFiles, memory: Path | None = None) -> None:
        """`memory`: a directory where what training made outlives the process."""
        self._files = files
        examples = files.nlu.examples
        typed = [files.spelling.words(example.text) for example in examples]
        meant = [
            files.spelling.meaning(words, example.language) for words, example in zip(typed, examples, strict=True)
        ]
        self._known: dict[str, str] = {}
        for words, example in zip(meant, examples, strict=True):
            if not words:
                raise _refusal(files, example.intent, f"the phrase {example.text!r} has no word")
            other = self._known.setdefault(" ".join(words), example.intent)
            if other != example.intent:
                raise _refusal(files, example.intent, f"the phrase {example.text!r} also stands under {other!r}")
        self.intents = trained.kept(
            memory and memory / f"{files.name}-intents.npz",
            [list(features.of_words(words)) for words in meant],
            [example.intent for example in examples],
        )
        self._only_language = files.languages[0] if len(files.languages) == 1 else ""
        if not self._only_language:
            self.languages = trained.kept(
                memory and memory / f"{files.name}-languages.npz",
                [list(features.of_words(words)) for words in typed],
                [example.language for example in examples],
            )

    def language(self, words: Sequence[str]) -> str | None:
        """None when the words could be of either language."""
        if not words:
            return None
        if self._only_language:
            return self._only_language
        guess = self.languages.guess(features.of_words(words))
        return guess.label if guess.confidence >= self._files.thresholds.language else None

    def intent(self, words: Sequence[str], language: str) -> Reading:
        return self._read(words, self._files.spelling.meaning(words, language))

    def first_intent(self, words: Sequence[str], language: str) -> Reading:
        """Of a conversation's first text: where nothing else is clear, "hello dear all" is a greeting."""
        reading = self.intent(words, language)
        if reading.intent is not None:
            return reading
        polite = self._read(words, self._files.spelling.meaning(words, language, courtesy=True))
        return polite if polite.intent is not None else reading

    def stands_for(self, words: Sequence[str], language: str) -> str | None:
        """The intent of a phrase that stands in the files as it is; None for any other."""
        return self._known.get(" ".join(self._files.spelling.meaning(words, language)))

    def _read(self, words: Sequence[str], meaning: Sequence[str]) -> Reading:
        if not words or all(word == "0" for word in words):
            return _NOTHING
        known = self._known.get(" ".join(meaning))
        if known is not None:
            return Reading(known, 1.0)
        guess = self.intents.guess(features.of_words(meaning))
        thresholds = self._files.thresholds
        sure = guess.confidence >= thresholds.confidence and guess.confidence - guess.runner_up >= thresholds.margin
        return Reading(guess.label if sure else None, guess.confidence)


def _refusal(files: BotFiles, intent: str, problem: str) -> BotDataError:
    return files.nlu.nodes[intent].refuse(problem)

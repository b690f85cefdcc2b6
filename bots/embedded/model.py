"""What a text means: its language, its intent. Trained from the bot's phrases when it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bots.embedded import features, trained
from bots.embedded.bot_files import BotFiles
from bots.embedded.classifier import Classifier
from bots.errors import BotDataError
from bots.figures import Judged
from bots.languages import OWN, Tongues, UnknownTongue
from bots.turn import NOT_ANSWERED, Reading

_NOTHING = Reading(None, 0.0)

_LANGUAGES = "languages"
"""Among the classifiers of a bot, that which tells its languages apart."""

_SHOWN = 0.95
"""From this confidence on a phrase shows its language."""

_MOST_TAUGHT = 6500
"""Phrases from which on no language borrows: training takes 4 bytes for any two of them."""


class Model:
    """A classifier of languages, and one of intents for each language: half the phrases each is a quarter of the
    work, and words that mean one thing in French and another in English ("pass", "on") stay apart. A phrase that
    stands in the files as it is needs no guess: "STOP" is certain, whatever the statistics say.
    """

    def __init__(self, files: BotFiles, memory: Path | None = None) -> None:
        """`memory`: a directory where what training made outlives the process.

        Raises BotDataError for phrases that no intent can be told from.
        """
        self._files = files
        self._only_language = files.languages[0] if len(files.languages) == 1 else ""
        try:
            self._tongues = Tongues(files.languages, OWN if self._only_language else files.told_by)
        except UnknownTongue as problem:
            raise BotDataError(f"{files.name}/bot.yml", "languages", str(problem)) from problem
        self._known: dict[str, dict[str, str]] = {}
        self.intents: dict[str, Classifier] = {}
        learnt = trained.recalled(memory, files)
        if learnt is None:
            learnt = self._learn(memory)
            trained.remember(memory, files, learnt)
        self._known = learnt.known
        classifiers = dict(learnt.classifiers)
        if not self._only_language:
            self.languages = classifiers.pop(_LANGUAGES)
        self.intents = classifiers

    def _learn(self, memory: Path | None) -> trained.Learnt:
        files, examples = self._files, self._files.nlu.examples
        typed = [files.spelling.words(example.text) for example in examples]
        meant = [
            files.spelling.meaning(words, example.language, courtesy=True)
            for words, example in zip(typed, examples, strict=True)
        ]
        self._known = {language: {} for language in files.languages}
        for words, example in zip(meant, examples, strict=True):
            if not words:
                raise _refusal(files, example.intent, f"the phrase {example.text!r} has no word")
            if _only_numbers(words):
                continue  # "1" alone is never understood, so no intent can claim it
            other = self._known[example.language].setdefault(" ".join(words), example.intent)
            if other != example.intent:
                raise _refusal(files, example.intent, f"the phrase {example.text!r} also stands under {other!r}")
        classifiers: dict[str, Classifier] = {}
        if not self._only_language:
            classifiers[_LANGUAGES] = self.languages = trained.kept(
                trained.place(memory, files, _LANGUAGES),
                [features.of_words(words) for words in typed],
                [example.language for example in examples],
                bayes_alone=True,
            )
        for language in files.languages:
            # Its own first: they alone are counted when it is said how well a language is understood.
            teaching = [(words, example.intent) for words, example in zip(meant, examples, strict=True)
                        if example.language == language]  # fmt: skip
            teaching += self._borrowed(typed, language)
            classifiers[language] = trained.kept(
                trained.place(memory, files, language),
                [features.of_words(words) for words, _ in teaching],
                [intent for _, intent in teaching],
            )
        return trained.Learnt(self._known, classifiers)

    def _borrowed(self, typed: Sequence[Sequence[str]], language: str) -> list[tuple[list[str], str]]:
        """Phrases of other languages that do not show their language ("sms", "ney yibeogo"): whoever writes so may
        be read in this one. They raise what is understood by a point, for a tenth more phrases.
        """
        if self._only_language:
            return []
        left_out = self.languages.left_out
        shown = np.where(left_out.best == left_out.right, left_out.confidence, 0.0)
        examples = self._files.nlu.examples
        room = _MOST_TAUGHT - sum(example.language == language for example in examples)
        borrowed: list[tuple[list[str], str]] = []
        for number in np.argsort(shown, kind="stable"):  # those that show it least first
            if len(borrowed) >= room or shown[number] >= _SHOWN:
                break
            if examples[number].language != language:
                meant = self._files.spelling.meaning(typed[number], language, courtesy=True)
                if " ".join(meant) not in self._known[language]:
                    borrowed.append((meant, examples[number].intent))
        return borrowed

    @property
    def accuracy(self) -> float:
        """Share of the bot's phrases understood when left out of training."""
        judged = [one for each in self.left_out().values() for one in each]
        return sum(one.meant == (None if one.read.best in NOT_ANSWERED else one.read.best) for one in judged) / len(
            judged
        )

    def left_out(self) -> dict[str, list[Judged]]:
        """By language: what was made of each phrase by the training that left it out."""
        threshold = self._files.thresholds.confidence
        own = Counter(example.language for example in self._files.nlu.examples)
        return {
            language: [
                Judged(
                    None if made.labels[right] in NOT_ANSWERED else made.labels[right],
                    Reading(made.labels[best] if sure >= threshold else None, sure, made.labels[best]),
                )
                for sure, best, right in zip(
                    made.left_out.confidence[: own[language]].tolist(),
                    made.left_out.best[: own[language]],
                    made.left_out.right[: own[language]],
                    strict=True,
                )
            ]
            for language, made in self.intents.items()
        }

    def language(self, words: Sequence[str]) -> str | None:
        """None when the words could be of either language."""
        if _only_numbers(words):
            return None
        if self._only_language:
            return self._only_language
        language, confidence = self.spoken(words)
        return language if confidence >= self._files.thresholds.language else None

    def spoken(self, words: Sequence[str]) -> tuple[str, float]:
        """The likeliest language, and how sure that is; of a bot with several."""
        shares, _ = self.languages.shares(features.of_words(words))
        own = dict(zip(self.languages.labels, shares.tolist(), strict=True))
        return self._tongues.best(" ".join(words), own)

    def intent(self, words: Sequence[str], language: str) -> Reading:
        if _only_numbers(words):
            return _NOTHING
        known = self.stands_for(words, language)
        if known is not None:
            return Reading(known, 1.0, known, ((known, 1.0),))
        meant = self._files.spelling.meaning(words, language, courtesy=True)
        guess = self.intents[language].guess(features.of_words(meant))
        thresholds = self._files.thresholds
        sure = guess.confidence >= thresholds.confidence and guess.confidence - guess.runner_up >= thresholds.margin
        if guess.strange and guess.label in NOT_ANSWERED:
            sure = False  # "xqzt" is not off topic: it is not understood, and asked about
        return Reading(guess.label if sure else None, guess.confidence, guess.label, guess.ranking)

    def stands_for(self, words: Sequence[str], language: str) -> str | None:
        """The intent of a phrase that stands in the files as it is, words of courtesy apart; None for any other.

        Its own language first, then the others: "stop" is a word of both.
        """
        for spoken in (language, *(other for other in self._known if other != language)):
            for courtesy in (True, False):
                phrase = " ".join(self._files.spelling.meaning(words, spoken, courtesy=courtesy))
                if phrase in self._known[spoken]:
                    return self._known[spoken][phrase]
        return None


def _only_numbers(words: Sequence[str]) -> bool:
    """Or nothing at all."""
    return all(word == "0" for word in words)


def _refusal(files: BotFiles, intent: str, problem: str) -> BotDataError:
    return files.nlu.nodes[intent].refuse(problem)

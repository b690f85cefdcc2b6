"""What a bot has to be better than: the most frequent intent for everything, and lists of keywords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bots.embedded.nlu import Example
from bots.embedded.spelling import words
from bots.turn import NOT_ANSWERED, Reading

_LIST = 30
"""Words to an intent: what somebody would still write down and look after."""

_SURE = 0.5


class Majority:
    def __init__(self, examples: Sequence[Example], language: str) -> None:
        counts = Counter(
            example.intent
            for example in examples
            if example.language == language and example.intent not in NOT_ANSWERED
        )
        self._intent = min(counts, key=lambda intent: (-counts[intent], intent))

    def read(self, _text: str) -> Reading:
        return Reading(self._intent, 1.0, self._intent)


class Keywords:
    """Each intent has the words that stand mostly in its own phrases; of several such words in a text the one
    that tells most decides, and a text without any is not answered.
    """

    def __init__(self, examples: Sequence[Example], language: str) -> None:
        in_phrases: Counter[str] = Counter()
        in_intent: dict[str, Counter[str]] = {}
        for example in examples:
            if example.language == language:
                present = set(words(example.text))
                in_phrases.update(present)
                in_intent.setdefault(example.intent, Counter()).update(present)
        self._meaning: dict[str, tuple[float, str]] = {}
        for intent, counts in sorted(in_intent.items()):
            # One phrase more in which it means something else, so that a word seen once proves little.
            telling = sorted(((count / (in_phrases[word] + 1), word) for word, count in counts.items()), reverse=True)
            for share, word in telling[:_LIST]:
                self._meaning[word] = max(self._meaning.get(word, (0.0, "")), (share, intent))

    def read(self, text: str) -> Reading:
        share, intent = max((self._meaning[word] for word in words(text) if word in self._meaning), default=(0.0, ""))
        return Reading(intent if share >= _SURE else None, share, intent)

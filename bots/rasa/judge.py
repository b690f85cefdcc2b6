"""What the classifier makes of phrases that training left out, and from which confidence on 97% of answers are right.

    python bots/rasa/judge.py bots/data/telecom [more folders]

Five folds; phrases that are nearly the same stay together, so that none is understood by its own copy. Two minutes a
bot. The threshold of config.yml is the highest that this says.
"""

import sys
import time
from pathlib import Path

import numpy as np

import palabre_softmax
from palabre_classifier import learn
from palabre_shared import NOT_ANSWERED, bot_files, features, folds, spelling

PRECISION = 0.97


def judge(folder: Path) -> None:
    files = bot_files.read(folder)
    examples = [(one.text, one.intent, one.language) for one in files.nlu.examples]
    fold_of = np.zeros(len(examples), dtype=int)
    for language in files.languages:  # one at a time: 4 bytes for any two phrases
        mine = [place for place, one in enumerate(examples) if one[2] == language]
        texts = [features.of_words(spelling.words(examples[place][0])) for place in mine]
        table = palabre_softmax.matrix(texts)[3]
        fold_of[mine] = folds.folds((table @ table.T).toarray(), 5)
    judged: list[tuple[str, float, bool, str]] = []
    for fold in range(5):
        begun = time.monotonic()
        reader = learn(files.spelling, [one for one, where in zip(examples, fold_of, strict=True) if where != fold])
        reader.known = {}
        for (text, intent, language), where in zip(examples, fold_of, strict=True):
            if where == fold:
                ranking, believed = reader.read(text, language)
                if ranking:
                    best, sure = ranking[0]
                    margin = sure - ranking[1][1]
                    judged.append((best, sure if believed and margin >= 0.08 else 0.0, best == intent, language))
        print(f"{folder.name} fold {fold}: {time.monotonic() - begun:.1f} s", flush=True)
    for language in files.languages:
        mine = [one for one in judged if one[3] == language]
        answers = sorted((one for one in mine if one[0] not in NOT_ANSWERED), key=lambda one: -one[1])
        needed, right = None, 0
        for number, one in enumerate(answers, start=1):
            right += one[2]
            if right >= PRECISION * number and one[1] > 0:
                needed, answered = one[1], number
        top1 = sum(one[2] for one in mine) / len(mine)
        said = f"97% from {needed:.3f} on, {answered / len(answers):.3f} answered" if needed else "97% nowhere"
        print(f"{folder.name} {language}: top1 {top1:.4f} of {len(mine)}; {said}", flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        judge(Path(name).resolve())

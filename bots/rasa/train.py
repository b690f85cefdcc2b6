"""Make a bot's model with the real Rasa, from the same files as the embedded engine.

    python bots/rasa/train.py BOT DIRECTORY       BOT: a folder of bots/data

The model is DIRECTORY/BOT-<hash>.tar.gz; the hash is of everything that it comes from, so that a model which is there
need not be made again. Its name is the last line of what this prints. Exit 1 where the bot's files cannot be honoured.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from palabre_shared import ROOT, BotDataError, bot_files

HERE = Path(__file__).resolve().parent


def sources(bot: str) -> "list[Path]":
    data = ROOT / "bots" / "data" / bot
    code = [*HERE.glob("palabre_*.py"), HERE / "config.yml", HERE / "requirements.lock", HERE / "train.py"]
    shared = [*(ROOT / "bots" / "embedded").glob("*.py"), ROOT / "bots" / "errors.py", ROOT / "bots" / "turn.py"]
    return sorted([*data.rglob("*.yml"), *code, *shared])


def digest(bot: str) -> str:
    made = hashlib.sha256()
    for path in sources(bot):
        made.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()[:12]


def main(bot: str, directory: str) -> int:
    begun = time.monotonic()
    folder = ROOT / "bots" / "data" / bot
    model = Path(directory).resolve() / f"{bot}-{digest(bot)}.tar.gz"
    if not model.exists():
        try:
            bot_files.read(folder)
        except (BotDataError, OSError) as error:
            print(error, file=sys.stderr)
            return 1
        model.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="palabre-rasa-") as place:
            code = _train(folder, Path(place))
            if code:
                return code
            made = Path(place) / "made" / "model.tar.gz"
            draft = model.with_suffix(f".{os.getpid()}")
            draft.write_bytes(made.read_bytes())
            draft.replace(model)  # whoever serves meanwhile sees the whole of it, or none
        print(f"trained in {time.monotonic() - begun:.1f} s")
    print(model)
    return 0


def _train(folder: Path, place: Path) -> int:
    words = ["train", "--config", str(HERE / "config.yml"), "--domain", str(folder / "domain.yml")]
    words += ["--data", str(folder / "nlu"), str(folder / "rules.yml")]
    words += ["--out", str(place / "made"), "--fixed-model-name", "model", "--force"]
    # bot_files.read has been stricter; Rasa's own validation takes 30 s, and minds sentences that the app asks for.
    words += ["--skip-validation", "--quiet"]
    own = {**os.environ, **QUIET, "BOT_FOLDER": str(folder), "RASA_CACHE_DIRECTORY": str(place / "cache")}
    own["PYTHONPATH"] = str(HERE)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "rasa", *words],
        cwd=place, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-4000:], file=sys.stderr)
    return done.returncode


QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # The same training to the last digit on every machine; and a server answers on one thread anyway.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

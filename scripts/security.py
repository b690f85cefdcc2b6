"""Security of the code and of what it stands on: `python scripts/security.py analysis|weaknesses|secrets`.

analysis     bandit over the packages; each finding that was looked at stands in ACCEPTED with the reason
weaknesses   pip-audit and npm audit of the locked packages, where their databases can be reached
secrets      no private key or token in a file of the repository
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from check import packages
from no_traces import files
from sections import BIN, ROOT

# Rules that ruff (S) asks already, each place with its own word, and that would only be asked twice.
RULES_OF_RUFF = {
    "B101": "asserts are for what cannot be",
    "B404": "subprocess is used",
    "B603": "commands are ours, never a user's",
    "B607": "programs are found on the PATH on purpose",
    "B311": "ruff asks at each place what the die is for",
}
# (rule, file): why it is no fault. One that is no longer found must go from here.
ACCEPTED = {
    ("B506", "bots/embedded/yaml_files.py"): "a safe loader, which also refuses double keys",
    ("B606", "bots/rasa/serve.py"): "it becomes the server; what is run is ours, and no shell is wanted",
    ("B108", "config/up/binaries.py"): "a fixed place on purpose, for copies of programs that are compared before use",
    ("B105", "config/up/children.py"): "the name of a variable, and an empty one",
    ("B105", "config/up/testing.py"): "the key of throw-away tests",
    ("B105", "simulator/accounts.py"): "a play operator's, which production refuses to start",
    ("B608", "conversations/row_marks.py"): "the name of a table or an alias, and it is ours",
    ("B608", "inbox/views.py"): "statements that Django has written, with their parameters apart",
    (
        "B608",
        "conversations/delivery_details.py",
    ): "the text is put together of our own constants; what is asked is a parameter",
    (
        "B608",
        "conversations/ported_files.py",
    ): "the text is put together of our own constants; what is asked is a parameter",
    (
        "B608",
        "conversations/rendering.py",
    ): "the text is put together of our own constants; what is asked is a parameter",
    (
        "B608",
        "conversations/sent_texts.py",
    ): "the text is put together of our own constants; what is asked is a parameter",
    ("B608", "accounts/signins.py"): "the text is put together of our own constants; what is asked is a parameter",
    ("B611", "accounts/session_store.py"): "a constant of our own, with no value in it",
    ("B608", "conversations/intake.py"): "a bound of our own is put in; what came from outside is a parameter",
    ("B608", "routing/deadline_watch.py"): "a bound of our own is put in; what came from outside is a parameter",
    ("B608", "routing/handling.py"): "the text is put together of our own constants",
    ("B608", "routing/offers.py"): "a condition of our own is put in; what came from outside is a parameter",
    ("B608", "routing/loads.py"): "the text is put together of our own constants; what is asked is a parameter",
    ("B608", "routing/silence.py"): "a condition of our own is put in; what came from outside is a parameter",
    ("B608", "supervision/history.py"): "the text is put together of our own constants; what is asked is a parameter",
}

SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{16}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{40}|\bxox[abprs]-[0-9A-Za-z-]{20}"
    r"|\bglpat-[\w-]{20}|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[A-Za-z0-9_-]{40}|\bsk_live_[0-9A-Za-z]{20}|\bSK[0-9a-f]{32}\b"
    r"|\bAIza[0-9A-Za-z_-]{35}|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|://[\w.-]+:(?!(?:password|secret|pw|x|y|s%40cret)@)[^\s:@/${}<>\"'`\\]{12,}@[\w-]+\.[\w.-]+"
)


def analysis() -> list[str]:
    done = subprocess.run(
        [str(BIN / "bandit"), "-q", "-r", *packages(), "-f", "json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return list(judged(json.loads(done.stdout)["results"]))


def judged(results: list[dict[str, Any]]) -> Iterator[str]:
    """The findings that nobody has accounted for, and the accounts that nothing needs any more."""
    found = {(one["test_id"], one["filename"].removeprefix("./")) for one in results}
    for one in results:
        where = (one["test_id"], one["filename"].removeprefix("./"))
        if one["test_id"] not in RULES_OF_RUFF and where not in ACCEPTED:
            yield f"{where[1]}:{one['line_number']}: {one['test_id']} {one['issue_text']}"
    for rule, name in sorted(ACCEPTED.keys() - found):
        yield f"{rule} is no longer found in {name}: take it out of ACCEPTED"


def weaknesses() -> list[str]:
    return [*_of_python(), *_of_the_front_end()]


def _of_python() -> list[str]:
    """One package is asked first: where the index has no word on weaknesses, the others are not asked."""
    lock = ROOT / "requirements.lock"
    first = re.search(r"^django==\S+", lock.read_text(), re.MULTILINE)
    assert first is not None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as one:
        one.write(first[0].rstrip(" \\") + "\n")
        one.flush()
        if _pip_audit(Path(one.name)) is None:
            print("pip-audit: its database is not reachable from here; nothing was compared")
            return []
    found = _pip_audit(lock)
    if found is None:
        print("pip-audit: its database stopped answering; nothing was compared")
    return found or []


def _pip_audit(lock: Path) -> list[str] | None:
    """The weaknesses of the packages in `lock`; None: the database has no answer."""
    command = [str(BIN / "pip-audit"), "-r", str(lock), "--no-deps", "--disable-pip", "--timeout", "5"]
    command += ["--progress-spinner", "off", "-f", "json"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
        packages_ = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    if all("skip_reason" in one for one in packages_):
        return None
    return [
        f"{one['name']} {one['version']}: {weakness['id']}, fixed in {weakness['fix_versions'] or 'no version yet'}"
        for one in packages_
        for weakness in one.get("vulns", ())
    ]


def _of_the_front_end() -> list[str]:
    try:
        done = subprocess.run(
            [str(BIN / "npm"), "audit", "--json"],
            cwd=ROOT / "frontend", capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        told = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError, FileNotFoundError):
        told = {}
    if "vulnerabilities" not in told:
        print("npm audit: its database is not reachable from here; nothing was compared")
        return []
    return [f"{name}: {one['severity']} ({one['range']})" for name, one in told["vulnerabilities"].items()]


def secrets() -> list[str]:
    found = []
    for path in files():
        try:
            found += list(keys_in(path.relative_to(ROOT).as_posix(), path.read_text()))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return found


def keys_in(name: str, text: str) -> Iterator[str]:
    for match in SECRETS.finditer(text):
        number = text.count("\n", 0, match.start()) + 1
        yield f"{name}:{number}: looks like a secret: {match[0][:12]}..."


def main(what: str) -> int:
    found = {"analysis": analysis, "weaknesses": weaknesses, "secrets": secrets}[what]()
    print(*found, sep="\n") if found else None
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

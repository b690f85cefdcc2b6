"""The operators that the simulator plays, and the people who hold its phones."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.behaviour import BadBehaviour, Behaviour

# Loopback only, refused in production: a name for the door of a toy, not a secret.
DEVELOPMENT_PASSWORD = "palabre"  # noqa: S105
CODES = ("1919", "3334")


class BadScript(ValueError):
    """The run's JSON file cannot be understood; the message says where."""


@dataclass(slots=True)
class Account:
    """One operator's contract with the service: how to bind, which numbers are its subscribers' (prefixes)."""

    id: str
    name: str
    password: str
    system_id: str = ""
    codes: tuple[str, ...] = CODES
    prefixes: tuple[str, ...] = ()
    message_ids: str = "decimal"  # or "hex", "HEX"
    behaviour: Behaviour = field(default_factory=Behaviour)

    def __post_init__(self) -> None:
        self.system_id = self.system_id or self.id


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    number: str


PEOPLE = (
    Person("Awa Sanogo", "2290197204518"),
    Person("Kossi Adjovi", "2290196331207"),
    Person("Fatoumata Ouédraogo", "22670418822"),
    Person("Rachidatou Alassane", "2290161557340"),
    Person("Koffi Mensah", "2290195880264"),
    Person("Ibrahim Sawadogo", "22654907713"),
    Person("Prisca Houngbédji", "2290194012986"),
    Person("Salif Kaboré", "22666235091"),
    Person("Nafissatou Barry", "22678340156"),
    Person("Cyrille Agossou", "2290193470825"),
)


def demo_accounts(password: str) -> dict[str, Account]:
    savane = Account(
        id="savane",
        name="Savane Mobile",
        password=password,
        prefixes=("2290197", "2290196", "2290161", "2290162", "2267", "22901"),
    )
    lagune = Account(
        id="lagune",
        name="Lagune Telecom",
        password=password,
        prefixes=("2290195", "2290194", "2290155", "2265", "2266", "226"),
        message_ids="hex",
    )
    harmattan = Account(
        id="harmattan",
        name="Harmattan Mobile",
        password=password,
        prefixes=("2290140", "2290141", "2290192", "2290193", "22658", "22668", "22678"),
        message_ids="HEX",
    )
    return {account.id: account for account in (savane, lagune, harmattan)}


def home_of(number: str, accounts: Mapping[str, Account]) -> Account:
    """The operator whose prefix is the longest that fits; the first operator serves numbers of nowhere."""
    best, length = next(iter(accounts.values())), 0
    for account in accounts.values():
        for prefix in account.prefixes:
            if number.startswith(prefix) and len(prefix) > length:
                best, length = account, len(prefix)
    return best


def read_script(path: Path, accounts: dict[str, Account]) -> int | None:
    """Apply a run's JSON file to `accounts`; its seed is returned, or None.

    {"seed": 7, "accounts": {"savane": {"behaviour": {"throttle": 0.2}}, "third": {"name": "Third", "password": "x"}}}
    """
    try:
        script = json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise BadScript(f"{path}: {error}") from error
    if not isinstance(script, dict) or not isinstance(script.get("accounts", {}), dict):
        raise BadScript(f'{path}: expected {{"seed": number, "accounts": {{...}}}}')
    known = {item.name for item in dataclasses.fields(Account)} - {"id", "behaviour"}
    for name, given in script.get("accounts", {}).items():
        values = dict(given)
        behaviour: dict[str, Any] = values.pop("behaviour", {})
        if unknown := set(values) - known:
            raise BadScript(f"{path}: account {name}: unknown {', '.join(sorted(unknown))}")
        for key in ("codes", "prefixes"):
            if key in values:
                values[key] = tuple(values[key])
        if name in accounts:
            accounts[name] = dataclasses.replace(accounts[name], **values)
        else:
            accounts[name] = Account(**{"id": name, "name": name, "password": DEVELOPMENT_PASSWORD, **values})
        try:
            accounts[name].behaviour.change(behaviour)
        except BadBehaviour as error:
            raise BadScript(f"{path}: account {name}: {error}") from error
    seed = script.get("seed")
    return seed if isinstance(seed, int) else None


def dice(seed: int | None) -> random.Random:
    """Chance for fractions ("throttle 20 %"); a seed makes a run repeatable."""
    return random.Random(seed)  # noqa: S311  (a die, not a key)

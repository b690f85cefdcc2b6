"""Whether the schema can have changed since the last start: to ask Django takes a second or two of each start.

Only for our own embedded server. Judged by contents: every migration of the project, the grants, the locked packages
(their migrations change with their version), the cluster's own identity, and the rows of `django_migrations`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def fingerprint(owner_url: str) -> str | None:
    """What the schema is made of and what is applied, as one word; None before the first migration."""
    import psycopg

    found = hashlib.sha256()
    sources = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "config" / "grants.py", ROOT / "requirements.lock"]
    for path in sources:
        if path.exists():
            found.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    with psycopg.connect(owner_url) as connection:
        try:
            rows = connection.execute(
                "select system_identifier::text from pg_control_system()"
                " union all (select app || ' ' || name from django_migrations order by 1)"
            ).fetchall()
        except psycopg.errors.UndefinedTable:
            return None
    found.update(json.dumps(rows).encode())
    return found.hexdigest()


def is_current(state: Path, owner_url: str) -> bool:
    try:
        remembered = (state / "schema").read_text()
    except FileNotFoundError:
        return False
    return fingerprint(owner_url) == remembered


def remember(state: Path, owner_url: str) -> None:
    """Call after a migration that went well."""
    if (word := fingerprint(owner_url)) is not None:
        (state / "schema").write_text(word)

"""`make check [ONLY=section]`: everything that can be judged without running the product; within three minutes."""

from __future__ import annotations

import sys
import tomllib

from sections import BIN, ROOT, Sections

# The settings must be readable; nothing connects to these.
NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "PALABRE_MODE": "test",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}


def packages() -> list[str]:
    """The packages with Python in them, as the import contracts name them (a test says that none is missing)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named: list[str] = project["tool"]["importlinter"]["root_packages"]
    return named


def main(only: str) -> int:
    sections = Sections("check", only)
    python = str(BIN / "python")
    sections.run("format", ["ruff", "format", "--check", "--quiet", "."])
    sections.run("lint", ["ruff", "check", "--quiet", "."])
    sections.run("types", ["mypy", *packages(), "scripts", "bench"], env=NOWHERE, seconds=170)
    sections.run("imports", ["lint-imports"], env=NOWHERE)
    django = ["palabre", "test-engines", "--", python, "-m", "django"]
    sections.run("settings", [*django, "check", "--fail-level", "WARNING"], env=NOWHERE)
    sections.run("migrations", [*django, "makemigrations", "--check", "--dry-run"], env=NOWHERE)
    schema = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    sections.run("compose schema", schema)
    sections.run("compose names", [python, "scripts/compose.py"])
    sections.run("dockerfile", ["hadolint", "Dockerfile", "bots/rasa/Dockerfile"])
    sections.run("requirement ids", [python, "scripts/needs.py", "--check"])
    sections.run("no traces", [python, "scripts/no_traces.py"])
    sections.run("static analysis", [python, "scripts/security.py", "analysis"])
    sections.run("secrets", [python, "scripts/security.py", "secrets"])
    if (ROOT / "frontend" / "package.json").exists():
        sections.run("front end packages", [python, "scripts/build_frontend.py", "install"])
        sections.run("front end lint", ["npm", "run", "--silent", "lint"], cwd=ROOT / "frontend")
        sections.run("front end types", ["npm", "run", "--silent", "typecheck"], cwd=ROOT / "frontend")
    sections.run("known weaknesses", [python, "scripts/security.py", "weaknesses"])
    return sections.verdict()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))

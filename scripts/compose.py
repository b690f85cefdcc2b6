"""What the schema of docker-compose.yml cannot see: that every service, volume and network named exists.

Also that no secret stands in the file, and that nothing but the proxy is reachable from outside.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$")


def faults(compose: dict[str, Any], *, doors: frozenset[str] = frozenset({"nginx"})) -> Iterator[str]:
    """Each fault of a parsed compose file, in words. `doors`: the services that may publish ports."""
    services = compose.get("services") or {}
    for name, service in services.items():
        for kind, named in _references(service).items():
            there = services if kind == "services" else (compose.get(kind) or {})
            for missing in sorted(set(named) - set(there)):
                yield f"{name} names {missing}, which stands under no {kind}"
        depends = service.get("depends_on") or {}
        for other, how in depends.items() if isinstance(depends, dict) else ():
            if how.get("condition") == "service_healthy" and "healthcheck" not in (services.get(other) or {}):
                yield f"{name} waits for {other} to be healthy, but {other} has no healthcheck"
        if service.get("ports") and name not in doors:
            yield f"{name} publishes ports: only {', '.join(sorted(doors))} may"
        for key, value in _variables(service):
            if SECRET.search(key) and not key.endswith("_FILE") and value and not str(value).startswith("${"):
                yield f"{name} carries the secret {key}: take it from the environment or from a file"
        for path in _own_files(service):
            if not (ROOT / path).exists():
                yield f"{name} mounts {path}, which is not in the repository"


def _references(service: dict[str, Any]) -> dict[str, list[str]]:
    volumes = [str(v["source"] if isinstance(v, dict) else str(v).split(":")[0]) for v in service.get("volumes", [])]
    secrets = [str(s["source"] if isinstance(s, dict) else s) for s in service.get("secrets", [])]
    shared = service.get("network_mode", "")
    return {
        "services": [
            *(service.get("depends_on") or []),
            *(str(link).split(":")[0] for link in service.get("links", [])),
            *([shared.removeprefix("service:")] if shared.startswith("service:") else []),
        ],
        "volumes": [v for v in volumes if v and v[0] not in "./~$"],
        "networks": list(service.get("networks") or []),
        "secrets": secrets,
    }


def _variables(service: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    given = service.get("environment") or {}
    if isinstance(given, dict):
        yield from given.items()
        return
    for line in given:
        key, _, value = str(line).partition("=")
        yield key, value


def _own_files(service: dict[str, Any]) -> Iterator[str]:
    for volume in service.get("volumes", []):
        source = str(volume["source"] if isinstance(volume, dict) else str(volume).split(":")[0])
        if source.startswith("./"):
            yield source


def main() -> int:
    found = list(faults(yaml.safe_load((ROOT / "docker-compose.yml").read_text())))
    for fault in found:
        print(f"docker-compose.yml: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

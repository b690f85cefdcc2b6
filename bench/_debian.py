"""Programs of other people, to measure and to check ourselves beside: the machine's own, or its Debian's, unpacked.

Nothing is installed: the packages, and the libraries of theirs that this machine lacks, lie unpacked in `.state/debian`
and go with it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

PLACE = Path(__file__).resolve().parent.parent / ".state" / "debian"
_PLACES = "/usr/sbin:/usr/bin:/sbin:/bin"


class Absent(Exception):
    """A program that cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of one package. `root`: where it was unpacked, or / when the machine has it."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> str:
        """Raises Absent."""
        places = os.pathsep.join(str(self.root / place.lstrip("/")) for place in _PLACES.split(":"))
        found = shutil.which(name, path=places)
        if found is None:
            raise Absent(f"there is no {name} below {self.root}")
        return found


def programs(package: str, program: str) -> Programs:
    """Raises Absent."""
    if shutil.which(program, path=f"{os.environ.get('PATH', '')}:{_PLACES}"):
        return Programs(Path("/"), dict(os.environ))
    place = PLACE / package
    if not (place / "unpacked").exists():
        _unpack(package, place)
    libraries = os.pathsep.join(str(one) for kind in ("usr/lib", "lib") for one in (place / kind).glob("*-linux-*"))
    return Programs(place, {**os.environ, "LD_LIBRARY_PATH": libraries})


def _unpack(package: str, place: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Absent(f"{package}: this machine is no Debian; install it by the machine's own means")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        # What an installation would bring: the package, and what of its dependencies is not there.
        said = _ask("apt-get", "install", "--simulate", "--no-install-recommends", package)
        wanted = re.findall(r"^Inst (\S+)", said, re.MULTILINE)
        _ask("apt-get", "download", *wanted, place=place)
        for archive in place.glob("*.deb"):
            _ask("dpkg-deb", "--extract", str(archive), str(place))
            archive.unlink()
        (place / "unpacked").touch()
    except (OSError, subprocess.SubprocessError) as error:
        words = (getattr(error, "stderr", None) or str(error)).strip().splitlines() or ["it says nothing"]
        raise Absent(f"{package} cannot be fetched: {words[-1][-200:]}") from None


def _ask(*words: str, place: Path | None = None) -> str:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    return subprocess.run(
        words, cwd=place, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=True
    ).stdout

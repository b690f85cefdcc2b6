"""What `make check` relies on: that its own small checks notice what they are there to notice."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import compose  # noqa: E402
import needs  # noqa: E402
import no_traces  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Directories with Python in them that are no packages of the product.
NOT_PRODUCT = {"tests", "scripts", "bench", "frontend", "docs", "deploy"}


def product_packages() -> set[str]:
    return {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.name not in NOT_PRODUCT and list(path.glob("*.py"))
    }


def test_every_package_with_python_in_it_is_named_in_the_import_contracts():
    contracts = PROJECT["tool"]["importlinter"]
    assert set(contracts["root_packages"]) == product_packages()
    street = next(one for one in contracts["contracts"] if one["id"] == "street")
    on_the_street = {name.strip() for layer in street["layers"] for name in layer.split("|")}
    assert on_the_street == product_packages() - {"simulator"}, "the simulator has a contract of its own"
    alone = next(one for one in contracts["contracts"] if one["id"] == "simulator")
    forbidden = {name.split(".")[0] for name in alone["forbidden_modules"]}
    assert forbidden == product_packages() - {"simulator", "common"}
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == product_packages()


def test_every_setting_has_a_sentence_in_env_example():
    asked = re.compile(
        r"""env\.(?:text|number|flag|words|choice|http_address)\("([A-Z_]+)"|environ(?:\.get\(|\[)"([A-Z_]+)\""""
    )
    read: set[str] = set()
    for package in product_packages():
        for path in (ROOT / package).rglob("*.py"):
            read |= {one or other for one, other in asked.findall(path.read_text())}
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    ours_to_set = {"PATH", "TEST_APP_DATABASE_URL", "TEST_SUPERUSER_URL", "DJANGO_SETTINGS_MODULE"}
    ours_to_set |= {"BOT_FOLDER"}  # bots/rasa/train.py tells its child
    assert read - explained - ours_to_set == set()


def test_compose_passes_only_settings_that_are_explained():
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())) <= explained


def test_compose_passes_every_setting_of_the_installation():
    """One that is set in .env and reaches no process is silently without effect."""
    sections = re.split(r"^# --- ", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    wanted = [one for one in sections if one.startswith(("The installation", "How much"))]
    assert len(wanted) == 2
    settings = set(re.findall(r"^#?([A-Z_]+)=", "".join(wanted), re.MULTILINE))
    fixed = {
        "PALABRE_MODE",
        "PALABRE_STATE",
        "WEBHOOK_SPOOL",
        "BOT_MODELS",
        "BEHIND_PROXY",
    }  # by the image, or by the proxy that stands beside it
    assert settings - fixed <= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))


def test_the_images_packages_are_a_part_of_the_locked_ones():
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==\S+", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("deploy/requirements.lock")
    assert pins("deploy/requirements.lock") <= pins("requirements.lock")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda file: file["services"]["web"]["depends_on"].update(redis={"condition": "service_started"}), "redis"),
        (lambda file: file["services"]["postgres"].pop("healthcheck"), "no healthcheck"),
        (lambda file: file["services"]["web"].update(ports=["8000:8000"]), "publishes ports"),
        (lambda file: file["services"]["web"]["environment"].update(SECRET_KEY="abc"), "secret SECRET_KEY"),
        (lambda file: file["services"]["web"].update(networks=["elsewhere"]), "elsewhere"),
        (lambda file: file["services"]["postgres"]["volumes"].append("lost:/lost"), "lost"),
        (lambda file: file["services"]["nginx"]["volumes"].append("./deploy/none.conf:/x"), "not in the repository"),
    ],
)
def test_the_compose_check_notices_what_the_schema_does_not(change, word):
    def parsed():
        return yaml.safe_load((ROOT / "docker-compose.yml").read_text())

    assert [fault for fault in compose.faults(parsed()) if "deploy/tls" not in fault] == []
    broken = parsed()
    change(broken)
    assert any(word in fault for fault in compose.faults(broken))


def test_claims_are_read_from_functions_classes_and_modules():
    source = """
import pytest
pytestmark = [pytest.mark.needs("RFP-006"), pytest.mark.django_db]
@pytest.mark.needs("BUS-019", "BUS-011")
def test_one(): ...
class TestTwo:
    @pytest.mark.needs("RFP-031", part="threading")
    async def test_three(self): ...
"""
    found = set(needs.claims(source, "tests/x/test_x.py"))
    assert found == {
        needs.Claim("RFP-006", "tests/x/test_x.py", ""),
        needs.Claim("BUS-019", "tests/x/test_x.py::test_one", ""),
        needs.Claim("BUS-011", "tests/x/test_x.py::test_one", ""),
        needs.Claim("RFP-031", "tests/x/test_x.py::test_three", "threading"),
    }
    with pytest.raises(ValueError, match="plain texts"):
        list(needs.claims("@pytest.mark.needs(ID)\ndef test_a(): ...", "tests/x.py"))


def test_a_need_claimed_in_part_is_never_listed_as_proved():
    known = {"BUS-019": ("Delivery receipts", "P+O"), "RFP-031": ("Threading", "P")}
    page = needs.page([needs.Claim("RFP-031", "tests/a.py::b", "threading")], known)
    assert "## Proved\n" not in page
    assert "## Proved in part" in page
    assert "not claimed yet 1" in page


def test_every_requirement_has_an_id_a_short_need_and_a_mark():
    known = needs.known()
    assert len(known) == 410
    for name, (need, mark) in known.items():
        assert re.fullmatch(r"(BUS|RFP|UNI|MCE|ELL)-\d{3}", name)
        assert 1 <= len(need.split()) <= 12, name
        assert set(mark.split("+")) <= set(needs.MARKS), name


def test_a_registry_host_and_a_machines_path_are_noticed():
    noticed = [
        '"resolved": ' + '"https://registry.example/x.tgz"',
        "--index-url " + "https://mirror.example/simple",
        "files.python" + "hosted.org",
        "see /" + "root/notes.md",
        "in /" + "home/ana/palabre",
    ]
    for line in noticed:
        assert list(no_traces.faults("a.txt", line)), line
    for line in ("GET /api/home/ana/", "https://example.org/work/x", "/var/lib/palabre", "the work/life"):
        assert not list(no_traces.faults("a.txt", line)), line


def test_no_file_of_the_product_is_much_longer_than_one_subject_needs():
    """About 400 lines: above that a file holds two subjects, and should be split by them."""
    long = {
        str(path.relative_to(ROOT)): lines
        for package in product_packages()
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts and (lines := path.read_text().count("\n")) > 450
    }
    assert long == {}


def test_heavy_libraries_are_not_imported_when_the_command_starts():
    tree = ast.parse((ROOT / "config" / "cli.py").read_text())
    top = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert not top & {"django", "celery", "pandas", "twilio", "smpplib", "psycopg"}

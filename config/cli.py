"""The `palabre` command. Nothing heavy is imported before it is known what is asked."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from common.memory import starting

MOST_DAYS = 1000
PROCESSES = ("simulator", "gateway", "dispatcher", "web", "worker", "beat")
ROOT = Path(__file__).resolve().parent.parent


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # These three hand everything that follows to somebody else's reader of arguments.
    if words[:1] == ["manage"]:
        return manage(words[1:])
    if words[:1] == ["bots"]:
        return bots(words[1:])
    if words[:1] == ["test-engines"]:
        return test_engines(words[1:])
    options = _parser().parse_args(words)
    act: Callable[[argparse.Namespace], int | None] = options.act
    return act(options) or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="palabre", description="An SMS-first contact-centre inbox.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="")

    def add(name: str, act: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(act=act)
        return command

    add("up", up, "start everything on this machine and keep it running")
    add("status", status, "say which processes run here and whether they are ready")
    for name, hold, text in (
        ("stop", True, "stop one process of a running `palabre up`, until `palabre start`"),
        ("start", False, "start again a process that `palabre stop` has stopped"),
    ):
        command = add(name, hold_or_release, text)
        command.add_argument("process", choices=PROCESSES)
        command.set_defaults(hold=hold)
    health = add("healthy", healthy, "exit with 0 when one process does its work (for health checks)")
    health.add_argument("process", choices=PROCESSES)
    add("migrate", migrate, "bring the schema up to date, then grant the application its rights")
    add("seed", seed, "make the demo organisation, unless there is one")
    administrator = add("createadmin", createadmin, "make an administrator")
    administrator.add_argument("--email")
    administrator.add_argument("--name")
    administrator.add_argument("--organisation", default="", help="its name; needed where there are several or none")
    demo_command = add("demo", demo, "let scripted subscribers text through the simulator")
    demo_command.add_argument("--rate", type=float, default=1.0, help="texts a second (default 1)")
    demo_command.add_argument("--seconds", type=float, default=0.0, help="stop after so long (default: never)")
    simulation = add("simulate", simulate, "run a day of arrivals and agents on the routing core, and say how it went")
    simulation.add_argument(
        "scenario", nargs="?", type=Path, help="a TOML file (docs/staffing.md); default: a demo day"
    )
    simulation.add_argument("--days", type=int, default=1, help="so many days of the same kind, by chance alone apart")
    simulation.add_argument("--seed", type=int, help="of the first day, instead of the scenario's")
    simulation.add_argument("--json", action="store_true", help="every figure as one JSON object")
    figures = commands.add_parser("kpis", help="the measured stretches that every figure is made of")
    of_figures = figures.add_subparsers(title="commands", required=True, metavar="")
    text = "make the measured stretches again from the event log, or compare them with it (docs/measures.md)"
    again = of_figures.add_parser("rebuild", help=text, description=text)
    again.set_defaults(act=rebuild_kpis)
    again.add_argument("--organisation", default="", help="its name; without it, all of them")
    again.add_argument(
        "--from", dest="since", help="a day (its midnight in the organisation's zone) or a time, ISO 8601"
    )
    again.add_argument("--to", dest="until", help="before this day or time")
    again.add_argument("--check", action="store_true", help="change nothing; exit with 1 where something differs")
    for name, act, text in (
        ("web", web, "one process: pages, API and sockets"),
        ("gateway", gateway, "one process: everything that touches operators"),
        ("dispatcher", dispatcher, "one process: everything that decides"),
        ("worker", worker, "one process: slow work"),
        ("beat", beat, "one process: the clock of recurring work"),
    ):
        add(name, act, text)
    add("bots", lambda _: 0, "check a bot, talk to it, measure it: palabre bots --help")
    simulated = add("simulator", simulator, "one process: a pretended operator and its phone page (demo, tests)")
    simulated.add_argument("rest", nargs=argparse.REMAINDER)
    add("manage", lambda _: 0, "any Django command: palabre manage <command> ...")
    add("test-engines", lambda _: 0, "run a command on throw-away engines: palabre test-engines -- <command>")
    return parser


# --- The environment of a command run by hand --------------------------------------------------------------


def state() -> Path:
    return Path(os.environ.get("PALABRE_STATE") or ROOT / ".state").absolute()


def _join_running() -> None:
    """Take over the settings of the `palabre up` that runs in this clone; what is set already is kept."""
    try:
        found: dict[str, str] = json.loads((state() / "run" / "env.json").read_text())
    except (OSError, ValueError):
        if "DATABASE_URL" not in os.environ and "DATABASE_URL_FILE" not in os.environ:
            sys.exit("palabre: nothing runs here. Start it with `palabre up`, or set DATABASE_URL.")
        return
    for name, value in found.items():
        os.environ.setdefault(name, value)


def _django() -> None:
    _join_running()
    import django

    django.setup()


# --- Commands ----------------------------------------------------------------------------------------------


def up(_options: argparse.Namespace) -> int:
    from config.up.command import up as run

    return run(state())


def status(_options: argparse.Namespace) -> int:
    from config.up.status import report

    return report(state())


def hold_or_release(options: argparse.Namespace) -> None:
    """Returns once the process has gone, or is starting again: what is typed next meets what it expects."""
    from config.up import holding

    if not (state() / "run" / "env.json").exists():
        sys.exit("palabre: nothing runs here. Start it with `palabre up`.")
    if not (holding.stop if options.hold else holding.start)(state(), options.process):
        sys.exit(f"palabre: {options.process} takes longer than {holding.PATIENCE_S:g} s. See `palabre status`.")


def healthy(options: argparse.Namespace) -> int:
    from config.up.status import healthy as ask

    return ask(state(), options.process, web_port=int(os.environ.get("WEB_PORT", "8000")))


def migrate(_options: argparse.Namespace) -> None:
    _join_running()
    # The schema's owner does this; the application's role could not.
    from config import env

    application = env.text("DATABASE_URL")
    os.environ["DATABASE_URL"] = env.text("DATABASE_OWNER_URL", "") or application
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from config import grants

    with connection.cursor() as cursor:
        # A migration waits for its tables, however long a report reads them; and on a machine that is short of
        # processor, more than the ten seconds of other processes can pass between two of its statements.
        cursor.execute("set lock_timeout = 0")
        cursor.execute("set idle_in_transaction_session_timeout = '10min'")
    call_command("migrate", interactive=False, verbosity=1)
    with connection.cursor() as cursor:
        grants.apply(cursor, app=grants.role_of(application))
    connection.close()


def seed(_options: argparse.Namespace) -> None:
    _django()
    from django.core.management import call_command

    call_command("seed_demo")


def createadmin(options: argparse.Namespace) -> None:
    email = options.email or input("E-mail address: ").strip()
    name = options.name or input("Name: ").strip()
    password = os.environ.get("PALABRE_PASSWORD") or getpass.getpass("Password (12 characters or more): ")
    _django()
    from django.core.management import call_command

    # By environment and not by argument: arguments can be read by every user of the machine.
    os.environ["PALABRE_PASSWORD"] = password
    call_command("create_admin", email=email, name=name, organisation=options.organisation)


def rebuild_kpis(options: argparse.Namespace) -> int:
    _django()
    from config.kpis import run

    return run(
        name=options.organisation, since=options.since, until=options.until, check=options.check, say=print
    )  # fmt: skip


def demo(options: argparse.Namespace) -> None:
    _join_running()
    from simulator import subscribers

    port = os.environ.get("SIMULATOR_HTTP_PORT", "8001")
    counted = subscribers.run(f"http://127.0.0.1:{port}", options.rate, options.seconds or None)
    print("  ".join(f"{what}: {number}" for what, number in counted.items()))


def simulate(options: argparse.Namespace) -> int:
    """Needs neither a database nor settings."""
    from routing import scenario, simulated, simulation, simulation_report

    if not 1 <= options.days <= MOST_DAYS:
        sys.exit(f"palabre simulate: --days takes 1 to {MOST_DAYS}")
    try:
        found = scenario.read(options.scenario or ROOT / "config" / "demo" / "day.toml")
    except scenario.ScenarioError as error:
        print("palabre simulate: this scenario cannot be run", file=sys.stderr)
        for fault in error.faults:
            print(f"  {fault}", file=sys.stderr)
        return 2
    began = time.perf_counter()
    first = found.day.seed if options.seed is None else options.seed
    days = [simulated.figures(simulation.simulate(found, first + number)) for number in range(options.days)]
    if options.json:
        print(json.dumps(simulation_report.as_json(found, days), indent=2))
    else:
        print(simulation_report.text(found, days, time.perf_counter() - began))
    return 0


def web(_options: argparse.Namespace) -> None:
    starting()
    _join_running()
    from config.web import main as run

    run()


def gateway(_options: argparse.Namespace) -> Any:
    starting()
    _django()  # before the import: it brings models
    from conversations.gateway import main as run

    return run()


def dispatcher(_options: argparse.Namespace) -> Any:
    # Its bots multiply small matrices. More threads for them would wait for one another and keep others off the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    starting()
    _django()  # before the import: it brings models
    from routing.dispatcher import main as run

    return run()


def worker(_options: argparse.Namespace) -> None:
    _join_running()
    from config.up.celery_processes import serve_worker

    serve_worker()


def beat(_options: argparse.Namespace) -> None:
    _join_running()
    from config.up.celery_processes import serve_beat

    serve_beat(state())


def simulator(options: argparse.Namespace) -> Any:
    try:
        _join_running()
    except SystemExit:
        pass  # it needs no database
    from simulator import main as run

    return run(options.rest)


def manage(words: Sequence[str]) -> int:
    _join_running()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["palabre manage", *words])
    return 0


def bots(words: Sequence[str]) -> int:
    """Needs neither a database nor settings, but for what an organisation has made of a bot."""
    if {"versions", "publish", "--version"} & set(words):
        _join_running()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the dispatcher does: the same training, to the last digit
    os.environ.setdefault("BOT_MODELS", str(state() / "bots"))
    from bots.command import main as run

    return run(words)


def test_engines(words: Sequence[str]) -> int:
    command = list(words[1:] if words[:1] == ["--"] else words)
    if not command:
        sys.exit("palabre test-engines -- <command>: which command?")
    from config.up.testing import run_with_engines

    return run_with_engines(command)


if __name__ == "__main__":
    sys.exit(main())

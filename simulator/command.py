"""`palabre simulator`: start the mobile world, say when it is ready, stop cleanly."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from common.readiness import clear_ready, mark_ready
from simulator.accounts import DEVELOPMENT_PASSWORD, Account, BadScript, demo_accounts, dice, read_script
from simulator.exchange import Exchange
from simulator.pages import application
from simulator.twilio import DEMO_TWILIO_LINK

_REFUSED = 2


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    environment = os.environ
    parser = argparse.ArgumentParser(prog="palabre simulator", description=__doc__)
    parser.add_argument("--smpp-port", type=int, default=int(environment.get("SIMULATOR_SMPP_PORT", "2775")))
    parser.add_argument("--http-port", type=int, default=int(environment.get("SIMULATOR_HTTP_PORT", "8001")))
    parser.add_argument(
        "--password",
        default=environment.get("SIMULATOR_PASSWORD", DEVELOPMENT_PASSWORD),
        help="of every demo account (or SIMULATOR_PASSWORD in the environment)",
    )
    parser.add_argument("--script", type=Path, help="JSON file: accounts, their behaviours, a seed")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. 0 = stopped cleanly, 2 = refused to start."""
    # As everywhere in the product, an environment that does not say its mode is production.
    if os.environ.get("PALABRE_MODE", "production") == "production":
        sys.stderr.write(
            "The simulator plays operators and invents subscribers: production refuses it. "
            "Set PALABRE_MODE to demo or test.\n"
        )
        return _REFUSED
    options = _options(argv)
    accounts = demo_accounts(options.password)
    seed = None
    try:
        if options.script:
            seed = read_script(options.script, accounts)
    except BadScript as error:
        sys.stderr.write(f"{error}\n")
        return _REFUSED
    try:
        import uvloop
    except ImportError:
        runner = asyncio.Runner()
    else:
        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with runner:
        return runner.run(_serve(options, accounts, seed))


async def _serve(options: argparse.Namespace, accounts: dict[str, Account], seed: int | None) -> int:
    clear_ready("simulator")
    state = Path(os.environ.get("PALABRE_STATE", ".state"))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    exchange = Exchange(accounts, state / "simulator" / "ledger.jsonl", dice(seed), options.password)
    if address := os.environ.get("PUBLIC_URL"):
        exchange.twilio.behaviour.texts_url = f"{address}/webhooks/{DEMO_TWILIO_LINK}/texts"
    site_runner = web.AppRunner(application(exchange), access_log=None, shutdown_timeout=1.0)
    try:
        smpp_port = await exchange.start(options.smpp_port)
        await site_runner.setup()
        site = web.TCPSite(site_runner, "127.0.0.1", options.http_port)
        await site.start()
        http_port = site_runner.addresses[0][1]
        mark_ready("simulator", smpp_port=smpp_port, http_port=http_port)
        _say(f"simulator ready: SMPP on 127.0.0.1:{smpp_port}, phone at http://127.0.0.1:{http_port}/")
        await stop.wait()
    except OSError as error:
        sys.stderr.write(f"The simulator cannot listen: {error}\n")
        return _REFUSED
    finally:
        clear_ready("simulator")
        await site_runner.cleanup()
        await exchange.stop()
    return 0

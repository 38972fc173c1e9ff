"""Wiring: the torture kit's command line; ``python -m tests.servers --help``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.servers import feeds, hostile_bodies
from tests.servers.feeds import FeedServer
from tests.servers.hostile import serving
from tests.servers.mutating import mutated
from tests.servers.polite.office import Office, place
from tests.servers.polite.publishers import PUBLISHERS
from tests.servers.polite.score import Row, Verdict, as_values, score, table
from tests.servers.polite.server import Clock, ScoreServer
from tests.servers.resolver import Resolver
from tests.servers.traps import TRAPS, everything

_XML = {"Content-Type": "application/rss+xml"}
_HELP = """\
Servers that no feed reader meets every day, on loopback; each runs until Ctrl-C.

examples:
  python -m tests.servers score --feeds 39 --minimum 900     point a reader at it, Ctrl-C, read the table
  python -m tests.servers simulate --feeds 200 --days 30     news-monitor before it, in simulated time
  python -m tests.servers traps --port 8081                  drips, floods, bombs, redirects
  python -m tests.servers bodies --port 8082                 bodies that hang, swell or name files
  python -m tests.servers mutating some/folder               real feeds, damaged anew at each request
  python -m tests.servers resolver 198.51.100.7 127.0.0.1    a name that changes its address
  python -m tests.servers feeds --dir some/folder            a well-behaved server of files
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the servers; its exit code is 1 where a table has a row that fails."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_score(commands)
    _add_simulate(commands)
    traps = commands.add_parser("traps", help="each trap at a path of its name")
    traps.add_argument("--port", type=int, default=0, help="0 takes a free one")
    traps.set_defaults(run=_traps)
    bodies = commands.add_parser("bodies", help="each hostile body at a path of its name")
    bodies.add_argument("--port", type=int, default=0, help="0 takes a free one")
    bodies.set_defaults(run=_bodies)
    mutating = commands.add_parser("mutating", help="files, damaged anew at each request")
    mutating.add_argument("folder", type=Path, metavar="DIR")
    mutating.add_argument("--port", type=int, default=0, help="0 takes a free one")
    mutating.add_argument("--seed", type=int, default=0, help="the number of the first damage")
    mutating.set_defaults(run=_mutating)
    resolver = commands.add_parser("resolver", help="a name server for rebinding")
    resolver.add_argument("addresses", nargs="+", metavar="ADDRESS", help="one for each turn")
    resolver.add_argument("--port", type=int, default=0, help="0 takes a free one")
    resolver.set_defaults(run=_resolver)
    served = commands.add_parser("feeds", add_help=False, help="the *.xml files of a folder")
    served.set_defaults(run=None)
    options, rest = parser.parse_known_args(arguments)
    if options.run is None:
        return feeds.main(rest)
    if rest:
        parser.error(f"not understood: {' '.join(rest)}")
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


# --- the score ---------------------------------------------------------------------


def _add_score(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "score", help="publishers of many habits, and the table at the end"
    )
    parser.add_argument("--feeds", type=int, default=len(PUBLISHERS))
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--minimum", type=float, default=900, help="the reader's minimum, seconds")
    parser.add_argument(
        "--clock", help="an ISO time at which the clock stands until it is set over HTTP"
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_score)


def _score(options: argparse.Namespace) -> int:
    stands = options.clock is not None
    at = datetime.fromisoformat(options.clock) if stands else datetime.now(UTC)
    clock = Clock(at if at.tzinfo else at.replace(tzinfo=UTC), pace=0.0 if stands else 1.0)
    office = Office(place(options.feeds), clock)
    with ScoreServer(office, port=options.port, set_clock=clock.set) as server:
        print("\n".join(server.urls()), file=sys.stderr, flush=True)
        _until_stopped()
    rows = score(
        office.log,
        office.feeds,
        minimum=timedelta(seconds=options.minimum),
        ended_at=clock(),
    )
    return _print(rows, as_json=options.json)


def _add_simulate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("simulate", help="news-monitor before the score server")
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--minimum", type=float, default=7_200, help="seconds, also the interval")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_simulate)


def _simulate(options: argparse.Namespace) -> int:
    from tests.simulation import simulate

    began = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        found = simulate(
            Path(folder),
            feeds=options.feeds,
            lasts=timedelta(days=options.days),
            restarts=options.restarts,
            minimum=timedelta(seconds=options.minimum),
        )
    took = (datetime.now(UTC) - began).total_seconds()
    print(
        f"{options.feeds} feeds, {options.days:g} days, {options.restarts} restarts:"
        f" {found.requests:,} requests in {took:.0f} s",
        file=sys.stderr,
    )
    return _print(found.rows, as_json=options.json)


def _print(rows: Sequence[Row], *, as_json: bool) -> int:
    print(json.dumps(as_values(rows), indent=1) if as_json else table(rows), flush=True)
    return int(any(row.verdict is Verdict.FAIL for row in rows))


# --- the others --------------------------------------------------------------------


def _traps(options: argparse.Namespace) -> int:
    with serving(everything, port=options.port) as server:
        print("\n".join(f"{server.url}{name}" for name in TRAPS), flush=True)
        _until_stopped()
    return 0


def _bodies(options: argparse.Namespace) -> int:
    with FeedServer(port=options.port) as server:
        for name, make in hostile_bodies.BODIES.items():
            path = f"/{name.replace(' ', '-')}"
            server.set_behaviour(path, _sending(make))
            print(server.url(path), flush=True)
        _until_stopped()
    return 0


def _sending(make: Callable[[], bytes]) -> feeds.Behaviour:
    """Make the body when it is asked for: together they are a hundred megabytes."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        body = make()
        handler.send_response(200)
        for name, value in {**_XML, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def _mutating(options: argparse.Namespace) -> int:
    files = sorted(path for path in options.folder.rglob("*") if path.is_file())
    turns: Counter[Path] = Counter()

    def damaging(file: Path) -> feeds.Behaviour:
        def behave(handler: BaseHTTPRequestHandler) -> None:
            number = options.seed + turns[file]
            turns[file] += 1
            print(f"{file} damage {number}", flush=True)
            _sending(lambda: mutated(file.read_bytes(), number))(handler)

        return behave

    with FeedServer(port=options.port) as server:
        for file in files:
            path = f"/{file.relative_to(options.folder).as_posix()}"
            server.set_behaviour(path, damaging(file))
            print(server.url(path), flush=True)
        _until_stopped()
    return 0


def _resolver(options: argparse.Namespace) -> int:
    with Resolver(*([one] for one in options.addresses), port=options.port) as resolver:
        print(f"127.0.0.1:{resolver.port}", flush=True)
        _until_stopped()
    return 0


def _until_stopped() -> None:
    # A shell starts what runs in its background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())

"""Mechanism: named places where a test makes the process die, wait, or say that it passes.

``NEWS_MONITOR_FAILPOINTS`` holds ``name=action`` pairs, separated by ``;``::

    commit: in transaction=kill           SIGKILL to this process
    send: before=kill@3                   … at the third pass
    after fetch=raise                     raise FailpointHit
    worker: ping=hang                     never come back
    commit: in transaction=say:/run/x     write the name to the named pipe /run/x, go on

Without the variable a failpoint costs one look into an empty dict.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

VARIABLE = "NEWS_MONITOR_FAILPOINTS"


class FailpointHit(Exception):
    """A test asked for a failure here."""


def _parse(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(";") if pair.strip())
    return {name.strip(): action.strip() for name, _, action in pairs}


_actions = _parse(os.environ.get(VARIABLE, ""))
_passes: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Do what a test asked for at this place; nothing unless one did.

    Raises:
        FailpointHit: where the action is ``raise``.
    """
    if action := _actions.get(name):
        _act(name, action)


def _act(name: str, action: str) -> None:
    _passes[name] += 1
    verb, _, argument = action.partition(":")
    verb, _, count = verb.partition("@")
    if count and _passes[name] != int(count):
        return
    match verb:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise FailpointHit(name)
        case "hang":
            while True:
                time.sleep(3600)
        case "say":
            with Path(argument).open("ab", buffering=0) as pipe:
                pipe.write(f"{name}\n".encode())
        case _:
            raise ValueError(f"{VARIABLE}: unknown action {action!r} for {name!r}")

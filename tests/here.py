"""Commands by the same entry as the program's, in this process: a start takes a second of each test.

What a process has and this has not: its own memory, an exit of the interpreter, a terminal. A
handful of tests start the program itself, whatever they look at.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import structlog

from monitor.cli import main
from monitor.workers import preload


def call(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    given: str = "",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment and this on standard input, as ``subprocess.run``."""
    if {"add", "discover", "--online"}.intersection(arguments):
        preload("monitor.preloaded")  # once: their readers are forked from it, ready
    out, err = _stream(), _stream()
    code = 0
    with ExitStack() as stack:
        stack.enter_context(_log_kept())
        stack.enter_context(chdir(cwd or Path.cwd()))
        stack.enter_context(mock.patch.dict(os.environ, environment, clear=True))
        stack.enter_context(mock.patch.object(sys, "argv", ["news-monitor", *arguments]))
        stack.enter_context(mock.patch.object(sys, "stdin", _stream(given)))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            main.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))


class _Bytes(io.BytesIO):
    name = "<stdin>"


def _stream(text: str = "") -> io.TextIOWrapper:
    """With bytes below, as those of a process have."""
    return io.TextIOWrapper(_Bytes(text.encode()), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


@contextmanager
def _log_kept() -> Iterator[None]:
    """A command sets up the log of its process; here it is set back."""
    settings, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        structlog.configure(**settings)
        root.handlers[:] = handlers
        root.setLevel(level)

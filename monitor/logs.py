"""Touches the world: the log, by structlog, on standard error. One line is one event.

Whatever came from the network is shown without control characters; secrets never come here.
"""

from __future__ import annotations

import logging
import sys
import unicodedata
from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any

import structlog
from structlog.typing import FilteringBoundLogger, Processor

_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


class LogFormat(StrEnum):
    """How a line looks: ``auto`` is for people on a terminal and ``logfmt`` elsewhere."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"
    LOGFMT = "logfmt"


def configure(form: LogFormat, verbosity: int, *, is_journal: bool = False) -> None:
    """Set up the log of this process; ``verbosity`` is -1 (warnings), 0, or 1 (debug).

    Under journald each line begins with its priority (sd-daemon(3)), and has no time.
    """
    level = {-1: logging.WARNING, 0: logging.INFO}.get(verbosity, logging.DEBUG)
    if form is LogFormat.AUTO:
        form = LogFormat.CONSOLE if sys.stderr.isatty() else LogFormat.LOGFMT
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _clean,
            *([] if is_journal else [_stamp(form)]),
            *_renderers(form),
            *([_with_priority] if is_journal else []),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries speak only when something is wrong; at debug level theirs would hold bodies.
    logging.basicConfig(handlers=[_Passed()], level=logging.WARNING, force=True)


def logger() -> FilteringBoundLogger:
    """The log."""
    log: FilteringBoundLogger = structlog.get_logger()
    return log


def _stamp(form: LogFormat) -> Processor:
    if form is LogFormat.CONSOLE:
        return structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
    return structlog.processors.TimeStamper(fmt="iso", utc=True)


def _renderers(form: LogFormat) -> list[Processor]:
    match form:
        case LogFormat.CONSOLE:
            return [structlog.dev.ConsoleRenderer(pad_event_to=24, sort_keys=False)]
        case LogFormat.JSON:
            return [structlog.processors.JSONRenderer(ensure_ascii=False)]
        case _:
            return [structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])]


def _clean(
    _logger: object, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = "".join(map(_shown, value))
    return event


def _shown(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
        return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
    return character


def _with_priority(_logger: object, _name: str, line: Any) -> str:
    level = next((level for level in _PRIORITIES if f"level={level}" in str(line)), "info")
    return f"<{_PRIORITIES[level]}>{line}"


class _Passed(logging.Handler):
    """Hands the libraries' warnings to the one log."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno, record.getMessage(), library=record.name, exc_info=record.exc_info
        )

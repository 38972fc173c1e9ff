"""Touches the world: how many files and connections this process may have open at a time.

A shell's limit is a thousand or so, for the sake of programs that use select(2); it may be raised
to that of the administrator, and nothing here uses select.
"""

from __future__ import annotations

import resource

ENOUGH = 16_384
"""As many as the unit for systemd asks for."""


def allow() -> None:
    """Raise this process's limit to ``ENOUGH``, or as near as may be."""
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(ENOUGH, _finite(most))
    if _finite(limit) < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def allowed() -> int:
    """This process's limit."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _finite(limit)


def _finite(limit: int) -> int:
    """The limit as a number: without one there is ``ENOUGH``."""
    return ENOUGH if limit == resource.RLIM_INFINITY else limit

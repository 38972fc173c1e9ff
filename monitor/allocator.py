"""Touches the world: has the C library give large blocks of memory back when they are free.

glibc takes a block from the system by itself while it is larger than a threshold, and raises the
threshold to the largest such block that was ever freed, up to 32 MB: after one body of ten
megabytes all bodies come from the heap, which has gaps then and never shrinks. Setting the
threshold keeps it where it is.
"""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3
LARGE = 256 * 1024
"""Bytes from which a block is the system's again once it is free."""


def return_large_blocks() -> None:
    """Do so in this process, from now on; nothing where the C library is another."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)

"""How the memory of a process lies, in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

BODIES = """
import sys
from pathlib import Path

def in_use():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1_000

if sys.argv[1] == "returned":
    from monitor import allocator
    allocator.return_large_blocks()
before = in_use()
body = bytearray(20_000_000)
del body
pins = []
for _ in range(30):
    bodies = [bytes(1_000_000) for _ in range(5)]
    pins.append(bytearray(100_000))
    del bodies
    pins.append(bytearray(100_000))
bodies = [b"a" * 3_000_000 for _ in range(20)]
pins.append(bytearray(100_000))
del bodies
print(in_use() - before)
"""
PINNED = 6
"""MB that are still in use at the end."""


def grown(how: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", BODIES, how],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_large_blocks_go_back_when_they_are_free() -> None:
    assert grown("returned") < PINNED + 2 < grown("kept")


PAGES = """
from monitor import allocator

kept = [bytes(1_000) for _ in range(50_000)]
print(allocator.use_large_pages())
lines = open("/proc/self/smaps_rollup").read().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages")) * 1_024)
assert all(one == bytes(1_000) for one in kept)
"""


def can_collapse() -> bool:
    """Whether the system is a Linux of 6.1 or later that has large pages."""
    if not Path("/sys/kernel/mm/transparent_hugepage/enabled").exists():
        return False
    major, minor = map(int, platform.release().split("-")[0].split(".")[:2])
    return (major, minor) >= (6, 1)


@pytest.mark.skipif(not can_collapse(), reason="no large pages here")
def test_what_lies_in_memory_is_put_into_large_pages() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PAGES],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    said, are = map(int, done.stdout.split())
    assert 10_000_000 < said <= are

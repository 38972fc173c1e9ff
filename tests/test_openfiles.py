"""How many files may be open, and how many connections are kept for that."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import timedelta

import pytest

from monitor import assembly, openfiles
from monitor.models import FeedSource


def limits_after(soft: int, hard: int) -> list[int]:
    """What the limits are in a process that began with these, once it has asked for enough."""
    program = (
        "import resource; from monitor import openfiles;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}));"
        "openfiles.allow();"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE), openfiles.allowed())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return list(map(int, done.stdout.split()))


@pytest.mark.parametrize("soft", [256, 1_024])
def test_a_shells_limit_is_raised_as_far_as_it_may_be(soft: int) -> None:
    assert limits_after(soft, 3_000) == [3_000, 3_000, 3_000]


def test_it_is_raised_no_further_than_is_enough() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most <= openfiles.ENOUGH:
        pytest.skip("this machine allows no more")
    assert limits_after(512, most) == [openfiles.ENOUGH, most, openfiles.ENOUGH]


def test_a_higher_limit_stays() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most <= openfiles.ENOUGH + 1:
        pytest.skip("this machine allows no more")
    higher = openfiles.ENOUGH + 1
    assert limits_after(higher, most) == [higher, most, higher]


def sources(number: int, interval: timedelta) -> list[FeedSource]:
    return [FeedSource(url=f"https://{at}.example/", interval=interval) for at in range(number)]


def test_a_connection_is_kept_for_each_feed_that_is_asked_before_it_is_closed() -> None:
    often = sources(7, timedelta(minutes=1))
    assert assembly.kept_connections(often) == assembly.POLLS + 7


def test_none_is_kept_for_feeds_that_are_asked_later() -> None:
    rarely = sources(7, timedelta(minutes=2))
    assert assembly.kept_connections(rarely) == assembly.POLLS


def test_kept_connections_leave_half_of_all_files_for_others() -> None:
    often = sources(openfiles.allowed(), timedelta(minutes=1))
    assert assembly.kept_connections(often) == openfiles.allowed() // 2

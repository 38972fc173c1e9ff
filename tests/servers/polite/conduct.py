"""Decides: whether a reader's requests are those of a polite client, and where redirects took it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from tests.servers.polite.findings import Check, Finding, Poll
from tests.servers.polite.values import Exchange, Move, Placed

POLLS_BEFORE_STORED, TIME_BEFORE_STORED = 10, timedelta(days=7)
GRACE = timedelta(days=2)
"""How long after that an old address may still be asked."""

_AGENT = re.compile(r"[A-Za-z][\w.-]*/[\w.+-]+( \(.*\))?")
_BROWSER = re.compile(r"mozilla|chrome|safari|gecko|opera", re.IGNORECASE)


def findings(log: Sequence[Exchange]) -> Iterator[Finding]:
    """Look at each request by itself."""
    agent = log[0].headers.get("user-agent", "") if log else ""
    is_proper = bool(_AGENT.fullmatch(agent)) and not _BROWSER.search(agent)
    for one in log:
        is_same = one.headers.get("user-agent") == agent
        accepted = one.headers.get("accept-encoding", "")
        for check, is_wrong in (
            (Check.COOKIES, "cookie" in one.headers),
            (Check.REFERER, "referer" in one.headers),
            (Check.QUERY, bool(one.query)),
            (Check.METHOD, one.method != "GET"),
            (Check.OTHER_URLS, one.feed is None),
            (Check.AGENT, not (is_proper and is_same)),
            (Check.ENCODING, "gzip" not in accepted),
        ):
            yield Finding(check=check, is_wrong=is_wrong, exchange=one)


def of_redirects(feed: Placed, polls: Sequence[Poll]) -> Iterator[Finding]:
    """Look at where redirects led; and that a feed that is gone is left alone."""
    is_gone = False
    for poll in polls:
        for hop in poll.hops:
            if is_gone:
                yield Finding(check=Check.GONE, is_wrong=True, exchange=hop)
            elif hop.answer.status == 410:
                yield Finding(check=Check.GONE, is_wrong=False, exchange=hop)
                is_gone = True
            if "Location" in hop.answer.headers:
                yield Finding(check=Check.FOLLOWED, is_wrong=hop is poll.last, exchange=hop)
    if feed.publisher.move is Move.FOR_GOOD:
        yield from _for_good(feed, polls)
    elif feed.publisher.move is not None:
        for poll in polls:
            is_wrong = poll.first.path == feed.moved_path
            yield Finding(check=Check.STORED_WRONGLY, is_wrong=is_wrong, exchange=poll.first)


def _for_good(feed: Placed, polls: Sequence[Poll]) -> Iterator[Finding]:
    redirected = 0
    for poll in polls:
        age = poll.first.at - polls[0].first.at
        is_old = poll.first.path == feed.path
        is_time = redirected >= POLLS_BEFORE_STORED and age >= TIME_BEFORE_STORED
        if not is_time:
            yield Finding(check=Check.STORED_EARLY, is_wrong=not is_old, exchange=poll.first)
        elif age >= TIME_BEFORE_STORED + GRACE and redirected > POLLS_BEFORE_STORED + 1:
            yield Finding(check=Check.NOT_STORED, is_wrong=is_old, exchange=poll.first)
        redirected += is_old

"""Decides: whether a feed's validators came back as its server gave them (RFC 9110, 8.8 and 13.1).

The pair to send is that of the last 200 with a feed in it, each part replaced by a later 304
that names it (RFC 9111, 3.2). Errors, redirects and pages that are no feed change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.servers.polite.findings import Check, Finding, Poll
from tests.servers.polite.values import Exchange

Pair = tuple[str | None, str | None]
NOTHING: Pair = (None, None)


def findings(polls: Sequence[Poll]) -> Iterator[Finding]:
    """Compare each poll of one feed with what the polls before it were told."""
    wanted, ever, last_body = NOTHING, set[str](), b""
    situation: Check | None = None
    for poll in polls:
        # A hop to a redirect need not carry validators; the answer that counts must have had them.
        sent = _sent(poll.last)
        problem = _problem(sent, wanted, ever)
        if ever or sent != NOTHING:
            yield from _conditional(poll.last, sent, wanted, problem)
            if situation is not None:
                yield Finding(check=situation, is_wrong=problem is not None, exchange=poll.last)
        given: Pair = (poll.last.answer.etag, poll.last.answer.last_modified)
        answer = poll.last.answer
        before = wanted
        if answer.is_feed:
            wanted = given
        elif answer.status == 304:
            wanted = (given[0] or wanted[0], given[1] or wanted[1])
        situation = _situation(poll.last, before, wanted, last_body)
        if answer.is_feed:
            last_body = answer.body
        ever.update(filter(None, given))


def _sent(exchange: Exchange) -> Pair:
    return exchange.etag, exchange.last_modified


def _conditional(
    exchange: Exchange, sent: Pair, wanted: Pair, problem: Check | None
) -> Iterator[Finding]:
    for check in (Check.MADE_UP, Check.STALE):
        yield Finding(check=check, is_wrong=problem is check, exchange=exchange)
    if wanted != NOTHING:
        is_wrong = problem is Check.UNCONDITIONAL
        yield Finding(check=Check.UNCONDITIONAL, is_wrong=is_wrong, exchange=exchange)
    if None not in wanted:
        is_wrong = problem is Check.LEFT_OUT
        yield Finding(check=Check.LEFT_OUT, is_wrong=is_wrong, exchange=exchange)
    else:
        is_wrong = problem is Check.TAKEN_BACK
        yield Finding(check=Check.TAKEN_BACK, is_wrong=is_wrong, exchange=exchange)


def _problem(sent: Pair, wanted: Pair, ever: set[str]) -> Check | None:
    """What is wrong with a pair, the worst first."""
    if sent == wanted:
        return None
    if any(value is not None and value not in ever for value in sent):
        return Check.MADE_UP
    for value, right in zip(sent, wanted, strict=True):
        if value is not None and right is None:
            return Check.TAKEN_BACK
        if value is not None and value != right:
            return Check.STALE
    return Check.UNCONDITIONAL if sent == NOTHING else Check.LEFT_OUT


def _situation(exchange: Exchange, before: Pair, after: Pair, last_body: bytes) -> Check | None:
    """Which of the table's situations an answer has made."""
    answer = exchange.answer
    changed = [old != new for old, new in zip(before, after, strict=True)]
    if answer.status == 304:
        return Check.ON_304 if any(changed) else None
    if not answer.is_feed:
        return Check.NO_FEED if answer.etag or answer.last_modified else None
    if before == NOTHING:
        return None
    if any(old and not new for old, new in zip(before, after, strict=True)):
        return Check.REMOVED
    if answer.body == last_body and any(changed):
        return Check.TOUCHED
    return Check.ONE_CHANGED if sum(changed) == 1 and None not in after else None


def split(exchanges: Sequence[Exchange]) -> tuple[Poll, ...]:
    """One feed's exchanges as polls: a request where a redirect has just led is no new one."""
    polls: list[list[Exchange]] = [[one] for one in exchanges[:1]]
    for before, one in pairwise(exchanges):
        is_hop = (
            before.answer.headers.get("Location") == one.path
            and (one.at - before.at).total_seconds() < 60
            and one.path != polls[-1][0].path
        )
        if is_hop:
            polls[-1].append(one)
        else:
            polls.append([one])
    return tuple(Poll(hops=tuple(hops)) for hops in polls)

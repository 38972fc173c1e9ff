"""Decides: what each of the score server's publishers answers, given the request and the time.

Every answer is a function of the request and of how long the feed has been up, so that
simulated months can be asked in any pace. ``PUBLISHERS`` lists them all.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256

from tests.servers.feedxml import Item, render
from tests.servers.polite.values import Answer, Asked, Move, Publisher, Wish

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PACE = timedelta(hours=11)
"""How often a publisher writes something new."""
ENTRIES = 4
REFUSED_FOR = 5 * HOUR
LONGEST_WISH = DAY
"""No reader need wait longer for a publisher's cache."""

_FEED = {"Content-Type": "application/rss+xml; charset=utf-8"}
_PAGE = {"Content-Type": "text/html; charset=utf-8"}
_RSS = b'<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
_LOGIN = b"<!doctype html><html><title>Welcome to the hotel</title><p>Please log in.</html>"

Validators = Mapping[str, str]


# --- what there is to read ---------------------------------------------------------


@lru_cache(maxsize=2_000)
def document(feed: int, version: int, started: datetime, channel: str = "") -> bytes:
    """A feed of four entries, the newest of them number ``version``; ``channel`` is put on top."""
    items = [
        Item(
            guid=f"{feed}-{number}",
            link=f"https://publisher-{feed}.example/{number}",
            title=f"Notice {number} of publisher {feed}",
            html=f"<p>What publisher {feed} had to say for the {number}th time.</p>",
            published_at=started + number * PACE,
        )
        for number in range(version, version - ENTRIES, -1)
    ]
    body = render(items, title=f"Publisher {feed}").replace(b"<rss ", _RSS, 1)
    return body.replace(b"<channel>\n", b"<channel>\n" + channel.encode(), 1)


def _version(asked: Asked) -> int:
    return asked.since // PACE


def _body(asked: Asked, version: int | None = None, channel: str = "") -> bytes:
    number = _version(asked) if version is None else version
    return document(asked.feed, number, asked.at - asked.since, channel)


def _etag(*parts: object) -> str:
    return f'"{sha256(repr(parts).encode()).hexdigest()[:16]}"'


def _date(asked: Asked, steps: int) -> str:
    """The feed's date after so many changes: always past, and another each time."""
    started = (asked.at - asked.since).replace(microsecond=0)
    return format_datetime(started - DAY + steps * HOUR, usegmt=True)


def _both(asked: Asked, version: int | None = None) -> dict[str, str]:
    number = _version(asked) if version is None else version
    return {"ETag": _etag(asked.feed, number), "Last-Modified": _date(asked, number)}


def _is_known(asked: Asked, validators: Validators) -> bool:
    """Whether the client named this very version: the tag alone decides where there is one."""
    if (tag := asked.headers.get("if-none-match")) is not None:
        return tag == validators.get("ETag")
    since = asked.headers.get("if-modified-since")
    return since is not None and since == validators.get("Last-Modified")


def _answer(
    asked: Asked,
    validators: Validators,
    *,
    body: bytes | None = None,
    more: Validators | None = None,
    wait: timedelta | None = None,
    wish: Wish | None = None,
    takes: timedelta = timedelta(),
) -> Answer:
    """The feed, or 304 if this version is known."""
    headers = {**validators, **(more or {})}
    is_known = _is_known(asked, validators)
    return Answer(
        status=304 if is_known else 200,
        headers=headers if is_known else _FEED | headers,
        body=b"" if is_known else _body(asked) if body is None else body,
        is_feed=not is_known,
        not_before=asked.at + wait if wait else None,
        wish=wish,
        takes=takes,
    )


def _error(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=_PAGE | named, body=b"<p>no feed here</p>")


def _login_page() -> Answer:
    """A page for every address, with validators that are not the feed's."""
    headers = {"ETag": '"login"', "Last-Modified": "Thu, 01 Jan 2015 00:00:00 GMT"}
    return Answer(headers=_PAGE | headers, body=_LOGIN)


def _is_day(asked: Asked, *, every: int, hours: int = 24) -> bool:
    """Whether it is one of the first hours of every so manieth day, the first day excepted."""
    day, rest = divmod(asked.since, DAY)
    return day % every == every - 1 and rest < hours * HOUR


# --- validators --------------------------------------------------------------------


def both(asked: Asked) -> Answer:
    return _answer(asked, _both(asked))


def etag_only(asked: Asked) -> Answer:
    return _answer(asked, {"ETag": _both(asked)["ETag"]})


def date_only(asked: Asked) -> Answer:
    return _answer(asked, {"Last-Modified": _both(asked)["Last-Modified"]})


def weak_etag(asked: Asked) -> Answer:
    return _answer(asked, _both(asked) | {"ETag": f'W/"v {_version(asked)}, \\x; ~"'})


def bare_etag(asked: Asked) -> Answer:
    tag = f"version-{_version(asked)}"
    return _answer(asked, {"ETag": tag, "Last-Modified": f"some time ago, no. {_version(asked)}"})


def etag_changes_alone(asked: Asked) -> Answer:
    return _answer(asked, _both(asked) | {"Last-Modified": _date(asked, 0)})


def date_changes_alone(asked: Asked) -> Answer:
    validators = _both(asked) | {"ETag": _etag(asked.feed, "for ever")}
    is_known = asked.headers.get("if-modified-since") == validators["Last-Modified"]
    return _answer(asked if is_known else _forgetting(asked), validators)


def _forgetting(asked: Asked) -> Asked:
    return Asked(
        feed=asked.feed,
        base=asked.base,
        path=asked.path,
        headers={},
        at=asked.at,
        since=asked.since,
    )


def touched(asked: Asked) -> Answer:
    return _answer(asked, _both(asked), body=_body(asked, 1))


def changes_on_304(asked: Asked) -> Answer:
    version, turn = _version(asked), asked.since // (3 * HOUR)
    known = asked.headers.get("if-none-match", "")
    validators = _both(asked) | {"ETag": f'"{asked.feed}-{version}-{turn}"'}
    if known.startswith(f'"{asked.feed}-{version}-'):
        return Answer(status=304, headers={"ETag": validators["ETag"]})
    return _answer(_forgetting(asked), validators)


def removes_both(asked: Asked) -> Answer:
    if (asked.since // DAY) % 2:
        return _answer(asked, {})
    return both(asked)


def removes_the_date(asked: Asked) -> Answer:
    is_odd = bool((asked.since // DAY) % 2)
    validators = {"ETag": _etag(asked.feed, _version(asked), is_odd)}
    if not is_odd:
        validators["Last-Modified"] = _date(asked, _version(asked))
    return _answer(asked, validators)


def deaf(asked: Asked) -> Answer:
    return _answer(_forgetting(asked), _both(asked, 1), body=_body(asked, 1))


def without_validators(asked: Asked) -> Answer:
    return _answer(asked, {})


# --- redirects and ends ------------------------------------------------------------


def moved(status: int) -> Callable[[Asked], Answer]:
    """Redirect to the second address, where the feed is."""

    def answer(asked: Asked) -> Answer:
        if asked.has_moved:
            return both(asked)
        return Answer(
            status=status, headers={"Location": f"{asked.base}/moved", "Set-Cookie": "hop=1"}
        )

    return answer


def portal(asked: Asked) -> Answer:
    if asked.has_moved:
        return _login_page()
    if DAY <= asked.since < 13 * DAY:
        return moved(301)(asked)
    return both(asked)


def gone(asked: Asked) -> Answer:
    return _error(410) if asked.since >= 5 * DAY else both(asked)


def missing(asked: Asked) -> Answer:
    return _error(404) if asked.since >= 3 * DAY else both(asked)


def missing_for_a_day(asked: Asked) -> Answer:
    if _is_day(asked, every=6):
        return _error(404, ETag='"of the error page"', Last_Modified=_date(asked, -5))
    return both(asked)


def erring(asked: Asked) -> Answer:
    return _error(500) if _is_day(asked, every=4, hours=10) else both(asked)


def login_page(asked: Asked) -> Answer:
    return _login_page() if _is_day(asked, every=3, hours=8) else both(asked)


# --- "slow down" -------------------------------------------------------------------


def _refusing(
    status: int, wish: Wish, value: Callable[[datetime], str]
) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        if not _is_day(asked, every=2, hours=14):
            return both(asked)
        return Answer(
            status=status,
            headers=_PAGE | {"Retry-After": value(asked.at)},
            not_before=asked.at.replace(microsecond=0) + REFUSED_FOR,
            wish=wish,
        )

    return answer


def absurd_retry_after(asked: Asked) -> Answer:
    if not _is_day(asked, every=3, hours=3):
        return both(asked)
    values = ("99999999999999", "-7", "soon", "1e9", "Sat, 99 Foo 2999 00:00:00 GMT", "")
    return _error(503, Retry_After=values[asked.since // DAY % len(values)])


def _seconds(_: datetime) -> str:
    return str(int(REFUSED_FOR.total_seconds()))


def _until(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0) + REFUSED_FOR, usegmt=True)


# --- hints -------------------------------------------------------------------------


def max_age(asked: Asked) -> Answer:
    more = {"Cache-Control": "public, max-age=21600"}
    return _answer(asked, _both(asked), more=more, wait=6 * HOUR, wish=Wish.MAX_AGE)


def max_age_of_a_year(asked: Asked) -> Answer:
    more = {"Cache-Control": "max-age=31536000, immutable"}
    return _answer(asked, _both(asked), more=more, wait=LONGEST_WISH, wish=Wish.MAX_AGE)


def expires(asked: Asked) -> Answer:
    until = asked.at.replace(microsecond=0) + 8 * HOUR
    more = {
        "Expires": format_datetime(until, usegmt=True),
        "Date": format_datetime(asked.at.replace(microsecond=0), usegmt=True),
    }
    return _answer(asked, _both(asked), more=more, wait=until - asked.at, wish=Wish.EXPIRES)


def ttl(asked: Asked) -> Answer:
    body = _body(asked, channel="<ttl>360</ttl>\n")
    return _answer(asked, _both(asked), body=body, wait=6 * HOUR, wish=Wish.TTL)


def syndication(asked: Asked) -> Answer:
    channel = (
        "<sy:updatePeriod>daily</sy:updatePeriod>\n<sy:updateFrequency>4</sy:updateFrequency>\n"
    )
    body = _body(asked, channel=channel)
    return _answer(asked, _both(asked), body=body, wait=6 * HOUR, wish=Wish.TTL)


NIGHT = frozenset(range(6))
ALL_HOURS = frozenset(range(24))
WEEKEND = frozenset({5, 6})
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def skipping(
    hours: frozenset[int] = frozenset(), days: frozenset[int] = frozenset()
) -> Callable[[Asked], Answer]:
    """Ask to be left alone at some hours, or on some days."""
    listed = "".join(f"<hour>{hour}</hour>" for hour in sorted(hours))
    named = "".join(f"<day>{_DAYS[day]}</day>" for day in sorted(days))
    channel = f"<skipHours>{listed}</skipHours>\n" if hours else ""
    channel += f"<skipDays>{named}</skipDays>\n" if days else ""

    def answer(asked: Asked) -> Answer:
        return _answer(asked, _both(asked), body=_body(asked, channel=channel))

    return answer


# --- odd but honest ----------------------------------------------------------------


def with_cookies(asked: Asked) -> Answer:
    cookie = {"Set-Cookie": f"visitor={asked.feed}; Path=/; Max-Age=99999999"}
    return _answer(asked, _both(asked), more=cookie)


def packed(asked: Asked) -> Answer:
    if "gzip" not in asked.headers.get("accept-encoding", ""):
        return both(asked)
    encoding = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return _answer(asked, _both(asked), body=gzip.compress(_body(asked), 1, mtime=0), more=encoding)


def slow(asked: Asked) -> Answer:
    return _answer(asked, _both(asked), takes=timedelta(milliseconds=15))


def _publisher(
    name: str,
    answer: Callable[[Asked], Answer],
    about: str,
    *,
    move: Move | None = None,
    skip_hours: frozenset[int] = frozenset(),
    skip_days: frozenset[int] = frozenset(),
    goes_missing_at: timedelta | None = None,
) -> Publisher:
    return Publisher(
        name=name,
        answer=answer,
        about=about,
        move=move,
        skip_hours=skip_hours,
        skip_days=skip_days,
        goes_missing_at=goes_missing_at,
    )


PUBLISHERS: tuple[Publisher, ...] = (
    _publisher("both", both, "an ETag and a Last-Modified, new with each entry"),
    _publisher("etag-only", etag_only, "an ETag alone"),
    _publisher("date-only", date_only, "a Last-Modified alone"),
    _publisher("slow", slow, "answers after 15 ms of real time"),
    _publisher("weak-etag", weak_etag, "W/, blanks, a comma and a backslash in the ETag"),
    _publisher("bare-etag", bare_etag, "an ETag without quotes, a Last-Modified that is no date"),
    _publisher("etag-changes-alone", etag_changes_alone, "the same Last-Modified for ever"),
    _publisher("date-changes-alone", date_changes_alone, "the same ETag for ever"),
    _publisher("slow-too", slow, "its neighbour, just as slow"),
    _publisher("touched", touched, "new validators for the same bytes"),
    _publisher("changes-on-304", changes_on_304, "a 304 brings a new ETag"),
    _publisher("removes-both", removes_both, "no validators on every other day"),
    _publisher("removes-the-date", removes_the_date, "no Last-Modified on every other day"),
    _publisher("deaf", deaf, "200 with the same bytes and validators, whatever is asked"),
    _publisher("without-validators", without_validators, "never any"),
    _publisher("moved-301", moved(301), "moved from the first day", move=Move.FOR_GOOD),
    _publisher("moved-308", moved(308), "moved from the first day", move=Move.FOR_GOOD),
    _publisher("moved-302", moved(302), "redirects for now, always", move=Move.FOR_NOW),
    _publisher("moved-307", moved(307), "redirects for now, always", move=Move.FOR_NOW),
    _publisher("portal", portal, "301 to a login page for twelve days", move=Move.TO_A_PORTAL),
    _publisher("gone", gone, "410 after five days"),
    _publisher("missing", missing, "404 after three days", goes_missing_at=3 * DAY),
    _publisher("missing-for-a-day", missing_for_a_day, "404 with validators, on each sixth day"),
    _publisher("erring", erring, "500 for ten hours of each fourth day"),
    _publisher("login-page", login_page, "a page with 200 and validators, now and then"),
    _publisher(
        "429", _refusing(429, Wish.RETRY_AFTER_429, _seconds), "429 every other morning, seconds"
    ),
    _publisher(
        "503-seconds", _refusing(503, Wish.RETRY_AFTER_503, _seconds), "503 with seconds likewise"
    ),
    _publisher("503-date", _refusing(503, Wish.RETRY_AFTER_503, _until), "503 with a date"),
    _publisher("absurd-retry-after", absurd_retry_after, "millennia, negative, words, nothing"),
    _publisher("max-age", max_age, "Cache-Control: max-age of six hours"),
    _publisher("max-age-of-a-year", max_age_of_a_year, "more than anybody need wait"),
    _publisher("expires", expires, "Expires in eight hours"),
    _publisher("ttl", ttl, "<ttl> of six hours"),
    _publisher("syndication", syndication, "sy:updatePeriod daily, four times"),
    _publisher("skip-hours", skipping(hours=NIGHT), "skipHours 0 to 5, in GMT", skip_hours=NIGHT),
    _publisher(
        "skip-all-hours", skipping(hours=ALL_HOURS), "all 24 skipHours", skip_hours=ALL_HOURS
    ),
    _publisher("skip-days", skipping(days=WEEKEND), "skipDays, the weekend", skip_days=WEEKEND),
    _publisher("with-cookies", with_cookies, "sets a cookie with each answer"),
    _publisher("packed", packed, "gzip where it is accepted"),
)

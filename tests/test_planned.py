"""When each destination is told, by a simulated clock: every outcome with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import hours, plan, samestory
from monitor.models import (
    Alert,
    AlertKind,
    Article,
    DeliveryState,
    DigestTime,
    Handling,
    Match,
    PlanReason,
    Severity,
    Throttle,
)
from monitor.planning import (
    NOTHING,
    Escalation,
    Hours,
    Past,
    Policy,
    RouteTo,
    Silence,
    Told,
    Wishes,
)
from tests.deliveries import ARTICLE, match

PARIS = ZoneInfo("Europe/Paris")
NIGHT = Hours(start=time(22), end=time(7))
SEVEN = DigestTime(at=time(7))
PENDING, HELD, COVERED = DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.COVERED
FIVE_AN_HOUR = Throttle(count=5, span=timedelta(hours=1))
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOON = utc("2026-03-10T11:00")


def told(
    *,
    at: datetime = NOON - 5 * MINUTE,
    title: str = ARTICLE.title,
    state: DeliveryState = DeliveryState.SENT,
    **changes: object,
) -> Told:
    made = Told(
        key="first",
        rule_id="algeria-us-arms",
        title=title,
        url="https://other.example/1",
        feed_url="https://other.example/rss",
        language="fr",
        at=at,
        deliveries={"desk": state},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def silence(until: datetime, rule: str = "algeria-us-arms") -> Silence:
    return Silence(id=3, rule_id=rule, created_at=NOON - MINUTE, until=until, reason="the summit")


def at_once(*minutes_ago: float, now: datetime = NOON) -> Past:
    return Past(at_once={"algeria-us-arms": tuple(now - m * MINUTE for m in minutes_ago)})


QUIET = Wishes(quiet=NIGHT, zone=PARIS)
DAILY = Wishes(digest=SEVEN, zone=PARIS)
URGENT_ONLY = Wishes(digest=SEVEN, zone=PARIS, at_once=Severity.HIGH)
DIGEST_ONLY = Wishes(digest=SEVEN, zone=PARIS, at_once=None)
HIGH, NORMAL, CRITICAL = Severity.HIGH, Severity.NORMAL, Severity.CRITICAL
ESCALATE = RouteTo(
    name="night", to=("desk",), then=Escalation(destination="pager", after=15 * MINUTE)
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One alert for ``desk``, and what becomes of it there."""

    name: str
    now: datetime = NOON
    wishes: Wishes = field(default_factory=Wishes)
    match: Match = field(default_factory=match)
    article: Article = ARTICLE
    past: Past = NOTHING
    state: DeliveryState = PENDING
    reason: PlanReason | None = None
    due: datetime | None = None
    told_by: str = ""


def handled(**handling: object) -> Match:
    return match(handling=Handling(**handling))  # type: ignore[arg-type]


CASES = [
    Case(name="nothing special is due at once"),
    # --- quiet hours
    Case(
        name="in quiet hours it waits for their end",
        now=utc("2026-03-10T23:30"),
        wishes=QUIET,
        reason=PlanReason.QUIET_HOURS,
        due=utc("2026-03-11T06:00"),
    ),
    Case(name="a minute before quiet hours", now=utc("2026-03-10T20:59"), wishes=QUIET),
    Case(
        name="at their first moment",
        now=utc("2026-03-10T21:00"),
        wishes=QUIET,
        reason=PlanReason.QUIET_HOURS,
        due=utc("2026-03-11T06:00"),
    ),
    Case(name="at their end they are over", now=utc("2026-03-11T06:00"), wishes=QUIET),
    Case(
        name="what is critical passes",
        now=utc("2026-03-10T23:30"),
        wishes=QUIET,
        match=match(severity=CRITICAL),
    ),
    Case(
        name="clocks go forward in the night: it is an hour shorter",
        now=utc("2026-03-28T22:00"),
        wishes=QUIET,
        reason=PlanReason.QUIET_HOURS,
        due=utc("2026-03-29T05:00"),
    ),
    Case(
        name="clocks go back in the night: it is an hour longer",
        now=utc("2026-10-24T22:00"),
        wishes=QUIET,
        reason=PlanReason.QUIET_HOURS,
        due=utc("2026-10-25T06:00"),
    ),
    Case(
        name="an end that comes twice is over the second time",
        now=utc("2026-10-25T00:45"),  # 02:45, the first time
        wishes=Wishes(quiet=Hours(start=time(22), end=time(2, 30)), zone=PARIS),
        reason=PlanReason.QUIET_HOURS,
        due=utc("2026-10-25T01:30"),
    ),
    Case(
        name="an end that the clock never shows is the change",
        now=utc("2026-03-29T00:10"),
        wishes=Wishes(quiet=Hours(start=time(22), end=time(2, 30)), zone=PARIS),
        reason=PlanReason.QUIET_HOURS,
        due=utc("2026-03-29T01:00"),
    ),
    Case(
        name="a beginning that comes twice is quiet from the first time",
        now=utc("2026-10-25T00:31"),
        wishes=Wishes(quiet=Hours(start=time(2, 30), end=time(7)), zone=PARIS),
        reason=PlanReason.QUIET_HOURS,
        due=utc("2026-10-25T06:00"),
    ),
    # --- the digest
    Case(
        name="a weak match waits for the digest",
        wishes=DAILY,
        match=match(is_weak=True),
        state=HELD,
        reason=PlanReason.WEAK,
        due=utc("2026-03-11T06:00"),
    ),
    Case(
        name="a weak match waits for nothing yet where there is no digest",
        match=match(is_weak=True),
        state=HELD,
        reason=PlanReason.WEAK,
    ),
    Case(
        name="a rule on trial",
        wishes=DAILY,
        match=handled(is_experimental=True),
        state=HELD,
        reason=PlanReason.EXPERIMENTAL,
        due=utc("2026-03-11T06:00"),
    ),
    Case(
        name="a rule with a digest of its own",
        now=utc("2026-03-10T11:20"),
        match=handled(digest=DigestTime()),
        state=HELD,
        reason=PlanReason.DIGEST,
        due=utc("2026-03-10T12:00"),
    ),
    Case(
        name="a severity below what the destination wants at once",
        wishes=URGENT_ONLY,
        match=match(severity=NORMAL),
        state=HELD,
        reason=PlanReason.DIGEST,
        due=utc("2026-03-11T06:00"),
    ),
    Case(name="a severity that it wants at once", wishes=URGENT_ONLY, match=match(severity=HIGH)),
    Case(
        name="a destination that wants only the digest",
        wishes=DIGEST_ONLY,
        match=match(severity=CRITICAL),
        state=HELD,
        reason=PlanReason.DIGEST,
        due=utc("2026-03-11T06:00"),
    ),
    Case(
        name="a digest on the night in which clocks go forward",
        now=utc("2026-03-28T22:00"),
        wishes=DIGEST_ONLY,
        state=HELD,
        reason=PlanReason.DIGEST,
        due=utc("2026-03-29T05:00"),
    ),
    Case(
        name="a digest at a time that comes twice is due the first time",
        now=utc("2026-10-24T22:00"),
        wishes=Wishes(digest=DigestTime(at=time(2, 30)), at_once=None, zone=PARIS),
        state=HELD,
        reason=PlanReason.DIGEST,
        due=utc("2026-10-25T00:30"),
    ),
    Case(
        name="and not once more the second time",
        now=utc("2026-10-25T00:30"),
        wishes=Wishes(digest=DigestTime(at=time(2, 30)), at_once=None, zone=PARIS),
        state=HELD,
        reason=PlanReason.DIGEST,
        due=utc("2026-10-26T01:30"),
    ),
    # --- throttle
    Case(
        name="the fifth in an hour",
        match=handled(throttle=FIVE_AN_HOUR),
        past=at_once(1, 2, 30, 59.9),
    ),
    Case(
        name="the sixth in an hour waits for the full hour where there is no digest",
        now=NOON + 20 * MINUTE,
        match=handled(throttle=FIVE_AN_HOUR),
        past=at_once(1, 2, 3, 30, 59.9, now=NOON + 20 * MINUTE),
        state=HELD,
        reason=PlanReason.THROTTLED,
        due=utc("2026-03-10T12:00"),
    ),
    Case(
        name="the sixth waits for the digest where there is one",
        wishes=DAILY,
        match=handled(throttle=FIVE_AN_HOUR),
        past=at_once(1, 2, 3, 30, 59.9),
        state=HELD,
        reason=PlanReason.THROTTLED,
        due=utc("2026-03-11T06:00"),
    ),
    Case(
        name="those of more than an hour ago do not count",
        match=handled(throttle=FIVE_AN_HOUR),
        past=at_once(1, 2, 3, 30, 60),
    ),
    Case(
        name="nor those of a clock that was ahead",
        match=handled(throttle=FIVE_AN_HOUR),
        past=at_once(-9, -8, -7, 30, 40),
    ),
    # --- one story
    Case(
        name="another outlet has the same headline",
        past=Past(told=(told(),)),
        state=COVERED,
        reason=PlanReason.SAME_STORY,
        told_by="first",
    ),
    Case(
        name="with its name at the end, in other letters",
        past=Past(told=(told(title=ARTICLE.title.upper() + " - L’Observateur", language="en"),)),
        state=COVERED,
        reason=PlanReason.SAME_STORY,
        told_by="first",
    ),
    Case(
        name="the same link under another headline",
        past=Past(told=(told(title="Autre chose", url=ARTICLE.url),)),
        state=COVERED,
        reason=PlanReason.SAME_STORY,
        told_by="first",
    ),
    Case(name="another headline", past=Past(told=(told(title="Alger achète du blé russe"),))),
    Case(
        name="the same headline in the same feed is a column, not a story",
        past=Past(told=(told(feed_url=ARTICLE.feed_url),)),
    ),
    Case(name="the same of another rule", past=Past(told=(told(rule_id="gas"),))),
    Case(
        name="the same four days ago",
        past=Past(told=(told(at=NOON - timedelta(hours=73)),)),
    ),
    Case(
        name="a first one that was given up tells nobody",
        past=Past(told=(told(state=DeliveryState.DEAD),)),
    ),
    Case(
        name="a first one that waits for the digest holds up nothing urgent",
        past=Past(told=(told(state=HELD),)),
    ),
    Case(
        name="but takes along what would wait, too",
        wishes=DAILY,
        match=match(is_weak=True),
        past=Past(told=(told(state=HELD),)),
        state=COVERED,
        reason=PlanReason.SAME_STORY,
        told_by="first",
    ),
    # --- silences
    Case(
        name="a silenced rule",
        past=Past(silences=(silence(NOON + MINUTE),)),
        match=match(severity=CRITICAL),
        state=COVERED,
        reason=PlanReason.SILENCED,
    ),
    Case(name="a silence that is over", past=Past(silences=(silence(NOON),))),
    Case(name="a silence of another rule", past=Past(silences=(silence(NOON + MINUTE, "gas"),))),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_becomes_of_an_alert_and_why(case: Case) -> None:
    (made,) = planned([case.match], case.past, Policy(wishes={"desk": case.wishes}), case)
    assert made.destinations == ("desk",)
    if case.reason is None:
        assert made.planned == ()
        return
    (found,) = made.planned
    assert (found.state, found.reason) == (case.state, case.reason)
    assert (found.due_at, found.told_by) == (case.due, case.told_by)


def planned(
    matches: Sequence[Match],
    past: Past,
    policy: Policy,
    case: Case,
    destinations: Sequence[str] = ("desk",),
) -> tuple[Alert, ...]:
    alerts = plan.alerts_for(case.article, matches, destinations, case.now)
    return plan.planned(alerts, past, policy, case.now)


def outcome(alert: Alert) -> dict[str, tuple[str, str]]:
    """For each destination its state and reason; the first is empty where it is due at once."""
    plans = {one.destination: (str(one.state), str(one.reason)) for one in alert.planned}
    return {name: plans.get(name, ("", "")) for name in alert.destinations}


# --- several alerts ----------------------------------------------------------------


def test_what_comes_in_one_poll_is_told_of_by_the_first() -> None:
    case = Case(name="")
    (first,) = plan.alerts_for(ARTICLE, [match()], ["desk"], NOON)
    other = replace(
        ARTICLE, keys=("guid:2",), url="https://b.example", feed_url="https://b.example"
    )
    (second,) = plan.alerts_for(other, [match()], ["desk"], NOON)
    one, two = plan.planned([first, second], NOTHING, Policy(), case.now)
    assert outcome(one) == {"desk": ("", "")}
    assert outcome(two) == {"desk": ("covered", "same story")}
    assert two.planned[0].told_by == first.key


def test_a_storm_in_one_poll_is_throttled_after_five() -> None:
    alerts = [
        plan.alerts_for(
            replace(ARTICLE, keys=(f"guid:{n}",), url=f"https://a.example/{n}"),
            [handled(throttle=FIVE_AN_HOUR)],
            ["desk"],
            NOON,
        )[0]
        for n in range(12)
    ]
    made = plan.planned(alerts, NOTHING, Policy(), NOON)
    assert [bool(one.planned) for one in made] == [False] * 5 + [True] * 7
    assert {one.planned[0].reason for one in made[5:]} == {PlanReason.THROTTLED}


def test_a_destination_takes_so_much_and_of_what_is_critical_as_much_again() -> None:
    policy = Policy(wishes={"desk": Wishes(throttle=Throttle(count=3, span=timedelta(hours=1)))})
    severities = [HIGH] * 5 + [CRITICAL] * 4 + [HIGH]
    alerts = [
        plan.alerts_for(
            replace(ARTICLE, keys=(f"guid:{n}",), url=f"https://a.example/{n}"),
            [match(rule_id=f"rule {n}", severity=severity)],
            ["desk", "archive"],
            NOON,
        )[0]
        for n, severity in enumerate(severities)
    ]
    made = plan.planned(alerts, NOTHING, policy, NOON)
    throttled = [outcome(one)["desk"] == ("held", "throttled") for one in made]
    assert throttled == [*[False] * 3, True, True, *[False] * 3, True, True]
    assert {outcome(one)["archive"] for one in made} == {("", "")}


def test_what_is_held_or_covered_does_not_use_up_the_throttle() -> None:
    rule = Handling(throttle=Throttle(count=1, span=timedelta(hours=1)))
    weak = match(is_weak=True, handling=rule)
    case = Case(name="")
    first, second = planned([weak, match(handling=rule)], NOTHING, Policy(), case)
    assert outcome(first) == {"desk": ("held", "weak match")}
    assert outcome(second) == {"desk": ("", "")}


TALKS = "Algiers and Washington speak for two days about the sale of fighter aircraft to Algeria"


@pytest.mark.parametrize(
    ("title", "other", "expected"),
    [
        (TALKS, TALKS.upper() + "!", True),
        (TALKS, TALKS + " | Harbour Post", True),
        (TALKS, TALKS.replace("speak", "talk"), False),
        (TALKS, TALKS + " soon", True),
        (
            "Algiers will buy American arms next year",
            "Algiers will not buy American arms next year",
            False,
        ),
        (f"{TALKS} and 2 {TALKS[::-1]}", f"{TALKS} and 3 {TALKS[::-1]}", False),
        ("Breaking news today", "Breaking news today", False),
        ("", "", False),
        ("الجزائر تنظر في شراء أسلحة أمريكية", "الجزائر تنظر في شراء أسلحة أمريكية - الوسط", True),
    ],
)
def test_two_headlines_tell_one_story_only_where_that_is_plain(
    title: str, other: str, expected: bool
) -> None:
    assert samestory.is_same(title, "en", other, "en") is expected
    assert samestory.is_same(other, "en", title, "en") is expected


def test_headlines_of_two_languages_are_one_only_where_they_are_equal() -> None:
    assert samestory.is_same(TALKS, "en", TALKS, "fr")
    assert not samestory.is_same(TALKS, "en", TALKS + " soon", "fr")


# --- routes and escalation ---------------------------------------------------------

NAMES = ("desk", "pager", "archive")


@pytest.mark.parametrize(
    ("route", "changes", "expected"),
    [
        (RouteTo(name="all", to=("desk",)), {}, {"desk"}),
        (RouteTo(name="high", to=("desk",), severities=frozenset({HIGH})), {}, {"desk"}),
        (
            RouteTo(name="high", to=("desk",), severities=frozenset({HIGH})),
            {"severity": NORMAL},
            set(NAMES),
        ),
        (RouteTo(name="tag", to=("desk",), tags=frozenset({"maghreb", "x"})), {}, {"desk"}),
        (RouteTo(name="tag", to=("desk",), tags=frozenset({"x"})), {}, set(NAMES)),
        (RouteTo(name="day", to=("desk",), hours=Hours(start=time(9), end=time(18))), {}, {"desk"}),
        (RouteTo(name="night", to=("desk",), hours=NIGHT), {}, set(NAMES)),
        (RouteTo(name="named", to=("desk",)), {"notify": ("pager",)}, {"pager"}),
    ],
)
def test_a_route_says_who_is_told_where_the_rule_does_not(
    route: RouteTo, changes: dict[str, object], expected: set[str]
) -> None:
    case = Case(name="", article=replace(ARTICLE, tags=("maghreb",)))
    (made,) = planned([match(**changes)], NOTHING, Policy(routes=(route,)), case, NAMES)
    found = outcome(made)
    assert {name for name, plan_ in found.items() if plan_ == ("", "")} == expected
    assert set(found.values()) <= {("", ""), ("covered", "routed elsewhere")}


def test_nobody_acknowledges_for_a_quarter_of_an_hour() -> None:
    (made,) = planned([match()], NOTHING, Policy(routes=(ESCALATE,)), Case(name=""), NAMES)
    assert outcome(made) == {
        "desk": ("", ""),
        "archive": ("covered", "routed elsewhere"),
        "pager": ("pending", "escalation"),
    }
    due = {one.destination: one.due_at for one in made.planned}
    assert due["pager"] == NOON + 15 * MINUTE


def test_an_escalation_waits_from_when_somebody_could_have_read_the_first() -> None:
    policy = Policy(wishes={"desk": QUIET}, routes=(ESCALATE,))
    case = Case(name="", now=utc("2026-03-10T23:30"))
    (made,) = planned([match()], NOTHING, policy, case, NAMES)
    due = {one.destination: one.due_at for one in made.planned}
    assert due == {
        "desk": utc("2026-03-11T06:00"),
        "archive": None,
        "pager": utc("2026-03-11T06:15"),
    }


def test_what_waits_for_a_digest_is_not_escalated() -> None:
    policy = Policy(wishes={"desk": DIGEST_ONLY}, routes=(ESCALATE,))
    (made,) = planned([match()], NOTHING, policy, Case(name=""), NAMES)
    assert outcome(made)["pager"] == ("covered", "routed elsewhere")


# --- what no poll brought ----------------------------------------------------------


@pytest.mark.parametrize("kind", [AlertKind.NOTICE, AlertKind.DIGEST, AlertKind.TEST])
def test_what_the_service_says_itself_waits_for_quiet_hours_at_most(kind: AlertKind) -> None:
    wishes = replace(DIGEST_ONLY, quiet=NIGHT)
    policy = Policy(wishes={"desk": wishes}, routes=(RouteTo(name="x", to=("pager",)),))
    night = utc("2026-03-10T23:30")
    lone = plan.lone_alert(ARTICLE, match(), ["desk"], night, kind)
    (made,) = plan.planned([lone], Past(silences=(silence(night + MINUTE),)), policy, night)
    expected = ("", "") if kind is AlertKind.TEST else ("pending", "quiet hours")
    assert outcome(made) == {"desk": expected}


# --- hours -------------------------------------------------------------------------

ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - as Hypothesis wants it
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(clocks, clocks, st.sampled_from(ZONES).map(ZoneInfo), moments)
def test_quiet_hours_end_later_and_within_a_day_and_an_hour(
    start: time, stop: time, zone: ZoneInfo, now: datetime
) -> None:
    quiet = Hours(start=start, end=stop)
    if (ends := hours.end(quiet, zone, now)) is not None:
        assert now < ends <= now + timedelta(hours=25)
        assert start == stop or hours.end(quiet, zone, ends) is None


@given(clocks, st.sampled_from(ZONES).map(ZoneInfo), moments)
def test_a_daily_digest_is_due_once_a_day(at: time, zone: ZoneInfo, now: datetime) -> None:
    when = DigestTime(at=at)
    due = hours.next_digest(when, zone, now)
    following = hours.next_digest(when, zone, due)
    assert now < due <= now + timedelta(hours=25)
    assert following.astimezone(zone).date() - due.astimezone(zone).date() == timedelta(days=1)


@given(st.sampled_from(ZONES).map(ZoneInfo), moments)
def test_an_hourly_digest_is_due_at_the_full_hour(zone: ZoneInfo, now: datetime) -> None:
    due = hours.next_digest(DigestTime(), zone, now)
    assert timedelta(0) < due - now <= timedelta(hours=1)

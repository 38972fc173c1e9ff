"""When a destination's queue may send, and what its failures mean: on a clock of the test's own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import lanes
from monitor.lanes import ENOUGH_TRIES, LIFETIME, LONGEST, SHORTEST, after, ceiling, failed, paid
from monitor.models import (
    Dead,
    Delivery,
    DeliveryReason,
    DeliveryState,
    EventKind,
    Lane,
    LaneChange,
    Rate,
    Retry,
    Sent,
    Severity,
    Told,
)
from monitor.store import outbox
from monitor.store.sqlite import SqliteStore
from tests import store_contract as contract
from tests.deliveries import NOW, delivery
from tests.store_child import open_store

_NEXT = "SELECT min(next_attempt_at) FROM delivery WHERE next_attempt_at IS NOT NULL"
ALMOST_ONE = 1 - 2**-53
REFUSED = DeliveryReason.REFUSED
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)

# --- waiting -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 30), (1, 30), (2, 60), (3, 120), (4, 240), (7, 1920), (8, 3600), (9, 3600), (10**9, 3600)],
)
def test_the_longest_wait_doubles_up_to_an_hour(failures, seconds):
    assert ceiling(failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("attempts", "drawn", "seconds"),
    [(1, 0.0, 5), (1, 0.1, 5), (1, 0.5, 15), (2, 0.5, 30), (8, 0.25, 900), (50, 0.75, 2700)],
)
def test_the_wait_is_the_drawn_part_of_the_longest_but_five_seconds(attempts, drawn, seconds):
    result = failed(delivery(attempts=attempts), REFUSED, "error=500", NOW, lambda: drawn)
    assert result == Retry(
        next_attempt_at=NOW + timedelta(seconds=seconds), reason=REFUSED, detail="error=500"
    )


@given(
    attempts=st.integers(min_value=1),
    failures=st.integers(min_value=0, max_value=10**6),
    drawn=st.floats(min_value=0, max_value=ALMOST_ONE),
    age=st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=400)),
    reason=st.sampled_from(DeliveryReason),
)
def test_the_next_attempt_is_never_at_once_and_never_more_than_an_hour_off(
    attempts, failures, drawn, age, reason
):
    now = NOW + age
    tried = delivery(attempts=attempts, lane=Lane(failures=failures))
    result, change = after(
        tried, failed(tried, reason, "why", now, lambda: drawn), now, lambda: drawn
    )
    is_old_enough = age >= LIFETIME and max(attempts, failures + 1) >= ENOUGH_TRIES
    assert isinstance(result, Dead) is is_old_enough
    if isinstance(result, Retry):
        assert SHORTEST <= result.next_attempt_at - now <= LONGEST
    if change.lane.opens_at is not None:
        assert SHORTEST <= change.lane.opens_at - now <= LONGEST


def test_a_backlog_that_slept_for_a_week_is_not_given_up_at_its_first_failure():
    now = NOW + timedelta(days=7)
    tried = delivery(attempts=1)
    result, _ = after(tried, failed(tried, REFUSED, "", now, lambda: 0.5), now, lambda: 0.5)
    assert isinstance(result, Retry)


def test_the_dead_letter_says_why_it_expired():
    now = NOW + LIFETIME
    old = delivery(attempts=131)
    result, change = after(
        old, failed(old, REFUSED, "error=500", now, lambda: 0.5), now, lambda: 0.5
    )
    detail = "not accepted in 5 days, 131 attempts; last: refused: error=500"
    assert result == Dead(at=now, reason=DeliveryReason.EXPIRED, detail=detail)
    assert change.event is not None
    assert change.event.kind is EventKind.DELIVERY_DEAD
    assert change.expired_before is None, "its lane is well: it dies alone"


# --- rates -------------------------------------------------------------------------

RATES = st.builds(
    Rate,
    count=st.integers(min_value=1, max_value=30),
    per=st.timedeltas(min_value=SECOND, max_value=timedelta(minutes=10)),
)


@given(
    rate=RATES,
    gaps=st.lists(
        st.timedeltas(min_value=timedelta(), max_value=timedelta(minutes=1)), max_size=60
    ),
)
def test_an_allowance_is_never_exceeded_and_never_wasted(rate, gaps):
    """Against a bucket of tokens that is filled drop by drop."""
    lane, now, tokens = Lane(), NOW, float(rate.count)
    for gap in gaps:
        now += gap
        tokens = min(rate.count, tokens + gap / rate.per * rate.count)
        is_open = lanes.next_at(lane, rate, now) <= now
        if abs(tokens - 1) > 1e-3:  # else rounding decides
            assert is_open is (tokens >= 1)
        if is_open:
            lane = paid(lane, rate, now)
            tokens -= 1


def test_a_clock_set_back_holds_a_lane_up_for_one_span_at_most():
    rate = Rate(count=2, per=timedelta(minutes=1))
    future = Lane(
        paid_until=NOW + timedelta(days=365), opens_at=NOW + timedelta(days=365), failures=2
    )
    assert lanes.next_at(replace(future, opens_at=None), rate, NOW) <= NOW + rate.per
    assert lanes.next_at(future, rate, NOW) <= NOW + LONGEST
    assert paid(future, rate, NOW).paid_until <= NOW + 2 * rate.per


@pytest.mark.parametrize(
    ("url", "rate"),
    [
        ("json://127.0.0.1/x", None),
        ("slack://a/b/c", Rate(count=1, per=SECOND)),
        ("SLACK://a/b/c", Rate(count=1, per=SECOND)),
        ("never-heard-of://x", Rate(count=5, per=5 * SECOND)),
    ],
)
def test_a_kind_of_service_has_its_usual_rate(url, rate):
    assert lanes.usual_rate(url) == rate


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_is_busy_is_not_asked_with_another_message(status):
    tried = delivery(attempts=1)
    detail = f"Failed to send notification: , error={status}."
    retry = failed(tried, REFUSED, detail, NOW, lambda: 0.5)
    assert retry.reason is DeliveryReason.SLOW_DOWN
    _, change = after(tried, retry, NOW, lambda: 0.5)
    assert change.lane.opens_at is not None
    assert change.lane.suspect is None


# --- a lane over days, with the real store -----------------------------------------


@dataclass
class World:
    """One destination, the real outbox, and a clock that jumps to the next thing to do."""

    store: SqliteStore
    takes: Callable[[Delivery, datetime], bool]
    now: datetime = field(default_factory=contract.at)
    rate: Rate | None = None
    chance: random.Random = field(default_factory=lambda: random.Random(5))
    arrived: list[tuple[datetime, str]] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)

    def run(self, until: datetime) -> None:
        rates = {"mail": self.rate} if self.rate else {}
        while self.now < until:
            claimed = self.store.due_deliveries(self.now, contract.LEASE, 1, (), rates)
            for one in claimed:
                self.tried.append(self.now)
                result = Sent(at=self.now)
                if self.takes(one, self.now):
                    self.arrived.append((self.now, one.alert.article.title))
                else:
                    result = failed(one, REFUSED, "down", self.now, self.chance.random)
                result, change = after(one, result, self.now, self.chance.random)
                self.store.record(one.id, result, change)
            if not claimed and not self._jump():
                return

    def _jump(self) -> bool:
        (due,) = self.store._db.execute(_NEXT).fetchone()
        if due is None:
            return False
        lane = outbox.lane_of(self.store._db, "mail")
        self.now += timedelta(milliseconds=1)
        self.now = max(
            self.now, datetime.fromisoformat(due), lanes.next_at(lane, self.rate, self.now)
        )
        return True

    def states(self) -> list[DeliveryState]:
        return [one.state for told in self.store.alerts(10**6) for one in told.deliveries]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(open_store(tmp_path / "s.db")) as opened:
        opened._db.execute("PRAGMA synchronous = OFF")  # days of it, and no power to be lost
        yield opened


def fill(store: SqliteStore, count: int, apart: timedelta = SECOND) -> list[str]:
    names = [f"{number:04}" for number in range(count)]
    told = [
        contract.alert(name, "mail", minutes=number * (apart / MINUTE))
        for number, name in enumerate(names)
    ]
    contract.tell(store, *told)
    return [one.article.title for one in told]


def test_down_for_almost_five_days_then_up_everything_comes_in_order(store):
    titles = fill(store, 200)
    up_at = contract.at() + timedelta(days=4, hours=23)
    world = World(store, lambda _, now: now >= up_at)
    world.run(contract.at() + timedelta(days=6))
    assert [title for _, title in world.arrived] == titles
    failures = [at for at in world.tried if at < up_at]
    busiest = max(sum(at <= one < at + SECOND for one in failures) for at in failures)
    print(f"{len(failures)} attempts failed, {busiest} in the busiest second")
    assert busiest <= 0.02 * len(failures)
    kinds = [event.kind for event in store.events(99)]
    assert kinds == [EventKind.DESTINATION_RECOVERED, EventKind.DESTINATION_FAILING]


def test_down_for_six_days_everything_is_a_dead_letter_and_told_once(store):
    fill(store, 200, apart=2 * MINUTE)
    world = World(store, lambda *_: False)
    world.run(contract.at() + timedelta(days=6))
    assert world.states() == [DeliveryState.DEAD] * 200
    deaths = [event for event in store.events(999) if event.kind is EventKind.DELIVERY_DEAD]
    assert len(deaths) == 1
    assert deaths[0].subject == "mail"
    kinds = {event.kind for event in store.events(999)}
    assert EventKind.DELIVERY_DEAD_KNOWN in kinds, "they died in more than one hour"


def test_a_message_that_was_not_at_fault_keeps_its_place(store):
    fill(store, 2)
    head, second = (told.deliveries[0].id for told in reversed(store.alerts(2)))
    tried = contract.claim(store, 1)[0]
    slow = Retry(next_attempt_at=contract.at(59), reason=REFUSED)
    result, change = after(tried, slow, contract.at(1), lambda: 0.5)
    assert change.lane.suspect == tried.id == head
    store.record(tried.id, result, change)
    tried = contract.claim(store, 1)[0]
    assert tried.id == second
    result, change = after(
        tried, failed(tried, REFUSED, "", contract.at(1), lambda: 0.5), contract.at(1), lambda: 0.5
    )
    store.record(tried.id, result, change)
    assert change.lane.opens_at == contract.at(1.25)
    assert contract.claim(store, 1.2) == ()
    assert contract.claim(store, 1.25)[0].id == head


@pytest.mark.parametrize("poisons", [1, 2, 3])
def test_a_message_that_is_never_taken_steps_aside(store, poisons):
    titles = fill(store, 30)
    poison = set(titles[:poisons])
    world = World(store, lambda one, _: one.alert.article.title not in poison)
    world.run(contract.at() + timedelta(minutes=5))
    assert [title for _, title in world.arrived] == titles[poisons:]
    assert world.states().count(DeliveryState.PENDING) == poisons
    world.run(contract.at() + timedelta(days=6))
    assert world.states().count(DeliveryState.DEAD) == poisons


def test_poison_at_the_head_does_not_keep_a_lane_closed_after_an_outage(store):
    titles = fill(store, 30)
    up_at = contract.at() + timedelta(hours=5)
    world = World(
        store, lambda one, now: now >= up_at and one.alert.article.title not in titles[:3]
    )
    world.run(up_at + timedelta(hours=3))
    assert len(world.arrived) == 27


def test_what_is_urgent_goes_first_where_a_backlog_stands(store):
    fill(store, 5)
    urgent = contract.alert("urgent", "mail", minutes=1)
    urgent = replace(urgent, match=contract.match(severity=Severity.CRITICAL))
    contract.tell(store, urgent)
    world = World(store, lambda *_: True, now=contract.at(2))
    world.run(contract.at(3))
    assert world.arrived[0][1] == urgent.article.title


def test_ten_thousand_at_once_keep_to_the_rate_and_all_arrive(store):
    titles = fill(store, 10_000)
    rate = Rate(count=6_000, per=timedelta(minutes=1))
    world = World(store, lambda *_: True, now=contract.at(10_000 / 60), rate=rate)
    world.run(contract.at() + timedelta(days=1))
    assert [title for _, title in world.arrived] == titles
    times = [at for at, _ in world.arrived]
    allowed = rate.count * ((times[-1] - times[0]) / rate.per + 1)
    print(f"{len(times)} in {times[-1] - times[0]}, allowed {allowed:.0f}")
    assert len(times) <= allowed + 1


def test_a_restart_gives_no_new_allowance(tmp_path):
    rates = {"mail": Rate(count=3, per=timedelta(minutes=1))}
    path, sent = tmp_path / "s.db", 0
    with closing(open_store(path)) as store:
        fill(store, 20)
    for _ in range(5):
        with closing(open_store(path)) as store:
            while claimed := store.due_deliveries(contract.at(1), contract.LEASE, 9, (), rates):
                store.record(claimed[0].id, Sent(at=contract.at(1)))
                sent += 1
    assert sent == 3


def test_a_lane_that_is_well_again_forgets_its_trouble():
    lane = Lane(failures=9, suspect=4, told=Told.GIVEN_UP, paid_until=NOW)
    result, change = after(delivery(lane=lane), Sent(at=NOW), NOW, lambda: 0.5)
    assert result == Sent(at=NOW)
    assert change.lane == Lane(paid_until=NOW)
    assert change.event is not None
    assert change.event.kind is EventKind.DESTINATION_RECOVERED


def test_what_is_already_told_is_not_announced_again():
    lane = Lane(failures=50, told=Told.GIVEN_UP)
    old = delivery(attempts=40, lane=lane)
    now = NOW + LIFETIME
    _, change = after(old, failed(old, REFUSED, "", now, lambda: 0.5), now, lambda: 0.5)
    assert isinstance(change, LaneChange)
    assert change.event is not None
    assert change.event.kind is EventKind.DELIVERY_DEAD_KNOWN

"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.retry import LIFETIME, LONGEST, SHORTEST, after_failure, ceiling
from monitor.models import Dead, DeliveryReason, Retry
from tests.deliveries import NOW, delivery

ALMOST_ONE = 1 - 2**-53


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 30), (1, 30), (2, 60), (3, 120), (4, 240), (7, 1920), (8, 3600), (9, 3600), (10**9, 3600)],
)
def test_the_longest_wait_doubles_up_to_an_hour(attempts, seconds):
    assert ceiling(attempts) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("attempts", "drawn", "seconds"),
    [(1, 0.0, 5), (1, 0.1, 5), (1, 0.5, 15), (2, 0.5, 30), (8, 0.25, 900), (50, 0.75, 2700)],
)
def test_the_wait_is_the_drawn_part_of_the_longest_but_five_seconds(attempts, drawn, seconds):
    failed = delivery(attempts=attempts)
    result = after_failure(failed, DeliveryReason.REFUSED, "error=500", NOW, lambda: drawn)
    assert result == Retry(
        next_attempt_at=NOW + timedelta(seconds=seconds),
        reason=DeliveryReason.REFUSED,
        detail="error=500",
    )


@pytest.mark.parametrize(
    ("age", "is_dead"),
    [
        (timedelta(), False),
        (timedelta(days=4, hours=23), False),
        (LIFETIME - timedelta(microseconds=1), False),
        (LIFETIME, True),
        (timedelta(days=6), True),
        (timedelta(days=-1), False),  # the clock was set back
    ],
)
def test_a_delivery_is_given_up_after_five_days(age, is_dead):
    failed = delivery(attempts=130)
    result = after_failure(failed, DeliveryReason.TIMEOUT, "", NOW + age, lambda: 0.5)
    assert isinstance(result, Dead) is is_dead


def test_the_dead_letter_says_why_it_expired():
    failed = delivery(attempts=131)
    now = NOW + LIFETIME
    result = after_failure(failed, DeliveryReason.REFUSED, "error=503", now, lambda: 0.5)
    assert result == Dead(
        at=now,
        reason=DeliveryReason.EXPIRED,
        detail="not accepted in 5 days, 131 attempts; last: refused: error=503",
    )


@given(
    attempts=st.integers(min_value=0),
    drawn=st.floats(min_value=0, max_value=ALMOST_ONE),
    age=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400)),
    reason=st.sampled_from(DeliveryReason),
)
def test_the_next_attempt_is_never_at_once_and_never_more_than_an_hour_off(
    attempts, drawn, age, reason
):
    now = NOW + age
    result = after_failure(delivery(attempts=attempts), reason, "why", now, lambda: drawn)
    if isinstance(result, Dead):
        assert age >= LIFETIME
    else:
        assert age < LIFETIME
        assert SHORTEST <= result.next_attempt_at - now <= LONGEST


@pytest.mark.parametrize("drawn", [0.0, 0.5, ALMOST_ONE])
def test_a_service_down_for_five_days_less_an_hour_gets_its_message(drawn):
    """The whole life of a delivery, on a clock of its own."""
    now, failed = NOW, delivery(attempts=1)
    while now < NOW + timedelta(days=4, hours=23):
        result = after_failure(failed, DeliveryReason.REFUSED, "", now, lambda: drawn)
        assert isinstance(result, Retry)
        now = result.next_attempt_at
        failed = delivery(attempts=failed.attempts + 1)
    assert now <= NOW + LIFETIME

"""What follows from a match, and to whom."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.plan import CROCKFORD, alerts_for, delivery_id
from tests.deliveries import ARTICLE, NOW, match

DESTINATIONS = ("desk-mail", "intel-slack", "archive")


def test_each_match_makes_one_alert_in_order():
    found = [match(rule_id="b"), match(rule_id="a", is_weak=True), match(rule_id="c")]
    alerts = alerts_for(ARTICLE, found, DESTINATIONS, NOW)
    assert [alert.match for alert in alerts] == found
    assert {(alert.article, alert.created_at) for alert in alerts} == {(ARTICLE, NOW)}


def test_a_weak_match_that_an_edit_makes_strong_has_another_alert():
    weak, strong = alerts_for(ARTICLE, [match(is_weak=True), match()], DESTINATIONS, NOW)
    assert weak.key != strong.key


@pytest.mark.parametrize(
    ("notify", "expected"),
    [
        (None, DESTINATIONS),
        ((), ()),
        (("archive", "desk-mail"), ("desk-mail", "archive")),
        (("archive", "archive"), ("archive",)),
        (("gone", "desk-mail"), ("desk-mail",)),
        (("gone",), ()),
    ],
)
def test_destinations_are_those_named_in_the_order_of_the_configuration(notify, expected):
    (alert,) = alerts_for(ARTICLE, [match(notify=notify)], DESTINATIONS, NOW)
    assert alert.destinations == expected


def test_a_destination_configured_twice_is_told_once():
    (alert,) = alerts_for(ARTICLE, [match()], ("desk", "desk"), NOW)
    assert alert.destinations == ("desk",)


def test_the_key_is_the_rule_and_the_first_identity_and_nothing_else():
    (first,) = alerts_for(ARTICLE, [match()], DESTINATIONS, NOW)
    edited = replace(ARTICLE, keys=(ARTICLE.keys[0], "url:else"), title="edited", text="")
    (again,) = alerts_for(edited, [match(rule_version="other", evidence=())], (), NOW)
    (elsewhere,) = alerts_for(replace(ARTICLE, keys=ARTICLE.keys[1:]), [match()], (), NOW)
    (ruled,) = alerts_for(ARTICLE, [match(rule_id="other")], (), NOW)
    assert first.key == again.key
    assert len({first.key, elsewhere.key, ruled.key}) == 3
    assert re.fullmatch("[0-9a-f]{24}", first.key)


def test_the_border_between_rule_and_identity_is_part_of_the_key():
    (one,) = alerts_for(replace(ARTICLE, keys=("bc",)), [match(rule_id="a")], (), NOW)
    (two,) = alerts_for(replace(ARTICLE, keys=("c",)), [match(rule_id="ab")], (), NOW)
    assert one.key != two.key


def test_a_delivery_id_is_known_and_stays_what_it_is():
    # It stands in mails that people keep: a change here makes known ids unknown.
    assert delivery_id("5f2d", "desk-mail") == "nm-8GZ5JACJ"


@given(st.text(), st.text())
def test_a_delivery_id_can_be_read_aloud(key, destination):
    public = delivery_id(key, destination)
    assert re.fullmatch(f"nm-[{CROCKFORD}]{{8}}", public)
    assert public == delivery_id(key, destination)


def test_delivery_ids_differ_by_alert_and_by_destination():
    ids = {delivery_id(str(key), to) for key in range(2000) for to in DESTINATIONS}
    assert len(ids) == 6000


def test_an_article_behind_a_key_of_another_has_an_alert_of_its_own():
    """A guid that stands first among its keys may belong to another article."""
    (first,) = alerts_for(ARTICLE, [match()], ["mail"], NOW)
    (second,) = alerts_for(ARTICLE, [match()], ["mail"], NOW, "url:https://x.example/2")
    assert first.key != second.key

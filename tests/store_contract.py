"""What any store must do: plain tests over two fixtures.

``store`` is an empty store and ``new_store()`` makes another. Its deliveries' public ids are
``f"{alert key}/{destination}"``. A test module imports everything from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.models import (
    Alert,
    AlertKind,
    Article,
    Dead,
    Delivery,
    DeliveryReason,
    DeliveryState,
    EditedArticle,
    Event,
    EventKind,
    Evidence,
    FailureReason,
    FeedHealth,
    FeedSource,
    FeedState,
    HostWait,
    JudgedArticle,
    Lane,
    LaneChange,
    Match,
    Pace,
    Planned,
    PlanReason,
    Polled,
    PollOutcome,
    RenamedArticle,
    Retry,
    Rhythm,
    Route,
    Sent,
    Severity,
    Unchanged,
    Validators,
)
from monitor.planning import Question
from monitor.store.protocol import Commit, Store
from tests.strategies import alerts, at, events, outcomes, sources

LEASE = timedelta(minutes=2)
HOUR = timedelta(hours=1)
DEATH = LaneChange(lane=Lane(), event=Event(at=at(2), kind=EventKind.DELIVERY_DEAD))
BUSY = Retry(next_attempt_at=at(30), reason=DeliveryReason.REFUSED, detail="503")

on_one_store = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
on_many_stores = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# --- values to write ---------------------------------------------------------------


def article(name: str, **fields: object) -> Article:
    url = f"https://example.org/{name}"
    standing = Article(keys=(f"url:{url}",), url=url, title=f"About {name}", text="Some words.")
    return replace(standing, **fields)


def match(rule: str = "algeria-us-arms", **fields: object) -> Match:
    found = Evidence(condition="country: DZ", field="title", start=0, end=5, text="About", kind="x")
    standing = Match(
        rule_id=rule,
        rule_version="1",
        rule_title="Arms",
        severity=Severity.HIGH,
        relevance=0.5,
        is_weak=False,
        notify=None,
        evidence=(found,),
    )
    return replace(standing, **fields)


def alert(name: str, *destinations: str, minutes: float = 0) -> Alert:
    return Alert(
        key=f"algeria-us-arms {name}",
        article=article(name),
        match=match(),
        destinations=destinations,
        created_at=at(minutes),
    )


def judged(told: Alert) -> JudgedArticle:
    return JudgedArticle(
        article=told.article, claims=told.article.keys, matches=(told.match,), alerts=(told,)
    )


def poll(feed: FeedState, *articles: JudgedArticle, **fields: object) -> PollOutcome:
    standing = PollOutcome(
        feed_id=feed.id,
        polled_at=at(),
        next_check_at=at(15),
        validators=Validators(etag='"a"', last_modified="Sat, 07 Mar 2026 10:00:00 GMT"),
        body_hash="hash",
        is_read=True,
        articles=articles,
    )
    return replace(standing, **fields)


def unchanged(feed: FeedState, minutes: float = 0) -> Unchanged:
    return Unchanged(feed_id=feed.id, polled_at=at(minutes), next_check_at=at(minutes + 15))


def others_when_one_fails(
    store: Store, feeds: Sequence[FeedState], outcomes: Sequence[Polled], place: int
) -> list[FeedState]:
    """Commit outcomes of which one fails, and alone; the other feeds as they are then."""
    done = list(store.commit_all(outcomes))
    assert isinstance(done.pop(place), Exception)
    assert done == [Commit.DONE] * 3
    after = list(store.feeds())
    assert after.pop(place) == feeds[place]
    return after


def follow(store: Store, *urls: str) -> tuple[FeedState, ...]:
    store.sync_feeds([FeedSource(url=url) for url in urls or ("https://example.org/rss",)], at())
    return store.feeds()


def tell(store: Store, *told: Alert) -> None:
    (feed,) = follow(store)
    assert store.commit(poll(feed, *map(judged, told))) is Commit.DONE


def claim(store: Store, minutes: float = 0, **fields: object) -> tuple[Delivery, ...]:
    return store.due_deliveries(at(minutes), **({"lease": LEASE, "limit": 10} | fields))


def claimed_ids(store: Store, minutes: float = 0, **fields: object) -> list[str]:
    return [each.public_id for each in claim(store, minutes, **fields)]


# --- feeds -------------------------------------------------------------------------


def test_a_new_feed_is_due_at_once_and_has_no_past(store):
    source = FeedSource(
        url="https://example.org/rss",
        name="Example",
        publisher="example.org",
        language="fr",
        tags=("maghreb", "défense"),
        interval=timedelta(minutes=10),
    )
    store.sync_feeds([source], at())
    (feed,) = store.due_feeds(at(), limit=10)
    route = Route(host="example.org")
    assert feed == FeedState(id=feed.id, source=source, next_check_at=at(), route=route)


def test_feeds_stand_in_the_order_of_the_configuration(store):
    follow(store, "https://c.example/", "https://a.example/", "https://b.example/")
    follow(store, "https://b.example/", "https://d.example/", "https://c.example/")
    assert [feed.source.url for feed in store.feeds()] == [
        "https://b.example/",
        "https://d.example/",
        "https://c.example/",
    ]


def test_a_feed_no_longer_named_is_not_polled_and_comes_back_with_its_past(store):
    first, second = follow(store, "https://a.example/", "https://b.example/")
    store.commit(poll(first, is_first_read=True))
    remembered = store.feeds()[0]
    follow(store, "https://b.example/")
    assert store.due_feeds(at(999), limit=10) == (second,)
    assert store.feeds() == (second,)
    follow(store, "https://a.example/", "https://b.example/")
    assert store.feeds() == (remembered, second)


def test_a_feed_that_is_described_anew_keeps_its_next_check(store):
    (feed,) = follow(store)
    store.commit(poll(feed))
    anew = replace(feed.source, name="Renamed", tags=("x",), language="ar", publisher="p")
    store.sync_feeds([anew], at(3))
    assert store.feeds() == (
        replace(
            feed,
            source=anew,
            validators=Validators(etag='"a"', last_modified="Sat, 07 Mar 2026 10:00:00 GMT"),
            body_hash="hash",
            next_check_at=at(15),
            polled_at=at(),
            succeeded_at=at(),
        ),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Renamed"},
        {"publisher": "example.com"},
        {"language": "ar"},
        {"tags": ("x",)},
        {"interval": timedelta(minutes=7)},
        {"has_own_interval": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_change_of_a_feeds_description_counts(store, change):
    (feed,) = follow(store)
    anew = replace(feed.source, **change)
    store.sync_feeds([anew], at(3))
    assert store.feeds() == (replace(feed, source=anew),)
    store.sync_feeds([feed.source], at(4))
    assert store.feeds() == (feed,)


def test_feeds_are_due_at_their_time_longest_first(store):
    one, two, three = follow(
        store, "https://a.example/", "https://b.example/", "https://c.example/"
    )
    for feed, minutes in ((one, 30), (two, 20), (three, 10)):
        store.commit(poll(feed, next_check_at=at(minutes)))

    def due(minutes: float, limit: int = 10) -> list[int]:
        return [feed.id for feed in store.due_feeds(at(minutes), limit)]

    assert due(9.999) == []
    assert due(10) == [three.id]
    assert due(30) == [three.id, two.id, one.id]
    assert due(30, limit=2) == [three.id, two.id]


def due_urls(store: Store, minutes: float = 0, limit: int = 10, **more: object) -> list[str]:
    return [feed.source.url for feed in store.due_feeds(at(minutes), limit, **more)]


def test_one_feed_of_each_host_is_due_at_a_time_and_none_of_a_busy_one(store):
    a1, a2, b, other_port = (
        "https://a.example/1",
        "https://A.example/2",
        "https://b.example/",
        ("https://a.example:8443/"),
    )
    follow(store, a1, a2, b, other_port)
    assert due_urls(store) == [a1, b, other_port]
    assert due_urls(store, limit=2) == [a1, b]
    assert due_urls(store, busy=["a.example"]) == [b, other_port]
    first = next(feed for feed in store.feeds() if feed.source.url == a1)
    store.commit(poll(first))
    assert due_urls(store) == [a2, b, other_port]


def test_a_feed_that_is_redirected_counts_for_the_host_that_answers_too(store):
    one, two = follow(store, "https://a.example/", "https://b.example/")
    for feed, minutes in ((one, 1), (two, 2)):
        route = Route(host=feed.route.host, end_host="hub.example")
        store.commit(poll(feed, route=route, next_check_at=at(minutes)))
    assert due_urls(store, 5) == [one.source.url]
    assert due_urls(store, 5, busy=["hub.example"]) == []
    assert due_urls(store, 5, busy=["a.example"]) == [two.source.url]
    store.commit(poll(one, next_check_at=at(1)))
    assert store.feeds()[0].route.end_host == "hub.example"  # an outcome without one keeps it


def test_a_host_that_asks_for_it_is_left_alone_with_all_its_feeds(store):
    one, two, other = follow(
        store, "https://a.example/1", "https://a.example/2", "https://b.example/"
    )
    wait = HostWait(host="a.example", until=at(60))
    store.commit(poll(one, next_check_at=at(10), host_wait=wait, failures=1, is_read=False))
    assert due_urls(store, 59.9) == [other.source.url]
    assert due_urls(store, 60.1) == [two.source.url, other.source.url]
    longer = HostWait(host="a.example", until=at(90))
    store.commit(poll(one, next_check_at=at(70), host_wait=longer, failures=2, is_read=False))
    assert due_urls(store, 60.1) == [other.source.url]
    assert due_urls(store, 91) == [two.source.url, other.source.url]


def test_many_due_feeds_of_one_host_hold_up_no_other(store):
    crowd = [f"https://crowd.example/{number}" for number in range(300)]
    follow(store, *crowd, "https://alone.example/")
    assert due_urls(store, limit=2) == [crowd[0], "https://alone.example/"]


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=-1), timedelta(days=-3653)])
def test_after_the_clock_was_set_back_each_feed_is_due_once(store, step):
    feeds = follow(store, "https://a.example/", "https://b.example/")
    for feed in feeds:
        store.commit(poll(feed, polled_at=at(5), next_check_at=at(20)))
    now = at(6) + step
    due = store.due_feeds(now, limit=10)
    assert [feed.id for feed in due] == [feed.id for feed in feeds]
    for feed in due:
        store.commit(poll(feed, polled_at=now, next_check_at=now + timedelta(minutes=15)))
    assert store.due_feeds(now + timedelta(minutes=14), limit=10) == ()
    assert len(store.due_feeds(now + timedelta(minutes=15), limit=10)) == 2


def test_a_clock_that_is_corrected_by_seconds_makes_nothing_due(store):
    (feed,) = follow(store)
    store.commit(poll(feed, polled_at=at(5), next_check_at=at(20)))
    assert store.due_feeds(at(5) - timedelta(seconds=59), limit=10) == ()


def test_a_check_that_was_planned_absurdly_far_ahead_is_due(store):
    (feed,) = follow(store)
    store.commit(poll(feed, next_check_at=at() + timedelta(days=3653)))
    assert store.due_feeds(at(1), limit=10) != ()


def test_a_feed_that_is_due_is_as_it_was_written_last(store):
    """However often it has been due before, and whatever is remembered of that."""

    def written() -> FeedState:
        (due,) = store.due_feeds(at(99), limit=10)
        assert (due,) == store.feeds()
        return due

    (feed,) = follow(store)
    assert written() == feed
    store.commit(poll(feed, validators=Validators(etag='"2"'), next_check_at=at(5)))
    assert written().validators == Validators(etag='"2"')
    store.commit(unchanged(feed, 7))
    assert (written().polled_at, written().succeeded_at) == (at(7), at(7))
    store.commit_all([unchanged(feed), poll(feed, body_hash="b", next_check_at=at(8))])
    assert (written().body_hash, written().next_check_at) == ("b", at(8))
    store.sync_feeds([replace(feed.source, name="Another")], at(10))
    assert written().source.name == "Another"


@pytest.mark.parametrize("hours", [1, -1], ids=["later", "by a clock set back"])
def test_a_feed_that_is_gone_for_good_is_never_due(store, hours):
    (feed,) = follow(store)
    store.commit(poll(feed, is_gone=True, health=FeedHealth.GONE))
    assert store.due_feeds(at() + timedelta(hours=hours), limit=10) == ()


def test_nothing_followed_is_nothing_due(store):
    follow(store)
    store.sync_feeds([], at())
    assert store.feeds() == store.due_feeds(at(99), limit=10) == ()


@on_many_stores
@given(st.lists(sources, max_size=4, unique_by=lambda source: source.url))
def test_any_source_comes_back_as_it_was(new_store, followed):
    store = new_store()
    store.sync_feeds(followed, at())
    assert [feed.source for feed in store.feeds()] == followed


# --- what is planned ---------------------------------------------------------------


def planned(destination: str, state: DeliveryState, reason: PlanReason, **more: object) -> Planned:
    return Planned(destination=destination, state=state, reason=reason, **more)


def told(store: Store, number: int = 0) -> dict[str, tuple[object, ...]]:
    """Of one of the last alerts: by destination its state and reason, when it is due, who tells."""
    return {
        one.destination: (
            one.state,
            one.plan_reason,
            one.next_attempt_at or one.digest_at,
            one.told_by,
        )
        for one in store.alerts(9)[number].deliveries
    }


def test_what_is_planned_is_what_is_stored(store):
    first = alert("a", "mail", "slack", "sms", "log")
    plans = (
        planned("slack", DeliveryState.PENDING, PlanReason.QUIET_HOURS, due_at=at(60)),
        planned("sms", DeliveryState.HELD, PlanReason.WEAK, due_at=at(90)),
        planned("log", DeliveryState.HELD, PlanReason.EXPERIMENTAL),
    )
    second = alert("b", "mail", minutes=1)
    covered = planned("mail", DeliveryState.COVERED, PlanReason.SAME_STORY, told_by=first.key)
    tell(store, replace(first, planned=plans), replace(second, planned=(covered,)))
    assert told(store, 1) == {
        "mail": (DeliveryState.PENDING, None, at(), None),
        "slack": (DeliveryState.PENDING, PlanReason.QUIET_HOURS, at(60), None),
        "sms": (DeliveryState.HELD, PlanReason.WEAK, at(90), None),
        "log": (DeliveryState.HELD, PlanReason.EXPERIMENTAL, None, None),
    }
    teller = f"{first.key}/mail"
    assert told(store) == {
        "mail": (DeliveryState.COVERED, PlanReason.SAME_STORY, None, teller),
    }
    assert claimed_ids(store, 59) == [teller]
    assert claimed_ids(store, 60, busy=["mail"]) == [f"{first.key}/slack"]
    assert claimed_ids(store, 999, busy=["mail", "slack"]) == []


def test_the_past_is_what_was_told_and_of_whom(store):
    first = alert("a", "mail", "slack")
    first = replace(first, destinations=("mail", "slack", "sms"))
    held = planned("slack", DeliveryState.HELD, PlanReason.WEAK)
    covered = planned("sms", DeliveryState.COVERED, PlanReason.SILENCED)
    tell(store, replace(first, planned=(held, covered)))
    hour = timedelta(hours=1)
    rule = first.match.rule_id
    names = dict.fromkeys(("mail", "slack", "sms"), hour)
    question = Question(rules={rule: hour, "gas": hour}, destinations=names, now=at(5))
    past = store.past(question)
    (only,) = past.told
    assert (only.key, only.title, only.url) == (first.key, first.article.title, first.article.url)
    assert only.deliveries == {"mail": DeliveryState.PENDING, "slack": DeliveryState.HELD}
    assert past.at_once == {rule: (at(),), "gas": ()}
    assert past.sent_to == {"mail": ((at(), first.match.severity),), "slack": (), "sms": ()}
    later = store.past(replace(question, now=at(61)))
    assert (later.at_once[rule], later.sent_to["mail"], len(later.told)) == ((), (), 1)
    assert store.past(replace(question, now=at() + timedelta(hours=73))).told == ()


def test_what_was_held_is_covered_by_its_digest_and_counted(store):
    alerts = [alert(f"{n}", "mail", "slack") for n in range(3)]
    held = [
        planned(name, DeliveryState.HELD, PlanReason.WEAK, due_at=at(60))
        for name in ("mail", "slack")
    ]
    tell(store, *(replace(one, planned=tuple(held)) for one in alerts))
    assert store.digests_due(at(59)) == ()
    mail, slack = store.digests_due(at(60))
    assert (mail.destination, slack.destination) == ("mail", "slack")
    assert (mail.digest.count, len(mail.digest.items)) == (3, 3)
    tell(store, replace(alert("late", "mail"), planned=tuple(held[:1])))  # the clock was set back
    digest = replace(alert("digest", "mail", minutes=60), kind=AlertKind.DIGEST)
    store.gather(mail, digest, at(60))
    again = store.digests_due(at(61))
    assert [(one.destination, one.digest.count) for one in again] == [("mail", 1), ("slack", 3)]
    (claimed,) = claim(store, 60)
    assert claimed.digest is not None
    assert claimed.digest.count == 3
    assert told(store, 2)["mail"] == (
        DeliveryState.COVERED,
        PlanReason.WEAK,
        at(60),
        claimed.public_id,
    )


# --- a poll's outcome --------------------------------------------------------------


def test_a_good_poll_leaves_its_validators_and_its_next_check(store):
    (feed,) = follow(store)
    outcome = poll(feed, judged(alert("a", "mail")), is_first_read=True)
    assert store.commit(outcome) is Commit.DONE
    assert store.feeds() == (
        replace(
            feed,
            validators=outcome.validators,
            body_hash="hash",
            next_check_at=at(15),
            polled_at=at(),
            first_read_at=at(),
            succeeded_at=at(),
            new_article_at=at(),
        ),
    )


def test_a_failed_poll_says_why_and_leaves_the_good_times_as_they_were(store):
    (feed,) = follow(store)
    store.commit(poll(feed, judged(alert("a")), is_first_read=True))
    (good,) = store.feeds()
    failed = poll(
        feed,
        polled_at=at(15),
        next_check_at=at(60),
        is_read=False,
        failures=3,
        reason=FailureReason.NOT_A_FEED,
        detail="a page",
    )
    store.commit(failed)
    assert store.feeds() == (
        replace(
            good,
            polled_at=at(15),
            next_check_at=at(60),
            failures=3,
            reason=FailureReason.NOT_A_FEED,
            detail="a page",
        ),
    )
    store.commit(poll(feed, polled_at=at(60), is_first_read=True, validators=Validators()))
    (again,) = store.feeds()
    assert again.failures == 0
    assert again.reason is None
    assert again.detail == ""
    assert again.validators == Validators()
    assert again.succeeded_at == at(60)
    assert again.first_read_at == again.new_article_at == at()


@pytest.mark.parametrize("health", FeedHealth)
def test_every_health_can_be_stored(store, health):
    (feed,) = follow(store)
    store.commit(poll(feed, health=health))
    assert store.feeds()[0].health is health


@pytest.mark.parametrize("pace", Pace)
def test_every_pace_can_be_stored(store, pace):
    (feed,) = follow(store)
    store.commit(poll(feed, pace=pace))
    assert store.feeds()[0].pace is pace


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_of_a_failure_can_be_stored(store, reason):
    (feed,) = follow(store)
    store.commit(poll(feed, is_read=False, failures=1, reason=reason))
    assert store.feeds()[0].reason is reason


def test_an_article_is_known_by_each_key_that_it_claimed(store):
    (feed,) = follow(store)
    told = article("a", keys=("guid:1", "url:2", "text:3"))
    store.commit(poll(feed, JudgedArticle(article=told, claims=("guid:1", "text:3"))))
    known = store.known(["text:3", "url:2", "guid:1", "guid:other"])
    assert set(known) == {"guid:1", "text:3"}
    assert known["guid:1"] == known["text:3"]
    assert (known["guid:1"].title, known["guid:1"].url) == (told.title, told.url)
    assert store.known([]) == {}


def test_thousands_of_keys_can_be_asked_for_at_once(store):
    (feed,) = follow(store)
    claims = tuple(f"guid:{number}" for number in range(0, 3000, 3))
    store.commit(poll(feed, JudgedArticle(article=article("a"), claims=claims)))
    assert set(store.known([f"guid:{number}" for number in range(3000)])) == set(claims)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_poll_whose_article_was_claimed_meanwhile_changes_nothing(store, place):
    feed, other = follow(store, "https://a.example/", "https://b.example/")
    taken = alert("taken", "mail")
    store.commit(poll(other, judged(taken)))
    before = (store.feeds(), store.known(taken.article.keys), store.alerts(9))
    new = [judged(alert("new 1", "mail")), judged(alert("new 2", "slack"))]
    new.insert(place, replace(judged(taken), alerts=(), claims=("guid:x", *taken.article.keys)))
    recovered = Event(at=at(), kind=EventKind.FEED_RECOVERED, subject="a")
    outcome = poll(feed, *new, is_first_read=True, events=(recovered,))
    assert store.commit(outcome) is Commit.CONFLICT
    assert (store.feeds(), store.known(taken.article.keys), store.alerts(9)) == before
    claims = [key for each in new for key in each.claims]
    assert set(store.known(claims)) == set(taken.article.keys)
    assert sum(each.articles for each in store.article_counts()) == 1
    assert claimed_ids(store) == ["algeria-us-arms taken/mail"]
    assert store.events(9) == ()


def test_polls_that_are_committed_together_fail_alone(store):
    a, b, c, d = follow(store, *(f"https://{host}.example/" for host in "abcd"))
    one, other = judged(alert("one", "mail")), judged(alert("other", "mail"))
    late = replace(one, alerts=(), claims=("guid:late", *one.claims))
    bad = replace(judged(alert("bad")), claims=(object(),))  # a bug: this is no key
    done = store.commit_all([poll(a, one), poll(b, late), poll(c, bad), poll(d, other)])
    assert done[:2] == (Commit.DONE, Commit.CONFLICT)
    assert isinstance(done[2], Exception)
    assert done[3:] == (Commit.DONE,)
    polled = [feed.source.url for feed in store.feeds() if feed.polled_at]
    assert polled == [a.source.url, d.source.url]
    assert set(store.known([*one.claims, *other.claims, "guid:late"])) == {
        *one.claims,
        *other.claims,
    }
    assert sum(each.articles for each in store.article_counts()) == 2
    with pytest.raises(type(done[2])):
        store.commit(poll(c, bad))


def test_an_unchanged_feed_is_as_it_was_but_for_when_it_was_and_will_be_looked_at(store):
    (feed,) = follow(store)
    assert store.commit(poll(feed, failures=2, rhythm=Rhythm(last_at=at()))) is Commit.DONE
    (before,) = store.feeds()
    assert store.commit(unchanged(before, 20)) is Commit.DONE
    (after,) = store.feeds()
    assert after == replace(before, polled_at=at(20), succeeded_at=at(20), next_check_at=at(35))
    assert due_urls(store, 34) == []
    assert due_urls(store, 35) == [feed.source.url]


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize(
    "bad", [{"next_check_at": at().replace(tzinfo=None)}, {"feed_id": object()}]
)
def test_of_unchanged_feeds_that_are_written_at_once_one_fails_alone(store, bad, place):
    feeds = follow(store, *(f"https://{host}.example/" for host in "abcd"))
    outcomes = [unchanged(feed) for feed in feeds]
    outcomes[place] = replace(outcomes[place], **bad)
    after = others_when_one_fails(store, feeds, outcomes, place)
    assert [(feed.polled_at, feed.next_check_at) for feed in after] == [(at(), at(15))] * 3


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize(
    "bad",
    [
        {"failures": 2**70},
        {"detail": object()},
        {"reason": "no reason of ours"},
        {"next_check_at": at().replace(tzinfo=None)},
    ],
)
def test_of_changed_feeds_that_are_written_together_one_fails_alone(store, bad, place):
    feeds = follow(store, *(f"https://{host}.example/" for host in "abcd"))
    outcomes = [poll(feed, failures=3, pages_read=1) for feed in feeds]
    outcomes[place] = replace(outcomes[place], **bad)
    after = others_when_one_fails(store, feeds, outcomes, place)
    assert [(feed.polled_at, feed.failures, feed.pages_read) for feed in after] == [
        (at(), 3, 1)
    ] * 3


def test_of_unchanged_feeds_that_are_written_at_once_one_is_gone(store):
    a, b = follow(store, "https://a.example/", "https://b.example/")
    polls = (unchanged(a), unchanged(replace(a, id=a.id + 1000)), unchanged(b, 1))
    assert store.commit_all(polls) == (Commit.DONE,) * 3
    assert [feed.polled_at for feed in store.feeds()] == [at(), at(1)]


def test_of_two_polls_of_an_unchanged_feed_the_later_counts(store):
    (feed,) = follow(store)
    assert store.commit_all([unchanged(feed, 1), unchanged(feed, 2)]) == (Commit.DONE,) * 2
    (after,) = store.feeds()
    assert (after.polled_at, after.next_check_at) == (at(2), at(17))


def test_of_two_polls_that_are_written_together_what_they_read_adds_up(store):
    (feed,) = follow(store)
    first, second = (poll(feed, polled_at=at(n), failures=n, pages_read=n) for n in (1, 2))
    assert store.commit_all([first, second]) == (Commit.DONE, Commit.DONE)
    (after,) = store.feeds()
    assert (after.polled_at, after.failures, after.pages_read) == (at(2), 2, 3)


def test_what_a_poll_brings_is_written_among_unchanged_feeds(store):
    before, feed, after = follow(store, *(f"https://{host}.example/" for host in "abc"))
    store.commit(poll(feed, judged(alert("known"))))
    known_id = store.known(article("known").keys)[article("known").keys[0]].article_id
    edited = EditedArticle(article_id=known_id, article=article("known", title="Another"))
    for news in (
        {"route": Route(host=feed.route.host, address="https://moved.example/")},
        {"host_wait": HostWait(host="d.example", until=at(60))},
        {"articles": (judged(alert("new", "mail")),)},
        {"edited": (edited,)},
        {"renamed": (RenamedArticle(article_id=known_id, claims=("guid:x",)),)},
        {"events": (Event(at=at(), kind=EventKind.FEED_MOVED, subject="b"),)},
    ):
        together = (unchanged(before), poll(feed, **news), unchanged(after))
        assert store.commit_all(together) == (Commit.DONE,) * 3
    assert all(each.polled_at for each in store.feeds())
    assert store.feeds()[1].route.address == "https://moved.example/"
    store.sync_feeds([FeedSource(url="https://d.example/")], at())
    assert due_urls(store) == []
    assert claimed_ids(store) == ["algeria-us-arms new/mail"]
    assert store.find_article(article_id=known_id).title == "Another"
    assert store.known(["guid:x"])["guid:x"].article_id == known_id
    assert [event.kind for event in store.events(9)] == [EventKind.FEED_MOVED]


def test_each_article_of_a_poll_has_its_own_keys_and_alerts(store):
    (feed,) = follow(store)
    store.post(alert("a test message", "mail"), at(), LEASE)  # has an article, too
    told = [alert(f"{number}", *["mail"] * (number % 2)) for number in range(6)]
    store.commit(poll(feed, *map(judged, told[:2])))
    clash = poll(feed, judged(alert("undone")), judged(told[0]))
    assert store.commit(clash) is Commit.CONFLICT
    store.commit(poll(feed, *map(judged, told[2:])))
    for each in told:
        owners = store.known(each.article.keys)
        assert set(owners) == set(each.article.keys)
        (article_id,) = {owner.article_id for owner in owners.values()}
        assert store.find_article(article_id=article_id) == each.article
    shown = {one.alert.key: one.alert for one in store.alerts(limit=10)}
    assert [shown[each.key].article for each in told] == [each.article for each in told]


def test_of_polls_that_are_committed_together_the_first_has_an_article(store):
    a, b = follow(store, "https://a.example/", "https://b.example/")
    one = judged(alert("one", "mail"))
    assert store.commit_all([poll(a, one), poll(b, one)]) == (Commit.DONE, Commit.CONFLICT)
    assert store.commit_all([]) == ()
    assert claimed_ids(store) == ["algeria-us-arms one/mail"]


def test_two_articles_of_one_poll_cannot_claim_one_key(store):
    (feed,) = follow(store)
    twins = [replace(judged(alert(name)), claims=("guid:one",)) for name in "ab"]
    assert store.commit(poll(feed, *twins)) is Commit.CONFLICT
    assert store.known(["guid:one"]) == {}
    assert store.feeds() == (feed,)


def test_an_article_may_name_one_key_twice(store):
    (feed,) = follow(store)
    twice = JudgedArticle(article=article("a"), claims=("guid:1", "guid:1"))
    assert store.commit(poll(feed, twice)) is Commit.DONE


def test_an_alert_whose_key_is_known_is_not_told_again(store):
    (feed,) = follow(store)
    first = alert("a", "mail")
    store.commit(poll(feed, judged(first)))
    second = replace(alert("b", "mail", "slack", minutes=1), key=first.key)
    assert store.commit(poll(feed, judged(second))) is Commit.DONE
    assert set(store.known(second.article.keys)) == set(second.article.keys)
    assert [each.alert for each in claim(store, 9)] == [first]


def test_a_match_without_an_alert_is_told_to_nobody(store):
    (feed,) = follow(store)
    weak = JudgedArticle(
        article=article("a"), claims=("guid:1",), matches=(match(is_weak=True), match("other"))
    )
    store.commit(poll(feed, weak))
    assert claim(store, 99) == ()
    (counted,) = store.article_counts()
    assert (counted.articles, counted.matched, counted.alerted) == (1, 1, 0)


def test_an_edited_article_is_rewritten_with_its_matches(store):
    told, silent, later = match("told"), match("silent"), match("later", relevance=0.9)
    first = Alert(
        key="told a", article=article("a"), match=told, destinations=("desk",), created_at=at()
    )
    (feed,) = follow(store)
    new = replace(judged(first), matches=(told, silent, match("weak", is_weak=True)))
    store.commit(poll(feed, new))
    known = store.known(article("a").keys)[article("a").keys[0]]
    assert (known.identity, known.content_hash) == (article("a").keys[0], "")
    assert store.before([known.article_id])[known.article_id].held == {"told", "silent"}

    changed = article("a", title="Another", text="Other words.", content_hash="2")
    again = replace(told, rule_version="2")
    second = Alert(
        key="later a", article=changed, match=later, destinations=("desk",), created_at=at(1)
    )
    edited = EditedArticle(
        article_id=known.article_id, article=changed, matches=(again, later), alerts=(second,)
    )
    renamed = RenamedArticle(article_id=known.article_id, claims=("guid:x:1",))
    assert store.commit(poll(feed, edited=(edited,), renamed=(renamed,))) is Commit.DONE

    assert store.find_article(article_id=known.article_id) == changed
    assert store.before([known.article_id])[known.article_id].held == {"told", "later"}
    assert store.known(["guid:x:1"])["guid:x:1"].content_hash == "2"
    shown = {one.alert.key: one.alert for one in store.alerts(limit=10)}
    assert (shown["told a"].match, shown["later a"].match) == (again, later)
    assert shown["told a"].article == changed
    assert store.article_counts()[0].articles == 1


def test_a_match_that_no_longer_holds_stays_only_where_it_was_told(store):
    told, silent = match("told"), match("silent")
    first = Alert(
        key="told a", article=article("a"), match=told, destinations=("desk",), created_at=at()
    )
    (feed,) = follow(store)
    store.commit(poll(feed, replace(judged(first), matches=(told, silent))))
    known = store.known(article("a").keys)[article("a").keys[0]]
    edited = EditedArticle(article_id=known.article_id, article=article("a", title="Other"))
    store.commit(poll(feed, edited=(edited,)))
    assert store.before([known.article_id])[known.article_id].held == {"told"}
    assert [one.alert.match for one in store.alerts(limit=10)] == [told]


def test_a_key_that_another_article_has_is_not_given_away(store):
    (feed,) = follow(store)
    store.commit(poll(feed, judged(alert("a")), judged(alert("b"))))
    (key,) = article("b").keys
    owner = store.known([key])[key]
    other = store.known(article("a").keys)[article("a").keys[0]]
    renamed = RenamedArticle(article_id=other.article_id, claims=(key, "guid:x:1"))
    assert store.commit(poll(feed, renamed=(renamed,))) is Commit.DONE
    assert store.known([key])[key] == owner
    assert store.known(["guid:x:1"])["guid:x:1"].article_id == other.article_id


def test_a_poll_of_a_feed_no_longer_followed_is_still_written(store):
    (feed,) = follow(store)
    store.sync_feeds([], at())
    assert store.commit(poll(feed, judged(alert("a", "mail")))) is Commit.DONE
    assert claimed_ids(store) == ["algeria-us-arms a/mail"]
    assert follow(store)[0].validators.etag == '"a"'


def test_a_poll_of_a_feed_that_is_gone_is_not_written(store):
    (feed,) = follow(store)
    gone = replace(feed, id=feed.id + 1000)
    assert store.commit(poll(gone, judged(alert("a", "mail")))) is Commit.DONE
    assert store.known(alert("a").article.keys) == {}
    assert claim(store, 99) == ()


def test_text_without_an_encoding_costs_only_itself(store):
    """Half a surrogate pair cannot be stored; a feed can hold one."""
    (feed,) = follow(store)
    broken = alert("a", "mail")
    told = article("a", title="half \ud83d pair", keys=("guid:\ud83d",), tags=("\udc00",))
    broken = replace(broken, article=told)
    assert store.commit(poll(feed, judged(broken), detail="\ud800")) is Commit.DONE
    assert set(store.known(["guid:\ud83d"])) == {"guid:\ud83d"}
    (delivery,) = claim(store)
    assert delivery.alert.article.title == "half ? pair"
    assert store.commit(poll(feed, judged(broken))) is Commit.CONFLICT


@on_one_store
@given(data=st.data())
def test_any_outcome_is_written_whole_or_not_at_all(store, data):
    (feed,) = follow(store)
    before = (store.feeds(), len(store.alerts(10**6)), len(store.events(10**6)))
    outcome = data.draw(outcomes(feed.id))
    claims = {key for each in outcome.articles for key in each.claims}
    taken = set(store.known([*claims]))
    distinct = [set(each.claims) for each in outcome.articles]
    is_free = not taken and sum(map(len, distinct)) == len(claims)
    assert store.commit(outcome) is (Commit.DONE if is_free else Commit.CONFLICT)
    if not is_free:
        after = (store.feeds(), len(store.alerts(10**6)), len(store.events(10**6)))
        assert after == before
        return
    assert set(store.known([*claims])) == claims
    (state,) = store.feeds()
    assert state.validators == outcome.validators
    assert (state.pace, state.hints) == (outcome.pace, outcome.hints)
    for kept in ("health", "rhythm", "deaths"):
        expected = getattr(outcome, kept)
        assert getattr(state, kept) == (getattr(feed, kept) if expected is None else expected)
    assert state.next_check_at == outcome.next_check_at
    assert (state.failures, state.reason, state.detail) == (
        outcome.failures,
        outcome.reason,
        outcome.detail,
    )
    assert store.events(len(outcome.events)) == outcome.events[::-1]


# --- deliveries --------------------------------------------------------------------


def test_a_claimed_delivery_carries_its_whole_alert(store):
    told = alert("a", "mail", "slack")
    tell(store, told)
    mail, slack = claim(store)
    assert (mail.destination, slack.destination) == ("mail", "slack")
    assert mail == Delivery(
        id=mail.id,
        public_id="algeria-us-arms a/mail",
        alert=told,
        destination="mail",
        attempts=1,
        created_at=at(),
    )


@on_one_store
@given(told=alerts)
def test_any_alert_comes_back_as_it_was(store, told):
    number = len(store.alerts(10**6))
    told = replace(told, key=f"{number} {told.key}")
    posted = store.post(told, at(), LEASE)
    assert [each.alert for each in posted] == [told] * len(told.destinations)
    assert [each.destination for each in posted] == list(told.destinations)
    assert store.alerts(1)[0].alert == told


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_can_be_stored(store, severity):
    told = replace(alert("a", "mail"), match=match(severity=severity))
    tell(store, told)
    assert claim(store)[0].alert == told


def test_each_destination_gets_its_oldest_first_and_one_at_a_time(store):
    tell(
        store,
        alert("young", "mail", "slack", minutes=2),
        alert("old", "mail", minutes=1),
        alert("twin", "mail", minutes=1),
    )
    assert claimed_ids(store, 5) == ["algeria-us-arms old/mail", "algeria-us-arms young/slack"]
    assert claimed_ids(store, 5) == ["algeria-us-arms twin/mail"]
    assert claimed_ids(store, 5) == ["algeria-us-arms young/mail"]
    assert claimed_ids(store, 5) == []


def test_busy_destinations_and_those_beyond_the_limit_are_left_alone(store):
    tell(store, alert("a", "mail", "slack", "chat"))
    assert claimed_ids(store, busy=["slack"], limit=1) == ["algeria-us-arms a/mail"]
    assert claimed_ids(store, busy=["slack", "mail"]) == ["algeria-us-arms a/chat"]
    assert claimed_ids(store, limit=0) == []
    assert claimed_ids(store) == ["algeria-us-arms a/slack"]


def test_a_delivery_is_not_due_before_its_alert(store):
    tell(store, alert("later", "mail", minutes=10))
    assert claim(store, 9.999) == ()
    assert claimed_ids(store, 10) == ["algeria-us-arms later/mail"]


def test_a_claim_that_runs_out_is_due_again(store):
    tell(store, alert("a", "mail"))
    assert [each.attempts for each in claim(store)] == [1]
    assert claim(store, 1.999) == ()
    assert [each.attempts for each in claim(store, 2)] == [2]
    (stored,) = store.alerts(1)[0].deliveries
    assert stored.reason is DeliveryReason.INTERRUPTED


def test_a_delivery_that_waits_for_its_retry_holds_up_none_behind_it(store):
    tell(store, alert("poison", "mail"), alert("good", "mail", minutes=1))
    (poison,) = claim(store, 5)
    store.record(poison.id, BUSY)
    (good,) = claim(store, 5)
    assert good.public_id == "algeria-us-arms good/mail"
    store.record(good.id, Sent(at=at(6)))
    assert claim(store, 29.999) == ()
    (again,) = claim(store, 30)
    assert again == replace(poison, attempts=2)


@pytest.mark.parametrize("reason", DeliveryReason)
def test_every_reason_of_a_retry_and_of_a_death_can_be_stored(store, reason):
    tell(store, alert("a", "mail", "slack"))
    mail, slack = claim(store)
    store.record(mail.id, Retry(next_attempt_at=at(9), reason=reason, detail="words"))
    store.record(slack.id, Dead(at=at(9), reason=reason, detail="words"))
    stored = store.alerts(1)[0].deliveries
    assert [(each.reason, each.detail) for each in stored] == [(reason, "words")] * 2


@pytest.mark.parametrize("final", [Sent(at=at(1)), Dead(at=at(1), reason=DeliveryReason.EXPIRED)])
@pytest.mark.parametrize(
    "later", [BUSY, Sent(at=at(2)), Dead(at=at(2), reason=DeliveryReason.REFUSED)]
)
def test_what_is_sent_or_dead_stays_so(store, final, later):
    tell(store, alert("a", "mail"))
    (delivery,) = claim(store)
    store.record(delivery.id, final)
    recorded = store.alerts(1)
    store.record(delivery.id, later, DEATH)
    assert store.alerts(1) == recorded
    assert store.events(10) == ()
    assert claim(store, 10**6) == ()


def test_what_was_told_by_a_message_that_is_given_up_is_told_by_the_next(store):
    first, *more = [alert(name, "mail", minutes=number) for number, name in enumerate("abc")]
    covered = planned("mail", DeliveryState.COVERED, PlanReason.SAME_STORY, told_by=first.key)
    tell(store, first, *(replace(one, planned=(covered,)) for one in more))
    (delivery,) = claim(store, 2)
    store.record(delivery.id, Dead(at=at(3), reason=DeliveryReason.EXPIRED), DEATH)
    heir = f"{more[0].key}/mail"
    assert told(store, 2)["mail"][0] is DeliveryState.DEAD
    assert told(store, 1)["mail"] == (DeliveryState.PENDING, PlanReason.SAME_STORY, at(3), None)
    assert told(store, 0)["mail"] == (DeliveryState.COVERED, PlanReason.SAME_STORY, None, heir)
    assert claimed_ids(store, 3) == [heir]


def test_a_result_for_what_nobody_claimed_changes_nothing(store):
    tell(store, alert("a", "mail"))
    (waiting,) = store.alerts(1)[0].deliveries
    for result in (BUSY, Sent(at=at(2)), Dead(at=at(2), reason=DeliveryReason.REFUSED)):
        for unclaimed in (waiting.id, waiting.id + 1000):
            store.record(unclaimed, result, DEATH)
    assert store.alerts(1)[0].deliveries == (waiting,)
    assert store.events(10) == ()


def test_a_success_counts_even_after_its_claim_ran_out(store):
    tell(store, alert("a", "mail"), alert("b", "mail"))
    (first,) = claim(store)
    (second,) = claim(store)
    assert [each.id for each in claim(store, 3)] == [first.id]
    store.record(first.id, Sent(at=at(3)))
    assert store.release_claims(at(3)) == 1
    store.record(second.id, Sent(at=at(3)))
    assert claim(store, 10**6) == ()


def test_a_death_and_its_event_are_written_together(store):
    tell(store, alert("a", "mail"))
    (delivery,) = claim(store)
    told = Event(at=at(1), kind=EventKind.DELIVERY_DEAD, subject="mail", detail="gave up")
    change = LaneChange(lane=Lane(), event=told)
    store.record(delivery.id, Dead(at=at(1), reason=DeliveryReason.EXPIRED), change)
    assert store.events(10) == (told,)


def test_what_was_in_flight_when_the_daemon_died_is_due_at_the_next_start(store):
    tell(store, alert("a", "mail", "slack", "chat"))
    mail, slack, chat = claim(store)
    store.record(mail.id, Sent(at=at(1)))
    store.record(slack.id, BUSY)
    assert store.release_claims(at(1)) == 1
    assert store.release_claims(at(1)) == 0
    assert claim(store, 1) == (replace(chat, attempts=2, is_uncertain=True),)
    stored = {each.destination: each.reason for each in store.alerts(1)[0].deliveries}
    assert stored == {
        "mail": None,
        "slack": DeliveryReason.REFUSED,
        "chat": DeliveryReason.INTERRUPTED,
    }


def test_a_posted_alert_is_claimed_at_once_and_claims_no_article(store):
    test_message = alert("test", "mail", "slack", minutes=60)
    posted = store.post(test_message, at(), LEASE)
    assert [(each.alert, each.attempts) for each in posted] == [(test_message, 1)] * 2
    assert store.known(test_message.article.keys) == {}
    assert claim(store, 1.999) == ()
    store.record(posted[0].id, Sent(at=at(1)))
    assert claim(store, 2) == (replace(posted[1], attempts=2, is_uncertain=True),)
    assert store.article_counts() == ()


def test_an_alert_posted_again_is_not_written_again(store):
    told = alert("a", "mail", "slack")
    mail, slack = store.post(told, at(), LEASE)
    store.record(mail.id, Sent(at=at(1)))
    store.record(slack.id, BUSY)
    assert store.post(told, at(1), LEASE) == (replace(slack, attempts=2),)
    assert len(store.alerts(10)) == 1


def test_an_alert_for_nobody_is_kept(store):
    tell(store, alert("a"))
    assert claim(store, 99) == ()
    assert store.alerts(1)[0].alert == alert("a")


def test_a_destination_that_is_named_twice_is_told_once(store):
    tell(store, alert("a", "mail", "mail"))
    assert claimed_ids(store) == ["algeria-us-arms a/mail"]
    assert claimed_ids(store) == []


# --- the outbox against its plain twin ---------------------------------------------


class PlainOutbox:
    """The outbox as a list that is searched from end to end: slow, and easy to believe."""

    def __init__(self) -> None:
        self.rows: list[dict] = []

    def add(self, told: Alert) -> None:
        self.rows += [
            {"name": f"{told.key}/{name}", "to": name, "made": told.created_at}
            | {"state": "pending", "next": told.created_at, "attempts": 0}
            for name in told.destinations
        ]

    def due(self, now: datetime, limit: int, busy: set[str]) -> list[tuple[str, int]]:
        oldest: dict[str, dict] = {}
        for row in sorted(self.rows, key=lambda row: row["made"]):
            is_due = row["state"] in {"pending", "sending"} and row["next"] <= now
            if is_due and row["to"] not in busy:
                oldest.setdefault(row["to"], row)
        order = sorted(oldest.values(), key=lambda row: (row["made"], self.rows.index(row)))
        for row in order[:limit]:
            row |= {"state": "sending", "next": now + LEASE, "attempts": row["attempts"] + 1}
        return [(row["name"], row["attempts"]) for row in order[:limit]]

    def record(self, name: str, result: Sent | Retry | Dead) -> None:
        (row,) = (row for row in self.rows if row["name"] == name)
        match result:
            case Sent() if row["state"] in {"pending", "sending"}:
                row["state"] = "sent"
            case Retry() if row["state"] == "sending":
                row |= {"state": "pending", "next": result.next_attempt_at}
            case Dead() if row["state"] == "sending":
                row["state"] = "dead"

    def release(self, now: datetime) -> int:
        sending = [row for row in self.rows if row["state"] == "sending"]
        for row in sending:
            row |= {"state": "pending", "next": now}
        return len(sending)


minutes = st.integers(min_value=0, max_value=20)
lanes = st.lists(st.sampled_from(["chat", "mail", "slack"]), max_size=3, unique=True)
steps = st.one_of(
    st.tuples(st.just("tell"), minutes, lanes.map(tuple)),
    st.tuples(st.just("due"), st.integers(min_value=0, max_value=3), lanes.map(set)),
    st.tuples(
        st.just("record"), st.integers(min_value=0), st.sampled_from(["sent", "retry", "dead"])
    ),
    st.tuples(st.just("release")),
)


@on_many_stores
@given(st.lists(steps, min_size=5, max_size=40))
def test_the_outbox_does_what_a_plain_list_does(new_store, taken):
    store, plain = new_store(), PlainOutbox()
    (feed,) = follow(store)
    claimed: list[Delivery] = []
    for now, step in enumerate(taken):
        match step:
            case ("tell", later, names):
                told = alert(f"{now}", *names, minutes=later)
                store.commit(poll(feed, judged(told)))
                plain.add(told)
            case ("due", limit, busy):
                found = claim(store, now, limit=limit, busy=busy)
                claimed += found
                seen = [(each.public_id, each.attempts) for each in found]
                assert seen == plain.due(at(now), limit, busy)
            case ("record", which, kind) if claimed:
                delivery = claimed[which % len(claimed)]
                result = {
                    "sent": Sent(at=at(now)),
                    "retry": Retry(next_attempt_at=at(now + 3), reason=DeliveryReason.REFUSED),
                    "dead": Dead(at=at(now), reason=DeliveryReason.REFUSED),
                }[kind]
                store.record(delivery.id, result)
                plain.record(delivery.public_id, result)
            case ("release",):
                assert store.release_claims(at(now)) == plain.release(at(now))
    stored = {each.public_id: each.state for told in store.alerts(99) for each in told.deliveries}
    assert stored == {row["name"]: row["state"] for row in plain.rows}


# --- the operator's log and the commands' reads ------------------------------------


def test_the_log_is_read_last_line_first(store):
    lines = [
        Event(at=at(5), kind=EventKind.STARTED, subject="1.0"),
        Event(at=at(1), kind=EventKind.RULES_REFUSED, subject="rules", detail="x.yaml:1:1"),
        Event(at=at(6), kind=EventKind.STOPPED),
    ]
    for line in lines:
        store.log(line)
    assert store.events(10) == tuple(reversed(lines))
    assert store.events(1) == (lines[2],)
    assert store.events(9, [EventKind.STARTED, EventKind.RULES_REFUSED]) == (lines[1], lines[0])
    assert store.events(9, []) == ()
    assert store.latest_event([EventKind.STARTED]) == lines[0]
    assert store.latest_event([EventKind.FEED_FAILING]) is None


@on_one_store
@given(events)
def test_any_event_comes_back_as_it_was(store, event):
    store.log(event)
    assert store.latest_event(list(EventKind)) == event


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_can_be_stored(store, kind):
    store.log(Event(at=at(), kind=kind))
    assert store.latest_event([kind]) == Event(at=at(), kind=kind)


def test_a_ping_leaves_everything_as_it_was(store):
    (feed,) = follow(store)
    store.ping()
    assert store.feeds() == (feed,)
    assert store.events(10) == ()


def test_the_ledger_shows_each_alert_with_what_became_of_it(store):
    other = replace(alert("b", "mail", minutes=1), match=match("other"))
    tell(store, alert("a", "mail", "slack", "chat", "desk"), other)
    mail, slack, chat, desk = claim(store)
    store.record(mail.id, Sent(at=at(1)))
    store.record(slack.id, BUSY)
    store.record(chat.id, Dead(at=at(2), reason=DeliveryReason.EXPIRED, detail="5 days"))
    newest, oldest = store.alerts(10)
    assert (newest.alert, oldest.alert) == (other, mail.alert)
    assert store.alerts(1) == store.alerts(9, rule="other") == (newest,)
    assert store.alerts(9, rule="unknown") == ()
    assert store.alert(oldest.id) == oldest
    assert store.alert(10**6) is None
    seen = [
        (each.id, each.destination, each.state, each.attempts, each.next_attempt_at)
        for each in oldest.deliveries
    ]
    assert seen == [
        (mail.id, "mail", DeliveryState.SENT, 1, None),
        (slack.id, "slack", DeliveryState.PENDING, 1, at(30)),
        (chat.id, "chat", DeliveryState.DEAD, 1, None),
        (desk.id, "desk", DeliveryState.SENDING, 1, at(2)),
    ]
    assert [each.sent_at for each in oldest.deliveries] == [at(1), None, None, None]
    assert [each.dead_at for each in oldest.deliveries] == [None, None, at(2), None]
    assert [each.detail for each in oldest.deliveries] == ["", "503", "5 days", ""]


def test_deliveries_are_counted_by_destination_and_state(store):
    tell(
        store,
        alert("a", "mail", "slack"),
        alert("b", "mail", minutes=1),
        alert("c", "mail", minutes=2),
    )
    mail, _ = claim(store)
    store.record(mail.id, Sent(at=at(1)))
    counted = {
        (each.destination, each.state): (each.count, each.oldest_at)
        for each in store.delivery_counts()
    }
    assert counted == {
        ("mail", DeliveryState.PENDING): (2, at(1)),
        ("mail", DeliveryState.SENT): (1, at()),
        ("slack", DeliveryState.SENDING): (1, at()),
    }


def test_articles_are_counted_by_feed_and_time(store):
    one, two, _ = follow(store, "https://a.example/", "https://b.example/", "https://c.example/")
    plain = JudgedArticle(article=article("plain"), claims=("guid:plain",))
    weak = JudgedArticle(
        article=article("weak"), claims=("guid:weak",), matches=(match(), match("b"))
    )
    store.commit(poll(one, judged(alert("a", "mail")), plain, weak))
    store.commit(poll(two, judged(alert("b")), polled_at=at(10)))

    def counted(**since: datetime) -> list[tuple]:
        return [
            (each.feed_id, each.feed_url, each.articles, each.matched, each.alerted)
            for each in store.article_counts(**since)
        ]

    second = (two.id, "https://b.example/", 1, 1, 1)
    assert counted() == [(one.id, "https://a.example/", 3, 2, 1), second]
    assert counted(since=at(10)) == [second]
    assert counted(since=at(10.001)) == []


def test_a_sound_store_has_nothing_wrong(store):
    tell(store, alert("a", "mail"))
    assert store.integrity_check() == ()


# --- what the operator is told -----------------------------------------------------


def test_events_are_announced_once_with_the_message_about_them(store):
    (feed,) = follow(store)
    first = Event(at=at(), kind=EventKind.FEED_FAILING, subject="a", detail="x")
    store.log(first)
    events, upto = store.unannounced()
    assert events == (first,)
    second = replace(first, kind=EventKind.FEED_RECOVERED)
    store.commit(poll(feed, events=(second,)))
    told = alert("notice", "desk")
    store.announce(told, upto, at(1))
    assert claimed_ids(store) == ["algeria-us-arms notice/desk"]
    events, upto = store.unannounced()
    assert events == (second,)
    store.announce(None, upto, at(2))
    assert store.unannounced() == ((), 0)
    store.announce(told, 0, at(3))  # what is known is known
    assert store.unannounced() == ((), 0)
    assert len(store.alerts(9)) == 1

"""Decides: which alerts follow from an article's matches, and when each destination is told.

::

    article, matches → alerts_for → alerts, one a match
    alerts, past, policy → planned → each delivery due at once, later, held or covered, and why

For one destination the first of these that holds is the reason::

    silenced → routed elsewhere → (weak, on trial, digest) ─┐
                                                            ├→ same story → throttled → quiet hours
                                                at once ────┘
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.alerts import hours, samestory, throttle
from monitor.models import (
    Alert,
    AlertKind,
    Article,
    DeliveryState,
    DigestTime,
    Match,
    Planned,
    PlanReason,
    Severity,
)
from monitor.planning import (
    NOTHING,
    SAME_STORY,
    Past,
    Policy,
    Question,
    RouteTo,
    Silence,
    Told,
)

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Douglas Crockford's base 32: no I, L, O or U, so that an id can be read aloud."""

_KEY_DIGITS = 24
"""Hexadecimal: 96 bits."""
_ID_BYTES = 5
"""40 bits, 8 digits of base 32: short enough for a person; the database has the key itself."""
_TO_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CROCKFORD)

_UNDER_WAY = frozenset({DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.SENT})
_SEVERITIES = tuple(Severity)


# --- which alerts ------------------------------------------------------------------


def alerts_for(
    article: Article,
    matches: Sequence[Match],
    destinations: Sequence[str],
    now: datetime,
    identity: str = "",
) -> tuple[Alert, ...]:
    """Return one alert for each match.

    It goes to the destinations that the rule names, or to all, in the order of the
    configuration (``destinations``); names that are not configured are dropped. A rule that
    notifies nobody still has its alert, for the record. A weak match's alert is another one than
    that of the match that an edit of the article may make of it.

    Args:
        identity: The key that is the article's own, and part of the alert's: a guid or a link
            that stands first among its keys may be another's. Without it the first.
    """
    return tuple(
        Alert(
            key=key(identity or article.keys[0], match.rule_id, *["weak"] * match.is_weak),
            article=article,
            match=match,
            destinations=_chosen(match, destinations),
            created_at=now,
        )
        for match in matches
    )


def lone_alert(
    article: Article, match: Match, destinations: Sequence[str], now: datetime, kind: AlertKind
) -> Alert:
    """Return an alert that no poll brought: a notice, a digest, a test."""
    (alert,) = alerts_for(article, [match], destinations, now)
    return replace(alert, kind=kind)


def delivery_id(alert_key: str, destination: str) -> str:
    """Return the short public id of an alert's delivery, like ``nm-7K2QM9XA``.

    It is always the same for the same two, so a message that arrives twice can be told.
    """
    digits = base64.b32encode(_digest(alert_key, destination)[:_ID_BYTES]).decode()
    return "nm-" + digits.translate(_TO_CROCKFORD)


def key(identity: str, rule_id: str, *more: str) -> str:
    """Return what makes an alert be said once: what it is about, its rule, and what more there is."""
    return _digest(rule_id, identity, *more).hex()[:_KEY_DIGITS]


def _chosen(match: Match, destinations: Sequence[str]) -> tuple[str, ...]:
    configured = dict.fromkeys(destinations)
    return tuple(name for name in configured if match.notify is None or name in match.notify)


def _digest(*parts: str) -> bytes:
    """Hash texts so that no two different lists of them are hashed alike."""
    hashed = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        hashed.update(len(encoded).to_bytes(8, "big"))
        hashed.update(encoded)
    return hashed.digest()


# --- when each destination is told -------------------------------------------------


def question(alerts: Iterable[Alert], policy: Policy, now: datetime) -> Question:
    """Return what ``planned`` has to know of the past."""
    throttles = {alert.match.rule_id: alert.match.handling.throttle for alert in alerts}
    return Question(
        rules={rule: None if one is None else one.span for rule, one in throttles.items()},
        destinations={
            name: wishes.throttle.span
            for name, wishes in policy.wishes.items()
            if wishes.throttle is not None
        },
        now=now,
    )


def planned(
    alerts: Iterable[Alert], past: Past, policy: Policy, now: datetime
) -> tuple[Alert, ...]:
    """Return the alerts with the plans of their deliveries; those of one poll know each other."""
    made: list[Alert] = []
    for alert in alerts:
        plans = _plans(alert, past, policy, now)
        made.append(
            replace(
                alert,
                destinations=tuple(plans),
                planned=tuple(plan for plan in plans.values() if plan is not None),
            )
        )
        past = _followed(past, made[-1], plans)
    return tuple(made)


def lone_planned(alert: Alert, policy: Policy, now: datetime) -> Alert:
    """Return an alert that no poll brought, with its plans: only quiet hours hold it up."""
    (made,) = planned([alert], NOTHING, policy, now)
    return made


_Plans = dict[str, Planned | None]
"""By destination; ``None``: at once."""


def _plans(alert: Alert, past: Past, policy: Policy, now: datetime) -> _Plans:
    wanted = alert.destinations
    if alert.kind is AlertKind.TEST:
        return dict.fromkeys(wanted)
    if alert.kind not in (AlertKind.ARTICLE, AlertKind.UPDATE):
        return {name: _at_once(alert, name, policy, now) for name in wanted}
    if silence := _silence(past, alert.match, now):
        detail = f"silence {silence.id}" + (f": {silence.reason}" if silence.reason else "")
        return {name: _covered(name, PlanReason.SILENCED, detail) for name in wanted}
    routes = [route for route in policy.routes if _takes(route, alert, now)]
    plans: _Plans = {
        name: _covered(name, PlanReason.ROUTED, ", ".join(route.name for route in routes))
        for name in _left_out(alert, routes)
    }
    is_spent = _is_spent(alert, past, now)
    for name in wanted:
        if name not in plans:
            plans[name] = _plan(alert, name, past, policy, now, is_spent=is_spent)
    return _in_order(wanted, plans) | _escalations(alert, plans, routes, policy, now)


def _in_order(wanted: Sequence[str], plans: _Plans) -> _Plans:
    return {name: plans[name] for name in wanted}


def _plan(
    alert: Alert, name: str, past: Past, policy: Policy, now: datetime, *, is_spent: bool
) -> Planned | None:
    waits = _why_it_waits(alert.match, name, policy)
    if alert.kind is AlertKind.ARTICLE and (first := _first(alert, name, past, now, waits)):
        return _covered(name, PlanReason.SAME_STORY, told_by=first.key)
    if waits is None and (is_spent or _is_full(alert.match.severity, name, past, policy, now)):
        waits = PlanReason.THROTTLED
    if waits is not None:
        return _held(alert.match, name, waits, policy, now)
    return _at_once(alert, name, policy, now)


def _why_it_waits(match: Match, name: str, policy: Policy) -> PlanReason | None:
    """Why it is for the digest, if it is."""
    wishes = policy.of(name)
    if match.is_weak:
        return PlanReason.WEAK
    if match.handling.is_experimental:
        return PlanReason.EXPERIMENTAL
    if match.handling.digest is not None:
        return PlanReason.DIGEST
    if wishes.digest is not None and (
        wishes.at_once is None or _rank(match.severity) < _rank(wishes.at_once)
    ):
        return PlanReason.DIGEST
    return None


def _rank(severity: Severity) -> int:
    return _SEVERITIES.index(severity)


def _held(match: Match, name: str, reason: PlanReason, policy: Policy, now: datetime) -> Planned:
    """For the rule's digest or the destination's. What would else be told is never left waiting."""
    wishes = policy.of(name)
    when = match.handling.digest or wishes.digest
    if when is None and reason is PlanReason.THROTTLED:
        when = DigestTime()
    due_at = None if when is None else hours.next_digest(when, wishes.zone, now)
    return Planned(destination=name, state=DeliveryState.HELD, reason=reason, due_at=due_at)


def _at_once(alert: Alert, name: str, policy: Policy, now: datetime) -> Planned | None:
    if (ends := quiet_until(alert.match.severity, name, policy, now)) is None:
        return None
    return Planned(destination=name, reason=PlanReason.QUIET_HOURS, due_at=ends)


def quiet_until(
    severity: Severity, destination: str, policy: Policy, now: datetime
) -> datetime | None:
    """When a destination's quiet hours end; ``None``: it may be told now."""
    wishes = policy.of(destination)
    if wishes.quiet is None or severity is Severity.CRITICAL:
        return None
    return hours.end(wishes.quiet, wishes.zone, now)


def quiet_since(destination: str, policy: Policy, now: datetime) -> datetime | None:
    """When a destination's quiet hours began; ``None``: it has none now.

    What is due in them was planned so, or asked for by somebody, unless it is older: a backlog.
    """
    wishes = policy.of(destination)
    found = None if wishes.quiet is None else hours.span(wishes.quiet, wishes.zone, now)
    return None if found is None else found[0]


def _covered(name: str, reason: PlanReason, detail: str = "", told_by: str = "") -> Planned:
    return Planned(
        destination=name,
        state=DeliveryState.COVERED,
        reason=reason,
        detail=detail,
        told_by=told_by,
    )


# --- the past ----------------------------------------------------------------------


def _silence(past: Past, match: Match, now: datetime) -> Silence | None:
    return next(
        (one for one in past.silences if one.rule_id == match.rule_id and now < one.until), None
    )


def _is_spent(alert: Alert, past: Past, now: datetime) -> bool:
    allowed = alert.match.handling.throttle
    told_at = past.at_once.get(alert.match.rule_id, ())
    return allowed is not None and throttle.is_spent(allowed, told_at, now)


def _is_full(severity: Severity, name: str, past: Past, policy: Policy, now: datetime) -> bool:
    """Whether a destination has had enough; what is critical is held up only by its like."""
    if (allowed := policy.of(name).throttle) is None:
        return False
    is_critical = severity is Severity.CRITICAL
    sent = past.sent_to.get(name, ())
    told_at = (at for at, of in sent if not is_critical or of is Severity.CRITICAL)
    return throttle.is_spent(allowed, told_at, now)


def _first(
    alert: Alert, name: str, past: Past, now: datetime, waits: PlanReason | None
) -> Told | None:
    """The earlier alert of the rule that tells this destination of the same story.

    One that waits for a digest covers only what would wait, too.
    """
    covering = _UNDER_WAY | {DeliveryState.HELD} if waits else _UNDER_WAY
    article = alert.article
    for told in past.told:
        if (
            told.rule_id == alert.match.rule_id
            and told.deliveries.get(name) in covering
            and now - told.at <= SAME_STORY
            and _is_same_story(article, told)
        ):
            return told
    return None


def _is_same_story(article: Article, told: Told) -> bool:
    if article.url and article.url == told.url:
        return True
    return article.feed_url != told.feed_url and samestory.is_same(
        article.title, article.language, told.title, told.language
    )


def _followed(past: Past, alert: Alert, plans: _Plans) -> Past:
    """The past of the next alert."""
    if alert.kind is not AlertKind.ARTICLE:
        return past
    states = {
        name: DeliveryState.PENDING if plan is None else plan.state
        for name, plan in plans.items()
        if plan is None
        or (plan.state is not DeliveryState.COVERED and plan.reason is not PlanReason.ESCALATION)
    }
    article, rule = alert.article, alert.match.rule_id
    told = Told(
        key=alert.key,
        rule_id=rule,
        title=article.title,
        url=article.url,
        feed_url=article.feed_url,
        language=article.language,
        at=alert.created_at,
        deliveries=states,
    )
    at_once, sent_to = dict(past.at_once), dict(past.sent_to)
    if DeliveryState.PENDING in states.values():
        at_once[rule] = (alert.created_at, *at_once.get(rule, ()))
    for name, state in states.items():
        if state is DeliveryState.PENDING:
            one = (alert.created_at, alert.match.severity)
            sent_to[name] = (one, *sent_to.get(name, ()))
    return replace(
        past,
        told=(told, *past.told) if states else past.told,
        at_once=at_once,
        sent_to=sent_to,
    )


# --- routes ------------------------------------------------------------------------


def _takes(route: RouteTo, alert: Alert, now: datetime) -> bool:
    if route.severities and alert.match.severity not in route.severities:
        return False
    if route.tags and route.tags.isdisjoint(alert.article.tags):
        return False
    return route.hours is None or hours.end(route.hours, route.zone, now) is not None


def _left_out(alert: Alert, routes: Sequence[RouteTo]) -> Iterator[str]:
    """The destinations that routes leave out; a rule that names its own is not routed, and what is
    an update goes where the first went."""
    if alert.match.notify is not None or alert.kind is not AlertKind.ARTICLE or not routes:
        return
    to = {name for route in routes for name in route.to}
    yield from (name for name in alert.destinations if name not in to)


def _escalations(
    alert: Alert, plans: _Plans, routes: Sequence[RouteTo], policy: Policy, now: datetime
) -> _Plans:
    """Whom to tell in a while unless somebody acknowledges what is told now."""
    told = {
        name: now if plan is None else plan.due_at or now
        for name, plan in plans.items()
        if plan is None or plan.state is DeliveryState.PENDING
    }
    if not told or alert.kind is not AlertKind.ARTICLE:
        return {}
    escalated: _Plans = {}
    for route in routes:
        if route.then is None or (name := route.then.destination) in told | escalated:
            continue
        due_at = max(told.values()) + route.then.after
        quiet = quiet_until(alert.match.severity, name, policy, due_at)
        escalated[name] = Planned(
            destination=name,
            reason=PlanReason.ESCALATION,
            due_at=quiet or due_at,
            detail=f"unless acknowledged: {route.name}",
        )
    return escalated

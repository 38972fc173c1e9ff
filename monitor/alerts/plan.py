"""Decides: which alerts follow from an article's matches."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime

from monitor.models import Alert, Article, Match

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Douglas Crockford's base 32: no I, L, O or U, so that an id can be read aloud."""

_KEY_DIGITS = 24
"""Hexadecimal: 96 bits."""
_ID_BYTES = 5
"""40 bits, 8 digits of base 32: short enough for a person; the database has the key itself."""
_TO_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CROCKFORD)


def alerts_for(
    article: Article,
    matches: Sequence[Match],
    destinations: Sequence[str],
    now: datetime,
    identity: str = "",
) -> tuple[Alert, ...]:
    """Return one alert for each match that is not weak.

    It goes to the destinations that the rule names, or to all, in the order of the
    configuration (``destinations``); names that are not configured are dropped. A rule that
    notifies nobody still has its alert, for the record.

    Args:
        identity: The key that is the article's own, and part of the alert's: a guid or a link
            that stands first among its keys may be another's. Without it the first.
    """
    return tuple(
        Alert(
            key=_key(identity or article.keys[0], match),
            article=article,
            match=match,
            destinations=_chosen(match, destinations),
            created_at=now,
        )
        for match in matches
        if not match.is_weak
    )


def delivery_id(alert_key: str, destination: str) -> str:
    """Return the short public id of an alert's delivery, like ``nm-7K2QM9XA``.

    It is always the same for the same two, so a message that arrives twice can be told.
    """
    digits = base64.b32encode(_digest(alert_key, destination)[:_ID_BYTES]).decode()
    return "nm-" + digits.translate(_TO_CROCKFORD)


def _chosen(match: Match, destinations: Sequence[str]) -> tuple[str, ...]:
    configured = dict.fromkeys(destinations)
    return tuple(name for name in configured if match.notify is None or name in match.notify)


def _key(identity: str, match: Match) -> str:
    return _digest(match.rule_id, identity).hex()[:_KEY_DIGITS]


def _digest(*parts: str) -> bytes:
    """Hash texts so that no two different lists of them are hashed alike."""
    hashed = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        hashed.update(len(encoded).to_bytes(8, "big"))
        hashed.update(encoded)
    return hashed.digest()

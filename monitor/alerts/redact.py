"""Decides: what of a text about a destination is a secret."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from monitor.models import Destination

SHORTEST = 4
"""Characters; what is shorter cannot be told from ordinary words."""

_WRITTEN = re.compile(r"[/:@?&=;,#]+")
_DECODED = re.compile(r"[/:@?&=;,#+\s]+")


def redacted(text: str, destination: Destination, host: str = "") -> str:
    """Replace in a text whatever stands in the destination's URL too, with ``***``.

    Only the scheme and ``host`` may stay. Parts are known as written, percent-decoded, and
    in pieces; upper and lower case are the same.
    """
    rest = destination.url.partition("://")[2] or destination.url
    parts = {rest, rest.partition("/")[0], *_WRITTEN.split(rest)}
    forms = {form for part in parts for form in (part, unquote(part), unquote_plus(part))}
    secrets = forms.union(*map(_DECODED.split, forms))
    told = {each for each in secrets if len(each) >= SHORTEST and each.casefold() != host}
    if not told:
        return text
    longest_first = sorted(told, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), "***", text, flags=re.IGNORECASE)

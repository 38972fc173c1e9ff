"""Secrets of a URL, kept out of what is told about it."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.alerts.redact import redacted
from monitor.models import Destination


def to(url: str) -> Destination:
    return Destination(name="desk", url=url)


@pytest.mark.parametrize(
    ("url", "text", "expected"),
    [
        ("json://u:hunter2@h.example/x", "bad hunter2 at h.example", "bad *** at h.example"),
        ("json://u:hunter2@h.example/x", "HUNTER2", "***"),
        ("json://u:p%40ss%2Fword@h.example", "p@ss/word or p%40ss%2Fword", "*** or ***"),
        ("json://u:two+words@h.example", "two words", "***"),
        ("tgram://12345:ABC-def/99", "bot12345:ABC-def or ABC-def", "bot*** or ***"),
        ("slack://TOKENA/TOKENB", "https://hooks/TOKENA/TOKENB/", "https://hooks/***/"),
        ("json://h.example/?+X-Key=sesame", "X-Key: sesame", "***: ***"),
        ("json://h.example/ab?c=d", "ab c d json", "ab c d json"),
        ("sesame", "open sesame", "open ***"),
        ("", "nothing to hide", "nothing to hide"),
    ],
)
def test_what_stands_in_the_url_is_not_told_but_the_host(url, text, expected):
    assert redacted(text, to(url), "h.example") == expected


def test_a_host_that_nobody_vouches_for_is_not_told_either():
    assert redacted("at h.example", to("json://h.example")) == "at ***"


@given(st.text(min_size=4, alphabet=st.characters(exclude_categories=["Cs"])), st.booleans())
@example("a/b@c:d", False)
@example("%41%41", True)
def test_no_password_is_told_however_it_was_written(password, is_form):
    written = quote_plus(password) if is_form else quote(password, safe="")
    destination = to(f"json://user:{written}@h.example/")
    told = redacted(f"<<{password}|{written}>>", destination, "h.example")
    assert told == "<<***|***>>"

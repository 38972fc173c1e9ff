"""Text from the network, made harmless."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.alerts.plain import (
    DROPPED,
    MAX_URL,
    aligned,
    bounded,
    cut,
    fit,
    inert,
    line,
    paragraphs,
    safe_url,
)

LIVE = re.compile(r"[<>@`*|\x00-\x09\x0b-\x1f\x7f-\x9f]|://|\]\(|(?i:www\.)|\w\.(com|[a-z]{2,3})\b")
"""What a chat service or mail client could act on, and every control character but LF."""

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
UNSEEN = "\u200b\u2060\ufeff\u00ad\u180e\u034f\u115f\u1160\u3164\uffa0\u2800\U000e0041"

PROVOKING = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "<>@`*|[]():/.wW!# \r\n\t\x00\x1b\x85\u2028\u2029\u200c\u200d\ud800\ufffe"
            + OVERRIDES
            + UNSEEN
            + "aé\u0301ج\u0905\u094d👍\U0001f3fd🇩🇿"
        ),
        st.characters(),
    )
)


# --- visible -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a title\r\nBcc: x", "a title Bcc: x"),
        ("  a \t\u2003 b\u2028c\x0bd  ", "a b c d"),
        ("a\x00b\x07c\x1b[31md\x9b1m", "abc[31md1m"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        (OVERRIDES + "a" + UNSEEN + "b", "ab"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("a\ufffe\ufdd0\U0001ffffb", "ab"),
        ("« oui\u00a0»\u202f!", "« oui\u00a0»\u202f!"),
        ("می\u200cخواهد", "می\u200cخواهد"),
        ("क्\u200dष", "क्\u200dष"),
        ("a\u200c b", "a b"),
        ("\u200da\u200d", "a"),
        ("a\u200c\u200db", "ab"),
        ("a\u202e\u200cb", "a\u200cb"),
        ("\u0600١٢", "\u0600١٢"),
        ("", ""),
    ],
)
def test_a_line_is_what_can_be_seen_of_a_text(text, expected):
    assert line(text) == expected


@given(PROVOKING)
@example("a \u200b b")
@example("a\u200d\u200d\u200c")
def test_a_line_is_one_line_without_anything_unseen(text):
    shown = line(text)
    assert line(shown) == shown
    assert not re.search(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]|  ", shown)
    assert shown == shown.strip(" ")
    categories = {unicodedata.category(c) for c in shown if c not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cs"}
    assert not set(shown) & set(OVERRIDES + UNSEEN)
    shown.encode("utf-8")


# --- inert -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!channel> <@U123> <http://a|b>", "‹!channel› ‹＠U123› ‹http:∕∕a∣b›"),
        ("@everyone @here", "＠everyone ＠here"),
        ("mail x@y.example", "mail x＠y․example"),
        ("```code``` *bold* ||hidden||", "ˋˋˋcodeˋˋˋ ∗bold∗ ∣∣hidden∣∣"),
        ("[click](http://evil.example)", "[click]❨http:∕∕evil․example)"),
        ("[click]\u200b(x)", "[click]❨x)"),
        (":\u200b/\u2060/x", ":∕∕x"),
        ("WwW.evil.example", "WwW․evil․example"),
        (
            "evil.example evil.co.uk a.EXE xn--a.xn--p1ai пример.рф",
            "evil․example evil․co․uk a․EXE xn--a․xn--p1ai пример․рф",
        ),
        (
            "e.g. U.S. arms, 3.5 bn. Then St.Louis... and a.m.",
            "e.g. U.S. arms, 3.5 bn. Then St.Louis... and a.m.",
        ),
        ("evil.\u200bc\u200bom", "evil․com"),
        ("R&D: 5 % [sic] (note)", "R&D: 5 % [sic] (note)"),
    ],
)
def test_inert_text_looks_the_same_and_does_nothing(text, expected):
    assert inert(text) == expected


@given(PROVOKING)
@example("[\u200b]\u200b(")
@example("w\u200bw\u200bw\u200b.")
@example("]] ((")
def test_inert_text_has_nothing_live_and_stays_as_it_is(text):
    dead = inert(text)
    assert not LIVE.search(dead)
    assert "\n" not in dead
    assert inert(dead) == dead


@given(PROVOKING)
def test_aligned_text_keeps_every_offset(text):
    mapped = aligned(text)
    assert len(mapped) == len(text)
    assert mapped.replace(DROPPED, "").strip(" ") == inert(text)
    for before, after in zip(text, mapped, strict=True):
        if before.isalnum() and before not in UNSEEN:
            assert after == before


@given(PROVOKING)
@example("a\r\n\r\n\r\nb\x85c")
def test_paragraphs_keep_their_lines_and_are_inert(text):
    shown = paragraphs(text)
    assert not LIVE.search(shown)
    assert "\n\n\n" not in shown
    assert paragraphs(shown) == shown


def test_paragraphs_keep_one_empty_line_between():
    assert paragraphs("\n one \r\n\r\n\r\n\r\ntwo\nthree\n") == "one\n\ntwo\nthree"


# --- bounded -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("shorter", 5, "shor…"),
        ("two words and more", 16, "two words and…"),
        ("abc" + "e\u0301" * 3, 5, "abc…"),
        ("🇩🇿🇺🇸🇫🇷", 4, "🇩🇿…"),
        ("ab👍\U0001f3fd!", 4, "ab…"),
        ("any", 1, "…"),
        ("any", 0, ""),
    ],
)
def test_a_bounded_text_ends_between_two_graphemes(text, limit, expected):
    assert bounded(text, limit) == expected


@given(PROVOKING, st.integers(min_value=0, max_value=60))
def test_a_bounded_text_is_never_longer(text, limit):
    short = bounded(text, limit)
    assert len(short) <= limit
    assert bounded(short, limit) == short
    assert short == text or not short or text.startswith(short[:-1])


@given(PROVOKING, st.data())
def test_a_cut_does_not_part_marks_from_their_letter(text, data):
    index = data.draw(st.integers(min_value=0, max_value=len(text)))
    place = cut(text, index)
    assert 0 <= place <= index
    stacked = text[place : place + 33]
    if 0 < place < len(text) and not all(unicodedata.category(c)[0] == "M" for c in stacked):
        assert place == index - 32 or unicodedata.category(text[place])[0] != "M"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("one\ntwo\nlast", 12, "one\ntwo\nlast"),
        ("one\ntwo two two\nlast", 12, "one\n…\nlast"),
        ("one\n\ntwo two two\nlast", 14, "one\n…\nlast"),
        ("a first long line\nlast", 12, "a firs…\nlast"),
        ("one\na very long last line", 8, "a very…"),
        ("one\nlast", 0, ""),
    ],
)
def test_a_fitted_text_keeps_its_last_line(text, limit, expected):
    assert fit(text, limit) == expected


@given(st.text(alphabet="ab \n", max_size=200), st.integers(min_value=0, max_value=100))
def test_a_fitted_text_is_never_longer(text, limit):
    fitted = fit(text, limit)
    assert len(fitted) <= limit
    last = text.split("\n")[-1]
    if len(last) + 2 < limit:
        assert fitted.endswith(last)


# --- addresses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c&d=%20#e", "https://example.org/a?b=c&d=%20#e"),
        ("HTTP://Example.ORG", "http://example.org/"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]/"),
        ("https://exämple.org/ü?q=ن", "https://xn--exmple-cua.org/%C3%BC?q=%D9%86"),
        ("https://аррӏе.example/", "https://xn--80ak6aa92e.example/"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/@everyone", "https://example.org/%40everyone"),
        ("https://example.org/<script>'\"`", "https://example.org/%3Cscript%3E'%22%60"),
        ("https://example.org/[x](y)*|", "https://example.org/%5Bx%5D(y)%2A%7C"),
    ],
)
def test_a_good_address_is_kept_and_encoded(url, expected):
    assert safe_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "mailto:x@y.example",
        "http://",
        "http:///path",
        "http://user@example.org/",
        "http://user:password@example.org/",
        "http://good.example\\@evil.example/",
        "http://good.example\\evil.example/",
        "http://example.org/a b",
        "http://example.org/\tb",
        "http://example.org/\r\nX: y",
        "http://example.org/\u202ex",
        "http://example.org/\u200bx",
        "http://example.org/\u00a0x",
        "http://example.org/\ud800",
        " http://example.org/",
        "http://example.org:port/",
        "http://example.org:99999/",
        "http://exa%6dple.org/",
        "http://exa mple.org/",
        "http://-/",
        "http://[::1/",
        "http://℀.example/",
        "http://" + "a" * 64 + "ü.example/",
        "http://example.org/" + "a" * MAX_URL,
        "http://example.org/" + "ü" * (MAX_URL // 2),
    ],
)
def test_anything_else_is_no_address(url):
    assert safe_url(url) == ""


@given(
    st.one_of(
        PROVOKING,
        st.builds(
            "{}://{}/{}?{}#{}".format, *[st.sampled_from(["http", "https"])], *[PROVOKING] * 4
        ),
    )
)
def test_a_safe_address_is_plain_ascii_and_stays_as_it_is(url):
    safe = safe_url(url)
    if not safe:
        return
    assert re.fullmatch(r"[!#-;=?A-_a-z~]+", safe)
    assert not set(safe) & set('<>"`@*|\\^{} ')
    assert urlsplit(safe).scheme in {"http", "https"}
    assert urlsplit(safe).hostname
    assert safe_url(safe) == safe

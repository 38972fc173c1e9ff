"""The letters of web pages are told as those of feeds; ``tests/feeds`` has the odd feeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.encodings import decode

RUSSIAN = "Алжир и США начнут переговоры о продаже вооружений"
ARABIC = "تفتح الجزائر والولايات المتحدة محادثات حول بيع الأسلحة"
FRENCH = "L'Algérie prête à négocier dès l'été"


@pytest.mark.parametrize(
    ("sent", "said", "encoding", "text"),
    [
        ("text/html; charset=windows-1251", "", "cp1251", RUSSIAN),
        ("text/html; charset=koi8-r", "", "koi8-r", RUSSIAN),
        ("text/html;charset='windows-1256'", "", "cp1256", ARABIC),
        ("text/html", "<meta charset=windows-1251>", "cp1251", RUSSIAN),
        ("text/html", '<META name=a><META CHARSET = "koi8-r">', "koi8-r", RUSSIAN),
        (
            "text/html",
            "<meta http-equiv=Content-Type content='text/html; charset=windows-1256'>",
            "cp1256",
            ARABIC,
        ),
        ("text/html; charset=nonsense", "<meta charset='windows-1251'>", "cp1251", RUSSIAN),
        ("text/html; charset=iso-8859-1", "<meta charset=windows-1251>", "cp1251", RUSSIAN),
        ("text/html; charset=iso-8859-1", "", "latin-1", FRENCH),
        ("text/html; charset=iso-8859-1", "<meta charset=iso-8859-1>", "utf-8", RUSSIAN),
        ("text/html", "<meta charset=utf-16>", "utf-8", FRENCH),
        ("text/html", "", "utf-16", ARABIC),
        ("", "", "utf-8", ARABIC),
        ("", "", "cp1251", RUSSIAN),
    ],
)
def test_a_page_is_read_in_its_letters(sent: str, said: str, encoding: str, text: str) -> None:
    html = f"<html><head>{said}<title>{text}</title></head><body>{text}</body></html>"
    assert decode(html.encode(encoding), sent) == html


def test_what_a_page_says_far_down_is_no_longer_about_its_letters() -> None:
    html = f"<html><head><!--{'x' * 3_000}--><meta charset=koi8-r><title>{RUSSIAN}</title>"
    assert RUSSIAN in decode(html.encode("cp1251"), "text/html")


@given(st.binary(max_size=500), st.sampled_from(["", "text/html", "text/html; charset=nonsense"]))
def test_any_bytes_are_text(body: bytes, content_type: str) -> None:
    decode(body, content_type).encode()

"""Articles are taken out of pages as newspapers build them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles import fulltext

pytest.importorskip("trafilatura", reason="the extra fulltext is not installed")

BODY = {
    "fr": (
        (
            "L'Algérie et les États-Unis vont ouvrir des discussions sur la vente d'armements, a fait"
            " savoir vendredi l'ambassadeur algérien à Washington devant la presse."
        ),
        (
            "Le mémorandum signé en janvier ouvre la voie à une coopération militaire plus large entre"
            " les deux pays, selon lui ; des visites suivront avant l'été."
        ),
    ),
    "ar": (
        (
            "تفتح الجزائر والولايات المتحدة محادثات حول بيع الأسلحة، بحسب ما أعلن السفير الجزائري في"
            " واشنطن أمام الصحافة يوم الجمعة الماضي."
        ),
        (
            "وتمهد مذكرة التفاهم الموقعة في يناير الطريق لتعاون عسكري أوسع بين البلدين، وستليها زيارات"
            " متبادلة قبل الصيف حسب السفير نفسه."
        ),
    ),
    "ru": (
        (
            "Алжир и США начнут переговоры о продаже вооружений, сообщил в пятницу журналистам посол"
            " Алжира в Вашингтоне, не назвав сроков."
        ),
        (
            "Подписанный в январе меморандум открывает путь к более широкому военному сотрудничеству"
            " двух стран; визиты состоятся до лета."
        ),
    ),
}


def page(language: str, charset: str | None = "utf-8") -> str:
    paragraphs = "".join(f"<p>{one}</p>" for one in BODY[language])
    meta = f'<meta charset="{charset}">' if charset else ""
    return (
        f"<!doctype html><html lang={language}><head>{meta}<title>Journal</title></head><body>"
        '<nav><ul><li><a href="/sport">MENU football</a></li><li><a href="/">MENU accueil</a></li>'
        f"</ul></nav><main><article><h1>Titre</h1>{paragraphs}</article></main>"
        '<aside><h2>À lire aussi</h2><a href="/x">TEASER Maroc HIMARS</a></aside>'
        '<section id="comments"><h3>Commentaires</h3><p>COMMENT premier !</p></section>'
        "<footer><p>FOOTER Mentions légales, cookies</p></footer></body></html>"
    )


@pytest.mark.parametrize("language", sorted(BODY))
def test_the_article_comes_without_what_stands_around_it(language: str) -> None:
    said = fulltext.article_of(page(language).encode(), "text/html; charset=utf-8")
    for paragraph in BODY[language]:
        assert paragraph in said
    for noise in ("MENU", "TEASER", "COMMENT", "FOOTER"):
        assert noise not in said


@pytest.mark.parametrize(
    ("language", "charset"), [("ar", "windows-1256"), ("ru", "koi8-r"), ("fr", "iso-8859-1")]
)
def test_the_servers_word_for_the_letters_counts(language: str, charset: str) -> None:
    body = page(language, None).encode(charset, "replace")
    said = fulltext.article_of(body, f"text/html; charset={charset}")
    assert BODY[language][0] in said


def test_the_pages_own_word_for_the_letters_counts_where_the_server_says_nothing() -> None:
    said = fulltext.article_of(page("ru", "koi8-r").encode("koi8-r", "replace"), "text/html")
    assert BODY["ru"][0] in said


@pytest.mark.parametrize(
    "html",
    [
        b"",
        b"<html><body><script>render()</script></body></html>",
        b"<html><body><form><input name=user><input name=password></form></body></html>",
        b"<html><body><p>We use cookies.</p></body></html>",
        b"%PDF-1.7 \x00\xff\xfe",
    ],
)
def test_a_page_without_an_article_has_none(html: bytes) -> None:
    assert fulltext.article_of(html, "text/html") == ""


@given(st.binary(max_size=500), st.sampled_from(["", "text/html", "text/html; charset=nonsense"]))
def test_any_bytes_have_an_article_or_none(body: bytes, content_type: str) -> None:
    assert isinstance(fulltext.article_of(body, content_type), str)

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


def page(language: str) -> str:
    paragraphs = "".join(f"<p>{one}</p>" for one in BODY[language])
    return (
        f"<!doctype html><html lang={language}><head><title>Journal</title></head><body>"
        '<nav><ul><li><a href="/sport">MENU football</a></li><li><a href="/">MENU accueil</a></li>'
        f"</ul></nav><main><article><h1>Titre</h1>{paragraphs}</article></main>"
        '<aside><h2>À lire aussi</h2><a href="/x">TEASER Maroc HIMARS</a></aside>'
        '<section id="comments"><h3>Commentaires</h3><p>COMMENT premier !</p></section>'
        "<footer><p>FOOTER Mentions légales, cookies</p></footer></body></html>"
    )


@pytest.mark.parametrize("language", sorted(BODY))
def test_the_article_comes_without_what_stands_around_it(language: str) -> None:
    said = fulltext.article_of(page(language))
    for paragraph in BODY[language]:
        assert paragraph in said
    for noise in ("MENU", "TEASER", "COMMENT", "FOOTER"):
        assert noise not in said


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html><body><script>render()</script></body></html>",
        "<html><body><form><input name=user><input name=password></form></body></html>",
        "<html><body><p>We use cookies.</p></body></html>",
        "%PDF-1.7 \x00\xff\xfe",
        "<?xml version='1.0' encoding='utf-8'?><html><body>x</body></html>",
    ],
)
def test_a_page_without_an_article_has_none(html: str) -> None:
    assert fulltext.article_of(html) == ""


@given(st.text(max_size=500))
def test_any_text_has_an_article_or_none(text: str) -> None:
    assert isinstance(fulltext.article_of(text), str)

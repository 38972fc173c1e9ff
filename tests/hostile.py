"""Data: what somebody could put into a feed to make a message do something."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from monitor.models import Article, Delivery, Evidence
from tests.deliveries import delivery, match

SHOWPIECE = (
    "<!channel> <script>alert(1)</script>\r\nBcc: x@y.example\r\n\u202eevil\u202c "
    "@everyone [click](http://evil.example)"
)
"""Each kind once; short enough to stand whole in a title."""

_MENTIONS = ("@everyone", "@here", "@channel", "@all", "@room", "@team", "<@U024BE7LH>", "<@&8>")
_SLACK = ("<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S1>", "<#C1>", "&lt;!channel&gt;")
_LINKS = (
    "http://evil.example/",
    "https://evil.example/?a=b",
    "<http://evil.example|your bank>",
    "<https://evil.example>",
    "[your bank](https://evil.example)",
    "![](http://evil.example/pixel.png)",
    "[x]: http://evil.example",
    "www.evil.example",
    "ftp://evil.example",
    "tg://resolve?domain=evil",
    "x@evil.example",
    "evil.example",
    "Evil.COM/path",
)
_HTML = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='http://evil.example'>x</a>",
    "</title></head><body onload=alert(1)>",
    '" style="position:fixed" x="',
    "<!--",
    "]]>",
    "<style>*{display:none}</style>",
    "&#60;script&#62;",
)
_HEADERS = (
    "a\r\nBcc: victim@y.example",
    "a\nSubject: other",
    "a\r\n\r\n<html>",
    "a\rTo: b@y.example",
    "a\u2028X: y",
    "=?utf-8?q?=0D=0ABcc:_x@y.example?=",
)
_MARKUP = ("```\ncode", "`x`", "*bold*", "||spoiler||", "{{ 7*7 }}", "{% raw %}", "${HOME}", "%s")
_UNSEEN = (
    "\u202egnp.exe",
    "\u2066a\u2069",
    "@\u200beveryone",
    "<\u200b!channel>",
    "htt\u00adp://evil.example",
    ":\u2060/\u2060/evil.example",
    "a\x00b\x1b[2J",
    "\ud800",
    "\ufeff",
)
_TEXTS = (*_MENTIONS, *_SLACK, *_LINKS, *_HTML, *_HEADERS, *_MARKUP, *_UNSEEN)

HOSTILE: tuple[str, ...] = (
    SHOWPIECE,
    *_TEXTS,
    *(f"arms {text} deal" for text in _TEXTS),
    *(text + text for text in _MENTIONS),
)
"""A hundred and twenty strings and more."""

LIVE = re.compile(
    r"[<>@`|\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|://|\]\(|www\.|vil\.\w"
)
"""What somebody's text could still do; LF is not in it, as our own text has lines."""


def hostile_delivery(text: str) -> Delivery:
    """Return a delivery of an article with a text in every place where one can be."""
    evidence = Evidence(
        condition="concept: arms",
        field="body",
        start=0,
        end=len(text),
        text=text,
        kind="term",
        sentence=text,
    )
    article = Article(
        keys=("k",),
        url="https://elwasat.example/a?b=" + text,
        title=text,
        text=text,
        language=text,
        feed_name=text,
        publisher=text,
    )
    return delivery(article, match([evidence, replace(evidence, field="title")]))


class Page(HTMLParser):
    """What a mail client finds in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)
        if tag == "mark":
            self.marks.append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] == ["mark"]:
            self.marks[-1] += data
        if not set(self._open) & {"style", "title"}:
            self.text += data

    def attributes(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]

"""The operator's own wording, and that it never costs an alert."""

from __future__ import annotations

import asyncio
import re
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, timedelta
from pathlib import Path

import pysqlite3  # noqa: TID251 - another process's hand on the database
import pytest

from monitor.alerts import plan, samples, send
from monitor.alerts.render import MAX_TEXT, MAX_TITLE, message, rendered, tried
from monitor.alerts.templating import NAMES, OURS, load
from monitor.alerts.words import Group, Item, alert_words, digest_words
from monitor.delivering import LEASE, DeliverTools, _tell, deliver
from monitor.errors import Mistake
from monitor.models import Destination, EventKind, Sent
from monitor.store.sqlite import SqliteStore
from monitor.store.thread import StoreThread
from monitor.workers import Workers
from tests.deliveries import NOW, delivery
from tests.hostile import SHOWPIECE, hostile_delivery
from tests.servers.sinks import WebhookSink

ROOT = Path(__file__).parents[1]


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_template_of_the_operators_replaces_ours_and_only_that(tmp_path):
    templates, wrong = load(folder(tmp_path, alert__txt__j2="{{ rule }}\n{{ heading|starred }}"))
    said, mistakes = rendered(delivery(), UTC, templates)
    assert (wrong, mistakes) == ((), ())
    assert said.text == (
        "Algeria – US arms\n*Alger* et *Washington* discutent d’une vente d’*armements* américains"
    )
    assert said.html == message(delivery(), UTC).html


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_of_ours_says_what_ours_says(tmp_path, name):
    ours = (ROOT / "monitor/alerts/templates" / name).read_text(encoding="utf-8")
    templates, wrong = load(folder(tmp_path, **{name: ours}))
    assert not wrong
    assert tried(templates) == (templates, ())
    for sample in (samples.alert(), samples.digest()):
        assert rendered(sample, UTC, templates)[0] == message(sample, UTC)


def test_templates_may_include_and_extend(tmp_path):
    files = {
        "alert.txt.j2": "{% include '_foot.j2' %}",
        "_foot.j2": "from {{ source }}",
        "alert.html.j2": '{% extends "_page.html.j2" %}{% block content %}<p>{{ rule }}</p>{% endblock %}',
    }
    templates, wrong = load(folder(tmp_path, **files))
    said, _ = rendered(delivery(), UTC, templates)
    assert not wrong
    assert said.text == "from El Wasat – Politique · elwasat.example"
    assert "<p>Algeria – US arms</p>" in said.html


def test_html_of_the_operators_is_escaped_and_its_style_sheet_moved(tmp_path):
    html = "<style>p{color:red}</style><p>{{ heading|plainly }}</p>"
    templates, _ = load(folder(tmp_path, alert__html__j2=html))
    base = samples.bare_alert()
    article = replace(base.alert.article, title="arms & <b>men</b>")
    said, _ = rendered(replace(base, alert=replace(base.alert, article=article)), UTC, templates)
    assert '<p style="color: red;">arms &amp; ‹b›men‹/b›</p>' in said.html


# --- mistakes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "line", "why"),
    [
        ("alert.txt.j2", "one\n{% if %}\n", 2, "Expected an expression"),
        ("alert.txt.j2", "one\ntwo\n{{ nosuch }}\n", 3, "'nosuch' is undefined"),
        ("alert.html.j2", "{{ rule|nosuch }}", 1, "No filter named 'nosuch'"),
        ("digest.md.j2", "\n{{ groups[99].rule }}", 2, ""),
        ("alert.title.j2", "{{ 1 // 0 }}", 1, "ZeroDivisionError"),
        ("alert.short.j2", "{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("alert.txt.j2", "{% include 'nosuch.j2' %}", 1, "nosuch.j2"),
    ],
)
def test_a_broken_template_gives_way_to_ours_and_is_named_with_its_line(
    tmp_path, name, text, line, why
):
    templates, unread = load(folder(tmp_path, **{name: text}))
    usable, failing = tried(templates)
    first, *_ = (*unread, *failing)
    assert (first.file, first.line) == (str(tmp_path / name), line)
    assert why in first.message
    assert not usable.theirs
    for sample in (delivery(), samples.digest()):
        assert rendered(sample, UTC, templates)[0] == message(sample, UTC)


def test_a_template_that_is_too_long_is_not_used(tmp_path):
    templates, _ = load(folder(tmp_path, alert__txt__j2="x" * (MAX_TEXT + 1)))
    said, (mistake,) = rendered(delivery(), UTC, templates)
    assert said == message(delivery(), UTC)
    assert "longer than 3400 characters" in mistake.message


def test_a_title_of_many_lines_becomes_one(tmp_path):
    templates, _ = load(folder(tmp_path, alert__title__j2="a\r\nBcc: x\n" + "{{ rule }} " * 30))
    said, _ = rendered(delivery(), UTC, templates)
    assert said.title.startswith("a Bcc: x Algeria")
    assert len(said.title) <= MAX_TITLE


def test_a_name_that_no_message_asks_for_is_a_mistake(tmp_path):
    _, (mistake,) = load(folder(tmp_path, alert__text__j2="x"))
    assert 'did you mean "alert.txt.j2"?' in mistake.message


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path):
    templates, (mistake,) = load(tmp_path / "nowhere")
    assert templates is OURS
    assert "no such folder" in mistake.message


def test_a_template_reads_no_file_outside_its_folder(tmp_path):
    (tmp_path / "secret").write_text("s3cret", encoding="utf-8")
    inside = tmp_path / "templates"
    inside.mkdir()
    for path in ("../secret", str(tmp_path / "secret")):
        templates, _ = load(folder(inside, alert__txt__j2=f"{{% include {path!r} %}}"))
        said, mistakes = rendered(delivery(), UTC, templates)
        assert mistakes
        assert "s3cret" not in said.text


def test_a_style_sheet_of_another_file_or_host_is_not_loaded(tmp_path):
    (tmp_path / "x.css").write_text("p{color:red}", encoding="utf-8")
    html = f'<link rel="stylesheet" href="{(tmp_path / "x.css").as_uri()}"><p>x</p>'
    templates, _ = load(folder(tmp_path, alert__html__j2=html))
    assert "red" not in rendered(delivery(), UTC, templates)[0].html


def test_hostile_text_stays_harmless_in_the_operators_templates(tmp_path):
    files = {"alert.txt.j2": "{{ heading|plainly }}", "alert.html.j2": "<i>{{ source }}</i>"}
    templates, _ = load(folder(tmp_path, **files))
    said, _ = rendered(hostile_delivery(SHOWPIECE), UTC, templates)
    assert not re.search("[<>@]|://", said.text)
    assert "<script" not in said.html


# --- the whole way -----------------------------------------------------------------


def test_a_template_that_fails_on_one_article_is_told_once_and_the_alert_is_sent(tmp_path):
    (wording := tmp_path / "templates").mkdir()
    templates, _ = load(folder(wording, alert__txt__j2="{{ 'fine' if url else nosuch }}"))
    base = delivery().alert
    bare = replace(base, article=replace(base.article, url=""))
    alerts = [
        replace(alert, key=f"key-{number}", destinations=("desk",))
        for number, alert in enumerate((base, bare, bare))
    ]

    async def deliver_all(store: SqliteStore, senders: Workers, port: int) -> None:
        tools = DeliverTools(
            books=StoreThread(store),
            senders=senders,
            destinations={"desk": Destination(name="desk", url=f"json://127.0.0.1:{port}/")},
            clock=lambda: NOW,
            random=lambda: 0.5,
            zone=UTC,
            templates=templates,
        )
        for alert in alerts:
            (claimed,) = await tools.books.ask(store.post, alert, NOW, LEASE)
            attempt = await deliver(claimed, tools)
            assert isinstance(attempt.result, Sent)
        tools.books.close()

    store = SqliteStore.open(tmp_path / "test.db", delivery_id=plan.delivery_id)
    with WebhookSink() as hook:
        senders = Workers(1, send.ping)
        try:
            asyncio.run(deliver_all(store, senders, hook.port))
        finally:
            senders.close()
        first, *others = [body["message"] for body in hook.bodies]
    assert first == "fine"
    assert len(others) == 2
    assert all(text.startswith("HIGH · Algeria – US arms\n") for text in others)
    ((kind, detail),) = store._db.execute("SELECT kind, detail FROM event").fetchall()
    store.close()
    assert kind == EventKind.TEMPLATE_FAILED
    assert "alert.txt.j2:1:1: 'nosuch' is undefined" in detail


def test_a_mistake_that_cannot_be_written_down_costs_no_alert_and_is_told_with_the_next(tmp_path):
    path, mistake = tmp_path / "test.db", Mistake(file="alert.txt.j2", message="'nosuch'")
    patience = timedelta(milliseconds=10)
    with closing(SqliteStore.open(path, delivery_id=str.join, busy_timeout=patience)) as store:
        tools = DeliverTools(
            books=StoreThread(store),
            senders=None,  # nothing is sent
            destinations={},
            clock=lambda: NOW,
            random=lambda: 0.5,
            zone=UTC,
        )
        told = []
        for is_locked in (True, False, False):
            with closing(pysqlite3.connect(path, isolation_level=None)) as other:
                if is_locked:
                    other.execute("BEGIN IMMEDIATE")
                asyncio.run(_tell([mistake], tools))
            told.append(len(store.events(9)))
        tools.books.close()
    assert told == [0, 1, 1]


def test_every_template_and_every_word_is_documented():
    text = (ROOT / "docs/templates.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"`{name}`" in text
    sample = samples.digest()
    assert sample.digest is not None
    known = {*alert_words(samples.alert(), UTC)[0], *digest_words(sample, sample.digest, UTC)[0]}
    known |= {field.name for kind in (Group, Item) for field in fields(kind)}
    assert {word for word in known if f"`{word}`" not in text} == set()

"""The commands as a user types them: what they print where, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import here
from tests.service import COMMAND, RULES, Service, clean_environment

SEED = Path(__file__).parent.parent.parent / "shared" / "data" / "seed-article.txt"
RULE = "algeria-us-arms"


def run(
    *arguments: str, given: str = "", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return here.call(arguments, clean_environment(**environment), given, cwd)


def run_process(
    *arguments: str, given: str = "", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env=clean_environment(**environment),
    )


def match(articles: Iterable[Mapping[str, Any]], *more: str) -> tuple[int, list[dict[str, Any]]]:
    lines = "".join(json.dumps(article) + "\n" for article in articles)
    done = run("match", "--rules", str(RULES), *more, "-", given=lines)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


# --- match -----------------------------------------------------------------------------

FIRING = {
    "id": "a",
    "title": "Algérie : négociations avec Washington",
    "text": "L'Algérie veut acheter des armements américains, dit son ambassadeur.",
    "lang": "fr",
}


def test_match_answers_each_article_in_order_with_evidence_in_its_place() -> None:
    silent = {"id": 2, "title": "Rain", "text": "Algeria told us it would keep its arms folded"}
    code, (first, second) = match([FIRING, silent])
    assert code == 0
    assert (first["id"], first["lang"]) == ("a", "fr")
    assert (second["id"], second["lang"], second["matches"]) == (2, "en", [])
    (found,) = first["matches"]
    assert found["rule"] == RULE
    assert len(found["version"]) == 12
    assert 0 <= found["relevance"] <= 1
    conditions = {one["condition"] for one in found["evidence"]}
    assert conditions == {"country: DZ", "country: US", "concept: arms"}
    for one in found["evidence"]:
        assert FIRING[one["field"]][one["start"] : one["end"]] == one["text"]
        assert one["text"] in one["sentence"]
        assert one["as"] in {"name", "demonym", "capital", "government", "term"}


def test_match_counts_characters_of_html_as_it_was_given() -> None:
    html = (
        "<p>L&#8217;<b>Alg</b>&eacute;rie   veut &amp; peut</p>\n\n<p>acheter des"
        " armements&nbsp;<i>américains</i>.</p>"
    )
    code, (only,) = match([{**FIRING, "title": "", "text": html}])
    assert code == 0
    surfaces = {
        one["text"]: html[one["start"] : one["end"]] for one in only["matches"][0]["evidence"]
    }
    assert surfaces["américains"] == "américains"
    assert surfaces["armements"] == "armements"
    assert surfaces["Algérie"] == "Alg</b>&eacute;rie"


@pytest.mark.skipif(not SEED.exists(), reason="no seed article beside the repository")
@pytest.mark.parametrize("has_title", [True, False])
def test_match_fires_on_the_article_that_started_it(has_title: bool) -> None:
    title, _, text = SEED.read_text(encoding="utf-8").strip().partition("\n")
    article = {"id": "seed", "title": title if has_title else "", "text": text}
    code, (only,) = match([article])
    assert code == 0
    assert only["lang"] == "fr"
    evidence = only["matches"][0]["evidence"]
    for one in evidence:
        assert article[one["field"]][one["start"] : one["end"]] == one["text"]


def test_match_says_when_nothing_matched() -> None:
    code, (only,) = match([{"id": "x", "title": "Rain", "text": ""}])
    assert code == 3
    assert only["matches"] == []


def test_match_goes_on_after_a_line_that_cannot_be_read_and_names_it() -> None:
    lines = f'{{"id": 1\n[]\n{{"id": 3, "title": 5}}\n{json.dumps(FIRING)}\n'
    done = run("match", "--rules", str(RULES), given=lines)
    assert done.returncode == 1
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [None, None, 3, "a"]
    assert len(answers[3]["matches"]) == 1
    for place in (":1: not JSON", ":2: not a JSON object", ":3: title is not text"):
        assert place in done.stderr


def test_match_needs_no_configuration_and_does_not_check_what_rules_name(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(
        "id: r\nmatch: {concept: arms}\nnotify: [nobody]\nwhere: {feeds: {tags: [none]}}\n",
        encoding="utf-8",
    )
    given = json.dumps({"id": 1, "title": "Arms sales", "text": "", "lang": "en"})
    done = run_process(
        "match", "--rules", str(tmp_path), given=given, cwd=tmp_path, HOME=str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["matches"][0]["rule"] == "r"


# --- explain ---------------------------------------------------------------------------


def test_explain_says_which_condition_failed() -> None:
    text = "Algeria and Russia sign an arms deal"
    done = run("explain", RULE, "--rules", str(RULES), "--file", "-", given=text)
    assert done.returncode == 3
    assert "is silent: does not hold: country: US (no mention)" in done.stdout
    told = json.loads(
        run("explain", RULE, "--rules", str(RULES), "--file", "-", "--json", given=text).stdout
    )
    assert told["fires"] is False
    assert [line["holds"] for line in told["match"]] == [False, True, False, True]


def test_explain_names_the_rules_there_are() -> None:
    done = run("explain", "nope", "--rules", str(RULES), "--file", "-", given="x")
    assert done.returncode == 1
    assert RULE in done.stderr
    assert run("explain", RULE, "--rules", str(RULES)).returncode == 2


# --- init, check, rules ------------------------------------------------------------------


def test_init_writes_what_check_accepts_and_overwrites_nothing(tmp_path: Path) -> None:
    done = run_process("init", str(tmp_path))
    assert done.returncode == 0, done.stderr
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {
        "config.toml",
        "rules/algeria-us-arms.yaml",
        "rules/concepts/arms.yaml",
        "rules/schema.json",
    } <= written
    config = str(tmp_path / "config.toml")
    checked = run("-c", config, "check", DESK_MAIL_URL="mailto://u:p@example.org")
    assert checked.returncode == 0, checked.stderr
    assert run("init", str(tmp_path)).returncode == 1
    assert run("init", "--force", str(tmp_path)).returncode == 0


def broken(folder: Path) -> Service:
    rules = folder / "rules"
    rules.mkdir()
    (rules / "one.yaml").write_text("id: one\nmatch: {contry: DZ}\n", encoding="utf-8")
    (rules / "two.yaml").write_text(
        'id: two\nmatch: "arms"\nnotify: [desk-mial]\ntests:\n  - {fire: "rain", lang: en}\n',
        encoding="utf-8",
    )
    (rules / "three.yaml").write_text(
        'id: three\nmatch: "arms"\ntests:\n  - {fire: "rain", lang: en}\n', encoding="utf-8"
    )
    return Service(folder, rules=rules, destinations={"desk-mail": "json://localhost/"})


def test_check_reports_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    it = broken(tmp_path)
    done = it.call("check")
    assert done.returncode == 1
    for words in (
        'rules/one.yaml:2:9: match.contry: unknown key (did you mean "country"?)',
        'rules/two.yaml:3:10: notify[0]: unknown destination "desk-mial" (did you mean "desk-mail"?)',
        "rules/three.yaml:4:",
        "its own test should fire",
    ):
        assert words in done.stderr, done.stderr
    as_json = it.call("check", "--json")
    assert as_json.returncode == 1
    assert len(json.loads(as_json.stdout)["mistakes"]) == 3


def test_run_refuses_what_check_refuses_with_the_code_that_stops_restarts(tmp_path: Path) -> None:
    done = broken(tmp_path).run("run")
    assert done.returncode == 78
    assert "unknown key" in done.stderr
    assert not (tmp_path / "news-monitor.db").exists()


def test_check_finds_a_destination_that_apprise_cannot_use_without_showing_it(
    tmp_path: Path,
) -> None:
    it = Service(tmp_path, destinations={"bad": "nosuch://CANARY-token"})
    done = it.call("check")
    assert done.returncode == 1
    assert re.search(
        r"config.toml:\d+:7: destinations.bad.url: Apprise cannot use its URL: it has",
        done.stderr,
    )
    assert '"nosuch"' in done.stderr
    assert "CANARY" not in done.stderr + done.stdout


def test_check_names_file_and_line_of_a_template_that_cannot_be_used(tmp_path: Path) -> None:
    it = Service(tmp_path, destinations={"desk": "json://localhost/"})
    it.config.write_text(it.config.read_text("utf-8") + '\n[templates]\ndir = "words"\n', "utf-8")
    assert "no such folder" in it.run("check").stderr
    (tmp_path / "words").mkdir()
    (tmp_path / "words/alert.txt.j2").write_text("{{ rule }}\n{{ ruel }}\n", "utf-8")
    (tmp_path / "words/alert.htm.j2").write_text("", "utf-8")
    done = it.run("check")
    assert done.returncode == 1
    assert "words/alert.txt.j2:2:1: 'ruel' is undefined" in done.stderr
    assert 'words/alert.htm.j2: no message has a template of this name (did you mean "alert' in (
        done.stderr
    )


def test_check_guesses_which_service_was_meant(tmp_path: Path) -> None:
    done = Service(tmp_path, destinations={"bad": "mailtoo://user:CANARY@example.org"}).call(
        "check"
    )
    assert '(did you mean "mailto"?)' in done.stderr
    assert "CANARY" not in done.stderr + done.stdout


def test_no_configuration_is_said_with_what_to_do(tmp_path: Path) -> None:
    done = run_process("check", cwd=tmp_path, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "news-monitor init" in done.stderr


def test_rules_list_and_test(tmp_path: Path) -> None:
    listed = json.loads(run("rules", "list", "--rules", str(RULES), "--json").stdout)
    assert [rule["id"] for rule in listed] == [RULE]
    done = run("rules", "test", "--rules", str(RULES))
    assert done.returncode == 0
    assert "0 failed" in done.stdout
    (tmp_path / "r.yaml").write_text(
        'id: r\nmatch: "arms"\ntests:\n  - {silent: "arms", lang: en}\n', encoding="utf-8"
    )
    done = run("rules", "test", "--rules", str(tmp_path))
    assert done.returncode == 1
    assert "r: its own test should be silent" in done.stderr


def test_status_before_the_first_run_says_so(tmp_path: Path) -> None:
    done = Service(tmp_path).call("status")
    assert done.returncode == 1
    assert "has the daemon run?" in done.stderr


def test_every_command_has_help_and_the_top_opens_with_examples() -> None:
    shown = run_process("--help", COLUMNS="120").stdout
    assert shown.index("Examples") < shown.index("Options")
    for command in (
        "init", "check", "run", "match", "explain", "rules list", "rules test", "feeds list",
        "alerts list", "alerts show", "alerts ack", "alerts resend", "silence", "why",
        "test-notify", "status",
        "deliveries list", "deliveries retry", "deliveries drop", "db backup", "db check",
        "db restore",
    ):  # fmt: skip
        assert run(*command.split(), "--help").returncode == 0
    assert run("nosuch").returncode == 2
    assert os.linesep in run("--version").stdout


def test_a_feed_that_was_never_read_has_no_numbers(tmp_path: Path) -> None:
    it = Service(tmp_path, feeds=["http://127.0.0.1:1/rss"])
    assert it.run("run", "--once").returncode == 0
    listed = it.call("feeds", "list")
    assert listed.returncode == 0
    assert "None" not in listed.stdout
    assert "never" in listed.stdout

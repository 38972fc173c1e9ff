"""The demo: the real daemon, six invented newspapers, a mail server and a webhook, on loopback.

A story breaks in four languages among ten near misses; each alert is shown as it arrives, and
then why each near miss stayed silent. Nothing leaves the machine and nothing is left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from tests.demo.articles import ARTICLES, OUTLETS, DemoArticle, breaking, item, standing
from tests.servers.feeds import FeedServer
from tests.servers.sinks import SmtpSink, WebhookSink

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "monitor.cli.main")
RULE = "algeria-us-arms"
PATIENCE = 60
out = Console(highlight=False)


def main() -> int:
    """Run the demo; 0 if every telling of the story alerted, once, and nothing else did."""
    options = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    options.add_argument("--keep", type=Path, metavar="DIR", help="keep the mails and the log here")
    options.add_argument("--pace", type=float, default=0.5, help="seconds between two articles")
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="news-monitor-demo-") as scratch,
        FeedServer() as news,
        SmtpSink(directory=chosen.keep) as mail,
        WebhookSink(directory=chosen.keep) as hook,
    ):
        folder = Path(scratch)
        breaks_at = datetime.now(UTC)
        for outlet in OUTLETS:
            items = [item(article, breaks_at) for article in standing(outlet)]
            news.set_feed(
                outlet.path, items, kind=outlet.kind, title=outlet.name, language=outlet.language
            )
        config = write_config(folder, news, mail, hook)
        out.rule("[bold]news-monitor demo[/]")
        out.print(
            f"{len(OUTLETS)} feeds over HTTP, a mail server, a webhook; rule [bold]{RULE}[/] as it"
            " is shipped.\n"
        )
        with daemon(config, folder / "log"):
            is_well = play(news, hook, mail, config, breaks_at, chosen.pace)
        if chosen.keep:
            (chosen.keep / "daemon.log").write_bytes((folder / "log").read_bytes())
            out.print(f"mails, webhook bodies and the daemon's log are in {chosen.keep}")
        elif not is_well:
            out.print(escape((folder / "log").read_text(encoding="utf-8")[-4000:]))
    out.print("To watch your own feeds: see “Use it” in the README.\n")
    out.print("[bold green]The demo ended well.[/]" if is_well else "[bold red]It did not.[/]")
    return 0 if is_well else 1


def write_config(folder: Path, news: FeedServer, mail: SmtpSink, hook: WebhookSink) -> Path:
    """A configuration as a user would write it, for loopback."""
    lines = [
        "[poll]",
        'host_interval = "100ms"',
        'interval = "1s"',
        'min_interval = "1s"',
        'allow_private_hosts = ["127.0.0.1"]',
        "[rules]",
        f"dir = {json.dumps(str(ROOT / 'rules'))}",
        "[destinations.desk-mail]",
        f'url = "mailto://127.0.0.1:{mail.port}?from=news@demo.example&to=desk@demo.example"',
        "[destinations.team-hook]",
        f'url = "json://127.0.0.1:{hook.port}/alerts"',
    ]
    for outlet in OUTLETS:
        lines += [
            "[[feeds]]",
            f"url = {json.dumps(news.url(outlet.path))}",
            f"name = {json.dumps(outlet.name, ensure_ascii=False)}",
            f"publisher = {json.dumps(outlet.domain)}",
        ]
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@contextmanager
def daemon(config: Path, log: Path) -> Iterator[None]:
    """The daemon as a process; SIGTERM at the end."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*COMMAND, "-c", str(config), "run"],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env={**os.environ, "NEWS_MONITOR_FAILPOINTS": ""},
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def play(
    news: FeedServer,
    hook: WebhookSink,
    mail: SmtpSink,
    config: Path,
    breaks_at: datetime,
    pace: float,
) -> bool:
    """Let the story break, and show what arrives."""
    with out.status("The daemon starts, and reads what stands in the feeds…"):
        # A second look of each feed means that the first one is committed.
        wait(
            lambda: all(news.counts(outlet.path).requests > 1 for outlet in OUTLETS),
            "the first poll",
        )
    old = sum(article.stands_before for article in ARTICLES)
    out.print(f"[dim]{old} articles stood in the feeds and were recorded without a word.[/]\n")
    began = time.monotonic()
    shown = 0
    for article in breaking():
        news.add(article.outlet.path, item(article, breaks_at))
        out.print(f"[dim]published[/] {escape(article.outlet.name)}: {escape(article.title)}")
        until = time.monotonic() + pace
        while time.monotonic() < until:
            shown = show_new(hook, shown, began)
            time.sleep(0.05)
    expected = [article for article in ARTICLES if article.expected_alert]
    wait(
        lambda: len(hook.bodies) >= len(expected),
        "the alerts",
        lambda: len(mail.mails) >= len(expected),
    )
    wait(lambda: all_judged(config), "the near misses to be read")
    shown = show_new(hook, shown, began)
    time.sleep(2.5)  # twice as long as any part takes: nothing more may come
    show_new(hook, shown, began)
    show_mail(mail.mails[0])
    return tell(config, hook, mail)


def show_new(hook: WebhookSink, shown: int, began: float) -> int:
    """Print the alerts that the webhook has received since."""
    bodies = hook.bodies
    for body in bodies[shown:]:
        after = time.monotonic() - began
        out.print(
            Panel(
                escape(body["message"]),
                title=f"[bold]alert[/] [dim]{after:.1f} s after the story broke[/]",
                border_style="green",
                title_align="left",
            )
        )
    return len(bodies)


def show_mail(mail: EmailMessage) -> None:
    """Print one mail as a mail client without HTML would show it."""
    part = mail.get_body(("plain",))
    head = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject", "Date"))
    text = part.get_content() if part is not None else ""
    out.print(
        Panel(escape(f"{head}\n\n{text.strip()}"), title="the first mail", title_align="left")
    )


def all_judged(config: Path) -> bool:
    """Whether each article has come through the daemon."""
    feeds = ask(config, "feeds", "list", "--json")
    return sum(feed["articles"] for feed in feeds) == len(ARTICLES)


def tell(config: Path, hook: WebhookSink, mail: SmtpSink) -> bool:
    """Print each article's fate, with the daemon's own reason; whether all is as it should be."""
    titles = [body["title"] for body in hook.bodies]
    subjects = [" ".join(str(one["Subject"]).split()) for one in mail.mails]
    table = Table(
        "", "outlet", "", "headline", "what the daemon says", box=None, padding=(0, 1, 0, 0)
    )
    is_well = True
    for article in breaking():
        told = times_told(article, titles), times_told(article, subjects)
        is_right = told == ((1, 1) if article.expected_alert else (0, 0))
        is_well &= is_right
        why = "one mail, one webhook" if article.expected_alert else silence(config, article)
        if not is_right:
            why = f"WRONG: {told[0]} webhooks, {told[1]} mails; {why}"
        table.add_row(
            "[green]alert[/]" if article.expected_alert else "[dim]silent[/]",
            escape(article.outlet.name),
            article.language,
            escape(article.title),
            escape(why) if is_right else f"[red]{escape(why)}[/]",
        )
    out.print(table)
    alerts = sum(article.expected_alert for article in ARTICLES)
    out.print(
        f"\n{len(breaking())} articles: {alerts} tellings of the story in 4 languages,"
        f" {len(titles)} webhooks and {len(subjects)} mails received.\n"
    )
    return is_well and len(titles) == len(subjects) == alerts


def times_told(article: DemoArticle, titles: list[str]) -> int:
    """In how many messages the article's headline stands, as far as a subject may be long."""
    return sum(" ".join(article.title.split())[:60] in title for title in titles)


def silence(config: Path, article: DemoArticle) -> str:
    """Why the rule was silent, in the daemon's words."""
    return str(ask(config, "explain", RULE, "--url", article.link, "--json")["why"])


def ask(config: Path, *arguments: str) -> Any:
    """What a command answers in JSON."""
    done = subprocess.run(
        [*COMMAND, "-c", str(config), *arguments], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)


def wait(holds: Callable[[], bool], what: str, also: Callable[[], bool] = lambda: True) -> None:
    """Wait until both hold."""
    end = time.monotonic() + PATIENCE
    while not (holds() and also()):
        if time.monotonic() > end:
            out.print(f"[red]gave up waiting for {what}[/]")
            return
        time.sleep(0.1)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        out.print("stopped")
        sys.exit(130)

"""Measures what a message costs: its words and forms in the core, the mail and the call in a sender.

``./dev bench`` or ``python bench/messages.py``: some seconds. CPU milliseconds a message, the least
of five rounds; services are played on loopback (a mail over SMTP, Slack over TLS by a proxy).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.alerts.mail import wrapped
from monitor.alerts.render import message
from monitor.alerts.send import send
from monitor.alerts.templating import OURS
from monitor.alerts.words import alert_words
from monitor.models import Destination
from tests.deliveries import delivery
from tests.servers.services import Services
from tests.servers.sinks import SmtpSink
from tests.test_digest import ITEM, digest_of


def least(work: Callable[[], object], count: int) -> float:
    """CPU milliseconds of this process, the loopback servers' threads included."""
    work()
    rounds = []
    for _ in range(5):
        begin = time.process_time()
        for _ in range(count):
            work()
        rounds.append((time.process_time() - begin) / count * 1000)
    return min(rounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="messages a round")
    count = parser.parse_args().count
    alert, digest = delivery(), digest_of(*[ITEM] * 30)
    said = message(alert, UTC)
    words, quotes = alert_words(alert, UTC)
    words |= {"quotes": quotes, "title": said.title}
    print(f"{'CPU ms':>8}  of one")
    for name, work in {
        "alert, all forms": lambda: message(alert, UTC),
        "alert, only its words": lambda: alert_words(alert, UTC),
        "alert, only the HTML": lambda: OURS.render("alert.html.j2", words),
        "digest of 30, all forms": lambda: message(digest, UTC),
        "wrapping of a mail's text": lambda: wrapped(said.text),
    }.items():
        print(f"{least(work, count):8.2f}  {name}")
    with SmtpSink() as smtp, Services() as services, tempfile.TemporaryDirectory() as folder:
        services.adopt(os.environ.__setitem__, Path(folder))
        mail = f"mailto://127.0.0.1:{smtp.port}?from=a@desk.example&to=b@desk.example"
        slack = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
        for name, url in {"mail, sent": mail, "Slack message, sent": slack}.items():
            to = Destination(name="desk", url=url)
            print(f"{least(lambda to=to: send(to, said), 10):8.2f}  {name}")  # type: ignore[misc]
    return 0


if __name__ == "__main__":
    sys.exit(main())

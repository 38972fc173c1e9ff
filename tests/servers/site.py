"""Touches the world: a small invented newspaper on loopback, with pages that name feeds.

By hand, to try `feeds discover` and `feeds add` on::

    python -m tests.servers.site --port 8080

================  =============================================================================
``/``             names the French, the Arabic and the comments' feed, one that is gone; links one
``/about``        names nothing; the site has a feed at the usual place ``/feed/``
``/gone``         names nothing but a feed that is gone
``/rss/monde.xml``, ``/ar/rss.xml`` (a very long title), ``/commentaires/feed/``, ``/feed/``
================  =============================================================================
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.servers.feeds import FeedServer
from tests.servers.feedxml import Item

TITLE = "La Gazette des Dunes"
WIDE = "جريدة الكثبان: أخبار المغرب العربي والساحل والشرق الأوسط والعالم كله بالتفصيل ساعة بساعة"
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_HOME = f"""<!DOCTYPE html>
<html lang="fr"><head><title>{TITLE} – l’actualité</title>
<link rel="stylesheet" type="text/css" href="/style.css">
<link rel="alternate" type="application/rss+xml" title="Commentaires" href="/commentaires/feed/">
<link rel="alternate" type="application/rss+xml" title="Ancien flux" href="/old/rss.xml">
<link rel="alternate" type="application/rss+xml" title="Monde" href="rss/monde.xml">
<link rel="alternate" type="application/atom+xml" title="{WIDE}" href="/ar/rss.xml">
<link rel="alternate" type="text/html" hreflang="ar" href="/ar/">
</head><body><h1>{TITLE}</h1><p>Rien de neuf sous le soleil. <a href="/feed/">RSS</a></p></body></html>
"""
_FRENCH = (
    "Le port de Tadla rouvre après trois semaines de grève",
    "Les oasis du sud comptent leurs palmiers par satellite",
    "Un accord sur l’eau entre les deux rives de l’oued",
    "La bibliothèque de Sijilma retrouve ses manuscrits",
    "Le train de nuit vers la côte reprend vendredi",
    "Les apiculteurs s’inquiètent d’un printemps trop sec",
    "Une école de voile ouvre dans le désert",
)
_ARABIC = (
    "ميناء تادلة يستأنف العمل بعد ثلاثة أسابيع من الإضراب الذي شل حركة التجارة في المنطقة كلها",
    "الواحات في الجنوب تحصي نخيلها بالأقمار الصناعية لأول مرة في تاريخها الطويل",
    "اتفاق على المياه بين ضفتي الوادي بعد مفاوضات طويلة",
)


def furnish(server: FeedServer, now: datetime) -> None:
    """Put the newspaper on a server, its newest article an hour before ``now``."""

    def items(titles: Sequence[str], slug: str) -> list[Item]:
        return [
            Item(
                guid=f"{slug}-{number}",
                link=server.url(f"/{slug}/{number}"),
                title=title,
                html=f"<p>{title}, écrit notre correspondant.</p>" if slug != "ar" else title,
                published_at=now.replace(microsecond=0) - timedelta(hours=1 + 5 * number),
            )
            for number, title in enumerate(titles)
        ]

    server.set_feed("/rss/monde.xml", items(_FRENCH, "monde"), title=f"{TITLE} – Monde")
    server.set_feed("/feed/", items(_FRENCH[:2], "une"), title=f"{TITLE} – À la une")
    server.set_feed("/ar/rss.xml", items(_ARABIC, "ar"), title=WIDE, kind="atom", language="ar")
    server.set_feed("/commentaires/feed/", (), title="Commentaires")
    server.set_raw("/", headers=_HTML, body=_HOME.encode())
    server.set_raw("/about", headers=_HTML, body=b"<!doctype html><title>Qui sommes-nous</title>")
    server.set_raw(
        "/gone",
        headers=_HTML,
        body=b'<html><link rel=alternate type="application/rss+xml" href=/old/rss.xml>',
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the newspaper until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.site", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    options = parser.parse_args(arguments)
    with FeedServer(port=options.port) as server:
        furnish(server, datetime.now(UTC))
        print(server.url("/"), flush=True)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            server.stopping.wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Data: the demo's six newspapers, all invented, and the shape of their articles."""

from __future__ import annotations

from dataclasses import dataclass

from tests.servers.feedxml import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A newspaper with one feed."""

    name: str
    domain: str
    path: str
    """Where its feed stands on the demo's server."""
    language: str
    kind: Kind = "rss"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoArticle:
    """One article, with what the rule *Algeria + US + arms* must do with it, and why."""

    outlet: Outlet
    slug: str
    title: str
    html: str
    minutes: int
    """When it was published, counted from the first telling of the story; before it: negative."""
    author: str = ""
    categories: tuple[str, ...] = ()
    expected_alert: bool = False
    why_silent: str = ""
    """In a few words, for a table; empty where an alert is expected."""

    @property
    def stands_before(self) -> bool:
        """Whether it is in its feed when the demo starts, so that the first poll records it."""
        return self.minutes < 0

    @property
    def language(self) -> str:
        """The language it is written in."""
        return self.outlet.language

    @property
    def link(self) -> str:
        """Where a reader would find it."""
        return f"https://{self.outlet.domain}/{self.slug}"

    @property
    def guid(self) -> str:
        """What its publisher calls it."""
        return f"tag:{self.outlet.domain},2025:{self.slug}"


PLATEAUX = Outlet(
    name="L'Observateur des Hauts-Plateaux",
    domain="observateur-plateaux.example",
    path="/observateur-plateaux/rss.xml",
    language="fr",
)
AURES = Outlet(
    name="نوافذ الأوراس",
    domain="nawafidh-aures.example",
    path="/nawafidh-aures/feed.xml",
    language="ar",
)
POTOMAC = Outlet(
    name="Potomac Defense Ledger",
    domain="potomac-ledger.example",
    path="/potomac-ledger/atom.xml",
    language="en",
    kind="atom",
)
ALBORAN = Outlet(
    name="El Noticiero de Alborán",
    domain="noticiero-alboran.example",
    path="/noticiero-alboran/rss.xml",
    language="es",
)
CARTHAGE = Outlet(
    name="The Carthage Courier",
    domain="carthage-courier.example",
    path="/carthage-courier/rss.xml",
    language="en",
)
STADE = Outlet(
    name="Tribune du Stade",
    domain="tribune-du-stade.example",
    path="/tribune-du-stade/atom.xml",
    language="fr",
    kind="atom",
)

OUTLETS = (PLATEAUX, AURES, POTOMAC, ALBORAN, CARTHAGE, STADE)

"""Touches the world: numbers for Prometheus, over HTTP on an address of the operator's choice.

Counters begin at each start. What stands in the database is counted by the daemon, now and then,
and shown as it was then: a scrape never waits for the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from monitor.models import Dead, DeliveryResult, FeedHealth, Polled, Sent


class Metrics:
    """The numbers of one daemon; served once ``serve`` is called, counted in any case.

    ``since_tick`` tells the seconds since the daemon's clock last ticked.
    """

    def __init__(self, since_tick: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        self._close: Callable[[], None] | None = None
        self._polls = self._counter("polls", "Polls, by what came of them.", "outcome")
        self._articles = self._counter("articles", "New articles.")
        self._matches = self._counter("matches", "Matches of rules, weak ones included.")
        self._alerts = self._counter("alerts", "Alerts written to the outbox.")
        self._deliveries = self._counter("deliveries", "Attempts to deliver.", "result")
        self._feeds = self._gauge("feeds", "Followed feeds, by health.", "health")
        self._open = self._gauge("deliveries_open", "Deliveries that are not sent yet.")
        self._dead = self._gauge("deliveries_dead", "Deliveries that were given up.")
        self._oldest = self._gauge("deliveries_oldest_seconds", "Age of the oldest of them.")
        tick = self._gauge("last_tick_seconds", "Since the daemon last looked for due feeds.")
        tick.set_function(since_tick)

    def serve(self, listen: str) -> None:
        """Answer at ``address:port`` from now on, on a thread.

        Raises:
            OSError: nobody can listen there.
        """
        host, _, port = listen.rpartition(":")
        address = str(ip_address(host.strip("[]")))
        server, thread = start_http_server(int(port), address, self._registry)

        def close() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self._close = close

    def close(self) -> None:
        """Answer no more."""
        if self._close is not None:
            self._close()
            self._close = None

    def polled(self, outcome: Polled) -> None:
        """Count a poll and what it brought."""
        came = outcome.reason or ("news" if outcome.articles else "nothing new")
        self._polls.labels(str(came)).inc()
        self._articles.inc(len(outcome.articles))
        self._matches.inc(sum(len(one.matches) for one in outcome.articles))
        self._alerts.inc(sum(len(one.alerts) for one in outcome.articles))

    def delivered(self, result: DeliveryResult) -> None:
        """Count an attempt to deliver."""
        name = (
            "sent" if isinstance(result, Sent) else "dead" if isinstance(result, Dead) else "retry"
        )
        self._deliveries.labels(name).inc()

    def counted(
        self,
        feeds: Mapping[FeedHealth, int],
        open_deliveries: int,
        oldest_seconds: float,
        dead_deliveries: int,
    ) -> None:
        """Show what stands in the database."""
        for health in FeedHealth:
            self._feeds.labels(str(health)).set(feeds.get(health, 0))
        self._open.set(open_deliveries)
        self._dead.set(dead_deliveries)
        self._oldest.set(oldest_seconds)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"news_monitor_{name}", says, labels, registry=self._registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(f"news_monitor_{name}", says, labels, registry=self._registry)

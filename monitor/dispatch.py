"""Wiring: which deliveries are in flight, one for each destination at most.

What is due and may be sent is the store's to say; here are the places for it. Each delivery is a
task of the daemon's, and looks for the next one when it has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor import assembly, delivering, lanes, reports
from monitor.alerts.templating import Templates
from monitor.assembly import now
from monitor.delivering import Attempt, DeliverTools
from monitor.errors import StoreError
from monitor.logs import logger
from monitor.models import Delivery, DeliveryResult, Destination
from monitor.planning import Policy

TICK = timedelta(seconds=1)
PAUSE = timedelta(seconds=5)
"""How long an outcome is kept before the store is asked again to write it down."""


class Dispatch:
    """The deliveries of one daemon.

    Args:
        spawn: Runs a task that the daemon's end waits for.
        is_going: Whether new deliveries may begin by themselves.
        count: Told of every outcome that is written down.
        on_error: Told of every failure of the store.
    """

    def __init__(
        self,
        tools: DeliverTools,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        is_going: Callable[[], bool],
        count: Callable[[DeliveryResult], None],
        on_error: Callable[[StoreError], None],
    ) -> None:
        self.tools = tools
        self._spawn = spawn
        self._is_going = is_going
        self._count = count
        self._on_error = on_error
        self._sending: set[str] = set()
        self._claiming = asyncio.Lock()
        self._keeps_pace = False

    def use(
        self, destinations: Iterable[Destination], templates: Templates, policy: Policy
    ) -> None:
        """Go on with another configuration; what is in flight ends as it began."""
        named = {one.name: one for one in destinations}
        senders = self.tools.senders
        if assembly.places(len(named)) > senders.count:
            senders.retire(delivering.SEND_DEADLINE)
            senders = assembly.senders(len(named))
        self.tools = replace(
            self.tools,
            senders=senders,
            destinations=named,
            templates=templates,
            told=set(),
            policy=policy,
        )

    async def tick(self) -> None:
        """Begin what is due, where there is a place for it."""
        try:
            async with self._claiming:
                for delivery in await self._due():
                    self._sending.add(delivery.destination)
                    self._spawn(self._deliver(delivery))
        except StoreError as error:
            logger().error("due deliveries not claimed", error=str(error))
            self._on_error(error)

    async def soon(self) -> None:
        """Begin what is due without waiting for the tick."""
        if self._is_going():
            await self.tick()

    async def everything(self, together: Callable[..., Coroutine[Any, Any, None]]) -> None:
        """Deliver until nothing is due, at the pace of the slowest lane."""
        self._keeps_pace = True
        while claimed := await self._due():
            await together(map(self._deliver, claimed))

    async def _due(self) -> tuple[Delivery, ...]:
        """The first due for each destination that has none in flight, claimed.

        With more destinations than places those whose last attempt failed have half of them, so that
        however many are stuck the others do not wait for them.
        """
        places = self.tools.senders.count
        room = places - len(self._sending)
        if room <= 0:
            return ()
        store = self.tools.books.store
        ailing = set(await self.tools.books.ask(store.ailing))
        claimed = await self._claim(room, self._sending | ailing)
        sending = self._sending.union(one.destination for one in claimed)
        is_crowded = len(self.tools.destinations) > places
        for_ailing = max(places // 2, 1) if is_crowded else places
        rest = min(room - len(claimed), for_ailing - len(sending & ailing))
        return claimed + await self._claim(rest, sending)

    async def _claim(self, limit: int, busy: set[str]) -> tuple[Delivery, ...]:
        if limit <= 0:
            return ()
        tools, at = self.tools, now()
        return await tools.books.ask(
            tools.books.store.due_deliveries,
            at,
            delivering.LEASE,
            limit,
            tuple(busy),
            tools.rates,
            tools.quiet(at),
        )

    async def _deliver(self, delivery: Delivery) -> None:
        """One delivery; its lane is free again when what became of it is written down."""
        tools = self.tools
        try:
            attempt = await delivering.attempted(delivery, tools)
            await self._record(attempt, tools)
        finally:
            self._sending.discard(delivery.destination)
        await self._pause(attempt, tools)
        await self.soon()

    async def _record(self, attempt: Attempt, tools: DeliverTools) -> None:
        """While the store cannot be written the outcome is kept: forgotten, it would be sent again."""
        while True:
            try:
                await delivering.record(attempt, tools)
            except StoreError as error:
                name = attempt.delivery.public_id
                logger().error("delivery not stored", delivery=name, error=str(error))
                self._on_error(error)
                await asyncio.sleep(PAUSE.total_seconds())
            else:
                break
        reports.delivered(attempt)
        self._count(attempt.result)

    async def _pause(self, attempt: Attempt, tools: DeliverTools) -> None:
        """Wait for the lane's next turn where that comes before the tick, or no tick does."""
        lane, rate = attempt.change.lane, tools.rates.get(attempt.delivery.destination)
        wait = lanes.next_at(lane, rate, now()) - now()
        is_paced = lane.opens_at is None and self._keeps_pace
        if is_paced or wait < TICK:
            await asyncio.sleep(max(wait.total_seconds(), 0))

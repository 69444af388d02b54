"""The dispatcher reads the feed for every subscription, makes deliveries, and has them sent."""

from uuid import UUID

from tessera.notifications.sender import Sender
from tessera.notifications.store import dispatches as store
from tessera.platform.events import find_new_number, renumber_events
from tessera.platform.http import OutboundClient
from tessera.platform.ids import new_ids
from tessera.platform.resources import Resources

# The first look is for what just happened, the next ones are for the rest of a load: memory is bounded by these.
FIRST_WINDOW, WINDOW = 200, 5000


class Dispatcher:
    """What a worker does for webhooks. Any number of workers share the work."""

    def __init__(self, resources: Resources, client: OutboundClient) -> None:
        self._resources = resources
        self._sender = Sender(resources, client)

    async def realign(self) -> bool:
        """Put feed and positions right after the database was restored on another server; say whether it was."""
        async with self._resources.database.session() as session:
            number = await find_new_number(session)
            if number is None:
                return False
            await store.realign_positions(session, number)
            await renumber_events(session, number)
            return True

    async def is_behind(self) -> bool:
        """Say whether there are events to make deliveries of."""
        return await store.is_behind(self._resources.database.reader)

    async def has_due(self) -> bool:
        """Say whether a delivery may be due."""
        return await store.has_due(self._resources.database.reader)

    async def dispatch(self) -> int:
        """Make deliveries of all events that are due; return how many."""
        async with self._resources.database.session() as session:
            behind = await store.list_behind(session)
        made, window = 0, FIRST_WINDOW
        # In turns, so that a large load of one chain does not keep the others waiting.
        while behind:
            left = []
            for subscription_id in behind:
                read, wanted = await self._take_up(subscription_id, window)
                made += wanted
                if read == window:
                    left.append(subscription_id)
            behind, window = left, WINDOW
        return made

    async def _take_up(self, subscription_id: UUID, window: int) -> tuple[int, int]:
        """Make deliveries of the next events of a subscription; return how many were read, and how many wanted."""
        async with self._resources.database.session() as session:
            locked = await store.lock_for_dispatch(session, subscription_id)
            if locked is None:
                return 0, 0
            ids, now = new_ids(window), self._resources.clock()
            return await store.take_up_events(session, subscription_id, locked, ids, now=now)

    def stop(self) -> None:
        """Begin no delivery any more, because this worker stops."""
        self._sender.stop()

    async def finish(self) -> None:
        """Wait for the deliveries under way after a stop, some seconds at most."""
        await self._sender.finish()

    async def send_due(self) -> int:
        """Send everything that is due, and what becomes due meanwhile; return how many attempts that took."""
        return await self._sender.send_due()

"""The rooms of this server: a desk and what belongs to it, made when first asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from recsys_core.errors import MissingDataError
from recsys_core.experiments.store import Store, url_in_use
from recsys_core.ratings import Ratings
from recsys_core.rooms import freezing
from recsys_core.rooms.desk import Desk
from recsys_core.rooms.model import Refits
from recsys_core.rooms.results import Results
from recsys_core.rooms.room import Room
from recsys_core.rooms.simulated import PACE, Address, SimulatedClass
from recsys_core.rooms.store import RoomStore
from recsys_core.text import Text

Found = TypeVar("Found")

# Where nothing is kept, rooms last as long as the server does.
_IN_MEMORY = "sqlite://"

# Frozen ratings, and results on them, in memory at once.
_MOST = 40

# Seconds that whoever asks for frozen ratings waits for the database.
_PATIENCE = 15.0


class Rooms:
    """All rooms of one database.

    Attributes
    ----------
    desk : the one writer. refits : the models of rooms that are rating.
    kept : whether rooms outlive the server.
    """

    def __init__(self, url: str | None) -> None:
        """``url`` None: in memory."""
        self.kept = url is not None
        self.desk = Desk(lambda: RoomStore(Store(url or _IN_MEMORY)))
        self.refits = Refits(self.desk)
        self._lock = threading.Lock()
        self._ratings: OrderedDict[str, Ratings] = OrderedDict()
        self._results: OrderedDict[str, Future[Results]] = OrderedDict()
        self._crowds: dict[str, SimulatedClass] = {}
        self._trainer = ThreadPoolExecutor(1, thread_name_prefix="room results")

    def close(self) -> None:
        """Write what is left, and end."""
        for code in list(self._crowds):
            self.stop_simulated(code)
        self._trainer.shutdown(cancel_futures=True)
        self.refits.close()
        self.desk.close()

    def ratings(self, id: str) -> Ratings | None:
        """Frozen ratings, one copy of them for all; None where there are none, or no longer."""
        data = self.desk.ask(lambda store: store.snapshot(id)).result(_PATIENCE)
        with self._lock:
            found = self._ratings.get(id)
            if data is None:
                self._ratings.pop(id, None)
                return None
            if found is None:
                found = self._ratings[id] = freezing.of_bytes(data)
            _keep_latest(self._ratings, id)
            return found

    def results(self, room: Room) -> Future[Results]:
        """The results of a room that was locked; trained once, by a thread of their own."""
        id = room.frozen
        assert id is not None, "only what is locked has results"
        with self._lock:
            found = self._results.get(id)
            if found is None:
                found = self._results[id] = self._trainer.submit(self._trained, room, id)
            _keep_latest(self._results, id)
            return found

    def made(self, make: Callable[[], Found]) -> Future[Found]:
        """Have something made of results, by the thread that trains them."""
        return self._trainer.submit(make)

    def simulate(self, code: str, address: Address, secret: str, pace: float = PACE) -> None:
        """Send thirty simulated students to a room, over this server's own routes.

        ``secret`` is what its routes know them by, ``pace`` the seconds that each takes a rating.
        """
        self.stop_simulated(code)
        self._crowds = {other: each for other, each in self._crowds.items() if each.going}
        crowd = self._crowds[code] = SimulatedClass(address, code, secret, pace=pace)
        crowd.start()

    def is_simulated(self, code: str) -> bool:
        """Whether simulated students are in a room, with their telephones in their hands."""
        crowd = self._crowds.get(code)
        return crowd is not None and crowd.going

    def stop_simulated(self, code: str) -> None:
        """Have the simulated students of a room stop; what they rated stays."""
        crowd = self._crowds.pop(code, None)
        if crowd is not None:
            crowd.stop()

    def _trained(self, room: Room, id: str) -> Results:
        ratings = self.ratings(id)
        if ratings is None:
            raise MissingDataError(Text("The ratings of this room are no longer kept."))
        return Results.of(room, id, ratings)


def _keep_latest(kept: OrderedDict[str, Any], id: str) -> None:
    """Let go of those that were asked for longest ago."""
    kept.move_to_end(id)
    while len(kept) > _MOST:
        kept.popitem(last=False)


_rooms: Rooms | None = None
_making = threading.Lock()


def rooms() -> Rooms:
    """The rooms of this server, in the database in use."""
    global _rooms
    with _making:
        if _rooms is None:
            _rooms = Rooms(url_in_use())
        return _rooms


def in_use() -> Rooms | None:
    """The rooms of this server, if anybody asked for them yet."""
    return _rooms


def close() -> None:
    """Write what is left; asked again, they are made anew."""
    global _rooms
    with _making:
        if _rooms is not None:
            _rooms.close()
        _rooms = None


def shared_ratings(id: str) -> Ratings | None:
    """What a link names by ``data=shared``, where a room of this server froze it."""
    return rooms().ratings(id)

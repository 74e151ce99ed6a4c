"""The rooms of this server: one desk and what belongs to it, made when first asked for."""

from __future__ import annotations

import threading

from recsys_core.experiments.store import Store, url_in_use
from recsys_core.rooms.desk import Desk
from recsys_core.rooms.store import RoomStore

# Where nothing is kept, rooms last as long as the server does.
_IN_MEMORY = "sqlite://"


class Rooms:
    """All rooms of one database.

    Attributes
    ----------
    desk : the one writer. kept : whether rooms outlive the server.
    """

    def __init__(self, url: str | None) -> None:
        """``url`` None: in memory."""
        self.kept = url is not None
        self.desk = Desk(lambda: RoomStore(Store(url or _IN_MEMORY)))

    def close(self) -> None:
        """Write what is left, and end."""
        self.desk.close()


_rooms: Rooms | None = None
_making = threading.Lock()


def rooms() -> Rooms:
    """The rooms of this server, in the database in use."""
    global _rooms
    with _making:
        if _rooms is None:
            _rooms = Rooms(url_in_use())
        return _rooms


def close() -> None:
    """Write what is left; asked again, they are made anew."""
    global _rooms
    with _making:
        if _rooms is not None:
            _rooms.close()
        _rooms = None

"""Rooms: a class rates together on telephones, and its ratings become a data set."""

from recsys_core.rooms.room import PHASES, Answer, Guess, Member, Phase, Room, State, Thing
from recsys_core.rooms.serving import Rooms, close, in_use, rooms, shared_ratings

__all__ = [
    "PHASES", "Answer", "Guess", "Member", "Phase", "Room", "Rooms", "State", "Thing", "close",
    "in_use", "rooms", "shared_ratings",
]  # fmt: skip

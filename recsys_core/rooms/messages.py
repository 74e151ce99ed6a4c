"""What telephones and a projector send and are told, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from recsys_core.errors import RoomError
from recsys_core.ratings import Scale
from recsys_core.rooms.room import Answer, State
from recsys_core.text import Text

# Answers or guesses in one request, and bytes of its body.
MOST_AT_ONCE, LONGEST = 100, 16_384

_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]  # what JavaScript counts exactly
_Index = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class Joining(msgspec.Struct, forbid_unknown_fields=True):
    """Whoever joins says a nickname."""

    nickname: Annotated[str, msgspec.Meta(max_length=200)]


class Answered(msgspec.Struct, forbid_unknown_fields=True):
    """A rating; null takes one back."""

    item: _Index
    value: float | None
    seq: _Seq


class Guessed(msgspec.Struct, forbid_unknown_fields=True):
    """A guess of one of the cells that this telephone was given."""

    cell: _Index
    value: float


class Token(msgspec.Struct, forbid_unknown_fields=True):
    """The teacher's token."""

    token: Annotated[str, msgspec.Meta(max_length=64)]


Answers = Annotated[list[Answered], msgspec.Meta(max_length=MOST_AT_ONCE)]
Guesses = Annotated[list[Guessed], msgspec.Meta(max_length=MOST_AT_ONCE)]

Kind = TypeVar("Kind")


def read(body: bytes, kind: type[Kind]) -> Kind:
    """What a telephone sent.

    Raises
    ------
    RoomError
        If it has no meaning.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise RoomError(Text("This page is of another version; reload it.")) from None


def write(said: Any) -> bytes:
    """JSON of what is told; sentences are in the language of whoever is told."""
    return msgspec.json.encode(said)


def scale_of(scale: Scale) -> dict[str, Any]:
    """A scale as the browser needs it; words by rating, as text."""
    return {
        "low": scale.low, "high": scale.high, "step": scale.step,
        "words": [[rating, word] for rating, word in scale.words or ()],
    }  # fmt: skip


def answers_of(answers: list[Answer]) -> list[dict[str, Any]]:
    """Answers as the telephone that gave them knows them."""
    return [{"item": a.item, "value": a.value, "seq": a.seq} for a in answers]


def telephone(state: State, number: int) -> dict[str, Any]:
    """What the telephone of a member needs, whatever the phase."""
    room, member = state.room, state.members[number]
    return {
        "version": room.version,
        "phase": room.phase,
        "title": room.title,
        "scale": scale_of(room.scale),
        "things": [{"name": thing.name, "picture": thing.picture} for thing in room.things],
        "member": {"number": number, "nickname": member.nickname},
        "answers": answers_of(state.answers_of(number)),
        "n_members": len(state.present),
        "n_ratings": len(state.ratings),
    }


def board(state: State) -> dict[str, Any]:
    """What the projector shows, whatever the phase; names only after the reveal."""
    room, shown = state.room, state.shown
    named = room.phase == "reveal"
    row = {member.number: at for at, member in enumerate(shown)}
    matrix: list[list[float | None]] = [[None] * len(room.things) for _ in shown]
    for (number, item), value in state.ratings.items():
        matrix[row[number]][item] = value
    return {
        "phase": room.phase,
        "title": room.title,
        "scale": scale_of(room.scale),
        "things": [thing.name for thing in room.things],
        "members": [
            {"number": member.number, "name": member.nickname if named else None}
            for member in shown
        ],
        "n_members": len(state.present),
        "n_ratings": len(state.ratings),
        "matrix": matrix,
    }

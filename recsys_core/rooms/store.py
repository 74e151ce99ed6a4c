"""Rooms in the database, SQLite or PostgreSQL: whole rooms out, what changed of one in."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recsys_core.experiments import store_tables as tables
from recsys_core.experiments.store import Store
from recsys_core.extras import needed_for
from recsys_core.ratings import Scale
from recsys_core.rooms.room import Answer, Guess, Member, Room, State, Thing
from recsys_core.text import Text

with needed_for(Text("The database of rooms")):
    import sqlalchemy as sql

_ROOMS, _PICTURES, _MEMBERS = tables.rooms, tables.room_pictures, tables.room_members
_ANSWERS, _GUESSES, _SNAPSHOTS = tables.room_answers, tables.room_guesses, tables.room_snapshots


@dataclass
class Changes:
    """What of a room is to be written, beside the row of the room itself.

    ``tokens``: hashes by number, of the members that are new. ``removed``: members of whom answers,
    guesses, and guesses of their ratings are deleted.
    """

    members: set[int] = field(default_factory=set)
    answers: set[tuple[int, int]] = field(default_factory=set)
    guesses: set[tuple[int, int, int]] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    room: bool = False
    deleted: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.members or self.answers or self.guesses or self.removed
            or self.room or self.deleted
        )  # fmt: skip


class RoomStore:
    """The tables of rooms. One thread uses it at a time (``desk``).

    Every method raises StoreError as those of ``Store`` do.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    # --- whole rooms ----------------------------------------------------------------------------

    def codes(self) -> list[str]:
        """The codes of all rooms."""
        with self.store.reading() as own:
            return list(own.execute(sql.select(_ROOMS.c.code)).scalars())

    def versions(self, codes: Collection[str]) -> dict[str, int]:
        """The versions of some rooms; those that are not there any more are left out."""
        asked = sql.select(_ROOMS.c.code, _ROOMS.c.version).where(_ROOMS.c.code.in_(codes))
        with self.store.reading() as own:
            return {code: version for code, version in own.execute(asked)}

    def hold(self, code: str) -> int | None:
        """The version of a room, that nobody else can change until the transaction ends."""
        asked = sql.select(_ROOMS.c.version).where(_ROOMS.c.code == code).with_for_update()
        with self.store.writing() as own:
            return own.execute(asked).scalar()

    def load(self, code: str) -> State | None:
        """A room with all that was said in it; None where there is none."""
        with self.store.reading() as own:
            row = own.execute(sql.select(_ROOMS).where(_ROOMS.c.code == code)).mappings().first()
            if row is None:
                return None
            asked = sql.select(_MEMBERS).where(_MEMBERS.c.room == code)
            members = own.execute(asked.order_by(_MEMBERS.c.number)).mappings().all()
            answers = own.execute(sql.select(_ANSWERS).where(_ANSWERS.c.room == code)).mappings()
            found = {
                (a["member"], a["item"]): Answer(
                    a["member"], a["item"], a["value"], a["seq"], a["guessed"], a["arrived"],
                    a["at"],
                )
                for a in answers
            }  # fmt: skip
            guesses = own.execute(sql.select(_GUESSES).where(_GUESSES.c.room == code)).mappings()
            guessed = {
                (g["member"], g["of_member"], g["item"]): Guess(
                    g["member"], g["of_member"], g["item"], g["value"]
                )
                for g in guesses
            }
        return State(
            room=_room(row),
            members={
                m["number"]: Member(
                    m["number"], m["nickname"], bool(m["hidden"]), bool(m["removed"]),
                    bool(m["simulated"]), m["joined"], bool(m["renamed"]),
                )
                for m in members
            },
            answers=found,
            guesses=guessed,
            tokens={m["token"]: m["number"] for m in members},
            teacher=row["teacher"],
        )  # fmt: skip

    def add(self, state: State, pictures: Mapping[int, bytes]) -> bool:
        """Write a new room; False where its code is taken already."""
        code = state.room.code
        taken = sql.select(_ROOMS.c.code).where(_ROOMS.c.code == code)
        with self.store.writing() as own:
            if own.execute(taken).first() is not None:
                return False
            self.store.put(own, _ROOMS, [_row(state)])
            rows = [{"room": code, "item": at, "bytes": data} for at, data in pictures.items()]
            self.store.put(own, _PICTURES, rows)
            return True

    def write(self, state: State, changes: Changes) -> None:
        """Write what has changed of a room."""
        code = state.room.code
        if changes.deleted:
            self.delete(code)
            return
        numbers = {number: token for token, number in state.tokens.items()}
        with self.store.writing() as own:
            self.store.put(own, _ROOMS, [_row(state)])
            members = [state.members[number] for number in sorted(changes.members)]
            self.store.put(
                own,
                _MEMBERS,
                [
                    {"room": code, "number": m.number, "token": numbers[m.number],
                     "nickname": m.nickname, "hidden": m.hidden, "removed": m.removed,
                     "simulated": m.simulated, "joined": m.joined, "renamed": m.renamed}
                    for m in members
                ],
            )  # fmt: skip
            answers = [state.answers[key] for key in sorted(changes.answers)]
            self.store.put(
                own,
                _ANSWERS,
                [
                    {"room": code, "member": a.member, "item": a.item, "value": a.value,
                     "seq": a.seq, "guessed": a.guessed, "arrived": a.arrived, "at": a.at}
                    for a in answers
                ],
                kept=("guessed", "arrived"),
                newer="seq",
            )  # fmt: skip
            guesses = [state.guesses[key] for key in sorted(changes.guesses)]
            self.store.put(
                own,
                _GUESSES,
                [
                    {"room": code, "member": g.member, "of_member": g.of, "item": g.item,
                     "value": g.value}
                    for g in guesses
                ],
            )  # fmt: skip
            for number in changes.removed:
                for column in (_ANSWERS.c.member, _GUESSES.c.member, _GUESSES.c.of_member):
                    table = column.table
                    here = (table.c.room == code) & (column == number)
                    own.execute(sql.delete(table).where(here))

    def delete(self, code: str) -> None:
        """Delete a room and all that was said in it, its frozen ratings included."""
        with self.store.writing() as own:
            for table in (_PICTURES, _MEMBERS, _ANSWERS, _GUESSES, _SNAPSHOTS):
                own.execute(sql.delete(table).where(table.c.room == code))
            own.execute(sql.delete(_ROOMS).where(_ROOMS.c.code == code))

    def opened_by(self, opener: str) -> list[str]:
        """The codes of the rooms that a browser opened, named by its hash."""
        with self.store.reading() as own:
            asked = sql.select(_ROOMS.c.code).where(_ROOMS.c.opener == opener)
            return list(own.execute(asked).scalars())

    def unused_since(self, moment: float) -> list[str]:
        """The codes of rooms in which nothing has changed since."""
        with self.store.reading() as own:
            asked = sql.select(_ROOMS.c.code).where(_ROOMS.c.changed < moment)
            return list(own.execute(asked).scalars())

    # --- bytes ----------------------------------------------------------------------------------

    def picture(self, code: str, item: int) -> bytes | None:
        """The picture of a thing; None where it has none."""
        here = (_PICTURES.c.room == code) & (_PICTURES.c.item == item)
        with self.store.reading() as own:
            return own.execute(sql.select(_PICTURES.c.bytes).where(here)).scalar()

    def keep_snapshot(self, id: str, code: str, created: float, ratings: bytes) -> None:
        """Keep frozen ratings of a room."""
        row = {"id": id, "room": code, "created": created, "ratings": ratings}
        with self.store.writing() as own:
            own.execute(_SNAPSHOTS.insert().values(row))

    def snapshots(self, code: str) -> dict[str, float]:
        """The ids of a room's frozen ratings and when each was taken, the oldest first."""
        asked = sql.select(_SNAPSHOTS.c.id, _SNAPSHOTS.c.created)
        asked = asked.where(_SNAPSHOTS.c.room == code).order_by(_SNAPSHOTS.c.created)
        with self.store.reading() as own:
            return {id: created for id, created in own.execute(asked)}

    def snapshot(self, id: str) -> bytes | None:
        """Frozen ratings; None where there are none of this id."""
        with self.store.reading() as own:
            asked = sql.select(_SNAPSHOTS.c.ratings).where(_SNAPSHOTS.c.id == id)
            return own.execute(asked).scalar()


def _row(state: State) -> dict[str, object]:
    room = state.room
    low, high, step, words = room.scale
    return {
        "code": room.code, "teacher": state.teacher, "title": room.title,
        "things": json.dumps([[thing.name, thing.picture] for thing in room.things]),
        "scale": json.dumps([low, high, step, words]),
        "phase": room.phase, "seed": room.seed, "opener": room.opener,
        "created": room.created, "changed": room.changed, "version": room.version,
        "stage": room.stage, "frozen": room.frozen,
    }  # fmt: skip


def _room(row: Mapping[Any, Any]) -> Room:
    plain = {name: row[name] for name in _PLAIN}
    low, high, step, words = json.loads(row["scale"])
    return Room(
        things=tuple(Thing(*each) for each in json.loads(row["things"])),
        scale=Scale(low, high, step, _pairs(words)),
        **plain,
    )


_PLAIN = ("code", "title", "phase", "seed", "opener", "created", "changed", "version", "stage",
          "frozen")  # fmt: skip


def _pairs(words: Iterable[tuple[float, str]] | None) -> list[tuple[float, str]] | None:
    return None if words is None else [(rating, word) for rating, word in words]

"""What a room is: its things, members, answers and guesses, as values that never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from recsys_core import escape
from recsys_core.errors import RoomError
from recsys_core.ratings import Scale
from recsys_core.text import Text

Phase = Literal["lobby", "rating", "locked", "reveal"]

# In their order; a room goes forward one at a time.
PHASES: tuple[Phase, ...] = ("lobby", "rating", "locked", "reveal")

LONGEST_NICKNAME = 24
LONGEST_TITLE = 80


@dataclass(frozen=True)
class Thing:
    """One of the things that are rated; ``picture`` is "" or a digest of its bytes."""

    name: str
    picture: str = ""


@dataclass(frozen=True)
class Room:
    """A room without what its members said.

    Attributes
    ----------
    seed : of the model, the split and the cells to guess.
    opener : the hash of the browser that opened it, which may open so many.
    created, changed : seconds since 1970; nothing is ordered by them.
    version : grows by one with each transaction that changes anything.
    stage : the last version of which every telephone is told at once (a phase, for example).
    frozen : the snapshot taken when it was locked: what links name its ratings by.
    """

    code: str
    title: str
    things: tuple[Thing, ...]
    scale: Scale
    phase: Phase = "lobby"
    seed: int = 0
    opener: str = ""
    created: float = 0.0
    changed: float = 0.0
    version: int = 0
    stage: int = 0
    frozen: str | None = None


@dataclass(frozen=True)
class Member:
    """Somebody in a room; ``number`` counts from 1 and is never given again.

    A hidden one goes on rating, but is neither drawn nor learned from. Of a removed one only the
    number is left. The nickname of a renamed one was chosen by the teacher, and stays.
    """

    number: int
    nickname: str
    hidden: bool = False
    removed: bool = False
    simulated: bool = False
    joined: float = 0.0
    renamed: bool = False


@dataclass(frozen=True)
class Answer:
    """What a member says of a thing; ``value`` None: nothing any more.

    ``seq``: the telephone's own count. ``guessed``: what the model said before the first answer,
    None where there was no model yet. ``arrived``: the room's version at the first answer.
    """

    member: int
    item: int
    value: float | None
    seq: int
    guessed: float | None = None
    arrived: int = 0
    at: float = 0.0


@dataclass(frozen=True)
class Guess:
    """What a member guessed of another's rating of a thing."""

    member: int
    of: int
    item: int
    value: float


@dataclass(frozen=True)
class State:
    """A room with all that was said in it, at one version. Nobody changes its mappings.

    Attributes
    ----------
    members : by number, removed ones included. answers : by member and item.
    guesses : by member, whose rating, and item.
    tokens : hash of a member's token → number. teacher : hash of the teacher's token.
    """

    room: Room
    members: Mapping[int, Member]
    answers: Mapping[tuple[int, int], Answer]
    guesses: Mapping[tuple[int, int, int], Guess]
    tokens: Mapping[str, int]
    teacher: str

    @cached_property
    def present(self) -> tuple[Member, ...]:
        """The members, without those removed."""
        return tuple(member for member in self.members.values() if not member.removed)

    @cached_property
    def shown(self) -> tuple[Member, ...]:
        """The members that are drawn and learned from: neither removed nor hidden."""
        return tuple(member for member in self.present if not member.hidden)

    @cached_property
    def ratings(self) -> dict[tuple[int, int], float]:
        """The ratings of those shown, by member and item, in the order of members and items."""
        shown = {member.number for member in self.shown}
        return {
            key: answer.value
            for key, answer in sorted(self.answers.items())
            if answer.value is not None and key[0] in shown
        }

    def answers_of(self, number: int) -> list[Answer]:
        """All answers of a member, in the order of the things."""
        keys = ((number, item) for item in range(len(self.room.things)))
        return [self.answers[key] for key in keys if key in self.answers]


def nickname_of(text: str) -> str:
    """A nickname as it is kept: on one line, nothing in it that cannot be seen.

    Raises
    ------
    RoomError
        If nothing of it is seen, or it is too long.
    """
    name = escape.one_line(text)
    if not escape.is_seen(name):
        raise RoomError(Text("Choose a nickname that can be read."))
    if len(name) > LONGEST_NICKNAME:
        raise RoomError(
            Text("A nickname has at most {most} characters; shorten it.", most=LONGEST_NICKNAME)
        )
    return name


def rating_of(scale: Scale, value: float) -> float:
    """A rating that is on the scale, exactly on one of its steps.

    Raises
    ------
    RoomError
        If it is not.
    """
    n = (value - scale.low) / scale.step if scale.step else 0.0
    if not scale.low <= value <= scale.high or (scale.step and abs(n - round(n)) > 1e-6):
        raise RoomError(
            Text("{value} is not on this room's scale, {scale}.", value=value, scale=str(scale))
        )
    return scale.low + round(n) * scale.step if scale.step else value

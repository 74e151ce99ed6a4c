"""What telephones and a projector send and are told, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from recsys_core.errors import RoomError
from recsys_core.ratings import Scale
from recsys_core.rooms.model import LiveModel, RoomMap, errors_by_time
from recsys_core.rooms.results import Results
from recsys_core.rooms.room import Answer, State
from recsys_core.text import Text

# Answers or guesses in one request, and bytes of its body.
MOST_AT_ONCE, LONGEST = 100, 16_384

_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]  # what JavaScript counts exactly
_Index = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class Called(msgspec.Struct, forbid_unknown_fields=True):
    """Whoever joins says a nickname, and whoever changes it."""

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


def telephone(
    state: State, number: int, live: LiveModel | None = None, results: Results | None = None
) -> dict[str, Any]:
    """What the telephone of a member needs; ``results`` once the ratings are locked."""
    room, member = state.room, state.members[number]
    said: dict[str, Any] = {
        "version": room.version,
        "phase": room.phase,
        "title": room.title,
        "scale": scale_of(room.scale),
        "things": [{"name": thing.name, "picture": thing.picture} for thing in room.things],
        "member": {
            "number": number,
            "nickname": member.nickname,
            "renamed": member.renamed,
        },
        "answers": answers_of(state.answers_of(number)),
        "n_members": len(state.present),
        "n_ratings": len(state.ratings),
    }
    if results is not None and room.phase == "locked":
        said["cells"] = _cells(state, number, results)
    if results is not None and room.phase == "reveal":
        said["rev"] = _revealed(state, number, live, results)
    return said


def _cells(state: State, number: int, results: Results) -> list[dict[str, Any]]:
    """Others' hidden ratings that a member guesses, with what may be seen of whose they are."""
    found = []
    for at, cell in enumerate(results.cells_of(state, number)):
        guess = state.guesses.get((number, cell.member, cell.item))
        known = results.known_of(cell.member)
        found.append(
            {
                "cell": at,
                "item": cell.item,
                "known": [{"item": item, "value": value} for item, value in known],
                "guess": None if guess is None else guess.value,
            }
        )
    return found


def _revealed(
    state: State, number: int, live: LiveModel | None, results: Results
) -> dict[str, Any]:
    """What a member takes home."""
    names = {member.number: member.nickname for member in state.shown}
    places = results.map(None if live is None else live.map)
    members = [
        {"number": other, "name": names[other], "x": x, "y": y}
        for other, (x, y) in zip(places.numbers, places.members.tolist(), strict=True)
        if other in names
    ]
    mine = places.numbers.index(number) if number in places.numbers else None
    return {
        "point": None if mine is None else places.members[mine].tolist(),
        "map": {"members": members, "items": places.items.tolist()},
        "classmates": [
            {"number": other, "name": names[other], "similarity": alike}
            for other, alike in results.classmates(number)
            if other in names
        ],
        "recommendations": [
            {"item": item, "predicted": predicted}
            for item, predicted in results.recommendations(number)
        ],
        "guessed": [
            {"item": a.item, "guessed": a.guessed, "rated": a.value}
            for a in state.answers_of(number)
            if a.guessed is not None and a.value is not None
        ],
        "scores": msgspec.to_builtins(results.scores_of(state, number)),
        "class_scores": msgspec.to_builtins(results.scores_of_all(state)),
        "link": results.record.experiment.to_query(),
        "receipt": results.record.receipt,
    }


def board(
    state: State, live: LiveModel | None = None, results: Results | None = None
) -> dict[str, Any]:
    """What the projector shows; names and scores only after the reveal.

    While the class guesses, the hidden ratings, and what is predicted for them, are not on it.
    """
    room, shown = state.room, state.shown
    revealed = room.phase == "reveal"
    numbers = [member.number for member in shown]
    row = {number: at for at, number in enumerate(numbers)}
    matrix: list[list[float | None]] = [[None] * len(room.things) for _ in shown]
    for (number, item), value in state.ratings.items():
        matrix[row[number]][item] = value
    predicted, places = _seen_by_model(live, results)
    rows = [predicted.get(number) for number in numbers]
    if results is not None and not revealed:
        for cell in results.cells:
            at = row.get(cell.member)
            if at is not None:
                matrix[at][cell.item] = None
                if (of_model := rows[at]) is not None:
                    of_model[cell.item] = None
    points = (
        {} if places is None else dict(zip(places.numbers, places.members.tolist(), strict=True))
    )
    return {
        "phase": room.phase,
        "title": room.title,
        "scale": scale_of(room.scale),
        "things": [thing.name for thing in room.things],
        "members": [
            {"number": member.number, "name": member.nickname if revealed else None}
            for member in shown
        ],
        "n_members": len(state.present),
        "n_ratings": len(state.ratings),
        "n_guesses": len(state.guesses),
        "matrix": matrix,
        "predicted": rows,
        "map": None
        if places is None
        else {
            "members": [points.get(number) for number in numbers],
            "items": places.items.tolist(),
        },
        "errors": errors_by_time(state),
        "scores": msgspec.to_builtins(results.scores_of_all(state))
        if results is not None and revealed
        else None,
    }


def _seen_by_model(
    live: LiveModel | None, results: Results | None
) -> tuple[dict[int, list[float | None]], RoomMap | None]:
    """What is predicted, by member, and the map: of the results where there are some."""
    if results is not None:
        predicted = results.predicted()
        return (
            dict(zip(results.numbers, predicted.tolist(), strict=True)),
            results.map(None if live is None else live.map),
        )
    if live is not None:
        rows = live.predicted.tolist()
        return dict(zip(live.map.numbers, rows, strict=True)), live.map
    return {}, None

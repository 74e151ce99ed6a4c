"""The things to rate: ready lists, a list pasted in, and pictures of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from recsys_core import datasets, escape
from recsys_core.errors import RoomError
from recsys_core.rooms.room import Thing
from recsys_core.text import Text, later

FEWEST, MOST = 3, 30
LONGEST_NAME = 80
_LONGEST_PASTED = 20_000
_ADDRESS = re.compile(r"\s*[|\t]\s*(?=https?://)")

LARGEST_PICTURE, LARGEST_PICTURES = 200_000, 3_000_000

FILMS = (
    "Alien", "Amélie", "Back to the Future", "Casablanca", "City of God", "Finding Nemo",
    "Frozen", "Get Out", "Inception", "Jaws", "La La Land", "Mad Max: Fury Road", "Moana",
    "Parasite", "Pulp Fiction", "Spirited Away", "Star Wars", "The Godfather", "The Lion King",
    "The Lord of the Rings", "The Matrix", "Titanic", "Toy Story", "WALL·E",
)  # fmt: skip

FOODS = (
    "Açaí", "Apple pie", "Avocado toast", "Blue cheese", "Chilli con carne", "Chocolate",
    "Coffee", "Couscous", "Curry", "Falafel", "Feijoada", "Fish and chips", "Hummus", "Ice cream",
    "Kimchi", "Lasagne", "Liquorice", "Mango", "Miso soup", "Olives", "Oysters", "Pancakes",
    "Pizza", "Sushi",
)  # fmt: skip


def _songs() -> tuple[str, ...]:
    return tuple(map(str, datasets.music_party().items))


# By name, which is the English for people as well.
READY: Mapping[str, Sequence[str]] = MappingProxyType(
    {later("songs"): _songs(), later("films"): FILMS, later("foods"): FOODS}
)


def ready(name: str) -> tuple[Thing, ...]:
    """One of the ready lists."""
    return tuple(map(Thing, READY[name]))


def things_of(text: str) -> tuple[Thing, ...]:
    """A list pasted in: one thing a line; empty lines, and a thing said twice, are left out.

    So is an address after the name (“name | https://…”): pictures are uploaded, since telephones
    ask no other server for anything.

    Raises
    ------
    RoomError
        If there are too few or too many, or a name is too long.
    """
    if len(text) > _LONGEST_PASTED:
        raise RoomError(Text("This list is too long; a room has {most} things at most.", most=MOST))
    names: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name = escape.one_line(_ADDRESS.split(line, 1)[0])
        if not escape.is_seen(name):
            continue
        if len(name) > LONGEST_NAME:
            raise RoomError(
                Text(
                    "Line {number} has more than {most} characters; shorten it.",
                    number=number, most=LONGEST_NAME,
                )
            )  # fmt: skip
        names.setdefault(name.casefold(), name)
    return checked([Thing(name) for name in names.values()])


def checked(things: Sequence[Thing]) -> tuple[Thing, ...]:
    """The things, if they are neither too few nor too many.

    Raises
    ------
    RoomError
        If they are, or two have the same name.
    """
    if not FEWEST <= len(things) <= MOST:
        raise RoomError(
            Text(
                "A room has {fewest} to {most} things to rate; this list has {n}.",
                fewest=FEWEST, most=MOST, n=len(things),
            )
        )  # fmt: skip
    names = [thing.name for thing in things]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise RoomError(Text("“{name}” is in the list twice.", name=name))
    return tuple(things)


_FIRST_BYTES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def picture_type(data: bytes) -> str | None:
    """The media type of a picture by its first bytes; None of anything but PNG, JPEG and WebP."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for first, kind in _FIRST_BYTES.items() if data.startswith(first)), None)


def with_pictures(things: Sequence[Thing], pictures: Mapping[int, bytes]) -> tuple[Thing, ...]:
    """The things, each with the digest of its picture, by its place in the list.

    Raises
    ------
    RoomError
        If a picture is of another kind or too large, or all together are.
    """
    for at, data in pictures.items():
        if picture_type(data) is None:
            raise RoomError(
                Text("The picture of “{name}” is no PNG, JPEG or WebP.", name=things[at].name)
            )
        if len(data) > LARGEST_PICTURE:
            raise RoomError(
                Text(
                    "The picture of “{name}” has more than {most} kB; make it smaller.",
                    name=things[at].name, most=LARGEST_PICTURE // 1000,
                )
            )  # fmt: skip
    if sum(map(len, pictures.values())) > LARGEST_PICTURES:
        raise RoomError(
            Text(
                "All pictures together have more than {most} MB; make them smaller.",
                most=LARGEST_PICTURES // 1_000_000,
            )
        )
    return tuple(
        Thing(thing.name, hashlib.sha256(pictures[at]).hexdigest()[:12] if at in pictures else "")
        for at, thing in enumerate(things)
    )

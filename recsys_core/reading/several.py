"""Several tables brought together: which holds the ratings, and what the others say beside it."""

from __future__ import annotations

from recsys_core.errors import ReadError
from recsys_core.reading import joining, tabling
from recsys_core.reading.cells import Table
from recsys_core.reading.opening import Inside, all_cells, chosen
from recsys_core.reading.tabling import Cut

# Files that are looked into beside the ratings: a catalogue, users, no more than these.
_MOST_TABLES = 8
_MOST_BYTES = 64 << 20


def member_of(inside: Inside) -> str | None:
    """The member that holds the ratings, as its content tells; None where it is one of several.

    Where names or sizes have decided, or there is too much to look at, it is the one guessed.
    """
    if inside.member is None or inside.named or not _is_little(inside, inside.members):
        return inside.member
    found = [(name, table) for name in inside.members if (table := _table(inside, name))]
    with_ratings, _ = joining.told_apart([table for _, table in found])
    names = [found[at][0] for at in with_ratings]
    if not names or inside.pack is None:
        return inside.member
    return max(names, key=inside.pack.size)


def beside(inside: Inside, member: str | None) -> tuple[str, ...]:
    """The names of the other files, which are joined to the ratings; none if these are too many."""
    taken = inside.parts if member is None else (member,)
    rest = tuple(name for name in inside.members if name not in taken)
    return rest if _is_little(inside, rest) else ()


def others(
    inside: Inside, member: str | None, sheet: str | None, sheets: tuple[str, ...]
) -> tuple[tuple[str, Table], ...]:
    """The other tables, by name; none where they are too many or too large.

    ``sheet`` is the one of the ratings, of all ``sheets`` in their file: a workbook, a database.
    """
    found = [(name, _table(inside, name)) for name in beside(inside, member)]
    rest = [name for name in sheets if name != sheet]
    if len(rest) <= _MOST_TABLES and _size(inside, member) <= _MOST_BYTES:
        found += [(name, _table(inside, member, name)) for name in rest]
    return tuple((name, table) for name, table in found if table is not None)


def _size(inside: Inside, member: str | None) -> int:
    """Bytes of the file that holds the ratings."""
    if inside.pack is None or member is None:
        return len(inside.content.data)
    return inside.pack.size(member)


def _is_little(inside: Inside, names: tuple[str, ...]) -> bool:
    if inside.pack is None or len(names) > _MOST_TABLES:
        return False
    return sum(map(inside.pack.size, names)) <= _MOST_BYTES


def _table(inside: Inside, name: str | None, sheet: str | None = None) -> Table | None:
    """One table of those inside, None where it is none: what cannot be read is no catalogue."""
    try:
        cells = all_cells(chosen(inside, name), sheet, None, None, None)
        found = tabling.tabled(cells[0], Cut(layout="long", whole=True))
    except ReadError:
        return None
    return found.whole

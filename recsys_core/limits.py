"""The limits of a server: one table, with each one's default, what it is, and its sentence.

>>> of("members_per_room")
60
>>> check("k", 20)  # no more than 500
>>> refusal("k", 1_000_000)
'1,000,000 factors are more than this server trains (500); choose a smaller k.'

Another value is named in ``$FACTORSCOPE_LIMITS``: ``k=64 runs_per_visitor=20``. Each refusal says
what is limited, how much there may be, and what one can do; what is there already stays.
``docs/limits.md`` has the same table for people; a test compares them. How large a *file* may be is
another matter, with reasons of its own: ``reading/limits.py``.
"""

from __future__ import annotations

import ipaddress
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from recsys_core.errors import FactorscopeError
from recsys_core.text import Text

VARIABLE = "FACTORSCOPE_LIMITS"

# The largest value a limit may be given; more is as good as none.
_MOST = 10**12

# Addresses, or visitors, whose tries are remembered; of more, those who tried longest ago go.
_MOST_REMEMBERED = 20_000


class LimitError(FactorscopeError):
    """Something is more than this server allows; the text says how much it does, and a remedy."""


@dataclass(frozen=True)
class Limit:
    """One limit: ``refusal`` words it, given how much was asked for and how much there may be."""

    name: str
    default: int
    meaning: Text
    refusal: Callable[[int, int], Text]


def _table(*limits: Limit) -> dict[str, Limit]:
    return {limit.name: limit for limit in limits}


LIMITS = _table(
    Limit(
        "sessions",
        300,
        Text("Pages open at once on this server, one per tab"),
        lambda n, most: Text(
            "All pages that this server opens at once ({most:,}) are in use: close a tab that you "
            "do not need, or try again in a minute.", most=most),
    ),
    Limit(
        "connections_per_address",
        400,
        Text("Connections at once from one address; a class behind one router is one address"),
        lambda n, most: Text(
            "Your address has all the connections open that this server allows ({most:,}): close "
            "some tabs, or try again in a minute.", most=most),
    ),
    Limit(
        "runs_per_visitor",
        100,
        Text("Runs in one visitor's list"),
        lambda n, most: Text(
            "Your list is full: this server holds {most:,} runs per visitor. Remove some from "
            "the list on Train and try again.", most=most),
    ),
    Limit(
        "runs_per_server",
        3000,
        Text("Runs in all visitors' lists together"),
        lambda n, most: Text(
            "This server holds all the runs it can ({most:,}, of all visitors): remove some of "
            "yours, or try again later.", most=most),
    ),
    Limit(
        "data_sets_per_visitor",
        12,
        Text("Data sets one visitor has loaded; beyond, those without a run and looked at "
             "longest ago are let go"),
        lambda n, most: Text(
            "You have {most:,} data sets with runs, as many as this server holds per visitor: "
            "unload one on Data and try again.", most=most),
    ),
    Limit(
        "ratings_per_visitor",
        40_000_000,
        Text("Ratings one visitor has loaded, all data sets together"),
        lambda n, most: Text(
            "With these, you would have {n:,} ratings loaded; this server holds {most:,} per "
            "visitor. Unload other data on Data, or bring fewer rows.", n=n, most=most),
    ),
    Limit(
        "ratings_per_server",
        120_000_000,
        Text("Ratings all visitors have loaded, what several share counted once"),
        lambda n, most: Text(
            "With these, this server would hold {n:,} ratings of all its visitors; it takes "
            "{most:,}. Unload what you do not need, or try again later.", n=n, most=most),
    ),
    Limit(
        "upload_megabytes",
        300,
        Text("Size of one file brought, in MB"),
        lambda n, most: Text(
            "The file has {n:,} MB; this server takes {most:,}. Pack it (zip, gzip), or bring "
            "part of it.", n=n, most=most),
    ),
    Limit(
        "uploads_megabytes",
        3000,
        Text("Files brought that open pages hold, all together, in MB"),
        lambda n, most: Text(
            "The pages that are open hold as many files as this server takes ({most:,} MB), or "
            "yours does: reload it, or close it and try again later.", most=most),
    ),
    Limit(
        "k",
        500,
        Text("Factors per user and item"),
        lambda n, most: Text(
            "{n:,} factors are more than this server trains ({most:,}); choose a smaller k.",
            n=n, most=most),
    ),
    Limit(
        "epochs",
        1_000_000,
        Text("Epochs of one run"),
        lambda n, most: Text(
            "{n:,} epochs are more than this server trains in one run ({most:,}); choose fewer.",
            n=n, most=most),
    ),
    Limit(
        "trials_per_sweep",
        2000,
        Text("Trials of one sweep"),
        lambda n, most: Text(
            "{n:,} trials are more than one sweep of this server has ({most:,}); give fewer "
            "values, steps or seeds.", n=n, most=most),
    ),
    Limit(
        "sweeps_at_once",
        20,
        Text("Sweeps running at once on this server; one visitor has one running"),
        lambda n, most: Text(
            "{most:,} sweeps run on this server, as many as it takes at once: press Start again "
            "when one has ended.", most=most),
    ),
    Limit(
        "rooms_per_visitor",
        5,
        Text("Rooms one visitor has open"),
        lambda n, most: Text(
            "You have {most:,} rooms, as many as this server holds per visitor: delete one of "
            "them and try again.", most=most),
    ),
    Limit(
        "rooms_per_server",
        50,
        Text("Rooms on this server"),
        lambda n, most: Text(
            "This server holds {most:,} rooms, as many as it takes: delete an old one, or ask "
            "whoever runs the server.", most=most),
    ),
    Limit(
        "members_per_room",
        60,
        Text("Members of one room"),
        lambda n, most: Text(
            "This room is full ({most:,} members): ask your teacher to remove an entry that "
            "nobody uses.", most=most),
    ),
    Limit(
        "joins_per_minute",
        10,
        Text("Joins of rooms per minute from one address"),
        lambda n, most: Text(
            "Many are joining from your network at this moment ({most:,} per minute can): this "
            "page tries again by itself.", most=most),
    ),
    Limit(
        "wrong_codes_per_hour",
        30,
        Text("Wrong codes per hour from one address, of rooms and of the server together"),
        lambda n, most: Text(
            "{most:,} wrong codes came from your network within an hour: check the code, and try "
            "again later.", most=most),
    ),
)  # fmt: skip


def of(name: str) -> int:
    """The value of a limit: as ``$FACTORSCOPE_LIMITS`` says, else its default."""
    return _given(os.environ.get(VARIABLE, ""))[0].get(name, LIMITS[name].default)


def refusal(name: str, asked: int = 0) -> Text:
    """The sentence of a limit that is reached; ``asked`` is how much there would be."""
    return LIMITS[name].refusal(asked, of(name))


def check(name: str, asked: int) -> None:
    """Refuse what is more than a limit.

    Raises
    ------
    LimitError
        If ``asked`` is above it.
    """
    if asked > of(name):
        raise LimitError(refusal(name, asked))


def trouble() -> Text | None:
    """What ``$FACTORSCOPE_LIMITS`` says without a meaning; None where all of it has one."""
    wrong = _given(os.environ.get(VARIABLE, ""))[1]
    if not wrong:
        return None
    return Text(
        "{variable} says {wrong}, which names no limit and a whole number from 1; the limits are "
        "{known}.",
        variable=VARIABLE, wrong=", ".join(wrong)[:200], known=", ".join(LIMITS),
    )  # fmt: skip


def _given(said: str) -> tuple[dict[str, int], list[str]]:
    """The limits that a text gives, and those of its parts that have no meaning."""
    found: dict[str, int] = {}
    wrong = []
    for part in said.replace(",", " ").split():
        name, _, number = part.partition("=")
        digits = number.replace("_", "")
        whole = digits.isascii() and digits.isdigit() and len(digits) <= len(str(_MOST))
        if name in LIMITS and whole and int(digits) >= 1:
            found[name] = int(digits)
        else:
            wrong.append(part)
    return found, wrong


def network_of(address: str | None) -> str:
    """Whom to count tries and connections for: an IPv4 address, the /64 of an IPv6 one.

    >>> network_of("192.168.1.7"), network_of("::ffff:192.168.1.7"), network_of("2001:db8::1")
    ('192.168.1.7', '192.168.1.7', '2001:db8::/64')
    """
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False))


class Tries:
    """Counts what somebody did lately, so that it can be limited to so many in so many seconds.

        wrong = Tries("wrong_codes_per_hour", 3600)
        wait = wrong.wait(address)      # seconds until another one is allowed; 0: at once
        wrong.note(address)             # one more

    Parameters
    ----------
    name : the limit: how many.
    seconds : within how long.
    clock : seconds; replaced in tests.
    """

    def __init__(
        self, name: str, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name, self.seconds, self.clock = name, seconds, clock
        self._lock = threading.Lock()
        self._times: dict[str, deque[tuple[float, str]]] = {}  # when, and what

    def wait(self, who: str) -> float:
        """Seconds until this one may try again; 0 where it may at once."""
        with self._lock:
            times = self._lately(who)
            most = of(self.name)
            if len(times) < most:
                return 0.0
            return max(times[-most][0] + self.seconds - self.clock(), 0.0)

    def note(self, who: str, what: str = "") -> None:
        """Count one more of it; what is the same as one that counts already is none."""
        with self._lock:
            times = self._lately(who)
            if what and any(other == what for _, other in times):
                return
            times.append((self.clock(), what))
            while len(times) > of(self.name):
                times.popleft()
            self._times.pop(who, None)  # to the end: who tried last is forgotten last
            self._times[who] = times
            while len(self._times) > _MOST_REMEMBERED:
                del self._times[next(iter(self._times))]

    def take(self, who: str, what: str = "") -> float:
        """Count one more if it is allowed; the seconds to wait where it is not, else 0."""
        wait = self.wait(who)
        if not wait:
            self.note(who, what)
        return wait

    def _lately(self, who: str) -> deque[tuple[float, str]]:
        times = self._times.get(who, deque())
        while times and times[0][0] + self.seconds <= self.clock():
            times.popleft()
        return times

"""A simulated class: thirty students with tastes, who join and rate through the telephones' routes.

    crowd = SimulatedClass(Address("127.0.0.1", 8501), code, secret)
    crowd.start()                                  # a thread, until the room is revealed or stopped
    crowd.stop()

Their tastes are of low rank: a student's opinion of a thing is a sum of products of two directions
of taste, beside how strict the student and how popular the thing is, and noise; rounded to the
scale. Each leaves some things out, and some come late. The world is the same for the same seed.
"""

from __future__ import annotations

import contextlib
import heapq
import http.client
import json
import logging
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recsys_core.ratings import Scale

log = logging.getLogger("factorscope")

N_STUDENTS = 30

# Seconds that each takes for a rating, on average.
PACE = 1.5

NAMES = (
    "Ada", "Ben", "Carla", "Diego", "Emma", "Finn", "Gita", "Hugo", "Ines", "Jonas", "Kim",
    "Lara", "Mateus", "Nina", "Otto", "Paula", "Quinn", "Rosa", "Samir", "Tereza", "Umar",
    "Vera", "Wen", "Xenia", "Yuki", "Zoe", "Amir", "Bia", "Caio", "Dora",
)  # fmt: skip

# The header by which the server knows its own simulated students.
HEADER = "X-Factorscope-Simulated"

# The share of students who come late, of things that each rates at least, and of the scale's width:
# how far opinions spread by directions of taste, and by noise.
_LATE, _RATED, _TASTE, _NOISE = 0.2, 0.5, 0.2, 0.1


@dataclass(frozen=True)
class Address:
    """Where the server is; ``path`` comes before every route, “” or “/factorscope”."""

    host: str
    port: int
    path: str = ""
    https: bool = False


def opinions(n: int, n_things: int, scale: Scale, seed: int) -> np.ndarray:
    """What n students would rate each thing, on the scale, float64, (n, n_things)."""
    rng = np.random.default_rng(seed)
    tastes = rng.normal(size=(n, 2)) @ rng.normal(size=(2, n_things)) / np.sqrt(2)
    bias = 0.5 * rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(1, n_things))
    noise = rng.normal(size=(n, n_things))
    middle = scale.low + 0.55 * scale.width
    raw = middle + scale.width * (_TASTE * (tastes + bias) + _NOISE * noise)
    if scale.step:
        raw = scale.low + np.rint((raw - scale.low) / scale.step) * scale.step
    return scale.clip(raw)


@dataclass
class _Student:
    """One of them: what is rated in which order, and what the server gave."""

    nickname: str
    opinions: np.ndarray
    order: list[int]
    cookie: str = ""
    seq: int = 0
    guessed: bool = False
    connection: http.client.HTTPConnection | None = field(default=None, repr=False)


class _Ended(Exception):
    """The room is revealed, or gone."""


class SimulatedClass:
    """Thirty students in one thread, who take turns.

    Parameters
    ----------
    secret : what the server knows its own students by (``HEADER``).
    pace : seconds that a student takes for a rating, on average.
    """

    def __init__(
        self,
        address: Address,
        code: str,
        secret: str,
        n: int = N_STUDENTS,
        seed: int = 0,
        pace: float = PACE,
    ) -> None:
        self.address, self.code, self.secret = address, code, secret
        self.n, self.seed, self.pace = n, seed, pace
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def going(self) -> bool:
        """Whether they are still there."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Send them to the room."""
        self._thread = threading.Thread(target=self._work, name="simulated class", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Have them put their telephones down."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join(timeout=10.0)

    # --- what they do ---------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._take_turns()
        except _Ended:
            pass
        except Exception:
            log.exception("The simulated class met an error.")

    def _take_turns(self) -> None:
        rng = np.random.default_rng(self.seed)
        students = self._students(rng)
        late = rng.random(self.n) < _LATE
        began = time.monotonic()
        # Whose turn is when.
        turns = [
            (began + rng.uniform(0, 2) + (12 * self.pace if late[at] else 0), at)
            for at in range(self.n)
        ]
        heapq.heapify(turns)
        try:
            while turns:
                when, at = turns[0]
                if self._ends.wait(max(0.0, when - time.monotonic())):
                    return
                heapq.heappop(turns)
                wait = self._turn(students[at], rng)
                heapq.heappush(turns, (time.monotonic() + wait, at))
        finally:
            for student in students:
                if student.connection is not None:
                    student.connection.close()

    def _students(self, rng: np.random.Generator) -> list[_Student]:
        """All of them; a first one joins, to see which things there are."""
        first = _Student(NAMES[0], np.empty(0), [])
        if not self._join(first):
            raise _Ended
        state = self._ask(first, "GET", "state")[1]
        scale = state["scale"]
        n_things = len(state["things"])
        rated = opinions(
            self.n, n_things, Scale(scale["low"], scale["high"], scale["step"]), self.seed
        )
        students = []
        for at in range(self.n):
            share = rng.uniform(_RATED, 1.0)
            order = [int(item) for item in rng.permutation(n_things)]
            again = f" {at // len(NAMES) + 1}" if at >= len(NAMES) else ""
            student = first if at == 0 else _Student(NAMES[at % len(NAMES)] + again, first.opinions,
                                                     [])  # fmt: skip
            student.opinions, student.order = rated[at], order[: max(1, round(share * n_things))]
            students.append(student)
        return students

    def _turn(self, student: _Student, rng: np.random.Generator) -> float:
        """Do one thing; the seconds until the next."""
        pause = float(rng.uniform(0.5, 1.5)) * self.pace
        if not student.cookie:
            self._join(student)
            return pause
        if student.order:
            item = student.order[0]
            student.seq += 1
            said = {"item": item, "value": float(student.opinions[item]), "seq": student.seq}
            status, _ = self._ask(student, "PUT", "answers", [said])
            if status == 200:
                student.order.pop(0)
                return pause
        status, state = self._ask(student, "GET", "state")
        if status == 401:  # removed: this one stays away
            student.order, student.guessed = [], True
            return 60.0
        if state.get("phase") == "reveal":
            raise _Ended
        if state.get("phase") == "locked" and not student.guessed:
            student.order = []
            self._guess(student, state, rng)
        return 2 * pause

    def _guess(self, student: _Student, state: dict[str, Any], rng: np.random.Generator) -> None:
        """Guess what others rated: between their other ratings and one's own."""
        scale = Scale(*(state["scale"][name] for name in ("low", "high", "step")))
        said = []
        for cell in state.get("cells", ()):
            known = [each["value"] for each in cell["known"]]
            theirs = float(np.mean(known)) if known else scale.low + scale.width / 2
            value = 0.6 * theirs + 0.4 * student.opinions[cell["item"]]
            value += 0.1 * scale.width * rng.normal()
            if scale.step:
                value = scale.low + round((value - scale.low) / scale.step) * scale.step
            value = float(scale.clip(np.array(value)))
            said.append({"cell": cell["cell"], "value": value})
        if said:
            status, _ = self._ask(student, "PUT", "guesses", said)
            student.guessed = status == 200

    # --- over HTTP ------------------------------------------------------------------------------

    def _join(self, student: _Student) -> bool:
        status, _ = self._ask(student, "POST", "join", {"nickname": student.nickname})
        return status == 200

    def _ask(
        self, student: _Student, method: str, what: str, said: Any = None
    ) -> tuple[int, dict[str, Any]]:
        """Ask the server as a telephone does; a server that is away for a while is asked again."""
        headers = {HEADER: self.secret, "Content-Type": "application/json"}
        if student.cookie:
            headers["Cookie"] = student.cookie
        body = None if said is None else json.dumps(said)
        for _ in range(2):  # a connection that was closed meanwhile is made anew
            if student.connection is None:
                student.connection = self._connection()
            try:
                path = f"{self.address.path}/r/{self.code}/{what}"
                student.connection.request(method, path, body, headers)
                answer = student.connection.getresponse()
                data = answer.read()
                break
            except (OSError, http.client.HTTPException):
                with contextlib.suppress(OSError):
                    student.connection.close()
                student.connection = None
        else:
            return 0, {}
        if answer.status == 404:
            raise _Ended
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            if cookie.startswith("fs_room="):
                student.cookie = cookie.partition(";")[0]
        try:
            found = json.loads(data)
        except ValueError:
            found = {}
        return answer.status, found if isinstance(found, dict) else {}

    def _connection(self) -> http.client.HTTPConnection:
        if not self.address.https:
            return http.client.HTTPConnection(self.address.host, self.address.port, timeout=30)
        context = ssl.create_default_context()  # this server's own certificate is another name's
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(
            self.address.host, self.address.port, timeout=30, context=context
        )

"""Desk: the one writer of rooms. Whoever wants something done in a room puts it into its queue.

    desk = Desk(lambda: RoomStore(Store(url)))
    code, token = desk.open(things, title="Songs").result()
    member, token = desk.join(code, "Ada").result()
    desk.answer(code, member.number, [Answer(...)]).result()     # done once it is committed
    state = desk.state(code).result()

One thread takes all that waits into one transaction, and answers each after the commit: forty
telephones at once cost one commit, and what was acknowledged survives the death of the process.
Reading needs no thread: the last committed State of a room is in memory, a cache of the database.
Several servers may share one PostgreSQL: a round first takes hold of the room's row, and reads the
room anew where another server has changed it; while somebody waits for news, versions are asked for
once a second.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from recsys_core import escape, limits
from recsys_core.errors import (
    FactorscopeError,
    MissingRoomError,
    NotInRoomError,
    NotNowError,
    RoomError,
    StoreError,
)
from recsys_core.ratings import Scale
from recsys_core.rooms import codes, freezing, lists
from recsys_core.rooms.room import (
    LONGEST_TITLE,
    PHASES,
    Answer,
    Guess,
    Member,
    Phase,
    Room,
    State,
    Thing,
    nickname_of,
    rating_of,
)
from recsys_core.rooms.store import Changes, RoomStore
from recsys_core.runs.shared import new_code
from recsys_core.text import Text

log = logging.getLogger("factorscope")

Found = TypeVar("Found")

# Requests in one transaction, rooms in memory, seconds between two looks at other servers' changes.
_AT_ONCE, _IN_MEMORY, _LOOKS_EVERY = 500, 100, 1.0

# A room in which nothing has happened for so long is deleted when another one is opened, seconds.
UNUSED_FOR = 180 * 86400.0


USUAL_SCALE = Scale(1, 5, 1)


class Draft:
    """A room inside a transaction: what the requests of one round change, one after the other.

    A request that is refused raises before it has changed anything.
    """

    def __init__(self, state: State, now: float) -> None:
        self.room, self.now = state.room, now
        self.members = dict(state.members)
        self.answers, self.guesses = dict(state.answers), dict(state.guesses)
        self.tokens, self.teacher = dict(state.tokens), state.teacher
        self.changes = Changes()
        self.snapshots: list[tuple[str, bytes]] = []
        self.version = state.room.version + 1  # that of the room once this is committed

    def state(self) -> State:
        """The room as it is now."""
        return State(self.room, self.members, self.answers, self.guesses, self.tokens, self.teacher)

    def tell_everybody(self, **changed: Any) -> None:
        """Change the room's own row, and have every telephone told at once."""
        self.room = dataclasses.replace(self.room, **changed, stage=self.version)
        self.changes.room = True

    def member(self, number: int) -> Member:
        """A member who is in the room.

        Raises
        ------
        NotInRoomError
            If there is none of this number, or it was removed.
        """
        found = self.members.get(number)
        if found is None or found.removed:
            raise NotInRoomError(Text("You are not in this room; join it again."))
        return found

    def put(self, member: Member) -> None:
        """Enter a member, or change one."""
        self.members[member.number] = member
        self.changes.members.add(member.number)


def wrong_phase(room: Room) -> NotNowError:
    """What is said to whoever rates, guesses or joins when it is not time for it."""
    return NotNowError(
        {
            "lobby": Text("Rating has not begun yet; your teacher starts it."),
            "rating": Text("Rating goes on; guessing comes after it."),
            "locked": Text("The ratings are locked."),
            "reveal": Text("The room has ended: its results are shown."),
        }[room.phase]
    )


# --- what can be done in a room -------------------------------------------------------------------


def _refuse_beyond(limit: str, n: int) -> None:
    """Refuse one more where there are as many as a limit of the server says."""
    if n >= limits.of(limit):
        raise NotNowError(limits.refusal(limit, n + 1))


def _join(
    draft: Draft, nickname: str, token: str, known: str | None, simulated: bool
) -> tuple[Member, bool]:
    """Enter a member under the hash of a token, or rename the one of a token that is ``known``."""
    number = None if known is None else draft.tokens.get(known)
    old = None if number is None else draft.members[number]
    if old is not None and old.removed:
        old = None
    if old is not None:
        with contextlib.suppress(NotNowError):
            old = _call_oneself(draft, old.number, nickname)
        return old, False
    if draft.room.phase == "reveal":
        raise wrong_phase(draft.room)
    n = sum(not member.removed for member in draft.members.values())
    _refuse_beyond("members_per_room", n)
    number = max(draft.members, default=0) + 1
    name = _alone(draft, number, nickname)
    new = Member(number, name, simulated=simulated, joined=draft.now)
    draft.tokens[token] = number
    draft.put(new)
    return new, True


def _call_oneself(draft: Draft, number: int, nickname: str) -> Member:
    """Change one's own nickname; one that the teacher chose stays."""
    old = draft.member(number)
    if draft.room.phase not in ("lobby", "rating"):
        raise NotNowError(Text("Nicknames can be changed until the ratings are locked."))
    if old.renamed:
        raise NotNowError(Text("Your teacher chose this nickname; ask them for another one."))
    new = dataclasses.replace(old, nickname=_alone(draft, number, nickname))
    if new != old:
        draft.put(new)
    return new


def _alone(draft: Draft, number: int, nickname: str) -> str:
    """The nickname, with “ (2)” where somebody else has it."""
    taken = {
        member.nickname.casefold()
        for member in draft.members.values()
        if member.number != number and not member.removed
    }
    found, n = nickname, 1
    while found.casefold() in taken:
        n += 1
        found = f"{nickname} ({n})"
    return found


GuessOf = Callable[[str, int, int], float | None]


def _answer(draft: Draft, number: int, given: Sequence[Answer], guess: GuessOf) -> list[Answer]:
    """Take answers: of each member and item the highest ``seq`` wins."""
    draft.member(number)
    room = draft.room
    if room.phase != "rating":
        raise wrong_phase(room)
    taken = []
    for each in given:
        if not 0 <= each.item < len(room.things):
            raise RoomError(Text("There is no such thing in this room; reload the page."))
        value = None if each.value is None else rating_of(room.scale, each.value)
        taken.append(dataclasses.replace(each, member=number, value=value, at=draft.now))
    for each in taken:
        key = number, each.item
        before = draft.answers.get(key)
        if before is None:
            guessed = guess(room.code, number, each.item)
            each = dataclasses.replace(each, guessed=guessed, arrived=draft.version)
        elif each.seq > before.seq:
            each = dataclasses.replace(each, guessed=before.guessed, arrived=before.arrived)
        else:
            continue
        draft.answers[key] = each
        draft.changes.answers.add(key)
    return taken


def _guess(draft: Draft, number: int, given: Sequence[Guess]) -> None:
    """Take guesses; the later one of a cell wins."""
    draft.member(number)
    if draft.room.phase != "locked":
        raise wrong_phase(draft.room)
    taken = [
        dataclasses.replace(each, member=number, value=rating_of(draft.room.scale, each.value))
        for each in given
    ]
    for each in taken:
        key = number, each.of, each.item
        if draft.guesses.get(key) != each:
            draft.guesses[key] = each
            draft.changes.guesses.add(key)


def _freeze(draft: Draft) -> str:
    """Keep the ratings as they are now; the id by which links name them."""
    id = new_code()
    draft.snapshots.append((id, freezing.to_bytes(freezing.frozen(draft.state()))))
    draft.changes.room = True
    return id


def _go_to(draft: Draft, phase: Phase) -> None:
    """Go on to the next phase; where it is the present one already, nothing happens."""
    here, there = PHASES.index(draft.room.phase), PHASES.index(phase)
    if there == here + 1:
        more = {"frozen": _freeze(draft)} if phase == "locked" else {}
        draft.tell_everybody(phase=phase, **more)
    elif there != here:
        raise NotNowError(Text("The room has gone on meanwhile; look at it again."))


def _rename(draft: Draft, number: int, nickname: str) -> None:
    name = _alone(draft, number, nickname)
    draft.put(dataclasses.replace(draft.member(number), nickname=name, renamed=True))
    draft.tell_everybody()


def _hide(draft: Draft, number: int, hidden: bool) -> None:
    draft.put(dataclasses.replace(draft.member(number), hidden=hidden))


def _remove(draft: Draft, number: int) -> None:
    """Delete all that a member said, and the nickname."""
    draft.put(dataclasses.replace(draft.member(number), nickname="", removed=True))
    draft.answers = {key: each for key, each in draft.answers.items() if key[0] != number}
    draft.guesses = {key: each for key, each in draft.guesses.items() if number not in key[:2]}
    draft.changes.answers = {key for key in draft.changes.answers if key[0] != number}
    draft.changes.guesses = {key for key in draft.changes.guesses if number not in key[:2]}
    draft.changes.removed.add(number)
    draft.tell_everybody()


def _delete(draft: Draft) -> None:
    draft.changes.deleted = True


# --- the desk -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Task:
    """What somebody wants done: in a room, or (``code`` "") with the store."""

    code: str
    do: Callable[[Any], Any]
    future: Future[Any]


class Desk:
    """The one writer of rooms, and the rooms in memory. Safe to use from every thread.

    Futures raise MissingRoomError where there is no such room, other RoomErrors where it refuses,
    and StoreError where the database cannot be used.

    Attributes
    ----------
    guess : what the model of a room says of a member and an item just now (``model``).
    after : called with the code of a room after each change of it, by the writer.
    """

    def __init__(
        self,
        opened: Callable[[], RoomStore],
        clock: Callable[[], float] = time.time,
        threaded: bool = True,
    ) -> None:
        """Open the store when it is first needed, and again after a failure to.

        ``clock`` tells seconds since 1970. Without a thread, ``round`` is called by hand.
        """
        self.clock, self._opened, self._threaded = clock, opened, threaded
        self.guess: GuessOf = lambda code, member, item: None
        self.after: Callable[[str], None] = lambda code: None
        self._store: RoomStore | None = None
        self._states: OrderedDict[str, State] = OrderedDict()  # changed by the writer alone
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._listeners: dict[str, set[Callable[[], None]]] = {}
        self._thread: threading.Thread | None = None
        self._looked = float("-inf")

    # --- rooms ----------------------------------------------------------------------------------

    def open(
        self,
        things: Sequence[Thing],
        title: str = "",
        scale: Scale = USUAL_SCALE,
        pictures: Mapping[int, bytes] | None = None,
        seed: int = 0,
        opener: str = "",
    ) -> Future[tuple[str, str]]:
        """Open a room: its code, and the teacher's token, which is kept nowhere.

        ``opener`` names the browser, of which a hash is kept.

        Raises
        ------
        RoomError
            If there are too few or too many things, or a picture cannot be used.
        NotNowError
            From the future, if the server, or the browser, has as many rooms as it may.
        """
        pictures = pictures or {}
        things = lists.with_pictures(lists.checked(things), pictures)
        token, now = codes.new_token(), self.clock()
        room = Room(
            "", escape.brief(title, LONGEST_TITLE), things, scale, seed=seed,
            opener=codes.hashed(opener) if opener else "", created=now, changed=now,
        )  # fmt: skip

        def add(store: RoomStore) -> tuple[str, str]:
            with store.store.together():
                for unused in store.unused_since(now - UNUSED_FOR):
                    store.delete(unused)
                    self._states.pop(unused, None)
                _refuse_beyond("rooms_per_server", len(store.codes()))
                if room.opener:
                    _refuse_beyond("rooms_per_visitor", len(store.opened_by(room.opener)))
                while True:
                    named = dataclasses.replace(room, code=codes.new_code())
                    state = State(named, {}, {}, {}, {}, codes.hashed(token))
                    if store.add(state, pictures):
                        return named.code, token

        return self.ask(add)

    def state(self, code: str) -> Future[State | None]:
        """The room as last committed; None where there is none."""
        known = self._states.get(code)
        if known is None or not self._is_fresh():
            return self.ask(lambda store: self._again(store, code))
        found: Future[State | None] = Future()
        found.set_result(known)
        return found

    def _is_fresh(self) -> bool:
        """Whether no other server can have changed a room in memory without our knowing."""
        store = self._store
        if store is not None and store.store.is_file:
            return True
        return time.monotonic() - self._looked < _LOOKS_EVERY

    def known(self, code: str) -> State | None:
        """The room as last committed, if it is in memory."""
        return self._states.get(code)

    def in_memory(self) -> list[str]:
        """The codes of rooms whose state is in memory."""
        return list(self._states)

    # --- what can be done in one ----------------------------------------------------------------

    def join(
        self, code: str, nickname: str, known: str | None = None, simulated: bool = False
    ) -> Future[tuple[Member, str | None]]:
        """Join a room: the member, and the token of a new one.

        With the ``known`` token of a member it is the same one, renamed where that is possible.

        Raises
        ------
        RoomError
            If nobody can read the nickname.
        NotNowError
            From the future, if the room is full or has ended.
        """
        name, token = nickname_of(nickname), codes.new_token()
        had = None if known is None else codes.hashed(known)

        def join(draft: Draft) -> tuple[Member, str | None]:
            member, new = _join(draft, name, codes.hashed(token), had, simulated)
            return member, token if new else None

        return self.do(code, join)

    def answer(self, code: str, number: int, given: Sequence[Answer]) -> Future[list[Answer]]:
        """Take a member's answers, whose ``member`` does not count; done once they are kept."""
        return self.do(code, partial(_answer, number=number, given=given, guess=self.guess))

    def guess_cells(self, code: str, number: int, given: Sequence[Guess]) -> Future[None]:
        """Take a member's guesses of others' ratings."""
        return self.do(code, partial(_guess, number=number, given=given))

    def go_to(self, code: str, phase: Phase) -> Future[None]:
        """Go on to a phase, the next one; with “locked” the ratings are frozen."""
        return self.do(code, partial(_go_to, phase=phase))

    def freeze(self, code: str) -> Future[str]:
        """Keep the ratings as they are now; the id by which links name them (``shared``)."""
        return self.do(code, _freeze)

    def retitle(self, code: str, title: str) -> Future[None]:
        """Change the title."""
        return self.do(code, lambda draft: draft.tell_everybody(title=escape.brief(title, 80)))

    def call_oneself(self, code: str, number: int, nickname: str) -> Future[Member]:
        """Change a member's own nickname, by the rules of joining, until the ratings are locked.

        Raises
        ------
        RoomError
            If nobody can read the nickname.
        NotNowError
            From the future, if the ratings are locked, or the teacher has renamed the member.
        """
        return self.do(code, partial(_call_oneself, number=number, nickname=nickname_of(nickname)))

    def rename(self, code: str, number: int, nickname: str) -> Future[None]:
        """Have the teacher give a member another nickname, which stays."""
        return self.do(code, partial(_rename, number=number, nickname=nickname_of(nickname)))

    def hide(self, code: str, number: int, hidden: bool = True) -> Future[None]:
        """Leave a member out of what is drawn and learned from, or take it in again."""
        return self.do(code, partial(_hide, number=number, hidden=hidden))

    def remove(self, code: str, number: int) -> Future[None]:
        """Delete all that a member said; the browser is told so, and can join again."""
        return self.do(code, partial(_remove, number=number))

    def delete(self, code: str) -> Future[None]:
        """Delete a room with all that was said in it, frozen ratings included."""
        return self.do(code, _delete)

    def do(self, code: str, operation: Callable[[Draft], Found]) -> Future[Found]:
        """Do something in a room, in the next round."""
        return self._put(code, operation)

    def ask(self, question: Callable[[RoomStore], Found]) -> Future[Found]:
        """Ask the store something, or have it write, in the next round."""
        return self._put("", question)

    def _put(self, code: str, do: Callable[[Any], Found]) -> Future[Found]:
        future: Future[Found] = Future()
        self._queue.put(_Task(code, do, future))
        self._start()
        return future

    # --- news -----------------------------------------------------------------------------------

    def listen(self, code: str, notify: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, by the writer, after each change; returns how to end it."""
        with self._lock:
            self._listeners.setdefault(code, set()).add(notify)
        if not self._is_fresh():
            self.ask(lambda store: None)  # wakes the writer, which looks from now on

        def leave() -> None:
            with self._lock:
                mine = self._listeners.get(code, set())
                mine.discard(notify)
                if not mine:
                    self._listeners.pop(code, None)

        return leave

    def _changed(self, code: str) -> None:
        self.after(code)
        self.tell(code)

    def tell(self, code: str) -> None:
        """Tell who listens that there is something new about a room."""
        with self._lock:
            listeners = list(self._listeners.get(code, ()))
        for notify in listeners:
            with contextlib.suppress(Exception):  # it is going down
                notify()

    # --- the writer -----------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._threaded or (self._thread is not None and self._thread.is_alive()):
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="rooms", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Do what is left, and end."""
        thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join(timeout=10.0)
        if self._store is not None:
            self._store.store.close()
            self._store = None

    def _work(self) -> None:
        while True:
            try:
                task = self._queue.get(timeout=self._wait())
            except queue.Empty:
                self._look()
                continue
            if task is None or not self.round([task]):
                return
            if time.monotonic() - self._looked >= _LOOKS_EVERY:
                self._look()

    def _wait(self) -> float | None:
        """How long to wait for work before looking for other servers' changes; None: for ever."""
        if self._store is None or self._store.store.is_file:
            return None
        with self._lock:
            if not self._listeners:
                return None
        return max(0.0, self._looked + _LOOKS_EVERY - time.monotonic())

    def round(self, tasks: Iterable[_Task] = ()) -> bool:
        """Do all that waits, in one transaction; False: this was the last one.

        Raises
        ------
        MissingRoomError
            From the futures, where there is no such room.
        """
        waiting, goes_on = list(tasks), True
        with contextlib.suppress(queue.Empty):
            while len(waiting) < _AT_ONCE:
                task = self._queue.get_nowait()
                if task is None:
                    goes_on = False
                    break
                waiting.append(task)
        waiting = [task for task in waiting if task.future.set_running_or_notify_cancel()]
        try:
            store = self._store = self._store or self._opened()
        except Exception as error:
            for task in waiting:
                task.future.set_exception(error)
            return goes_on
        by_room: dict[str, list[_Task]] = {}
        for task in waiting:
            if task.code:
                by_room.setdefault(task.code, []).append(task)
            else:
                self._ask(store, task)
        if by_room:
            self._commit(store, by_room)
        return goes_on

    def _ask(self, store: RoomStore, task: _Task) -> None:
        try:
            task.future.set_result(task.do(store))
        except Exception as error:
            task.future.set_exception(error)

    def _commit(self, store: RoomStore, by_room: Mapping[str, list[_Task]]) -> None:
        """Do the tasks of some rooms in one transaction, and answer them after it."""
        done: list[tuple[_Task, Any, Exception | None]] = []
        states: dict[str, State | None] = {}
        changed: list[str] = []
        try:
            with store.store.together():
                for code in sorted(by_room):  # in one order, so that no two servers wait in a ring
                    before = self._held(store, code)
                    draft = None if before is None else Draft(before, self.clock())
                    for task in by_room[code]:
                        done.append((task, *_tried(task, draft)))
                    states[code] = before
                    if before is not None and draft is not None and draft.changes:
                        states[code] = self._written(store, draft)
                        changed.append(code)
        except Exception as error:
            if not isinstance(error, StoreError):
                log.exception("Rooms could not be written.")
            for code in by_room:  # read again what is really there
                self._states.pop(code, None)
            for tasks in by_room.values():
                for task in tasks:
                    task.future.set_exception(error)
            return
        for code, state in states.items():
            self._remember(code, state)
        for task, result, refused in done:
            if refused is None:
                task.future.set_result(result)
            else:
                task.future.set_exception(refused)
        for code in changed:
            self._changed(code)

    def _held(self, store: RoomStore, code: str) -> State | None:
        """The room as it is in the database, which nobody else changes until the commit."""
        version = store.hold(code)
        known = self._states.get(code)
        if version is not None and known is not None and known.room.version == version:
            return known
        return None if version is None else store.load(code)

    def _written(self, store: RoomStore, draft: Draft) -> State | None:
        """Write a draft; the room as it is then."""
        if draft.changes.deleted:
            store.delete(draft.room.code)
            return None
        draft.room = dataclasses.replace(draft.room, version=draft.version, changed=draft.now)
        state = draft.state()
        store.write(state, draft.changes)
        for id, ratings in draft.snapshots:
            store.keep_snapshot(id, draft.room.code, draft.now, ratings)
        return state

    def _remember(self, code: str, state: State | None) -> None:
        if state is None:
            self._states.pop(code, None)
            return
        self._states[code] = state
        self._states.move_to_end(code)
        while len(self._states) > _IN_MEMORY:
            self._states.popitem(last=False)

    def _again(self, store: RoomStore, code: str) -> State | None:
        """The room as it is in the database now."""
        known = self._states.get(code)
        if known is None or store.versions([code]).get(code) != known.room.version:
            known = store.load(code)
            self._remember(code, known)
        return known

    def _look(self) -> None:
        """Look for what other servers have changed in rooms that somebody waits for."""
        store = self._store
        if store is None or store.store.is_file:
            return
        self._looked = time.monotonic()
        known = dict(self._states)
        try:
            versions = store.versions(known)
            for code, state in known.items():
                if versions.get(code) != state.room.version:
                    self._remember(code, store.load(code))
                    self._changed(code)
        except StoreError as error:
            log.warning("%s", error)


def _tried(task: _Task, draft: Draft | None) -> tuple[Any, Exception | None]:
    """What a task gives back, or why it is refused."""
    try:
        if draft is None or draft.changes.deleted:
            raise MissingRoomError(Text("There is no room of this code; look at it again."))
        return task.do(draft), None
    except FactorscopeError as error:
        return None, error
    except Exception as error:
        log.exception("A request to a room met an error.")
        return None, error

"""Rooms: the pages and answers for telephones and a projector, without a Streamlit session.

A telephone is known by a cookie of its room, the teacher by one of their own; both are random
tokens of which the database has only hashes. What is asked for in JSON is answered in JSON:
refusals as ``{"sentence": …}``, in the reader's language. What another site's page sends does not
come so far (``guard.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import streamlit as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pages.routes import connections, guard, telephone
from pages.shared.base_path import BASE, below
from pages.shared.chart.assets import PLOTLY_FILE, SCRIPTS
from recsys_core import language, limits
from recsys_core.errors import (
    FactorscopeError,
    MissingRoomError,
    NotInRoomError,
    NotNowError,
    RoomError,
    StoreError,
)
from recsys_core.rooms import Answer, Guess, State, messages, rooms, simulated
from recsys_core.rooms.codes import hashed, is_code, is_token_of, normalised
from recsys_core.rooms.desk import wrong_phase
from recsys_core.rooms.lists import picture_type
from recsys_core.rooms.results import Results, watched
from recsys_core.takehome.handout import handout as make_handout
from recsys_core.text import Text

log = logging.getLogger("factorscope")

# Seconds for which a request for news is held; after which news of others alone are told, too; and
# between two pictures for the projector.
HELD, COUNTS_AFTER, BOARD_EVERY = 25.0, 5.0, 0.3

# Requests for news held at once, per room; beyond, one is answered as soon as it comes.
MOST_HELD = 200

MEMBER, TEACHER = "fs_room", "fs_teacher_"

# A page that waits longer than this for the database tells its telephone to try again.
_PATIENCE = 15.0

# What this process's own simulated students send along; no rate limit counts them.
SECRET = secrets.token_urlsafe(24)

_joins = limits.Tries("joins_per_minute", 60.0)

_STATUS = {
    MissingRoomError: 404, NotInRoomError: 401, NotNowError: 409, RoomError: 400, StoreError: 503,
}  # fmt: skip

Found = TypeVar("Found")


def is_telephone(path: str) -> bool:
    """Whether a path is one of rooms'."""
    return path == below("/r") or path.startswith(below("/r/"))


def own_address() -> simulated.Address:
    """Where this server's own programs reach it."""
    named = str(st.get_option("server.address") or "")
    host = "127.0.0.1" if named in ("", "0.0.0.0", "::") else named
    https = bool(st.get_option("server.sslCertFile"))
    return simulated.Address(host, int(st.get_option("server.port")), BASE, https)


class _Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, sentence: Text, **more: Any) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.more = status, sentence, more


# --- around every request -------------------------------------------------------------------------

Handler = Callable[[Request], Awaitable[Response]]


def _json(said: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(messages.write(said), status, headers, media_type="application/json")


def _answering(handler: Handler) -> Handler:
    """Answer in the reader's language; a refusal is one sentence, and no traceback is sent."""

    async def answer(request: Request) -> Response:
        with _in_their_language(request):
            try:
                return await handler(request)
            except _Refused as refused:
                status, text, more = refused.status, refused.sentence, refused.more
            except FactorscopeError as error:
                kinds = (status for kind, status in _STATUS.items() if isinstance(error, kind))
                status, text, more = next(kinds, 400), error.text, {}
            except ClientDisconnect:
                return Response(status_code=499)
            except Exception:
                log.exception("A room's route met an error.")
                status, more = 500, {}
                text = Text("The server met an error of ours; try again.")
            return _json({"sentence": str(text.worded()), **more}, status)

    return answer


@contextlib.contextmanager
def _in_their_language(request: Request) -> Iterator[None]:
    with language.speaking(language.of_request(request.headers.get("accept-language", ""))):
        yield


async def _done(future: Any) -> Any:
    """What the desk answers, once it is committed."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), _PATIENCE)
    except TimeoutError:
        raise _Refused(503, Text("The server is busy; it is tried again.")) from None


async def _body(request: Request, kind: type[Found]) -> Found:
    """What was sent, no longer than it may be."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > messages.LONGEST:
            raise _Refused(413, Text("This is too much at once."))
    return messages.read(body, kind)


def _address(request: Request) -> str:
    return limits.network_of(request.client.host if request.client else None)


def _is_simulated(request: Request) -> bool:
    said = request.headers.get(simulated.HEADER, "")
    return secrets.compare_digest(said.encode(), SECRET.encode())


# --- who asks -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """A request in a room that is there, and who sent it: member number, or None."""

    request: Request
    state: State
    number: int | None
    is_teacher: bool

    @property
    def code(self) -> str:
        return self.state.room.code

    @property
    def member(self) -> int:
        """The number of the member whose cookie came with it."""
        if self.number is None:
            raise NotInRoomError(Text("You are not in this room; join it again."))
        if self.state.members[self.number].removed:
            raise NotInRoomError(
                Text("Your teacher has taken your entry out of this room; you can join again.")
            )
        return self.number

    def check_teacher(self) -> None:
        if not self.is_teacher:
            raise _Refused(401, Text("Open the teacher's link of this room first."))


async def _asked(request: Request) -> _Asked:
    """Find the room and who asks; codes of no room are counted against the address."""
    code = request.path_params["code"]
    state = await _done(rooms().desk.state(code)) if is_code(code) else None
    if state is not None:
        number = _number(state, request.cookies.get(MEMBER, ""))
        is_teacher = is_token_of(request.cookies.get(TEACHER + code, ""), state.teacher)
        if number is not None or is_teacher or _is_simulated(request):
            return _Asked(request, state, number, is_teacher)
    _refuse_guessing(request)
    if state is None:
        # The same one again is no guess: all telephones of a room that was deleted ask once more.
        guard.wrong_codes.take(_address(request), code)
        raise MissingRoomError(Text("There is no room of this code; look at it again."))
    return _Asked(request, state, None, False)


def _number(state: State, token: str) -> int | None:
    """The member whose token this is."""
    number = state.tokens.get(hashed(token)) if token else None
    return number


def _refuse_guessing(request: Request) -> None:
    """Refuse an address that tried too many codes, whether this one is right or not."""
    wait = guard.wrong_codes.wait(_address(request))
    if wait:
        raise _Refused(
            429,
            Text(
                "Too many codes of no room were tried from this address; wait {n} minute.",
                "Too many codes of no room were tried from this address; wait {n} minutes.",
                n=math.ceil(wait / 60),
            ),
            retry_after=math.ceil(wait),
        )


def _set_cookie(request: Request, response: Response, name: str, value: str, path: str) -> None:
    response.set_cookie(
        name, value, max_age=30 * 86400, path=path, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip


# --- pages ----------------------------------------------------------------------------------------


def _page(request: Request, code: str = "", sentence: str = "", status: int = 200,
          kind: str = "member") -> Response:  # fmt: skip
    html = telephone.page(BASE, code, sentence, kind, language.now())
    return Response(html, status, {"Cache-Control": "no-store"}, media_type="text/html")


async def door(request: Request) -> Response:
    """A page to type a code; with ``?code=`` the way to that room."""
    with _in_their_language(request):
        code = normalised(request.query_params.get("code", ""))
        if not code:
            return _page(request)
        request.path_params["code"] = code
        return await _to_room(request)


async def room_page(request: Request) -> Response:
    """The telephone's page of a room."""
    with _in_their_language(request):
        return await _to_room(request)


async def _to_room(request: Request) -> Response:
    asked = request.path_params["code"]
    code = request.path_params["code"] = normalised(asked)
    try:
        await _asked(request)
    except _Refused as refused:
        return _page(request, "", refused.sentence, refused.status)
    except FactorscopeError as error:
        status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 400)
        return _page(request, "", error.text.worded(), status)
    if request.url.path != below(f"/r/{code}"):
        return RedirectResponse(below(f"/r/{code}"), 303)
    return _page(request, code)


async def teacher_page(request: Request) -> Response:
    """The page that takes the token out of the teacher's link, where no log has it."""
    with _in_their_language(request):
        code = request.path_params["code"]
        return _page(request, code if is_code(code) else "", kind="teacher")


# --- what a telephone does ------------------------------------------------------------------------


async def join(request: Request) -> Response:
    """Enter the room."""
    asked = await _asked(request)
    said = await _body(request, messages.Called)
    is_simulated = _is_simulated(request)
    known = request.cookies.get(MEMBER)
    is_new = asked.number is None or asked.state.members[asked.number].removed
    if is_new and not is_simulated and (wait := _joins.take(_address(request))):
        raise _Refused(
            429,
            Text("Many are joining at once; you are let in by and by."),
            retry_after=math.ceil(wait),
        )
    member, token = await _done(rooms().desk.join(asked.code, said.nickname, known, is_simulated))
    response = _json({"member": member.number, "nickname": member.nickname})
    if token is not None:
        _set_cookie(request, response, MEMBER, token, below(f"/r/{asked.code}"))
    return response


async def nickname(request: Request) -> Response:
    """Change one's nickname."""
    asked = await _asked(request)
    number = asked.member
    said = await _body(request, messages.Called)
    member = await _done(rooms().desk.call_oneself(asked.code, number, said.nickname))
    return _json({"nickname": member.nickname})


async def answers(request: Request) -> Response:
    """Keep ratings; acknowledged once they are committed."""
    asked = await _asked(request)
    number = asked.member
    said = await _body(request, messages.Answers)
    given = [Answer(number, each.item, each.value, each.seq) for each in said]
    await _done(rooms().desk.answer(asked.code, number, given))
    known = rooms().desk.known(asked.code)
    return _json(
        {
            "acknowledged": [{"item": each.item, "seq": each.seq} for each in said],
            "version": (known or asked.state).room.version,
        }
    )


async def guesses(request: Request) -> Response:
    """Keep guesses of others' hidden ratings."""
    asked = await _asked(request)
    number = asked.member
    said = await _body(request, messages.Guesses)
    results = await _results(asked.state)
    if results is None or asked.state.room.phase != "locked":
        raise wrong_phase(asked.state.room)
    cells = results.cells_of(asked.state, number)
    if any(each.cell >= len(cells) for each in said):
        raise RoomError(Text("There is no such thing in this room; reload the page."))
    given = [
        Guess(number, cells[each.cell].member, cells[each.cell].item, each.value) for each in said
    ]
    await _done(rooms().desk.guess_cells(asked.code, number, given))
    return _json({"acknowledged": [each.cell for each in said]})


async def state(request: Request) -> Response:
    """What a telephone needs, as soon as it is another version than the one it has."""
    asked = await _asked(request)
    number = asked.member
    since = request.query_params.get("since", "")
    changes = _changes_of(asked.code)
    if since.isdecimal() and int(since[:18]) <= asked.state.room.version:
        with changes.held(f"member {number}") as superseded:
            await changes.wait_for_telephone(int(since[:18]), superseded)
        asked = await _asked(request)
        number = asked.member
    results, live = await _results(asked.state), rooms().refits.models.get(asked.code)
    said = messages.telephone(asked.state, number, live, results)
    if "rev" in said:
        said["rev"]["handout"] = below(f"/r/{asked.code}/handout")
    return _json(said)


async def handout(request: Request) -> Response:
    """The hand-out of the room's run, for its members and teacher, once results are shown."""
    asked = await _asked(request)
    if not asked.is_teacher:
        asked.member  # noqa: B018 (raises where nobody is)
    results = await _results(asked.state)
    if results is None or asked.state.room.phase != "reveal":
        raise wrong_phase(asked.state.room)
    key, title = (results.id, language.now()), asked.state.room.title or asked.code
    if key not in _handouts:
        while len(_handouts) >= _MOST_HANDOUTS:
            _handouts.pop(next(iter(_handouts)))
        _handouts[key] = rooms().made(partial(_handout, results, title, language.now()))
    data = await asyncio.shield(asyncio.wrap_future(_handouts[key]))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="factorscope-{asked.code}.html"',
    }
    return Response(data, 200, headers, media_type="text/html")


# Hand-outs being made or made, by results and language: some 5 MB each, the same for all.
_handouts: dict[tuple[str, str], Future[bytes]] = {}
_MOST_HANDOUTS = 4


def _handout(results: Results, title: str, code: str) -> bytes:
    with language.speaking(code):
        run = watched(results.record.experiment.with_ratings(results.frozen))
        return make_handout(run, title, SCRIPTS, PLOTLY_FILE.read_text(encoding="utf-8"))


async def _results(state: State) -> Results | None:
    """What came of a room that is locked; None before, and where nothing could be learned."""
    if state.room.frozen is None:
        return None
    try:  # others wait for the same results
        return await asyncio.shield(asyncio.wrap_future(rooms().results(state.room)))
    except FactorscopeError as error:
        log.warning("%s", error)
        return None


# --- what a teacher does --------------------------------------------------------------------------


async def teacher(request: Request) -> Response:
    """Know this browser as the teacher's from now on."""
    asked = await _asked(request)
    if not asked.is_teacher:  # a member, whose code is right, could try on
        _refuse_guessing(request)
    said = await _body(request, messages.Token)
    if not is_token_of(said.token, asked.state.teacher):
        guard.wrong_codes.take(_address(request))
        raise _Refused(401, Text("This is not the teacher's link of this room."))
    response = _json({"room": asked.code})
    _set_cookie(request, response, TEACHER + asked.code, said.token, below("/"))
    return response


async def board(request: Request) -> Response:
    """What the projector shows, as soon as it is another version than the one it has."""
    asked = await _asked(request)
    asked.check_teacher()
    since = request.query_params.get("since", "")
    changes = _changes_of(asked.code)
    rooms().refits.want(asked.code)  # after a restart there is none yet
    if since:
        with changes.held(f"board {secrets.token_hex(4)}") as superseded:
            await changes.wait_for_board(since, superseded)
        asked = await _asked(request)
        asked.check_teacher()
    version, results = changes.board_version(), await _results(asked.state)
    live = rooms().refits.models.get(asked.code)
    return _json({"version": version, **messages.board(asked.state, live, results)})


async def picture(request: Request) -> Response:
    """The picture of a thing; its address changes with its content."""
    asked = await _asked(request)
    item = request.path_params["item"]
    data = None
    if item in map(str, range(len(asked.state.room.things))):
        data = await _done(rooms().desk.ask(lambda store: store.picture(asked.code, int(item))))
    kind = None if data is None else picture_type(data)
    if data is None or kind is None:
        raise _Refused(404, Text("This thing has no picture."))
    headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(data, 200, headers, media_type=kind)


# --- waiting for news -----------------------------------------------------------------------------


class _Changes:
    """Who waits for news of one room, on this event loop."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.loop = asyncio.get_running_loop()
        self.news = asyncio.Event()
        self.waiting: dict[str, asyncio.Event] = {}
        self.leave = rooms().desk.listen(code, self.notify)

    def notify(self) -> None:
        """Called by the desk's thread after a change."""
        with contextlib.suppress(RuntimeError):  # the server is going down
            self.loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    @contextlib.contextmanager
    def held(self, who: str) -> Iterator[asyncio.Event]:
        """Hold a request of somebody, whose older one is answered at once."""
        older = self.waiting.pop(who, None)
        if older is not None:
            older.set()
        superseded = asyncio.Event()
        if len(self.waiting) >= MOST_HELD:
            superseded.set()
        self.waiting[who] = superseded
        try:
            yield superseded
        finally:
            if self.waiting.get(who) is superseded:
                del self.waiting[who]

    def board_version(self) -> str:
        """Changes with all that the projector shows."""
        known, live = rooms().desk.known(self.code), rooms().refits.models.get(self.code)
        return "" if known is None else f"{known.room.version}.{-1 if live is None else live.n}"

    async def wait_for_telephone(self, since: int, superseded: asyncio.Event) -> None:
        """Wait until all are to be told something, or, some seconds long, for what others do."""
        began = time.monotonic()
        while not superseded.is_set() and (left := began + HELD - time.monotonic()) > 0:
            known = rooms().desk.known(self.code)
            if known is None or known.room.stage > since:
                return
            others = known.room.version != since
            if others:
                left = min(left, began + COUNTS_AFTER - time.monotonic())
                if left <= 0:
                    return
            await self._news(left, superseded)

    async def wait_for_board(self, since: str, superseded: asyncio.Event) -> None:
        """Wait until there is another picture; not sooner than it can be looked at."""
        began = time.monotonic()
        while not superseded.is_set() and (left := began + HELD - time.monotonic()) > 0:
            if self.board_version() != since:
                await asyncio.sleep(max(0.0, began + BOARD_EVERY - time.monotonic()))
                return
            await self._news(left, superseded)

    async def _news(self, seconds: float, superseded: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(each.wait()) for each in (self.news, superseded)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()


_changes: dict[str, _Changes] = {}


def _answer_all() -> None:
    """Answer all that is held: the server ends."""
    for each in _changes.values():
        for superseded in each.waiting.values():
            superseded.set()


connections.when_the_server_ends(_answer_all)


def _changes_of(code: str) -> _Changes:
    """Who waits for news of a room; rooms nobody waits for are let go."""
    found = _changes.get(code)
    if found is None or found.loop is not asyncio.get_running_loop():
        for other, each in list(_changes.items()):
            if not each.waiting or other == code:
                each.leave()
                del _changes[other]
        found = _changes[code] = _Changes(code)
    return found


# --- all of them ----------------------------------------------------------------------------------


def routes() -> list[Route]:
    """All routes of rooms, below the server's base path."""
    at = below("/r")
    one = at + "/{code}"
    return [
        Route(at, door, methods=["GET"]),
        Route(one, room_page, methods=["GET"]),
        Route(one + "/join", _answering(join), methods=["POST"]),
        Route(one + "/nickname", _answering(nickname), methods=["PUT"]),
        Route(one + "/answers", _answering(answers), methods=["PUT"]),
        Route(one + "/guesses", _answering(guesses), methods=["PUT"]),
        Route(one + "/state", _answering(state), methods=["GET"]),
        Route(one + "/teacher", teacher_page, methods=["GET"]),
        Route(one + "/teacher", _answering(teacher), methods=["POST"]),
        Route(one + "/board", _answering(board), methods=["GET"]),
        Route(one + "/handout", _answering(handout), methods=["GET"]),
        Route(one + "/picture/{item}", _answering(picture), methods=["GET"]),
        Route(below(telephone.ROUTE) + "/{name:path}", telephone.asset, methods=["GET"]),
    ]

"""What a person reads when a page fails, and what never reaches them."""

import asyncio
import socket

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import visitor


def failing_page(kind: str) -> None:
    import app
    from recsys_core.errors import RatingsError

    error = {"ours": ZeroDivisionError("in /home/ada/secret.py"), "theirs": RatingsError("Do x.")}
    assert app.on_script_error(error[kind]) is True  # nothing else is shown


@pytest.mark.parametrize("kind", ["ours", "theirs"])
def test_a_failure_is_one_calm_sentence(kind):
    at = AppTest.from_function(failing_page, args=(kind,), default_timeout=30).run()
    assert not at.exception
    (shown,) = at.error
    if kind == "theirs":
        assert shown.value == "Do x."
    else:
        assert "secret" not in shown.value and "ZeroDivision" not in shown.value
        assert "reload" in shown.value


def test_names_of_browsers_are_recognised_by_their_form():
    names = {visitor.new_id() for _ in range(100)}
    assert len(names) == 100
    assert all(map(visitor.is_id, names))
    for text in ("", "x" * 31, "x" * 33, "x" * 31 + "\n", "é" * 32, None, object()):
        assert not visitor.is_id(text)


def test_connections_answer_promptly_whatever_the_number_of_their_protocol():
    """Without TCP_NODELAY each answer on a kept connection waits for an acknowledgement."""
    import app  # noqa: F401 (which arranges it)

    async def accepted() -> int:
        listening = socket.socket(socket.AF_INET)  # protocol 0, as Streamlit's
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        met: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def met_one(_reader, writer):
            ours = writer.get_extra_info("socket")
            met.set_result(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(met_one, sock=listening)
        async with server:
            _, writer = await asyncio.open_connection(*listening.getsockname())
            found = await met
            writer.close()
        return found

    assert asyncio.run(accepted()) == 1

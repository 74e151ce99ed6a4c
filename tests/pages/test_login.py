"""A login, where one is set up: the page asks for it and shows nothing else."""

from __future__ import annotations

import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shared import login
from tests.app_harness import FRAME, checked


def opened(browser_id: str, **secrets: object) -> AppTest:
    at = AppTest.from_file(str(FRAME), default_timeout=60)
    at.session_state["browser_id"] = browser_id
    for name, value in secrets.items():
        at.secrets[name] = value
    return checked(at.run())


def test_without_a_login_set_up_nobody_is_asked(browser_id):
    for at in (opened(browser_id), opened(browser_id, other={"a": "b"})):
        keys = {each.key for each in at.button}
        assert "go_party" in keys and not keys & {"log_in", "log_out"}


def test_with_one_the_page_asks_and_shows_nothing_else(browser_id, monkeypatch):
    called: list[str] = []
    monkeypatch.setattr(st, "login", lambda: called.append("login"))
    at = opened(browser_id, auth={"client_id": "x"})
    assert [each.key for each in at.button] == ["log_in"]
    assert not at.sidebar.children and not at.get("bidi_component")
    at.button(key="log_in").click().run()
    assert called == ["login"]


def test_who_is_logged_in_goes_on_and_has_a_way_out(browser_id, monkeypatch):
    monkeypatch.setattr(login.st, "user", {"is_logged_in": True})
    at = opened(browser_id, auth={"client_id": "x"})
    assert {"go_party", "log_out"} <= {each.key for each in at.button}

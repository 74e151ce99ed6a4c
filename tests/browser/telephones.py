"""Telephones in a room, for browser tests: what students do, and what the server then has."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.helpers import PATIENCE
from tests.browser.test_accessible import AXE

ASKED = """async (path) => (await fetch(path)).json()"""


class Telephone:
    """A student's: a browser of its own."""

    def __init__(self, browser: Any, url: str, code: str, name: str, dark: bool = False) -> None:
        self.code, self.name = code, name
        self.context = browser.new_context(
            base_url=url,
            viewport={"width": 390, "height": 844},
            has_touch=True,
            is_mobile=True,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE * 1000)
        self.page: Page = self.context.new_page()
        self.page.add_init_script(path=AXE)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # A browser itself notes that it is not in the room yet, and that it has no network.
        usual = re.search(r"status of 401|ERR_INTERNET_DISCONNECTED", message.text)
        if message.type == "error" and not usual:
            self.errors.append(message.text)

    def join(self) -> None:
        """Come in."""
        self.page.goto(f"/r/{self.code}")
        self.page.get_by_label("Nickname").fill(self.name)
        self.page.get_by_role("button", name="Join").tap()
        expect(self.page.locator("#who")).to_have_text(self.name)

    def rename(self, name: str) -> None:
        """Choose another nickname."""
        self.page.locator("#who").get_by_role("button").tap()
        dialog = self.page.get_by_role("dialog", name="Change your nickname")
        dialog.get_by_label("Nickname").fill(name)
        dialog.get_by_role("button", name="Save").tap()
        expect(dialog).to_have_count(0)
        expect(self.page.locator("#who")).to_have_text(name)
        self.name = name

    def rate(self, ratings: list[int | None], first: int = 0) -> None:
        """Rate things one by one."""
        for at, rating in enumerate(ratings, start=first + 1):
            expect(self.page.locator(".steps span")).to_have_text(f"{at} / 12")
            name = "I don't know it" if rating is None else str(rating)
            self.page.get_by_role("button", name=name, exact=True).tap()

    def says(self, text: str) -> None:
        """Wait until the line that says whether all is saved says this."""
        expect(self.page.locator("#status")).to_have_text(text)

    def says_like(self, pattern: str) -> None:
        """As ``says``, of any text like this."""
        expect(self.page.locator("#status")).to_have_text(re.compile(pattern))

    def state(self) -> Any:
        """What the server tells it."""
        return self.page.evaluate(ASKED, f"/r/{self.code}/state")

    def kept(self) -> list[int | None]:
        """What the server has of it, in the order of the things."""
        state = self.state()
        answers = {each["item"]: each["value"] for each in state["answers"]}
        assert len(answers) == len(state["answers"])
        return [answers[item] for item in sorted(answers)]


def board_of(page: Page, code: str) -> dict[str, Any]:
    """What the server tells the projector."""
    return page.evaluate(ASKED, f"/r/{code}/board?since=")

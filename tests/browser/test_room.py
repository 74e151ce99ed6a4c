"""A room as a class plays it: a projector, five telephones, and thirty simulated students."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from recsys_core.rooms.codes import is_code
from tests.browser.helpers import becomes, go_to, settled, steady
from tests.browser.telephones import Telephone, board_of
from tests.browser.test_accessible import AXE, FINDINGS, SMALL_TARGETS, check

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What each of the five rates of the first things, in their order; None: not known.
RATINGS = ([5, 4, None, 2], [1, 2, 3, 4], [3, 3, None, 5], [2, 5, 5, 1], [4, None, 1, 3])


def check_telephone(page: Page, where: str, found: list[str]) -> None:
    """Note what axe finds on a telephone's page, which is no page of Streamlit's."""
    try:
        becomes(lambda: page.evaluate(FINDINGS), [], timeout=4)
    except AssertionError as error:
        found.append(f"{where}: {error}")


def test_a_class_rates_guesses_and_sees_itself_and_nothing_is_lost(browser, server, browser_page):
    teacher = browser_page()
    teacher.add_init_script(path=AXE)
    go_to(teacher, "room")
    teacher.get_by_role("button", name="Try it with thirty simulated students").click()
    expect(teacher.locator(".fs-board")).to_have_attribute("data-phase", "rating")
    code = becomes(lambda: teacher.locator(".fs-code").inner_text(), is_code)
    found: list[str] = []
    phones = [Telephone(browser, server.url, code, f"Pupil {n}", dark=n == 2) for n in range(1, 6)]
    try:
        _play(teacher, code, phones, found)
        for phone in phones:
            assert phone.errors == [], phone.name
    finally:
        for phone in phones:
            phone.context.close()
    assert not found, "\n".join(found)


def _play(teacher: Page, code: str, phones: list[Telephone], found: list[str]) -> None:
    offline, reloaded, listed, slept, plain = phones
    for phone in phones:
        phone.join()
    plain.page.locator("#who").get_by_role("button").tap()
    check_telephone(plain.page, "nickname", found)
    plain.page.get_by_role("button", name="Cancel").tap()
    plain.rename("Pupil <b>5</b>")
    # One loses its network while it rates, and one is closed without one.
    offline.rate(RATINGS[0][:1])
    offline.says("saved")
    offline.context.set_offline(True)
    offline.rate(RATINGS[0][1:], first=1)
    offline.says("waiting for the network: 3 ratings are kept on this telephone")
    slept.context.set_offline(True)
    slept.rate(RATINGS[3])
    slept.says("waiting for the network: 4 ratings are kept on this telephone")
    slept.page.close()
    # One is reloaded in the midst of it, and goes on where it was.
    reloaded.rate(RATINGS[1][:2])
    reloaded.page.reload()
    reloaded.rate(RATINGS[1][2:], first=2)
    plain.rate(RATINGS[4])
    check_telephone(listed.page, "one by one", found)
    # One rates in the list, changes a rating and takes one back.
    listed.page.get_by_role("button", name="As a list").tap()
    check_telephone(listed.page, "list", found)
    becomes(lambda: listed.page.evaluate(SMALL_TARGETS), [])
    rows = listed.page.locator(".list li")
    for row, rating in enumerate([4, 3, 2, 5]):
        rows.nth(row).get_by_role("button", name=str(rating), exact=True).tap()
    rows.nth(0).get_by_role("button", name="3", exact=True).tap()
    rows.nth(2).get_by_role("button", name="Take back").tap()
    # The networks are back.
    offline.context.set_offline(False)
    slept.context.set_offline(False)
    slept.page = slept.context.new_page()
    slept.page.add_init_script(path=AXE)
    slept.page.goto(f"/r/{code}")
    for phone, ratings in zip(phones, RATINGS, strict=True):
        phone.says("saved")
        becomes(phone.kept, ratings)

    # No name is on the board, nor anywhere on the page that shows it, before the reveal.
    board = becomes(lambda: board_of(teacher, code), lambda seen: seen["n_members"] >= 35)
    assert {each["name"] for each in board["members"]} == {None}
    expect(teacher.locator(".fs-counts")).to_contain_text("35 students")
    becomes(lambda: "Pupil" in teacher.locator("[data-testid=stMain]").inner_text(), False)
    check(teacher, "Room, rating", found)

    teacher.get_by_role("button", name="Lock the ratings").click()
    for phone in phones:
        expect(phone.page.get_by_role("heading", name="How did they rate")).to_be_visible()
    check_telephone(plain.page, "guessing", found)
    n_cells = steady(lambda: int(plain.page.locator(".progress").inner_text().split()[2]))
    for at in range(n_cells):
        expect(plain.page.locator(".progress")).to_contain_text(f"{at} of {n_cells} guessed")
        plain.page.get_by_role("button", name="3", exact=True).tap()
    expect(plain.page.get_by_role("heading", name="all guessed")).to_be_visible()
    plain.says("saved")
    becomes(lambda: board_of(teacher, code)["n_guesses"], lambda n: n >= n_cells)

    teacher.get_by_role("button", name="Reveal names and results").click()
    for phone in phones:
        expect(phone.page.get_by_role("img", name="A map of the class")).to_be_visible()
    check_telephone(plain.page, "reveal", found)
    check_telephone(reloaded.page, "reveal, dark", found)
    expect(plain.page.get_by_role("heading", name="Nearest to you")).to_be_visible()
    expect(plain.page.get_by_text(re.compile("^The receipt")).locator("textarea")).to_have_value(
        re.compile(r"^fs1\.")
    )
    names = {phone.name for phone in phones}
    becomes(lambda: names - {each["name"] for each in board_of(teacher, code)["members"]}, set())
    expect(teacher.get_by_role("heading", name="Predict the class")).to_be_visible()
    settled(teacher)
    check(teacher, "Room, revealed", found)
    # What the class made is an ordinary data set, for whoever has the link.
    link = plain.page.get_by_role("link", name="Open the model in Factorscope")
    teacher.goto(steady(lambda: link.get_attribute("href") or ""))
    expect(teacher.get_by_role("heading", name="Latent space").first).to_be_visible()
    expect(teacher.get_by_test_id("stException")).to_have_count(0)


def test_without_a_room_the_telephones_door_says_what_to_do(browser_page):
    page = browser_page(390, 844, True)
    page.add_init_script(path=AXE)
    page.goto("/r")
    page.get_by_label("The code on the projector").fill("zz zzzz")
    found: list[str] = []
    check_telephone(page, "door", found)
    assert not found, "\n".join(found)


def test_a_code_of_no_room_is_one_sentence_and_the_door(server, browser):
    context = browser.new_context(base_url=server.url, locale="pt-BR")
    page = context.new_page()
    answer = page.goto("/r/ZZZZZZ")
    assert answer is not None and answer.status == 404
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "pt")
    expect(page.locator("input[name=code]")).to_be_visible()
    context.close()

"""Edited factors, and the dial of cold start: what follows a slider before and after the server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import becomes, go_to, settled, shot, stays, steady, width_of
from tests.browser.test_accessible import AXE, check

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPEN = "recommend?data=low_rank&model=ALS&k=3&n_epochs=6&epoch=best&user=1&closer=edit"

# Note, whenever something has moved or been answered, who says what follows, and what.
_WATCH = """() => {
    const box = document.querySelector(".fs-edit")
    window.seen = []
    new MutationObserver(() => window.seen.push([box.dataset.by, Number(box.dataset.moved),
        box.querySelector(".fs-edit-list tbody").innerText, box.querySelector("p").innerText,
    ])).observe(box, { attributes: true, attributeFilter: ["data-by", "data-moved", "data-at"] })
}"""


def panel(page: Page) -> Locator:
    return page.locator(".fs-edit")


def open_panel(page: Page, query: str = OPEN) -> None:
    """Open the page, with what is noted from now on in ``seen``."""
    go_to(page, query)
    expect(panel(page).locator("tbody tr").first).to_be_visible()
    settled(page)
    page.evaluate(_WATCH)


def seen(page: Page) -> list[Any]:
    return page.evaluate("window.seen")


def followed(page: Page, live: list[Any], first: str) -> None:
    """The list followed the hand, ``live``; and the server says what the browser said last."""
    settled(page)
    last = steady(lambda: seen(page))
    assert len(last) >= len(live) > 1
    by_browser = [each for each in last if each[0] == "browser"]
    assert by_browser[-1][2] != first, "the list follows before the server has answered"
    assert last[-1][0] == "page" and last[-1][1:] == by_browser[-1][1:]


def shown(page: Page) -> str:
    return panel(page).locator(".fs-edit-list tbody").inner_text()


def test_the_list_follows_while_a_slider_is_dragged_and_the_server_says_the_same(browser_page):
    page = browser_page()
    open_panel(page)
    first = steady(lambda: shown(page))
    slider = panel(page).get_by_role("slider", name="factor 1", exact=True)
    slider.scroll_into_view_if_needed()
    box = steady(lambda: slider.bounding_box())
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.4, y, steps=6)
    live = becomes(lambda: seen(page), lambda found: any(each[0] == "browser" for each in found))
    page.mouse.up()
    expect(panel(page)).to_have_attribute("data-by", "page")
    followed(page, live, first)
    expect(panel(page).locator(".fs-edit-says")).to_contain_text("RMSE on the")
    page.get_by_role("button", name="Put back").click()
    expect(panel(page)).to_have_attribute("data-moved", "0")
    becomes(lambda: shown(page), first)


def test_keys_alone_move_a_number_release_it_and_put_it_back(browser_page):
    page = browser_page()
    open_panel(page)
    first = steady(lambda: shown(page))
    slider = panel(page).get_by_role("slider", name="factor 2", exact=True)
    slider.focus()
    said = steady(lambda: slider.get_attribute("aria-valuetext"))
    assert said.endswith(", as trained")
    page.keyboard.press("End")
    becomes(lambda: seen(page), lambda found: found and found[0][0] == "browser")
    expect(panel(page)).to_have_attribute("data-by", "page")
    becomes(lambda: shown(page), lambda text: text != first)
    expect(panel(page).get_by_role("status")).to_contain_text("RMSE on the")  # heard once, at rest
    assert "trained" in steady(lambda: slider.get_attribute("aria-valuetext"))
    expect(slider).to_be_focused()  # the answer took nothing away
    back = page.get_by_role("button", name="Put back")
    expect(back).to_be_enabled()
    back.focus()
    page.keyboard.press("Enter")
    becomes(lambda: slider.get_attribute("aria-valuetext"), said)
    becomes(lambda: shown(page), first)


def point(page: Page) -> Locator:
    return panel(page).get_by_role(
        "application", name="user 1 in the plane of factor 1 and factor 2"
    )


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box is not None
    return round(box["x"] + box["width"] / 2, 1), round(box["y"] + box["height"] / 2, 1)


def near(wanted: tuple[float, float]) -> Any:
    """Whether a place is this one, but for a pixel or two."""
    return lambda found: max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < 2


def test_the_point_follows_the_mouse_and_all_else_follows_the_point(browser_page):
    page = browser_page()
    open_panel(page)
    first = steady(lambda: shown(page))
    point(page).scroll_into_view_if_needed()
    x, y = steady(lambda: middle(point(page)))
    page.mouse.move(x + 5, y + 5)
    page.mouse.down()
    page.mouse.move(x + 65, y - 35, steps=6)
    becomes(lambda: middle(point(page)), near((x + 60, y - 40)))
    live = becomes(lambda: seen(page), lambda found: any(each[0] == "browser" for each in found))
    page.mouse.up()
    expect(panel(page)).to_have_attribute("data-by", "page")
    expect(panel(page)).to_have_attribute("data-moved", "2")
    followed(page, live, first)
    slider = panel(page).get_by_role("slider", name="factor 2", exact=True)
    assert "trained" in steady(lambda: slider.get_attribute("aria-valuetext"))
    page.get_by_role("button", name="Put back").click()
    expect(panel(page)).to_have_attribute("data-moved", "0")
    becomes(lambda: shown(page), first)
    becomes(lambda: middle(point(page)), lambda found: found != (x + 60, y - 40))


def test_keys_move_the_point_and_say_where_it_is(browser_page):
    page = browser_page()
    open_panel(page)
    first = steady(lambda: shown(page))
    x, y = steady(lambda: middle(point(page)))
    point(page).focus()
    told = page.locator("body > .fs-told")
    expect(told).to_have_text(re.compile("^factor 1: .*, factor 2: "))
    said = steady(lambda: told.inner_text())
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    becomes(lambda: middle(point(page)), lambda found: found[0] == x and found[1] < y - 10)
    expect(panel(page)).to_have_attribute("data-by", "page")
    expect(panel(page)).to_have_attribute("data-moved", "1")
    becomes(lambda: shown(page), lambda text: text != first)
    moved = becomes(lambda: told.inner_text(), lambda text: text != said)
    assert moved.split(", ")[0] == said.split(", ")[0], "upwards, factor 1 stays"
    expect(panel(page).get_by_role("status")).to_contain_text("RMSE on the")  # heard once, at rest
    expect(point(page)).to_be_focused()  # the answer took nothing away
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(panel(page)).to_have_attribute("data-moved", "0")  # the trained number itself again
    becomes(lambda: shown(page), first)
    # Other axes, which a link says.
    page.get_by_role("combobox", name="Upward").click()
    page.get_by_role("option", name="factor 3").click()
    expect(panel(page).get_by_role("application", name="factor 1 and factor 3")).to_be_visible()
    expect(page).to_have_url(re.compile("map_factors=1(,|%2C)3"))


def test_a_finger_drags_the_point_and_the_page_stays(browser_page):
    page = browser_page(390, 844)
    open_panel(page)
    point(page).scroll_into_view_if_needed()
    x, y = steady(lambda: middle(point(page)))
    hand = page.context.new_cdp_session(page)

    def touch(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": left, "y": top} for left, top in at]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x, y))
    for share in (1, 2, 3, 4):
        touch("touchMove", (x + 10 * share, y + 15 * share))
    becomes(lambda: middle(point(page)), near((x + 40, y + 60)))
    touch("touchEnd")
    expect(panel(page)).to_have_attribute("data-by", "page")
    expect(panel(page)).to_have_attribute("data-moved", "2")


def test_the_dial_of_cold_start_turns_while_it_is_dragged(browser_page):
    page = browser_page()
    page.add_init_script(path=AXE)
    open_panel(page, f"{OPEN.replace('edit', 'cold')}&counted=1")
    dial = panel(page).get_by_role("slider", name="Ratings counted so far", exact=True)
    first = steady(lambda: shown(page))
    dial.focus()
    page.keyboard.press("Home")
    becomes(lambda: seen(page), lambda found: found and found[0][0] == "browser")
    becomes(lambda: shown(page), lambda text: text != first)
    expect(page).to_have_url(re.compile("counted=0"))
    expect(panel(page)).to_have_attribute("data-by", "page")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("counted=1"))
    becomes(lambda: shown(page), first)
    expect(panel(page).get_by_role("status")).to_contain_text("The latest that counts")
    expect(dial).to_be_focused()
    box = steady(lambda: dial.bounding_box())
    x, y = box["x"] + box["width"] - 3, box["y"] + box["height"] / 2
    page.mouse.move(x - box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)
    becomes(lambda: shown(page), lambda text: text != first)
    page.mouse.up()
    last = steady(lambda: dial.get_attribute("max"))
    expect(page).to_have_url(re.compile(f"counted={last}"))
    found: list[str] = []
    check(page, "cold start", found)
    assert not found, "\n".join(found)


# Note each picture that is painted over the charts beside the dial.
_WATCH_PICTURES = """() => {
    window.painted = {}
    for (const name of ["cold_way", "cold_vector"]) {
        const chart = document.querySelector(`.st-key-${name}_chart .fs-chart`)
        const noted = (window.painted[name] = [])
        new MutationObserver(() => noted.push(chart.querySelector(".fs-canvas").toDataURL()))
            .observe(chart, { attributes: true, attributeFilter: ["data-moved"] })
    }
}"""


def counted(page: Page) -> int:
    """The ratings that count on the map as Plotly has drawn it."""
    chart = page.locator(".st-key-cold_way_chart .fs-chart")
    return chart.evaluate("chart => chart._fullData[3].x.length - 1")


def test_the_pictures_beside_the_dial_move_while_it_is_dragged(browser_page):
    page = browser_page()
    open_panel(page, f"{OPEN.replace('edit', 'cold')}&counted=2")
    becomes(lambda: counted(page), 2)
    page.evaluate(_WATCH_PICTURES)
    dial = panel(page).get_by_role("slider", name="Ratings counted so far", exact=True)
    last = int(steady(lambda: dial.get_attribute("max")))
    dial.scroll_into_view_if_needed()
    box = steady(lambda: dial.bounding_box())

    def drag_to(at: int) -> None:
        thumb = 16
        x = box["x"] + thumb / 2 + (box["width"] - thumb) * at / last
        page.mouse.move(x, box["y"] + box["height"] / 2)

    drag_to(2)
    page.mouse.down()
    drag_to(5)
    drag_to(9)
    becomes(
        lambda: page.evaluate("Object.values(window.painted)"),
        lambda found: all(len(set(pictures)) > 1 for pictures in found),
    )
    becomes(lambda: counted(page), 9)  # a hand that rests
    expect(page.locator(".st-key-cold_vector_chart .fs-moving")).to_have_count(0)
    page.mouse.up()
    expect(page).to_have_url(re.compile("counted=9"))
    expect(page.get_by_role("figure", name=f"after 9 of {last} ratings")).to_be_visible()
    stays(lambda: counted(page), 9)


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_it_is_for_everybody_and_fits(browser_page, width, dark):
    page = browser_page(width, 844, dark)
    page.add_init_script(path=AXE)
    open_panel(page)
    becomes(lambda: width_of(page) <= width, True)
    panel(page).get_by_role("slider").first.focus()
    page.keyboard.press("Home")
    expect(panel(page)).to_have_attribute("data-by", "page")
    expect(panel(page)).to_have_attribute("data-moved", "1")
    found: list[str] = []
    check(page, "edited factors", found)
    assert not found, "\n".join(found)
    panel(page).scroll_into_view_if_needed()
    shot(page, f"edited-factors-{width}")

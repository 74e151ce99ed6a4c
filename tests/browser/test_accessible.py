"""Every page for those who do not see it well, or do not use a mouse: WCAG 2.2 AA.

The rules are axe-core's; what it cannot tell is tested by itself: the whole job by keyboard, focus
that is seen, targets that a finger hits, and little motion where that is wished.
"""

from __future__ import annotations

import re
from importlib import metadata

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import arrived, becomes, comes_to, go_to, plot, settled, sidebar
from tests.browser.training import UPLOAD, upload

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "data",
    "train",
    "predictions",
    "latent",
    "recommend",
    "compare",
    "learn",
    "replicas",
    "room",
)
RUN = "data=party&model=SGD&epoch=best"

WIDTHS = {"desktop": (1440, 900), "telephone": (390, 844)}

AXE = metadata.distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js")

# Impact, rule, place and reason of all that axe finds, but what is "minor". Left out is one thing
# of Streamlit's: menus, popovers and lists of choices that are open lie beside its #root, and so
# outside the landmarks that are in there (rule "region"); where they are cannot be chosen.
FINDINGS = """async () => {
    const { violations } = await axe.run({ resultTypes: ["violations"] })
    const ofStreamlit = (id, { target }) =>
        id === "region" && !document.querySelector(target.at(-1))?.closest("#root")
    return violations.filter(({ impact }) => impact !== "minor").flatMap(({ id, impact, nodes }) =>
        nodes.filter((node) => !ofStreamlit(id, node)).map(({ html, any, all, none }) => {
            const why = [...any, ...all, ...none].map(({ message }) => message)
            return `${impact} ${id}: ${html.slice(0, 160)} ${why.join("; ").slice(0, 200)}`
        }))
}"""


def check(page: Page, where: str, found: list[str]) -> None:
    """Note what axe finds on the page as it is; what is just fading in may take a moment."""
    settled(page)
    try:
        becomes(lambda: page.evaluate(FINDINGS), [], timeout=4)
    except AssertionError as error:
        found.append(f"{where}: {error}")


def learned(page: Page) -> None:
    """Open Train with the party learned to its end."""
    page.goto(f"/train?{RUN}")
    arrived(page)
    expect(page.locator(".st-key-controls")).to_contain_text("done")


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["desktop", "telephone"])
def test_axe_finds_nothing_on_any_page(width, dark, browser_page):
    page = browser_page(*WIDTHS[width], dark)
    page.add_init_script(path=AXE)
    found: list[str] = []
    for path in ("", "data", "predictions", "learn?learn=words"):
        go_to(page, path)
        check(page, f"{path or 'home'} with nothing", found)
    learned(page)
    for path in sorted(PAGES, key="train".__ne__):  # Train first: it is open
        if path != "train":
            go_to(page, f"{path}?{RUN}")
        check(page, path or "home", found)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark"), [("desktop", False), ("telephone", True)])
def test_axe_finds_nothing_in_what_is_opened(width, dark, browser_page):
    page = browser_page(*WIDTHS[width], dark)
    page.add_init_script(path=AXE)
    found: list[str] = []
    learned(page)
    for key in ("matrix_table", "curve_axes", "more_settings", "rename_1", "receipt_1"):
        opener = page.locator(f"[class*=st-key-{key}] button:visible").first
        opener.click()
        expect(opener).to_have_attribute("aria-expanded", "true")
        check(page, key, found)
        page.keyboard.press("Escape")
        expect(opener).to_have_attribute("aria-expanded", "false")
    page.locator(".st-key-epochs summary").click()
    page.locator(".st-key-formula summary").click()
    expect(page.locator(".fs-formula").first).to_be_visible()
    check(page, "formula", found)
    page.get_by_test_id("stMainMenuButton").click()
    expect(page.get_by_role("menu")).to_be_visible()
    check(page, "main menu", found)
    go_to(page, f"data?{RUN}")
    page.get_by_text("Choose another split").click()
    page.get_by_role("radio", name="Upload", exact=True).click()
    upload(page, "mine.csv", UPLOAD)
    expect(page.get_by_role("button", name="Use these ratings")).to_be_visible()
    check(page, "preview of an upload", found)
    go_to(page, f"recommend?{RUN}")
    page.get_by_text("A new guest", exact=True).click()
    expect(page.get_by_text("knows nothing of you")).to_be_visible()
    check(page, "guest", found)
    assert not found, "\n".join(found)


# --- the keyboard alone ---------------------------------------------------------------------------


def tab(page: Page, target: Locator) -> bool:
    """Press Tab once; whether the keyboard has come to the target."""
    page.keyboard.press("Tab")
    return target.evaluate("target => target === document.activeElement")


def press_on(page: Page, target: Locator) -> None:
    """Go by Tab to a button or a link, and press Enter."""
    expect(target).to_be_visible()
    becomes(lambda: tab(page, target), True)
    page.keyboard.press("Enter")


def told(page: Page) -> Locator:
    """What a screen reader is told."""
    return page.locator(".fs-told")


@pytest.mark.slow
def test_the_main_job_is_done_with_the_keyboard_alone(browser_page):
    """Load the party, train, select a cell, see its terms, and the reasons of a recommendation."""
    page = browser_page()
    go_to(page, "")
    press_on(page, page.get_by_role("button", name="Watch it learn"))
    comes_to(page, "train")
    speeds = page.get_by_role("radiogroup", name="Speed").get_by_role("radio")
    becomes(lambda: tab(page, speeds.first), True)
    for faster in ("2", "5", "10", "20", "50", "max"):
        page.keyboard.press("ArrowRight")
        expect(speeds.filter(has_text=re.compile(f"^{faster}$"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(speeds.last).to_be_checked()
    expect(page.locator(".st-key-controls")).to_contain_text("done")
    settled(page)
    # A chart of Train, and the cell beside the first.
    becomes(lambda: tab(page, plot(page, "matrix")), True)
    expect(told(page)).to_have_text(re.compile("^Darth Vader, Another One Bites the Dust: rated 4"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(told(page)).to_have_text(
        re.compile(r"^Hermione, Back in Black: unrated, predicted [\d.]+$")
    )
    expect(plot(page, "matrix").locator(".fs-cursor")).to_be_visible()
    page.keyboard.press("Enter")
    expect(told(page)).to_have_text(re.compile("^selected: Hermione, Back in Black"))
    expect(page.get_by_text("Hermione, Back in Black: predicted")).to_be_visible()
    press_on(page, page.get_by_role("link", name="Why? Term by term"))
    comes_to(page, "predictions")
    expect(page.get_by_text("Hermione × Back in Black")).to_be_visible()
    settled(page)
    # The map: another user.
    press_on(page, sidebar(page).get_by_role("link", name="Latent space"))
    comes_to(page, "latent")
    settled(page)
    becomes(lambda: tab(page, plot(page, "latent")), True)
    page.keyboard.press("End")
    expect(told(page)).to_have_text(re.compile("^(user|item) .*ratings, mean"))
    page.keyboard.press("Enter")
    expect(told(page)).to_have_text(re.compile("^selected: "))
    # What is recommended, and the reasons as a table.
    press_on(page, sidebar(page).get_by_role("link", name="Recommend"))
    comes_to(page, "recommend")
    expect(plot(page, "contributions").locator(".gtitle")).to_contain_text("Why")
    settled(page)
    press_on(page, page.get_by_role("button", name="As a table: How the ratings pull").first)
    expect(page.get_by_test_id("stPopoverBody").get_by_test_id("stDataFrame")).to_be_visible()


# The style of what has the keyboard and of the three around it, with focus and without.
SHOWS_FOCUS = """async () => {
    const rests = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))
    const here = document.activeElement
    const look = () => {
        const of = []
        for (let node = here, n = 0; node && n < 4; node = node.parentElement, n++) {
            const { outlineStyle, outlineWidth, boxShadow, borderColor, color, backgroundColor } =
                getComputedStyle(node)
            of.push(outlineStyle, outlineWidth, boxShadow, borderColor, color, backgroundColor)
        }
        return of.join()
    }
    await rests()
    const focused = look()
    here.blur()
    await rests()
    const blurred = look()
    here.focus({ focusVisible: true })
    const name = here.getAttribute("aria-label") ?? here.innerText
    const said = `${here.tagName} ${name.slice(0, 60)}`
    return { said, seen: focused !== blurred }
}"""


def stops(page: Page, n: int) -> dict[str, bool]:
    """Where n presses of Tab lead to, and whether one sees that the keyboard is there."""
    found = {}
    for _ in range(n):
        page.keyboard.press("Tab")
        stop = page.evaluate(SHOWS_FOCUS)
        if stop["said"].startswith("BODY"):  # behind the last, before the first
            break
        found[stop["said"]] = stop["seen"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_one_sees_where_the_keyboard_is(dark, browser_page):
    page = browser_page(dark=dark)
    page.emulate_media(reduced_motion="reduce")  # no colour that is still on its way
    learned(page)
    found = becomes(lambda: stops(page, 60))
    assert [name for name, seen in found.items() if not seen] == []
    assert len(found) > 40
    assert any("Predicted ratings" in name for name in found)
    assert any("Epoch shown in all panels" in name for name in found)


# --- fingers --------------------------------------------------------------------------------------

# What is smaller than 44 × 44 pixels, but for the steps of a number field, which can be typed as
# well; a help, around which a touch counts; what comes up under a mouse alone; and what is folded
# away.
SMALL_TARGETS = """() => {
    const all = document.querySelectorAll("button, a[href], summary, [role=tab], label:has(input)")
    return [...all].flatMap((node) => {
        const { width, height } = node.getBoundingClientRect()
        const apart = ".modebar, [data-testid^=stNumberInput] button, [aria-label^='Help for'], " +
            "[data-testid=stSkipToContent], [data-testid=stElementToolbar], " +
            "[data-testid=stSidebar]"
        if (!width || !node.checkVisibility({ visibilityProperty: true })) return []
        if (node.closest(apart) || (width >= 44 && height >= 44)) return []
        return [`${node.innerText || node.ariaLabel}: ${width} × ${height}`]
    })
}"""


@pytest.mark.slow
def test_on_a_telephone_a_finger_hits_every_button(browser_page):
    page = browser_page(*WIDTHS["telephone"])
    learned(page)
    becomes(lambda: page.evaluate(SMALL_TARGETS), [], timeout=5)
    go_to(page, f"recommend?{RUN}")
    page.get_by_text("A new guest", exact=True).click()
    expect(page.get_by_role("radio", name="5", exact=True).first).to_be_visible()
    settled(page)
    becomes(lambda: page.evaluate(SMALL_TARGETS), [], timeout=5)
    go_to(page, f"data?{RUN}")
    becomes(lambda: page.evaluate(SMALL_TARGETS), [], timeout=5)


# --- motion ---------------------------------------------------------------------------------------

SECONDS_OF_MOTION = """() => {
    const seconds = (text) => Math.max(...text.split(", ").map(parseFloat))
    return Math.max(...[...document.querySelectorAll("*")].flatMap((node) => {
        const { transitionDuration, animationDuration } = getComputedStyle(node)
        return [seconds(transitionDuration), seconds(animationDuration)]
    }))
}"""


@pytest.mark.slow
def test_who_wants_less_motion_gets_it(browser_page):
    page = browser_page()
    page.emulate_media(reduced_motion="reduce")
    learned(page)
    becomes(lambda: page.evaluate(SECONDS_OF_MOTION) <= 0.001, True)
    page.emulate_media(reduced_motion="no-preference")
    becomes(lambda: page.evaluate(SECONDS_OF_MOTION) > 0.01, True)  # so the first look can fail

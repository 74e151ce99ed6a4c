"""Each lesson from start to finish, as a student goes through it.

A script has one part for each step, and ends it with ``yield``: before the part no check of the
step is met, after it all of them are. Who does nothing is in ``tests/pages/test_page_learn.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from recsys_core.lessons import shelf
from recsys_core.lessons.lesson import Lesson
from tests.browser.helpers import becomes, click_at, click_point, find, press_row, settled
from tests.browser.lessons import (
    answer,
    begin,
    card,
    finish,
    on,
    open_by_step,
    panel,
    passed,
)
from tests.browser.training import (
    choose_model,
    finished,
    look_back,
    press,
    set_speed,
    start_new,
    step,
    trained,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Script = Callable[[Page], Iterator[None]]

LESSONS = [found.lesson for found in shelf.shipped() if found.lesson is not None]

# What the fields of settings are called.
LABELS = {
    "k": "Factors k", "reg": "Regularisation λ", "learning_rate": "Learning rate γ",
    "reg_user": "Regularisation λ_U", "reg_item": "Regularisation λ_V", "alpha": "Confidence α",
}  # fmt: skip

# Rows and columns of the party's matrix, by name.
USERS = ("Darth Vader", "Hermione", "Ripley", "Spock")
BACK_IN_BLACK, CLAIR_DE_LUNE = 1, 4


# --- what a student does in more than one lesson --------------------------------------------------


def learn(page: Page) -> None:
    """Press Play, and wait until the run is over."""
    set_speed(page, "max")
    press(page, "Play")
    finished(page)


def type_settings(page: Page, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        field = page.get_by_role("spinbutton", name=LABELS[name], exact=True)
        field.fill(value)
        field.press("Enter")
        settled(page)


def train(page: Page, model: str = "", **settings: str) -> None:
    """A new run, of another model or with other settings, watched to its end."""
    if model:
        choose_model(page, model)
    type_settings(page, settings)
    start_new(page)
    set_speed(page, "max")
    finished(page)


def to_the_last_epoch(page: Page) -> None:
    look_back(page, becomes(lambda: trained(page), lambda epoch: epoch > 0))


def click_cell(page: Page, user: str, item: int) -> None:
    click_at(page, "matrix", item, USERS.index(user), label=user)


def look_at_user(page: Page, name: str) -> None:
    """On Recommend."""
    find(page, "Find a user", name, name)
    expect(page.get_by_text(re.compile(rf"^{name} rated ")).first).to_be_visible()
    settled(page)


# --- the scripts ----------------------------------------------------------------------------------


def rating_matrix(page: Page) -> Iterator[None]:
    click_cell(page, "Hermione", CLAIR_DE_LUNE)
    yield
    click_cell(page, "Spock", BACK_IN_BLACK)
    yield
    open_by_step(page, "Go to Train", "train")
    learn(page)
    yield
    open_by_step(page, "Go to Predictions", "predictions")
    click_cell(page, "Hermione", BACK_IN_BLACK)
    yield


def one_step(page: Page) -> Iterator[None]:
    expect(page).to_have_url(re.compile("lesson=one-step&step=1"))
    expect(panel(page)).to_contain_text("the epoch shown is 0; it has to be at least 1.")
    expect(page.locator(".st-key-settings_box")).to_have_count(0)  # hidden in this step
    step(page)
    answer(page, re.compile("^1$"))
    yield
    click_cell(page, "Hermione", CLAIR_DE_LUNE)
    page.get_by_role("button", name="Expand").click()
    microscope = page.locator(".fs-step")
    for part in ("rating", "products", "sum", "error", "gradients", "after"):
        expect(microscope).to_have_attribute("data-sub", part)
        if part != "after":
            microscope.get_by_role("button", name="Forward").click()
    yield
    for _ in range(4):
        step(page)
    yield
    learn(page)
    yield
    type_settings(page, {"learning_rate": "3"})
    start_new(page)
    yield
    train(page, learning_rate="0.05")
    yield


def factors(page: Page) -> Iterator[None]:
    learn(page)
    yield
    train(page, k="3")
    yield
    train(page, k="20")
    to_the_last_epoch(page)
    yield
    train(page, k="3", reg="0.02")
    yield


def overfitting(page: Page) -> Iterator[None]:
    learn(page)
    yield
    train(page, reg="0")
    yield
    look_back(page, 2)
    yield
    train(page, reg="0.2")
    yield
    train(page, k="2", reg="0.1")
    yield


def als(page: Page) -> Iterator[None]:
    learn(page)
    yield
    train(page, "ALS")
    yield
    look_back(page, 3)
    yield
    train(page, k="15", reg="0.0001")
    yield
    train(page, k="3", reg="0.1")
    yield


def baselines(page: Page) -> Iterator[None]:
    answer(page, "Nothing special: it is her usual rating")
    yield
    panel(page).get_by_role("button", name="Press Step").click()
    yield
    learn(page)
    yield
    train(page, "ALS")
    yield


def pmf(page: Page) -> Iterator[None]:
    learn(page)
    yield
    train(page, k="10", reg_user="0.01", reg_item="0.01")
    yield
    page.locator(".st-key-settings_box").get_by_text("Adaptive priors").first.click()
    settled(page)
    train(page)
    yield
    train(page, "BayesianPMF")
    yield
    open_by_step(page, "Go to Predictions", "predictions")
    click_at(page, "matrix", 3, 2)
    yield


def networks(page: Page) -> Iterator[None]:
    learn(page)
    yield
    train(page, "NeuralMF")
    yield
    box = page.locator(".st-key-settings_box")
    box.get_by_role("combobox", name="Network").click()
    page.get_by_role("option", name="MLP", exact=True).click()
    settled(page)
    train(page, k="8")
    yield
    page.get_by_role("button", name="SGD, k = 3", exact=True).click()
    yield


def likes(page: Page) -> Iterator[None]:
    learn(page)
    yield
    train(page, alpha="10", k="4")
    yield
    open_by_step(page, "Go to Recommend", "recommend")
    look_at_user(page, "user 3")
    press_row(page, "best_item", 0)
    yield
    look_at_user(page, "user 12")
    for row in range(10):  # until one is found that is for user 12 alone
        press_row(page, "best_item", row)
    yield


def maps(page: Page) -> Iterator[None]:
    click_point(page, "latent", "Darth Vader")
    yield
    click_point(page, "latent", "Hermione")
    yield
    page.get_by_role("radio", name="Two factors").click()
    settled(page)
    click_point(page, "latent", "Back in Black")
    expect(panel(page)).to_contain_text("it has to be “Survivor”")
    # By its name: in this plane another point may lie over it.
    find(page, "Find a song", "Survivor", "Survivor")
    yield
    open_by_step(page, "Go to Latent space", "latent")
    click_point(page, "latent", "Darth Vader")
    yield


def cold_start(page: Page) -> Iterator[None]:
    look_at_user(page, "Hermione")
    yield
    look_at_user(page, "Darth Vader")
    press_row(page, "best_song", 1)
    yield
    page.get_by_role("radio", name="A new guest").click()
    for song in ("Firework", "Survivor"):
        group = page.get_by_role("radiogroup", name=f"Your rating of {song}")
        group.get_by_role("radio", name="5", exact=True).click()
        settled(page)
    page.get_by_role("radio", name="A user").click()
    settled(page)
    look_at_user(page, "Ripley")
    yield
    open_by_step(page, "Go to Predictions", "predictions")
    click_cell(page, "Spock", BACK_IN_BLACK)
    yield


def evaluation(page: Page) -> Iterator[None]:
    train(page, k="20", reg="0")
    to_the_last_epoch(page)
    yield
    train(page, k="12", reg="0.2")
    yield
    train(page, k="2", reg="0.1")
    page.get_by_role("button", name="Show test error").click()
    expect(page.get_by_text("how good each user's")).to_be_visible()
    yield
    answer(page, "How it ranks among all items")
    yield
    train(page, "ALS", k="2", reg="0.1")
    yield


SCRIPTS: dict[str, Script] = {
    "rating-matrix": rating_matrix, "one-step": one_step, "factors": factors,
    "overfitting": overfitting, "als": als, "baselines": baselines, "pmf": pmf,
    "networks": networks, "likes": likes, "maps": maps, "cold-start": cold_start,
    "evaluation": evaluation,
}  # fmt: skip


@pytest.mark.parametrize(
    ("number", "lesson"),
    list(enumerate(LESSONS, start=1)),
    ids=[lesson.id for lesson in LESSONS],
)
def test_a_student_passes_a_lesson_from_start_to_finish(number, lesson: Lesson, browser_page):
    if lesson.lacking():
        pytest.skip(f"needs {lesson.lacking()}")
    page = browser_page()
    begin(page, number, lesson.page)
    script = SCRIPTS[lesson.id](page)
    for at, each in enumerate(lesson.steps, start=1):
        if at > 1:
            on(page, at)
        passed(page, 0)
        next(script)
        passed(page, len(each.checks))
    assert next(script, "over") == "over"
    finish(page)
    expect(card(page, lesson.id)).to_contain_text("✓ passed")
    take_certificate(page, len(list(lesson.checks())))


def take_certificate(page: Page, n_checks: int) -> None:
    """Who passed a lesson can have a certificate, which the server verifies."""
    page.get_by_text("Certificates and results").click()
    page.get_by_role("textbox", name="Your name").fill("Ada")
    page.get_by_role("button", name="Give me a certificate").click()
    line = page.get_by_test_id("stCode")
    certificate = becomes(lambda: line.inner_text(), lambda text: text.strip().startswith("fl1."))
    field = page.get_by_role("textbox", name="Verify a certificate")
    field.fill(certificate.strip())
    field.press("Enter")
    expect(page.get_by_text(f"Ada passed {n_checks} of")).to_be_visible()

"""The Replicas page: one click trains an article's system and shows what came of it."""

import pytest

from recsys_core.replicas import REPLICAS, live
from recsys_core.runs import registry
from tests.app_harness import open_page, until


def opened(number, browser_id):
    app = open_page("replicas", browser_id)
    picked = next(s for s in app.selectbox if s.label == "Article")
    return picked.set_value(picked.options[number]).run()


@pytest.mark.parametrize("number", range(len(REPLICAS)))
def test_every_article_is_introduced_and_can_be_started(number, browser_id):
    app = opened(number, browser_id)
    assert not app.exception and not app.error
    assert REPLICAS[number].summary in " ".join(m.value for m in app.markdown)
    labels = [button.label for button in app.button]
    assert ("Run this replica" in labels) == (REPLICAS[number].data is not None)


@pytest.mark.slow
def test_one_click_trains_all_cases_and_shows_three_columns(browser_id):
    app = opened(2, browser_id)
    next(b for b in app.button if b.label == "Run this replica").click().run()
    workspace = registry().workspace(browser_id)
    replica = REPLICAS[2]
    assert len(live.entries_of(workspace, replica, replica.data())) == len(replica.cases)
    until(lambda: not workspace.busy)
    app.run()
    assert not app.exception
    table = app.table[0].value
    assert list(table.columns) == ["the article says", "we get", "our best"]
    assert table.loc["loss after epoch 1, k = 5", "the article says"] == "596.6"
    headings = [h.value for h in app.header]
    assert [lesson.title for lesson in replica.lessons] == headings

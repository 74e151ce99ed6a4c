"""Ratings that people gave in words: the words stand beside the numbers wherever one rates."""

import numpy as np
import pytest
import streamlit

import recsys_core as rc
from recsys_core import escape
from recsys_core.asking import attribution, matrix_view
from recsys_core.figures import heatmap, histogram, reason_bars
from recsys_core.ratings import Scale
from tests.app_harness import load, open_page, text_of, train

WORDS = ["Strongly disagree", "Disagree", "Neutral", "Agree", "*Strongly* agree <b>"]


@pytest.fixture
def ratings():
    """Eight people on six statements; the last word is text that no page may read as markup."""
    wide = np.array([[(3 * u + 2 * i + u * i) % 5 + 1 for i in range(6)] for u in range(8)], float)
    wide[::2, 1] = np.nan
    scale = Scale(1, 5, 1, list(enumerate(WORDS, 1)))
    items = [f"statement {i}" for i in range(6)]
    return rc.Ratings.from_matrix(wide, None, scale, item_noun="statement").replace(items=items)


def trained(browser_id, ratings):
    return train(load(browser_id, ratings), rc.ALS(n_factors=2, n_epochs=4))


def test_a_guest_chooses_among_words_and_the_numbers_count(browser_id, ratings):
    run = trained(browser_id, ratings)
    at = open_page("recommend", browser_id, "who=guest")
    forms = [s for s in at.main.selectbox if (s.key or "").removeprefix("guest_").isdigit()]
    said = [f"{n} ({word})" for n, word in enumerate(WORDS, 1)]
    assert len(forms) == 6 and all(form.options == said for form in forms)
    forms[0].set_value(4.0).run()
    assert not at.exception
    item = int(forms[0].key.removeprefix("guest_"))
    guest = run.fitted.fold_in(np.array([item]), np.array([4.0]))
    best = run.fitted.recommend(guest, 5)
    shown = at.dataframe(key="best_statement").value
    assert list(shown["statement"]) == [ratings.item_names[i] for i in best["item"]]


def test_the_editor_offers_the_words_and_keeps_numbers(browser_id, ratings, monkeypatch):
    columns = {}

    def editor(table, *, column_config, **_):
        columns.update(column_config)
        table.iloc[0, 1] = 5.0
        return table

    load(browser_id, ratings)
    monkeypatch.setattr(streamlit, "data_editor", editor)
    at = open_page("data", browser_id)
    options = columns["0"]["type_config"]["options"]
    assert [o["value"] for o in options] == [1, 2, 3, 4, 5]
    assert options[3]["label"] == "4 (Agree)"
    pressed = next(b for b in at.button if b.label == "Train on this table").click()
    assert not pressed.run().exception


def test_what_was_rated_is_said_with_its_word(browser_id, ratings):
    trained(browser_id, ratings)
    said = [f"· rated {escape.markdown(f'{n} ({word})')}" for n, word in enumerate(WORDS, 1)]
    assert sum(text in text_of(open_page("predictions", browser_id)) for text in said) == 1
    at = open_page("recommend", browser_id)
    own = next(d.value for d in at.main.dataframe if "rated" in d.value)
    assert set(own["rated"]) <= {f"{n} ({word})" for n, word in enumerate(WORDS, 1)}
    at = open_page("data", browser_id)
    metric = next(m for m in at.metric if m.label == "Scale")
    assert escape.markdown("4 (Agree)") in metric.help and escape.markdown(WORDS[4]) in metric.help


def test_grades_without_equal_steps_are_chosen_too(browser_id, ratings):
    named = [(0, "F"), (1, "D"), (2, "C"), (3, "B"), (4, "A"), (4.3, "A+")]
    changed = ratings.replace(
        values=np.where(ratings.values == 5, np.float32(4.3), ratings.values - 1),
        scale=Scale(0, 4.3, None, named),
    )
    trained(browser_id, changed)
    at = open_page("recommend", browser_id, "who=guest")
    form = next(c for c in at.main.segmented_control if c.key and c.key.startswith("guest_"))
    assert form.options == [escape.markdown(f"{x:g} ({word})") for x, word in named]
    form.set_value(4.3).run()
    assert not at.exception


def test_hovers_say_the_words_as_text(browser_id, ratings):
    run = trained(browser_id, ratings)
    part = matrix_view.block_of(ratings, run.fitted, np.arange(8), np.arange(6))
    told = str(heatmap.figure(part, "observed", "light")) + str(heatmap.live(part, "light"))
    assert "rated 4 (Agree)" in told and "5 (*Strongly* agree &lt;b&gt;)" in told
    assert heatmap.live(part, "light")[1]["words"]["4"] == "Agree"
    assert "4 (Agree)" in str(histogram.figure(ratings, "light"))
    reasons = attribution.reasons(run.fitted, 0, 1)
    bars = reason_bars.figure(reasons, ratings.item_names, "one", "light", scale=ratings.scale)
    rated = reasons.table["rating"].to_numpy()
    assert all(f"rated {x:g} ({WORDS[int(x) - 1]})".split("*")[0] in str(bars) for x in rated)

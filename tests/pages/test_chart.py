import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared.chart import assets
from pages.shared.chart.chart import cells, points
from recsys_core.figures import theme


def page():
    import pandas as pd
    import streamlit as st

    from pages.shared.chart.chart import chart
    from recsys_core.figures import plain, theme

    line = plain.trace("scatter", x=[1, 2], y=[3, 4])
    figure = theme.dress(plain.figure([line], height=222), "light")
    table = pd.DataFrame({"x": [1, 2], "y": [3, 4]})
    found = chart(figure, key="line", alt="a line", table=lambda: table)
    st.text(repr(found))


def test_a_chart_in_a_page_has_its_table_twin_behind_a_button():
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.text[0].value == "None"
    assert not app.dataframe  # made when it is opened, not before
    app.session_state["line_table"] = True
    app.run()
    pd.testing.assert_frame_equal(app.dataframe[0].value, pd.DataFrame({"x": [1, 2], "y": [3, 4]}))


@pytest.mark.parametrize(
    "script", ["chart.js", "timeline.js", "view.js", "share.js", "overlay.js", "preload.js"]
)
def test_a_component_names_its_script_instead_of_carrying_it(script):
    code = assets.component_of(script)
    assert f"{assets.SCRIPTS_ROUTE}/{script}" in code
    assert len(code) < 400  # it is sent with every update
    assert {"render", "remove"} <= {
        name
        for name in ("render", "remove")
        if f"export function {name}(" in assets.SCRIPTS[script]
    }


def test_the_browser_is_sent_the_templates_of_both_themes_once():
    script = assets.SCRIPTS["templates.js"]
    templates = json.loads(script.removeprefix("export const templates = "))
    assert templates == {mode: theme.template(mode) for mode in ("light", "dark")}
    assert "./templates.js" in assets.SCRIPTS["chart.js"]


def test_where_one_is_is_given_as_indices_of_users_and_items():
    rows, columns = np.array([3, 1]), np.array([0, 2, 5])
    assert cells(rows, columns, {"width": 3}, begin=True) == {
        "rows": [3, 1], "columns": [0, 2, 5], "ring": {"width": 3}, "begin": True,
    }  # fmt: skip
    found = points([(0, "user", [2, 0]), (1, "item", [])])
    assert [p["ids"] for p in found["points"]] == [[2, 0], []]
    json.dumps([cells(rows, columns, {}), found])  # as it is sent

import json

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import assets
from recsys_core.figures import theme


def page():
    import pandas as pd
    import streamlit as st

    from pages.shared.chart import chart
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


@pytest.mark.parametrize("script", ["chart.js", "timeline.js"])
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

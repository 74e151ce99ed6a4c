"""What every page stands in: configuration, the view, navigation, and the sidebar's two cards."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import StopException

from pages.shared import accessible, keeping, lesson_panel, lessons, login, parts, sidebar, view
from pages.shared.chart.chart import preload
from recsys_core import escape, runs
from recsys_core.text import Text, later, worded

PAGES = (
    ("home.py", later("Home"), ":material/home:", later("Three ways in.")),
    ("data.py", later("Data"), ":material/table_chart:",
     later("Choose, look at and split the ratings.")),
    ("train.py", later("Train"), ":material/play_circle:", later("Watch a model learn them.")),
    ("predictions.py", later("Predictions"), ":material/grid_on:",
     later("The whole matrix, gaps filled.")),
    ("latent.py", later("Latent space"), ":material/scatter_plot:",
     later("Users and items as the model sees.")),
    ("recommend.py", later("Recommend"), ":material/recommend:",
     later("What to suggest to whom, and why.")),
    ("compare.py", later("Compare"), ":material/compare_arrows:",
     later("Several models beside each other.")),
    ("learn.py", later("Learn"), ":material/school:",
     later("Lessons, and published systems run again.")),
    ("room.py", later("Room"), ":material/groups:",
     later("A class rates on its telephones.")),
)  # fmt: skip

# A fragment's container stays the current one when the same thread goes on with a run of the whole
# page (Streamlit 1.67, fast reruns off): begin in the page, not in the sidebar.
context_dg_stack.set(get_default_dg_stack_value())

st.set_page_config(
    page_title="Factorscope",
    page_icon=str(Path(__file__).parent / "shared" / "icon.svg"),
    layout="wide",
)

# The page begins beside the menu, not below an empty bar: Train has to fit 900 pixels.
st.html(
    """<style>
    @media (min-width: 768px) {
        .st-key-page_head { padding-right: 2rem; }  /* beside the menu */
        /* It lies over the head of the page: only its buttons are to be hit. */
        [data-testid=stHeader] { background: none; }
        [data-testid=stHeader], [data-testid=stHeader] div { pointer-events: none; }
        [data-testid=stHeader] button, [data-testid=stHeader] button div { pointer-events: auto; }
        [data-testid=stMainBlockContainer] { padding: 1.25rem 2rem 2rem; }
        [data-testid=stApp]:has([data-testid=stExpandSidebarButton])
            [data-testid=stMainBlockContainer] { padding-top: 3.5rem; }
    }
    /* Streamlit writes cells into that file as they are, formulas too; ours are in Export. */
    [data-testid=stElementToolbarButton]:has([aria-label^="Download as CSV"]) { display: none; }
    .fs-remark { margin: 0; padding: .5em .8em; border-radius: 6px;
        border: 1px solid #B7791F; }
    </style>"""
)
accessible.styles()


def _is_shown(page: StreamlitPage) -> bool:
    """Whether a link that this tab came by leaves the page out, or locks it."""
    scripts = [script for script, *_ in PAGES] + ["learn.py"]  # replicas are a part of it
    part = parts.of_page(scripts[[*every, replicas].index(page)])
    return parts.drawn(part) and not parts.locked(part)


every = [
    st.Page(script, title=Text(title), icon=icon, default=script == "home.py")
    for script, title, icon, _ in PAGES
]
replicas = st.Page("replicas.py", title="Replicas")  # an old address: in no menu
with runs.registry().drawing():
    page = st.navigation([*every, replicas], position="hidden")
    login.ask()
    view.arrive(page.url_path)
    lessons.arrive()
    # Now that the address was read, by which the language may be another one.
    st.set_page_config(
        # One entry, so that the menu with the light and dark switch is shown at all.
        menu_items={
            "About": Text(
                "Factorscope: watch matrix factorization learn, on your own ratings. These are "
                "for you alone unless you share them. They leave the memory of this server 15 "
                "minutes after you last looked, and are kept on its disk only if you chose so when "
                "you brought them; the numbers of your runs are kept. Data has *Forget everything "
                "of mine*."
            ),
            "Get help": None,
            "Report a bug": None,
        },
    )

    with st.sidebar:
        if parts.drawn("pages"):
            asked = view.parameters()
            with st.container(gap="xxsmall", key="pages"):
                for each, (script, title, icon, meaning) in zip(every, PAGES, strict=True):
                    if not parts.drawn(parts.of_page(script)):
                        continue
                    st.page_link(
                        each,
                        label=Text(title),
                        icon=icon,
                        help=Text(meaning),
                        width="stretch",
                        disabled=parts.locked("pages") or parts.locked(parts.of_page(script)),
                        query_params=asked,
                    )
        sidebar.sidebar()
        login.way_out()
        preload()

    if said := view.remarks():
        # What a link says is text, never markup.
        st.html(
            f'<p role="status" class="fs-remark">{escape.html(" ".join(map(worded, said)))}</p>'
        )

    if trouble := keeping.trouble():
        st.html(f'<p role="status" class="fs-remark">{escape.html(trouble)}</p>')

    try:
        with lesson_panel.beside(page.url_path):
            if _is_shown(page):
                page.run()
            else:
                st.info(Text("This page is left out here; choose another one in the menu."))
    except StopException:
        pass  # a page that has nothing to show yet stops early
    except Exception:
        view.tell()
        raise
    view.tell()
    view.keep()

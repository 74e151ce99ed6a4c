"""Learn, third part: the glossary, searched by a word or by what is said of it."""

from __future__ import annotations

import streamlit as st

from recsys_core import glossary
from recsys_core.text import Text


def draw() -> None:
    """Draw the words that hold what is looked for, first those that begin with it."""
    wanted = st.text_input(Text("Find a word"), key="word", width=320).strip().lower()
    titles = list(glossary.GLOSSARY)
    if wanted:
        titles = [
            title for title in titles
            if wanted in title.lower() or wanted in glossary.meaning(title).lower()
        ]  # fmt: skip
        titles.sort(key=lambda title: not title.lower().startswith(wanted))
        st.caption(
            Text("{n:,}\u00a0word found.", "{n:,}\u00a0words found.", n=len(titles))
            if titles
            else Text("No word found; look for a part of it.")
        )
    with st.container(key="words"):
        for title in titles:
            st.markdown(glossary.tooltip(title))

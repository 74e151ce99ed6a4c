"""A Streamlit app with next to nothing on its pages: what the server itself costs on a machine."""

import streamlit as st


def page(name: str) -> None:
    st.title(name)
    st.slider("A number", 0, 10, key=f"number_{name}")
    st.markdown("One sentence.")


st.navigation(
    [
        st.Page(lambda: page("one"), title="one", url_path="one", default=True),
        st.Page(lambda: page("two"), title="two", url_path="two"),
    ]
).run()

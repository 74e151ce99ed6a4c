"""What makes every page legible and reachable: contrast, focus, touch, motion, hidden labels.

Streamlit's own styles, where they fall short of WCAG 2.2 AA; those of our components are in
``chart/js/style.js``.
"""

from __future__ import annotations

import streamlit as st

from pages.shared import session
from recsys_core.figures import theme

# Telephones, in pixels; there a finger needs targets of at least 44 by 44.
_TELEPHONE, _TARGET = 640, 44


def styles() -> None:
    """Add the styles to the page."""
    colours = theme.of(session.theme())
    st.html(
        f"""<style>
    :root {{ --fs-ink: {colours.ink}; --fs-muted: {colours.muted}; --fs-accent: {colours.accent};
        --fs-paper: {colours.paper}; }}

    /* Contrast: 4.5 or more for all text. */
    body [data-testid=stCaptionContainer] {{ color: var(--fs-muted); opacity: 1; }}
    body [class*=st-key-select_] button[kind=primary]:disabled {{  /* chosen, not switched off */
        color: var(--fs-ink); border-color: var(--fs-accent); }}
    body [data-testid=stSpinner] span {{ color: var(--fs-muted); opacity: 1; }}
    body [data-testid=stMainMenuPopover] span:not([data-testid=stMainMenuList] span) {{
        color: var(--fs-muted); opacity: 1; }}
    body :is(button[data-variant]:is([aria-checked=true], [aria-pressed=true]),
        [role=tab][aria-selected=true]) {{
        color: var(--fs-ink) !important; }}

    /* Focus that one sees: where the keyboard is. */
    body :is(a, button, summary, [role=tab], [role=slider], .fs-chart, canvas):focus-visible,
    body label:has(input:focus-visible),
    body [data-testid=stSlider] div:has(> div > input:focus-visible) {{
        outline: 2px solid var(--fs-accent) !important; outline-offset: 2px; }}
    body main:focus-visible {{ outline: 2px solid var(--fs-accent) !important; }}
    body :is(main, .fs-chart, canvas):focus-visible {{ outline-offset: -2px; }}

    /* The label of a button that shows an icon alone is for those who hear it. */
    :is([class*=_twin], .st-key-curves_view, [class*=st-key-rename_], [class*=st-key-remove_],
        [class*=st-key-room_hide_],
        [class*=st-key-run_] [class*=st-key-receipt_]) button [data-testid=stMarkdownContainer] {{
        position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
        white-space: nowrap; }}

    /* Targets that a finger hits. */
    @media (max-width: {_TELEPHONE}px) {{
        body :is(button:not(.modebar-btn, [aria-label^="Help for"], [data-testid^=stNumberInput]),
            summary, [role=tab], [data-testid=stPageLink-NavLink],
            label:has(input[type=checkbox])) {{ min-height: {_TARGET}px; }}
        body :is(button:not(.modebar-btn, [aria-label^="Help for"], [data-testid^=stNumberInput]),
            label:has(input[type=checkbox])) {{ min-width: {_TARGET}px; }}
        body :is([data-testid=stNumberInputContainer], [data-testid=stTextInputRootElement],
            [data-testid=stSelectbox] [role=group]) {{ height: {_TARGET}px; }}
        body [data-testid=stNumberInputContainer] :is(input, div, button) {{ height: 100%; }}
        body label:has(input[type=checkbox]) {{ align-items: center; }}
        /* The circle of a help and that of a slider stay small; where they are touched does not. */
        body button[aria-label^="Help for"] {{ position: relative; }}
        body :is(button[aria-label^="Help for"], [data-testid=stSlider] div:has(
            > div > input[type=range]))::after {{ content: ""; position: absolute;
            inset: -15px; }}
    }}

    @media (prefers-reduced-motion: reduce) {{
        *, *::before, *::after {{ animation-duration: 1ms !important;
            animation-iteration-count: 1 !important; transition-duration: 1ms !important;
            transition-delay: 0s !important; scroll-behavior: auto !important; }}
    }}
    </style>"""
    )

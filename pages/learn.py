"""Learn: lessons beside the real controls; and published systems, run again."""

from __future__ import annotations

from pages.panels.learn import page

page.draw("lessons")

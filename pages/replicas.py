"""The old address of the replicas, which are the second part of Learn."""

from __future__ import annotations

from pages.panels.learn import page

page.draw("replicas")

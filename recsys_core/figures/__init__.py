"""Figures: one file a family of charts; colours and their meanings live in ``theme``."""

"""The chart component, its Python side and its JavaScript."""

"""Measurements: accuracy and time of our models, and of a server with many sessions."""

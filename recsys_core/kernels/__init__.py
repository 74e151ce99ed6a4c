"""Compiled inner loops: formula beside code, no Python objects, the GIL released."""

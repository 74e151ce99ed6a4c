"""The parts of the Compare page, one module each with ``draw()``."""

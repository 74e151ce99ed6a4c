"""The Train page: controls and live panels, settings, the list of runs."""

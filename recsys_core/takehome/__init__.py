"""Files and records to take away: made from a Record or a Run, used without the dashboard."""

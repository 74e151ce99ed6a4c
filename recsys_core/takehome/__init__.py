"""Files to take home, made from a record: reports to read, and what makes the run again."""

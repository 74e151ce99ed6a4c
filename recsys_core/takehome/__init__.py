"""Files to take home, made from a record: to read, and to make the run again."""

"""The Room page: a teacher opens a room, projects it, and ends it."""

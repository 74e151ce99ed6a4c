"""Inside the update: one step of each algorithm on the model in hand, by its kernel's numbers."""

"""The Data page: where ratings come from, what is loaded, the split, the editor."""

"""The Recommend page: guests."""

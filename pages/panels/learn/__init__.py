"""The Learn page: lessons, what came of them, and the replicas."""

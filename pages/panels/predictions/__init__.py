"""The Predictions page: which users and items the matrix shows."""

"""What one asks of a fitted model: similarity, attribution, projection, seriation, exports."""

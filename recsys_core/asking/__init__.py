"""Questions to a fitted model: similarity, attribution, projection, seriation, exports."""

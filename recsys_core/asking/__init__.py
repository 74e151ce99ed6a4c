"""Questions to a fitted model: similarity, attribution, held-out ratings, projection, exports …"""

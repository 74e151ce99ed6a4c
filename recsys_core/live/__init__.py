"""Live: what a browser is told of the runs it watches, while they train and afterwards.

``messages`` declares what is sent, ``feed`` decides what is new, ``frames`` packs the pictures,
``commentary`` and ``status_lines`` word what is said.
"""

"""Live: the messages to a browser about the runs it shows, during training and afterwards.

``messages`` declares what is sent, ``feed`` decides what is new, ``frames`` packs the pictures,
``commentary`` and ``status_lines`` word what is said.
"""

"""Damaged, odd and hostile files of every kind, made from a number, and what the reader does.

``make fuzz`` or ``python -m fuzz --n 100000``: each file ends in Ratings or in one sentence.
Whatever else happens (another error, a child that dies, more than 10 seconds or 1 GiB) is counted
by place, with the numbers that make these files again.
"""

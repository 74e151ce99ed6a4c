"""Names beside points do not cover each other where there is room."""

import numpy as np

from recsys_core.figures import point_labels


def boxes(xy, names, places):
    offsets = {name: (right, up) for name, right, up in point_labels._PLACES}
    spread = np.ptp(xy, axis=0)
    at = (xy - xy.min(axis=0)) * min(
        point_labels._WIDTH / spread[0], point_labels._HEIGHT / spread[1]
    )
    return [
        point_labels._box(a, len(n), *offsets[p]) for a, n, p in zip(at, names, places, strict=True)
    ]


def overlaps(found):
    found = np.array(found)
    return sum(
        point_labels._overlap(box, np.delete(found, i, axis=0)) > 1 for i, box in enumerate(found)
    )


def test_names_that_would_collide_move_apart():
    # Two points side by side with long names, and corners that set the scale.
    xy = np.array([[0.45, 0.5], [0.55, 0.5], [0, 0], [1, 1]])
    names = ["a rather long name", "another long name", "x", "y"]
    assert overlaps(boxes(xy, names, ["middle right"] * 4)) == 2
    assert overlaps(boxes(xy, names, point_labels.positions(xy, names))) == 0


def test_a_name_alone_stands_to_the_right_and_one_at_the_edge_turns_inward():
    xy = np.array([[1.0, 0.5], [2.0, 0.9], [0.0, 0.0], [2.0, 0.0]])
    places = point_labels.positions(xy, ["middle", "a long name at the edge", "c", "d"])
    assert places[0] == "middle right"
    assert places[1].endswith("left")


def test_one_point_and_equal_points_are_no_error():
    assert point_labels.positions(np.zeros((1, 2)), ["a"]) == ["middle right"]
    assert len(point_labels.positions(np.zeros((3, 2)), ["a", "b", "c"])) == 3

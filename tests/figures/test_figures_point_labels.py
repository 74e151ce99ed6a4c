"""Names beside points do not cover each other where there is room."""

import numpy as np

from recsys_core.figures import point_labels

# Corners that set the scale: one unit is as many pixels as the plot is high, 480.
CORNERS = [[0, 0], [1, 1]]


def test_names_that_would_collide_move_apart():
    # 48 pixels apart, and each name is some 115 long: to the right of the first, it would lie over
    # the second point.
    side_by_side = np.array([[0.45, 0.5], [0.55, 0.5], *CORNERS])
    names = ["a rather long name", "another long name", "x", "y"]
    found = point_labels.positions(side_by_side, names)
    assert found[:2] == ["middle left", "middle right"]
    # Between two that took both sides, above is free.
    in_a_row = np.array([[0.45, 0.5], [0.55, 0.5], [0.5, 0.5], *CORNERS])
    found = point_labels.positions(in_a_row, [*names[:2], "a third long name", *names[2:]])
    assert found[:3] == ["middle left", "middle right", "top center"]


def test_names_leave_points_free_that_have_no_name():
    named, others = np.array([[0.5, 0.5]]), np.array([[0.55, 0.5], [0.45, 0.5], *CORNERS])
    assert point_labels.positions(named, ["a long name"]) == ["middle right"]
    all_points = np.vstack([named, others])
    assert point_labels.positions(named, ["a long name"], all_points) == ["top center"]


def test_a_name_alone_stands_to_the_right_and_one_at_the_edge_turns_inward():
    xy = np.array([[1.0, 0.5], [2.0, 0.9], [0.0, 0.0], [2.0, 0.0]])
    places = point_labels.positions(xy, ["middle", "a long name at the edge", "c", "d"])
    assert places[0] == "middle right"
    assert places[1].endswith("left")


def test_one_point_and_equal_points_are_no_error():
    assert point_labels.positions(np.zeros((1, 2)), ["a"]) == ["middle right"]
    found = point_labels.positions(np.zeros((3, 2)), ["a", "b", "c"])
    assert len(set(found)) == 3, "each name can be read"

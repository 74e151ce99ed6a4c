"""Ratings stored in a grid of blocks of users × items, so that two threads can train on them.

Block (a, b) holds the ratings of the users of block a on the items of block b. Blocks of one
diagonal, b − a the same, share neither users nor items (Gemulla et al. 2011), and are stored one
after the other.
"""

from __future__ import annotations

import numpy as np

from recsys_core.kernels.compiling import compiled


@compiled
def group(rows, columns, values, starts, grouped):
    """Group ratings by row, keeping the order within each: a counting sort.

    rows, columns, values : of each rating, (n_ratings,). starts : result, int64, (n_rows + 1,),
    where each row begins. grouped : results, columns, values and the position that each rating had,
    int64, (n_ratings,).
    """
    starts[:] = 0
    for r in range(len(rows)):
        starts[rows[r] + 1] += 1
    for row in range(1, len(starts)):
        starts[row] += starts[row - 1]
    next_place = starts.copy()
    to_columns, to_values, order = grouped
    for r in range(len(rows)):
        place = next_place[rows[r]]
        next_place[rows[r]] = place + 1
        to_columns[place], to_values[place], order[place] = columns[r], values[r], r


@compiled
def lay_out(ratings, user_block, item_block, n, copies, ends):
    """Copy ratings, Triples, block by block, n × n blocks in all.

    user_block, item_block : the block of each user and each item, int64, below n, a power of 2.
    copies, ends : results, Triples, and the position at which each block ends, int64, (n²,).
    """
    user_ids, item_ids, values = ratings
    users, items, copied = copies
    ends[:] = 0
    for r in range(len(values)):
        a, b = user_block[user_ids[r]], item_block[item_ids[r]]
        ends[((b - a) & (n - 1)) * n + a] += 1
    total = 0
    for block in range(n * n):
        size, ends[block] = ends[block], total
        total += size
    for r in range(len(values)):
        a, b = user_block[user_ids[r]], item_block[item_ids[r]]
        block = ((b - a) & (n - 1)) * n + a
        place = ends[block]
        users[place], items[place], copied[place] = user_ids[r], item_ids[r], values[r]
        ends[block] = place + 1


@compiled
def shuffle(ratings, seed, start, stop):
    """Shuffle a run of ratings, Triples, in place by Fisher and Yates' algorithm.

    The random numbers are those of SplitMix64 (Steele, Lea and Flood 2014): a hashed counter.
    """
    users, items, values = ratings
    state = np.uint64(seed)
    for left in range(stop - start, 1, -1):
        state += np.uint64(0x9E3779B97F4A7C15)
        z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = (z ^ (z >> np.uint64(31))) >> np.uint64(32)
        # z is even in [0, 2³²): z · left / 2³² is even in [0, left).
        a, b = start + left - 1, start + np.int64((z * np.uint64(left)) >> np.uint64(32))
        users[a], users[b] = users[b], users[a]
        items[a], items[b] = items[b], items[a]
        values[a], values[b] = values[b], values[a]

"""How much of a file is taken in: every limit of the reader, with its reason."""

from __future__ import annotations

MiB = 1 << 20
GiB = 1 << 30

# The largest MovieLens unpacks to 1.5 GB; more than this does not fit a laptop beside a model.
MAX_BYTES = 2 * GiB

# Text packs 3 to 10 times, a matrix that is nearly all zeros 100 times; deflate can reach 1,032.
# Small files may pack as well as they like, they do no harm.
MAX_RATIO = 200
RATIO_MATTERS_FROM = 16 * MiB


def most_unpacked(packed: int) -> int:
    """How many bytes so many packed ones may become; more is refused as a precaution."""
    return min(MAX_BYTES, max(RATIO_MATTERS_FROM, MAX_RATIO * packed))


# An archive of ratings holds a dozen files; listing millions of names is itself an attack.
MAX_MEMBERS = 2_000

# One item a column: past this a table is no longer a table, and parsing grows slow.
MAX_COLUMNS = 20_000

# A wide table is held as 4-byte numbers while it is read: 240 MB.
MAX_CELLS = 60_000_000

# Long tables: MovieLens' largest has 33 million rows.
MAX_ROWS = 50_000_000

# Users and items together. Goodreads has 3.2 million; each costs some 200 bytes as a label, and a
# row of factors in every model.
MAX_LABELS = 4_000_000

# Characters of a user's or an item's label. A longer one is no name and no id but, for example, a
# review: it is refused, as two cut ones could become the same. Titles are cut.
MAX_LABEL = 1_000

# A compressed file's decoder may ask for so much memory of its own (LZMA's dictionary).
MAX_DICTIONARY = 64 * MiB

# Row groups × columns: each is described in a Parquet file's footer, which is read whole.
MAX_CHUNKS = 1_000_000

# A spreadsheet's cells come one by one as Python objects: about 100 bytes and 1 µs each.
MAX_SHEET_CELLS = 5_000_000

# 20,000 columns with a long title each stay below this; a longer first line is no table.
MAX_LINE = 4 * MiB

# A larger text on disk is mapped into memory, not copied. Of smaller ones a copy is safer: whoever
# saves a mapped file anew changes what is read of it.
MAPPED_FROM = 32 * MiB

# What is looked at before a whole file is parsed.
SAMPLE_ROWS = 500
SAMPLE_CELLS = 20_000  # … of wide tables, but not fewer rows than
SAMPLE_ROWS_AT_LEAST = 10
SAMPLE_BYTES = (MiB, 16 * MiB)  # the second where the first holds too few lines

PREVIEW_ROWS = 20
PREVIEW_COLUMNS = 12

"""What the server answers beside its pages."""

import os

# Read when NumPy is loaded, which is after this: products of matrices on the calling thread alone.
# Threads of OpenBLAS spin while they wait for each other; with many pages drawn at once on a few
# cores, products that take a millisecond took a hundred.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

"""Some of the files of ``make fuzz``, always the same: each ends in ratings or in one sentence."""

from __future__ import annotations

import pytest

from fuzz.cases import case
from fuzz.formats import FORMATS
from recsys_core.errors import FactorscopeError
from recsys_core.reading import budget, inspect
from recsys_core.reading.folders import of_named

N_EACH = 40


# Numbers beyond float32 and the like: what counts here is what comes of them.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"ods"}))  # whose repeats want a child
def test_fuzzed_files_give_ratings_or_one_sentence(form):
    for number in range(N_EACH):
        a = case(number, form)
        try:
            with budget.opened(budget.Budget(memory=1 << 28, seconds=2.0)):
                draft = inspect(of_named(list(a.files)), **a.changes)
                assert draft.read().n_ratings
        except FactorscopeError as error:
            said = str(error)
            assert said.endswith(".") and "\n" not in said, f"file {number}: {said}"
        except Exception as error:
            raise AssertionError(f"file {number} of {form}: {error!r}") from error


def test_a_file_is_the_same_whenever_it_is_made():
    for number in range(60):
        assert case(number) == case(number)

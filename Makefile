# make run · make test · make test-all · make check · make bench · make fuzz · make soak
#
# On Windows, or without make: python -m venv .venv, activate it, then
#   pip install -r requirements.txt      and   python -m streamlit run app.py
#   pip install -r requirements-dev.txt  and   python -m pytest

PYTHON ?= python3
PORT ?= 8501
PYTEST_ARGS ?=
BENCH_ARGS ?=
FUZZ_ARGS ?=
SOAK_ARGS ?=
# Fetched once by npm, into its own cache; nothing of it is needed to run or to test.
TSC ?= npm_config_fetch_retries=0 npx --yes --package typescript@5.9.3 tsc
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-all check bench fuzz soak venv

run: venv $(VENV)/requirements.txt
	@$(BIN)/python -m pages.routes.port $(PORT)
	MALLOC_ARENA_MAX=2 $(BIN)/python -m streamlit run app.py --server.port $(PORT)

# Under ten minutes, in two processes. make test PYTEST_ARGS="tests/test_ratings.py -x" runs a part.
test: venv $(VENV)/requirements.txt $(VENV)/requirements-dev.txt
	$(BIN)/python tests/browser/chromium.py --install
	$(BIN)/python -m pytest -m "not slow" -n 2 $(PYTEST_ARGS)

# And those that take long, or need a browser for more than what everybody does first: under 75 minutes.
test-all: venv $(VENV)/requirements.txt $(VENV)/requirements-dev.txt
	$(BIN)/python tests/browser/chromium.py --install
	$(BIN)/python tests/postgresql.py --install
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

check: venv $(VENV)/requirements.txt $(VENV)/requirements-dev.txt
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if command -v node > /dev/null; then \
	  for script in pages/shared/chart/js/*.js pages/routes/telephone/*.js tests/js/*.mjs; do \
	    node --input-type=module --check < $$script || { echo "in $$script"; exit 1; }; \
	  done; \
	else echo "node is not there: the JavaScript's syntax is not checked"; fi
	@if $(TSC) --version > /dev/null 2>&1; then $(TSC) && echo "The JavaScript's types are right"; \
	else echo "npx cannot fetch TypeScript: the JavaScript's types are not checked"; fi

# Speed, accuracy, then the documents: some 80 minutes on two cores. Other libraries are installed into
# .bench the first time. With BENCH_ARGS="--data-sets 10m" and so on speed alone.
bench: venv $(VENV)/requirements.txt
	$(BIN)/python -m benchmarks $(BENCH_ARGS)
ifeq ($(BENCH_ARGS),)
	$(BIN)/python -m benchmarks.accuracy
	$(BIN)/python -m benchmarks.document
endif

# Damaged and hostile files, each read in a child: some 30 a second. make fuzz
# FUZZ_ARGS="--n 100000 --first 7000000 --form parquet --keep /tmp/wrong" and so on.
fuzz: venv $(VENV)/requirements.txt
	$(BIN)/python -W ignore -m fuzz $(FUZZ_ARGS)

# People who come, train and leave for an hour: memory keeps its level within a tenth, or it fails.
soak: venv $(VENV)/requirements.txt
	$(BIN)/python -m benchmarks.soak $(SOAK_ARGS)

venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Factorscope needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)

# The copy in .venv is what is installed; contents are compared, not dates, so that a fresh checkout
# or a touched file installs nothing again.
$(VENV)/%.txt: %.txt venv
	@cmp -s $< $@ || { \
	  echo "Installing $< (only when it changes; the first time takes some minutes) …"; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check -r $< && cp $< $@; }

# Everything that a person needs, one word each. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.made
NOT_FAST := stack or slow

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-slow test-stack chaos check bench clean-demo

help:  ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

venv: $(STAMP)  ## make .venv from the locked versions

# The stamp is written last, so an install that broke off is done again.
$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Medtrace needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11 venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked versions into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

demo: $(STAMP)  ## a small supply chain, sent, judged and shown; stays up until Ctrl+C
	@./medtrace demo $(ARGS)

test: $(STAMP)  ## the fast suite
	@$(BIN)/python -m pytest -n 2 -m "not ($(NOT_FAST))" $(ARGS)

test-slow: $(STAMP)  ## the tests that take minutes
	@$(BIN)/python -m pytest -m "slow and not stack" $(ARGS); status=$$?; test $$status -eq 5 || exit $$status

# pytest says 5 for "no test was selected": there may be none on this branch.
test-stack: $(STAMP)  ## the tests that need the real servers
	@$(BIN)/python -m pytest -m stack $(ARGS); status=$$?; test $$status -eq 5 || exit $$status

chaos: $(STAMP)  ## 200 kills and pauses under load on the real servers (an hour)
	@CHAOS_FAULTS=$${CHAOS_FAULTS:-200} CHAOS_PACKS=$${CHAOS_PACKS:-62000} \
	  $(BIN)/python -m pytest -s -m stack tests/acceptance/test_chaos.py $(ARGS)

check: $(STAMP)  ## style, types, directions of imports
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## benchmark readings, each beside a baseline of the same run
	@$(BIN)/python -m ops.bench $(ARGS)

clean-demo:  ## forget the demo's data
	rm -rf demo-data

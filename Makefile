# `make demo` and `make test` set everything up themselves (tools/bootstrap.py); the others need one of these once.
PYTHON ?= python3
FILES ?=
# make lock UPGRADE=--upgrade takes the newest versions instead of keeping those in the lock.
UPGRADE ?=

OURS := .venv/bin/python
CODE := actions bench bot nlu sandbox tests tools

.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-fast test-marked bench evaluate lint rasa-validate rasa-test lock clean

help:  ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

setup:  ## prepare both environments, the console's assets and the Rasa model
	@$(PYTHON) tools/bootstrap.py --for run

demo: setup  ## set up, then run all of it with a stand-in for Telegram
	@.venv/bin/praatje demo

run: .venv/bin/praatje  ## run the service with the settings of this machine
	@.venv/bin/praatje run

test:  ## set up, then lint and every test; under 15 minutes on two cores
	@$(PYTHON) tools/bootstrap.py --for test
	@$(PYTHON) tools/suite.py

test-fast: .venv/bin/praatje  ## the tests that need neither Rasa nor a browser
	@$(OURS) -m pytest -q -n 2 -m "not rasa and not browser"

test-marked: .venv/bin/praatje  ## the tests with the real Rasa and with Chromium
	@$(OURS) -m pytest -q -m "rasa or browser"

bench: .venv/bin/praatje  ## measure speed and size
	@$(OURS) -m bench

evaluate: setup  ## measure the understanding on ../shared/eval/dev.jsonl and on our own splits, or on FILES
	@$(OURS) -m tools.evaluate $(FILES)

lint: .venv/bin/praatje  ## style, types and the direction of imports
	@.venv/bin/ruff check $(CODE)
	@.venv/bin/ruff format --check $(CODE)
	@.venv/bin/mypy
	@.venv/bin/lint-imports

rasa-validate: .venv/bin/praatje  ## check Rasa's training data for contradictions
	@$(PYTHON) tools/rasa_checks.py validate

rasa-test: setup  ## play the conversations in tests/conversations/ through the newest model
	@$(PYTHON) tools/rasa_checks.py test

lock:  ## write the locks anew from requirements/*.in and package.json
	@set -e; uv=$$($(PYTHON) tools/bootstrap.py --print uv); npm=$$($(PYTHON) tools/bootstrap.py --print npm); \
	$$uv pip compile requirements/dev.in --python-version 3.11 --universal --generate-hashes --quiet \
		-o requirements/praatje.txt --custom-compile-command "make lock" $(UPGRADE); \
	$$uv pip compile requirements/rasa.in --override requirements/rasa.overrides --python-version 3.10 --generate-hashes --quiet \
		-o requirements/rasa.txt --custom-compile-command "make lock" $(UPGRADE); \
	$$npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund
	@! grep -nE '://|"resolved"' requirements/*.txt package-lock.json | grep -v '"url": "https://github.com/sponsors/' \
		|| { echo "a lock names a host; see the lines above"; exit 1; }

clean:  ## remove all that was made: var/ with its database, environments, assets, caches
	@$(PYTHON) tools/clean.py

.venv/bin/praatje:
	@$(PYTHON) tools/bootstrap.py --for run

# Every target makes ready what it needs: Python's venv, the locked packages, Debian's packages.
#
#   make run       the portal with demo data on http://127.0.0.1:8000 (PORT changes it)
#   make test      every test on SQLite and PostgreSQL, the browser's too (ARGS="-k word" for a part)
#   make check     style, types, translations, migrations
#   make bench     how fast, and how fast with 100,000 cases
#   make pictures  the README's pictures
#   make lock      new requirements*.txt from requirements*.in
#   make clean     away with everything that was made here, demo data included

.DEFAULT_GOAL := run
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run test check bench pictures lock clean set-up set-up-dev

BIN := .venv/bin
TYPED := portal/rules portal/actions portal/models portal/outside
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))
LOCK := $(BIN)/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links
export UV_CUSTOM_COMPILE_COMMAND := make lock

run: set-up $(CATALOGUES)
	@PORTAL_DEMO=1 scripts/serve.sh

test: set-up-dev $(CATALOGUES)
	@$(BIN)/python -m pytest -n 2 --maxschedchunk 2 $(ARGS)

check: set-up-dev $(CATALOGUES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)
	scripts/translations.sh --check
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/models/test_migrations.py

bench: set-up-dev $(CATALOGUES)
	@$(BIN)/python -m tests.bench

pictures: set-up-dev $(CATALOGUES)
	@$(BIN)/python -m tests.pictures

lock: set-up-dev
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	rm -f $(CATALOGUES)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

set-up:
	@scripts/set-up.sh run

set-up-dev:
	@scripts/set-up.sh test

%.mo: %.po | set-up
	@$(BIN)/pybabel --quiet compile --use-fuzzy -i $< -o $@ -l $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

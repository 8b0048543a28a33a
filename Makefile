# Everything a fresh clone needs is Python 3.11, make and git; the environment is built here, from locked versions.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin/python
VAR := var

.PHONY: demo test lint bench lock clean

demo: .venv/ready  ## two new filings, from the owner's answers to 已归集, with every step printed
	$(RUN) -m web demo --state $(VAR)/demo

test: .venv/ready lint  ## everything: style, types, architecture, and all tests on SQLite and PostgreSQL
	$(RUN) -m pytest -n auto

lint: .venv/ready
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	.venv/bin/lint-imports

bench: .venv/ready  ## filings a second against the naive way, SQL statements, bytes
	$(RUN) benchmarks/filings.py --naive

.venv/ready: requirements.lock pyproject.toml
	"$(PYTHON)" -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch .venv/ready

lock:  ## newest versions, with hashes and without addresses
	$(RUN) -m piptools compile --quiet --allow-unsafe --all-build-deps --extra test --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --strip-extras --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv $(VAR) build *.egg-info

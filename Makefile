# Every target is one line of shell or a script in deploy/ that also runs without make.
PYTHON ?= .venv/bin/python
# `make lock UPGRADE=--upgrade` takes newer versions; without it every pin that still fits stays.
UPGRADE ?=
COMPILE = $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-config --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UPGRADE)

.PHONY: help demo test pages faults imports configurations rotations calendar policies statements documents fuzz matrix trail scale schema bench css lock docs reference

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: ## set up and run a demonstration on http://localhost:8080
	deploy/demo.sh

test: ## set up and run every test
	deploy/test.sh

css: ## build what src/idp/web/static ships from its sources in web/
	deploy/setup.sh test
	PATH="$(CURDIR)/.venv/bin:$$PATH" npm --prefix web run build

pages: ## set up and type every page of docs/ beside one demonstration, in five orders
	for order in 1 2 3 4 5; do deploy/test.sh --numprocesses 0 --randomly-seed=$$order tests/docs/test_typing.py || exit 1; done

faults: ## set up and run the kills, races and suspensions at length
	KILLS=50 RACES=300 VALUES=99 KIDS=10000 deploy/test.sh --numprocesses 0 tests/faults tests/journeys \
	  tests/security/test_values_that_upset.py tests/security/test_unknown_kids.py

imports: ## set up and import 100,000 IDs on each database, killed on the way again and again
	IDS=100000 deploy/test.sh --numprocesses 0 -s tests/imports/test_killed.py

configurations: ## set up and send two hundred configurations to another installation and back, on each database
	CONFIGURATIONS=200 deploy/test.sh --numprocesses 0 -s tests/configurations/test_round_trip.py

rotations: ## set up and rotate keys sixty times under load, with verifiers that cache them
	ROTATIONS=60 deploy/test.sh --numprocesses 0 tests/faults/test_rotations.py

calendar: ## set up and hold a million terms against a walk through the days
	CASES=1000000 deploy/test.sh --numprocesses 0 tests/contracts/test_calendar_oracle.py

policies: ## set up and compare the policy engine with its wording and with Cedar on a hundred thousand random pairs
	PAIRS=100000 deploy/test.sh tests/access/policies/test_agreement.py tests/access/policies/test_texts_agreement.py

statements: ## set up and compare statements with a slow count of 100,000 histories
	HISTORIES=100000 deploy/test.sh tests/billing/test_oracle.py

documents: ## set up and sign and verify ten thousand random documents of XML
	DOCUMENTS=10000 deploy/test.sh --numprocesses 0 tests/xml/test_round_trips.py

fuzz: ## set up and throw a minute of broken messages at every decoder of SAML
	FUZZ=60 deploy/test.sh --numprocesses 0 tests/saml/test_fuzzing.py

matrix: ## set up and put everything of one tenant into every place of another's requests
	CELLS=1000000 deploy/test.sh --numprocesses 0 -s tests/admin/test_isolation.py tests/admin/test_rights_table.py

trail: ## set up and make ten thousand changes to the audit trail, each found; and search a million rows
	CHANGES=10000 ROWS=1000000 deploy/test.sh --numprocesses 0 -s tests/audit

scale: ## set up and time every list of 2,000 tenants with a million IDs, and of a tenth of that on SQLite
	TENANTS=2000 IDS=1000000 ROWS=40000 NAMED=198 deploy/test.sh --numprocesses 0 -s tests/scale -k postgresql
	TENANTS=200 IDS=100000 ROWS=4000 NAMED=198 deploy/test.sh --numprocesses 0 -s tests/scale -k sqlite

schema: ## set up and send twenty thousand requests that the description of the API allows, or just does not
	REQUESTS=20000 deploy/test.sh --numprocesses 0 -s tests/admin/test_schema.py

bench: ## set up and measure against npm oidc-provider and pysaml2; exit 1 when a budget is missed
	deploy/bench.sh

docs: ## set up and build the pages of docs/ into dist/docs
	deploy/setup.sh test
	$(PYTHON) -m sphinx --builder html --fail-on-warning --keep-going --quiet --doctree-dir dist/trees docs dist/docs

reference: ## write docs/reference from the program
	$(PYTHON) -m docs.writing

lock: ## resolve pyproject.toml into the three lock files
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group build --constraint requirements-dev.lock --output-file requirements-build.lock

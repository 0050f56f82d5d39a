# `make help` lists the commands.

RECORD ?= 0
PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8001
RUNS ?= 1000
BOOKINGS ?= 500
WORKERS ?= 3
SEED ?= random
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test storm crash calloff door fuzz cluster contract peers lint serve secrets chromium servers catalogs format words browsers \
	requirements audit vendor sbom

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

demo: .venv/ready catalogs ## Run the shop with a sandbox instead of Stripe, in about 2 minutes (PORT=8000, SANDBOX_PORT=8001)
	@$(BIN)/python -m config.dev.demo --port $(PORT) --sandbox-port $(SANDBOX_PORT)

# Hundreds of Python processes start, each of which would compile the project anew.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/ready chromium servers catalogs ## Run all tests in three processes (WORKERS=4, ARGS="-k webhook")
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations 10 $(ARGS)

storm: .venv/ready ## Test random sequences of actions and failures (RUNS=1000, SEED=3)
	STORM_RUNS=$(RUNS) STORM_SEED=$(SEED) STORM_SHRINK=$${STORM_SHRINK-1} $(BIN)/python -m pytest tests/storm

crash: .venv/ready ## Kill processes again and again during 500 purchases (ARGS="--seed 3")
	$(BIN)/python -m tests.crash $(ARGS)

calloff: .venv/ready ## Cancel an event while the worker is killed (BOOKINGS=500)
	BOOKINGS=$(BOOKINGS) $(BIN)/python -m pytest tests/payments/event_changes/test_killed.py

door: .venv/ready ## Race scans against what ends a ticket; upload them in any order (ROUNDS=200)
	ROUNDS=$${ROUNDS-200} $(BIN)/python -m pytest -n 0 tests/bookings/door/test_at_once.py tests/bookings/door/test_late_scans.py

fuzz: .venv/ready catalogs ## Send 120,000 odd requests and signed events to a running shop (ARGS="--seed 3 --pages 0")
	$(BIN)/python -m tests.fuzz $(ARGS)

cluster: .venv/ready servers ## Restart, kill and fail over behind nginx and PgBouncer (ARGS="--purchases 500")
	$(BIN)/python -m tests.cluster $(ARGS)

# STRIPE_CONTRACT_KEY is read from the environment, so that no command line shows it.
contract: export RECORD := $(RECORD)
contract: .venv/ready chromium ## Compare the sandbox with Stripe, or its recordings (RECORD=1, ARGS="refunds.*")
	@$(BIN)/python -m tests.contract $(ARGS)

peers: .venv/ready .venv-peers/ready ## Let dj-stripe process a season of the sandbox's webhooks and sync it all
	@$(BIN)/python -m tests.peers

.venv-peers/ready: requirements/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/$(INSTALL) --requirement $<
	@touch $@

lint: .venv/ready ## Check style, types, production settings and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	DEBUG=1 $(BIN)/python manage.py makemigrations --check

format: .venv/ready ## Fix the style and format the code with ruff
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Every process compiles outdated catalogs when it starts; doing it once before is faster.
catalogs: .venv/ready
	@$(BIN)/python -c "from config.i18n.catalogs import compile_stale; compile_stale()"

words: .venv/ready ## Update the translation catalogs and list what is missing (NEW=fr adds a language)
	@$(BIN)/python -m config.i18n.catalogs $(NEW)

serve: .venv/ready catalogs ## Run the web process and the worker with the settings in .env
	@PORT=$(PORT) $(BIN)/python -m config.dev.serve

secrets: ## Print new values for SECRET_KEY and TICKET_SIGNING_KEY
	@$(PYTHON) -c "import secrets; print('SECRET_KEY=' + secrets.token_urlsafe(50))"
	@$(PYTHON) -c "import secrets; print('TICKET_SIGNING_KEY=' + secrets.token_urlsafe(32) + '=')"

.venv/ready: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed.")'
	@$(PYTHON) -m config.dev.installing .venv requirements-dev.txt $(VERIFIED)
	@touch $@

.venv-tools/ready: requirements/tools.txt
	$(PYTHON) -m venv .venv-tools
	.venv-tools/bin/$(INSTALL) --requirement $<
	@touch $@

# Nothing is installed whose files aren't those that were resolved.
INSTALL = pip install --quiet $(VERIFIED)
VERIFIED = --no-compile --disable-pip-version-check --require-hashes

requirements: .venv-tools/ready ## Pin packages again, with hashes (ARGS="--upgrade", ARGS="--upgrade-package django")
	$(RESOLVE) requirements/server.in --output-file requirements.txt
	$(RESOLVE) requirements/s3.in --output-file requirements/s3.txt
	$(RESOLVE) requirements/dev.in --output-file requirements-dev.txt
	$(RESOLVE) requirements/tools.in --output-file requirements/tools.txt
	$(RESOLVE) requirements/peers.in --output-file requirements/peers.txt

# For every platform and every Python that is supported. What is pinned stays as it is, unless ARGS say otherwise.
RESOLVE = .venv-tools/bin/uv pip compile --quiet --no-progress --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" $(ARGS)

audit: .venv/ready .venv-tools/ready ## Check packages for known vulnerabilities, and their licences
	@$(BIN)/python -m tests.supply .venv-tools/bin/pip-audit

vendor: .venv/ready ## Fetch what static/vendor has from npm again, and compare (ARGS=--write)
	@$(BIN)/python -m tests.supply.vendored $(ARGS)

sbom: .venv/ready .venv-tools/ready ## Write sbom.json, a CycloneDX list of what a server needs
	.venv-tools/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --validate --output-file sbom.json

# The browser tests use the system's Chromium, or one downloaded by Playwright. Its headless shell is the same engine
# and takes half the time.
chromium: .venv/ready
	@for name in chromium-headless-shell chromium chromium-browser google-chrome; do \
	    command -v $$name >/dev/null && exit 0; done; \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get update -qq && { apt-get install -y -qq --no-install-recommends chromium-headless-shell \
	      || apt-get install -y -qq --no-install-recommends chromium; } >/dev/null; } \
	  || $(BIN)/playwright install chromium \
	  || echo "No Chromium could be installed: the browser tests will be skipped."

# Debian's Firefox and WebKit bring what drives them: Marionette and WebKitWebDriver.
browsers: export BROWSERS := 1
browsers: .venv/ready catalogs ## Buy two seats in Firefox and in WebKit, installed from Debian if need be
	@{ command -v firefox-esr || command -v firefox; } >/dev/null && command -v WebKitWebDriver >/dev/null \
	  && command -v Xvfb >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr webkit2gtk-driver xvfb >/dev/null; } \
	  || echo "Not all browsers could be installed (firefox-esr, webkit2gtk-driver, xvfb): these tests will be skipped."
	$(BIN)/python -m pytest -n 0 tests/browsers $(ARGS)

# What stands in front of the processes and the database where there are several machines: see deploy/.
servers:
	@PATH="$$PATH:/usr/sbin"; command -v nginx >/dev/null && command -v pgbouncer >/dev/null && command -v curl >/dev/null && exit 0; \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	      && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx pgbouncer curl >/dev/null; } \
	  || echo "nginx and PgBouncer couldn't be installed: the tests of the cluster will be skipped."

PRODUCTION = DEBUG=0 SITE_URL=https://tickets.example.com TIME_ZONE=UTC RETENTION_MONTHS=0 DATABASE_URL=postgresql://admit@localhost/admit \
	SECRET_KEY=$$($(PYTHON) -c "import secrets; print(secrets.token_urlsafe(50))") \
	STRIPE_SECRET_KEY=sk_live_check STRIPE_WEBHOOK_SECRET=whsec_check \
	TICKET_SIGNING_KEY=$$($(PYTHON) -c "import secrets; print(secrets.token_urlsafe(32) + '=')")

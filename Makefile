# `make up` starts the hub on this machine, `make test` proves it. `make help` lists the rest.
# Needs Python 3.11 or newer, Node 20 or newer, and nothing else.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
UV := $(VENV)/bin/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)

export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/core/python

.PHONY: help install up reset lint test browser bench lock synth deploy

help: ## this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sort | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## the tools and libraries for development, pinned, in .venv

# uv comes from the lock file as well, with its hash.
$(VENV)/.installed: infra/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@awk '/^[^ ]/ { wanted = /^uv==/ } wanted' infra/requirements.txt > $(VENV)/uv.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt
	$(UV) pip sync --quiet --require-hashes --python $(RUN) infra/requirements.txt
	@touch $@

node_modules/.installed: package-lock.json
	npm ci --silent --no-audit --no-fund
	@touch $@

# exec: a signal that reaches make reaches the runner, and nothing is left between them.
up: install ## the hub on this machine, with demo tenants; PORT=... chooses the port, Ctrl-C stops it
	@exec $(RUN) -B -m infra.local up

reset: install ## the local hub without the data of earlier runs
	@exec $(RUN) -B -m infra.local reset

lint: install ## style, types and import rules
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

# What needs no running hub runs twice at a time; two hubs would be slower than one.
test: install node_modules/.installed browser lint ## everything that must pass before a change is merged
	$(RUN) -m pytest --numprocesses 2 --dist loadfile tests/functional tests/contract tests/local tests/unit
	$(RUN) -m pytest tests/infra tests/docs tests/e2e

# The tests of the pages drive a real browser: Debian's, if there is no other.
browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name > /dev/null && exit; done; \
		command -v apt-get > /dev/null || exit 0; \
		as_root=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$as_root apt-get update --quiet=2 && \
		$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium

bench: install ## round trips, capacity, dollars, imports, pulls and cold starts, measured
	$(RUN) -m tests.bench

lock: install ## the lock files anew; UPGRADE=--upgrade takes newer versions
	$(LOCK) pyproject.toml --output-file layers/deps/requirements.txt
	$(LOCK) pyproject.toml --group dev --constraint layers/deps/requirements.txt --output-file infra/requirements.txt
	$(LOCK) infra/local/ministack/requirements.in --output-file infra/local/ministack/requirements.txt
	npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

synth: install ## the CloudFormation template and its packages for the local stack
	$(RUN) -m infra.synth

# Needs AWS credentials, an account prepared once by `npx cdk bootstrap`, and Python 3.14 to compile for Lambda.
# CDK_FLAGS takes options of the CDK: `--context mailFrom=hello@shop.example`, an address that SES has verified, is
# needed; others are `--context corsOrigins=https://shop.example` and `--profile production`.
deploy: install node_modules/.installed ## the hub in the AWS account of the current credentials
	node_modules/.bin/cdk deploy $(CDK_FLAGS)

# Palabre. A fresh clone needs python3 (3.11 to 3.13, with venv and pip), make and a shell; the rest comes by itself.
#   make up      start everything        make help    the other commands

.DEFAULT_GOAL := help
SHELL := /bin/sh
.PHONY: help up demo check test journeys faults bench screens rasa rasa-serve rasa-test lock clean environment frontend

STATE ?= .state
BIN := .venv/bin
UV_VERSION := 0.13.8
UV := $(STATE)/uv/bin/uv
# The first python that will do. Another: make PYTHON=/path/to/python3.12
PYTHON ?= $(shell for one in python3 python3.13 python3.12 python3.11; do \
	"$$one" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo "$$one" && break; done)
RATE ?= 1
ONLY ?=
BOT ?= telecom

# The interpreter is the machine's own; uv fetches packages only.
export UV_PYTHON_DOWNLOADS := never
# The front-end build's node and npm come from a wheel; npm finds node on the PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)

# Where the system keeps authorities, a company's own stands among them: uv and npm then trust what the system trusts.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS ?= 1
export NODE_USE_SYSTEM_CA ?= 1
endif

# uv does not read pip's settings: where pip has been told of another index, uv is told, too.
INDEX = index="$${PIP_INDEX_URL:-$$($(STATE)/uv/bin/python -m pip config get global.index-url 2>/dev/null)}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi;

help: ## this page
	@echo "Palabre: an SMS-first contact-centre inbox"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

up: environment frontend ## set up and start everything on this machine (Ctrl-C stops)
	@exec $(BIN)/palabre up

demo: environment ## beside `make up`: subscribers who text, RATE=1 a second
	@exec $(BIN)/palabre demo --rate $(RATE)

check: environment ## format, lint, types, import contracts, migrations, deployment files, requirement ids
	@$(BIN)/python scripts/check.py $(ONLY)

test: environment frontend ## unit, integration, front end, journeys in a browser, one seed of each fault
	@$(BIN)/python scripts/run_tests.py $(ONLY)

faults: environment frontend ## many seeds of each fault, and the broken builds that tests must notice [ONLY=name]
	@$(BIN)/python scripts/faults.py $(ONLY)

bench: environment frontend ## speed, as JSON lines [ONLY=name]
	@$(BIN)/python -m bench $(ONLY)

screens: environment frontend ## pictures of every screen, in docs/screens/
	@$(BIN)/python scripts/screens.py $(ONLY)

rasa: environment ## the real Rasa on a Python 3.10 of this machine, and the model of one bot [BOT=telecom] (docs/rasa.md)
	@$(BIN)/python scripts/rasa.py train $(BOT)

rasa-serve: environment ## ... and serve it: RASA_TOKEN and REDIS_URL are needed [BOT=telecom]
	@exec $(BIN)/python scripts/rasa.py serve $(BOT)

rasa-test: environment ## the real Rasa server, with a real Valkey, over a real socket
	@$(BIN)/python scripts/rasa.py test

lock: $(UV) ## choose versions again: requirements.lock from pyproject.toml
	@$(UV) lock --python "$(PYTHON)"
	@$(UV) export -q --no-emit-project --all-groups --no-annotate --no-header -o requirements.lock
	@$(UV) export -q --no-emit-project --no-default-groups --no-annotate --no-header -o deploy/requirements.lock
	@echo "· requirements.lock is new; look at its difference before you commit it"

clean: ## remove everything that was made here, DATA INCLUDED
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m config.up.remove; fi
	@rm -rf $(STATE) .venv frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache

# --- The environment: each step leaves a stamp, so that the second call does nothing ---------------------------

environment: .venv/installed.stamp

frontend: environment
	@$(BIN)/python scripts/build_frontend.py

$(UV): Makefile
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11, 3.12 or 3.13 is needed: install one, or say make PYTHON=/path/to/it"; exit 1; fi
	@if [ ! -x $(UV) ] || [ "$$($(UV) --version | cut -d' ' -f2)" != "$(UV_VERSION)" ]; then \
		echo "· fetching uv $(UV_VERSION), which installs the rest"; mkdir -p $(STATE); \
		"$(PYTHON)" -m venv --clear $(STATE)/uv || { echo "python's venv does not work here (Debian: install python3-venv)"; exit 1; }; \
		$(STATE)/uv/bin/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION); fi
	@touch $(UV)

.venv/locked.stamp: requirements.lock $(UV)
	@if [ ! -x $(BIN)/python ] || ! $(BIN)/python -c pass 2>/dev/null; then $(UV) venv -q --clear --python "$(PYTHON)" .venv; fi
	@echo "· installing the packages of requirements.lock"
	@$(INDEX) VIRTUAL_ENV=.venv $(UV) pip sync -q --require-hashes requirements.lock
	@rm -f .venv/installed.stamp
	@touch $@

.venv/installed.stamp: pyproject.toml .venv/locked.stamp
	@VIRTUAL_ENV=.venv $(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

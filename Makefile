# What a person does with a clone. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check fix bench prove

# The first Python that is new enough; `make PYTHON=/path/to/python3.12 demo` chooses another.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)

BIN := .venv/bin
STAMP := .venv/installed
FRONTEND := $(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null) $(shell find src/tessera/web -name '*.html')

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Install everything into .venv (the others call it when needed)

# The constraints hold for the build's own environment too. What the machine's PIP_… settings say stays in force.
$(STAMP): pyproject.toml constraints.txt hatch_build.py $(FRONTEND)
	@if [ -z "$(PYTHON)" ]; then \
		echo "Tessera needs Python 3.11 or newer with venv, and found none. Install it (Debian: apt install python3-venv) or say make PYTHON=/path/to/python." >&2; \
		exit 1; \
	fi
	@echo "Installing Tessera into .venv (once; a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@PIP_CONSTRAINT="$${PIP_CONSTRAINT:+$$PIP_CONSTRAINT }constraints.txt" PIP_DISABLE_PIP_VERSION_CHECK=1 \
		$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(STAMP) ## Load sample members, export them to a real receiver, check that all arrived (ROWS=1000000 for more)
	@$(BIN)/tessera demo $(if $(ROWS),--rows $(ROWS))

run: $(STAMP) ## Start Tessera with demo data and print its address and a password
	@$(BIN)/tessera up --demo

test: $(STAMP) ## Run the test suite
	@$(BIN)/python -m pytest -m "not prove" -q -n auto --dist worksteal

check: $(STAMP) ## Check format, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(STAMP) ## Format, and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMP) ## Measure every promise beside its ceiling and its peers (PART=connector for one of them)
	@$(BIN)/python -m benchmarks $(PART)

prove: $(STAMP) ## Run the long proofs: crash laboratory, long fuzzing (PART=ledger for those with that in their name)
	@$(BIN)/python -m pytest -m prove -q $(if $(PART),-k $(PART))

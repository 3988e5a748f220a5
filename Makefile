# The commands of this project. CI calls these and nothing else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SCENARIO ?= sandbox/scenarios/corrupt-system-file.yaml
PACKAGE ?= .sandbox/bootmend.zip
VERSION := $(shell cat .python-version)
PYTHON := .venv/bin/python
UV := .venv/bin/uv

# The stamp's name carries the checksum of what is installed: a change of the lock installs again, nothing else does.
LOCKED := requirements/dev.txt
STAMP := .venv/installed-$(shell cat .python-version $(LOCKED) | cksum | cut -d ' ' -f 1)

STATIC_TESTS := tests/test_layout.py tests/test_orchestrator_lint.py tests/test_docs.py tests/test_project.py \
	tests/guest/test_powershell.py

.PHONY: demo test test-faults check bench package lock clean help

demo: $(STAMP)  ## repair a simulated VM before your eyes; SCENARIO=path.yaml plays another file
	@$(PYTHON) -m sandbox demo $(SCENARIO)

test: $(STAMP)  ## run every test; ARGS='-k name' hands arguments to pytest
	@$(PYTHON) -m pytest $(ARGS)

test-faults: $(STAMP)  ## play the crash matrix and the fault matrix, half an hour; SEED=7 chooses others
	@$(PYTHON) -m sandbox.faults --page docs/reliability.md $(if $(SEED),--seed $(SEED))

check: $(STAMP)  ## lint, format, types, layout and docs
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy .
	@$(PYTHON) -m pytest -q $(STATIC_TESTS)

bench: $(STAMP)  ## measure the engine and a run in the sandbox
	@$(PYTHON) -m sandbox bench

package: $(STAMP)  ## pack what is deployed; PACKAGE=path.zip writes another file
	@$(PYTHON) infra/package.py $(PACKAGE)

# --no-emit-index-url: a lock names packages and hashes, never the index that served them.
COMPILE := $(UV) pip compile pyproject.toml --quiet --python-version $(VERSION) --generate-hashes --no-emit-index-url \
	--prerelease=if-necessary-or-explicit --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

lock: $(STAMP)  ## compile pyproject.toml into the requirement files; UPGRADE=1 takes newer versions
	@$(COMPILE) --output-file requirements.txt
	@$(COMPILE) --group sandbox --constraint requirements.txt --output-file requirements/sandbox.txt
	@$(COMPILE) --group sandbox --group dev --constraint requirements/sandbox.txt --output-file requirements/dev.txt

clean:  ## remove the environment and every cache
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .sandbox
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/make \1\t\2/p' Makefile | expand -t 18

# Debian's python3 may come without ensurepip, and pyenv's python3.13 may be a shim that refuses: each candidate is tried.
define FIND_PYTHON
for candidate in python3 python$(VERSION) "$$(uv python find --no-project $(VERSION) 2>/dev/null || true)" \
    "$${PYENV_ROOT:-$${HOME:-}/.pyenv}"/versions/$(VERSION)*/bin/python; do
  if "$$candidate" -c 'import ensurepip, sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(VERSION)")' 2>/dev/null; then
    found=$$candidate; break
  fi
done
if [ -z "$${found:-}" ]; then
  echo 'Python $(VERSION) with venv and ensurepip is needed and was not found; put python$(VERSION) on the PATH.' >&2; exit 1
fi
endef

# uv itself comes from the lock too, by its hash.
$(STAMP): $(LOCKED) .python-version
	@if [ "$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" != '$(VERSION)' ]; then
	$(FIND_PYTHON)
	echo "making .venv with $$("$$found" --version)"
	"$$found" -m venv --clear .venv
	fi
	if ! [ -x $(UV) ]; then
	awk '/^uv==/ {on = 1} /^ *#/ {on = 0} on' $(LOCKED) > .venv/uv.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.txt
	fi
	echo 'installing $(LOCKED)'
	$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(PYTHON) $(LOCKED)
	rm -f .venv/installed-*
	touch $@

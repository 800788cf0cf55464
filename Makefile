# make run: the quarter, end to end · make test: proof · make lab: JupyterLab · make help: everything else
PYTHON ?= python3.11
BIN := .venv/bin
# tiny matrices on several threads only spin
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help run test soak browser lab notebooks lock clean

help:
	@echo "make run        judge every indicator as of the last finished quarter; reports/ and data/processed/"
	@echo "make test       lint, unit tests, the committed notebooks, and a real run on two indicators"
	@echo "make browser    open every page of a real run in Chromium: accessible, complete, nothing fetched"
	@echo "make soak       the long part of the robustness tests: a hundred kills, about twenty minutes"
	@echo "make lab        open JupyterLab on the notebooks, the tutorial first"
	@echo "make notebooks  execute the committed notebooks again, in place"
	@echo "make lock       resolve pyproject.toml anew into requirements.lock"
	@echo "make clean      remove the environment and everything a run leaves behind"

run: .venv/ready
	$(BIN)/sy-analysis run

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest
	$(BIN)/pytest --nbval -p no:randomly notebooks

# installs nothing: a test that finds no Chromium or no axe says which command brings it
browser: .venv/ready
	$(BIN)/pytest -rs tests/browser

soak: .venv/ready
	$(BIN)/pytest -s -m soak tests/robustness tests/test_cluster.py

lab: .venv/ready
	$(BIN)/jupyter lab --notebook-dir=notebooks notebooks/tutorial.ipynb

notebooks: .venv/ready
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False notebooks/*.ipynb

# The environment: the exact packages of the lock, each checked against its hash, and this package in place.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c "import ensurepip" 2>/dev/null || $(MAKE) --no-print-directory debian-venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Debian ships Python's venv module without its pip; the package that brings it needs root once.
.PHONY: debian-venv
debian-venv:
	@echo "$(PYTHON) cannot make environments yet; installing Debian's $(notdir $(PYTHON))-venv"
	@if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq $(notdir $(PYTHON))-venv; \
	elif command -v sudo >/dev/null; then sudo apt-get update -qq && sudo apt-get install -y -qq $(notdir $(PYTHON))-venv; \
	else echo "please ask an administrator for: apt-get install $(notdir $(PYTHON))-venv"; exit 1; fi

# to be run with the oldest Python that users have, Debian 12's 3.11.2: some releases ask for a later 3.11
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet pip-tools
	.venv-lock/bin/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --upgrade --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --build-deps-for editable --extra test \
		--output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv .venv-lock reports build dist *.egg-info
	find data/processed -mindepth 1 ! -name .gitignore -delete

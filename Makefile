# EarthLoc for QGIS. `make` alone lists what there is.
PYTHON ?= python3
QGIS_PYTHON ?= /usr/bin/python3
VENV := .venv
VENV_QGIS := .venv-qgis
RUN_PYTHON := $(VENV)/bin/python
QGIS_RUN := QT_QPA_PLATFORM=offscreen EARTHLOC_ENGINE=$(CURDIR)/$(VENV)/bin/earthloc $(VENV_QGIS)/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup qgis run test test-qgis coverage lint docs bench package wheel locks pack release clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.stamp ## the engine and its tools in .venv (.venv/bin/earthloc)

$(VENV)/.stamp: pyproject.toml tools/make_venv.sh
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON): the engine needs Python 3.11 or newer; name one with make PYTHON=path." >&2; exit 1; }
	@tools/make_venv.sh "$(PYTHON)" $(VENV)
	@$(RUN_PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@$(VENV)/bin/earthloc --version
	@touch $@

# torch and what trains with it; large, so only what needs it waits for it.
$(VENV)/.stamp-training: $(VENV)/.stamp
	@$(RUN_PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[training]'
	@touch $@

$(VENV)/.stamp-docs: $(VENV)/.stamp
	@$(RUN_PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

# The type information of PyQt6, without Qt itself, which has 100 MB.
$(VENV)/.stamp-qt6: $(VENV)/.stamp
	@$(RUN_PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps 'PyQt6==6.11.0'
	@touch $@

qgis: $(VENV_QGIS)/.stamp ## QGIS (installed if missing, as root on Debian) and its test tools in .venv-qgis

$(VENV_QGIS)/.stamp: tools/install_qgis.sh tools/make_venv.sh
	@tools/install_qgis.sh "$(QGIS_PYTHON)"
	@tools/make_venv.sh "$(QGIS_PYTHON)" $(VENV_QGIS) --system-site-packages
	@$(VENV_QGIS)/bin/python -m pip install --quiet --disable-pip-version-check 'pytest>=8' 'pytest-qgis>=2'
	@touch $@

run: setup qgis ## locate a photo in QGIS, from imagery to map: GeoPackage, shapefile, picture [PHOTO=file]
	@$(RUN_PYTHON) tools/main_job.py $(if $(PHOTO),--photo "$(PHOTO)")

test: $(VENV)/.stamp-training qgis ## all tests: engine and training in .venv, plugin in QGIS
	@failed=0; \
	$(RUN_PYTHON) -m pytest tests/engine tests/training || failed=1; \
	$(MAKE) --no-print-directory test-qgis || failed=1; \
	if [ $$failed = 0 ]; then echo "All tests passed."; else echo "Tests failed."; fi; \
	exit $$failed

test-qgis: setup qgis
	@$(QGIS_RUN) -m pytest tests/qgis

coverage: $(VENV)/.stamp-training ## which lines of engine and training the tests run: build/coverage/index.html [TESTS=files]
	@$(RUN_PYTHON) -m pytest $(or $(TESTS),tests/engine tests/training) --cov --cov-report=term --cov-report=html

lint: $(VENV)/.stamp-qt6 ## ruff, mypy, bandit, and what the QGIS plugin repository checks
	@$(RUN_PYTHON) -m ruff check .
	@$(RUN_PYTHON) -m ruff format --check .
	@$(RUN_PYTHON) -m mypy
	@$(RUN_PYTHON) -m bandit --quiet --recursive engine training
	@$(RUN_PYTHON) tools/package.py --stage
	@MYPYPATH=build:tools/stubs $(RUN_PYTHON) -m mypy --package earthloc_qgis
	@$(RUN_PYTHON) tools/check_qt6.py
	@$(RUN_PYTHON) -m flake8 --isolated --select QGS1,QGS4 --extend-ignore QGS105 earthloc_qgis
	@$(RUN_PYTHON) -m bandit --quiet --recursive build/earthloc_qgis

docs: $(VENV)/.stamp-docs ## the documentation as a site: build/site/index.html; a link that leads nowhere is an error
	@$(RUN_PYTHON) -m mkdocs build --strict

bench: setup ## how fast and how large: benchmarks/*.py
	@set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(RUN_PYTHON) $$file; done

package: setup ## the plugin as dist/earthloc_qgis-VERSION.zip
	@$(RUN_PYTHON) tools/package.py

wheel: setup ## the engine as dist/earthloc-VERSION-py3-none-any.whl
	@$(RUN_PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

locks: setup ## the engine's dependencies with hashes, for every platform: resources/engine/ [PLATFORM=name]
	@$(RUN_PYTHON) -m pip install --quiet --disable-pip-version-check -e '.[locks]'
	@$(RUN_PYTHON) tools/locks.py $(if $(PLATFORM),--platform "$(PLATFORM)") $(if $(UPGRADE),--upgrade)

pack: wheel ## the engine with all it needs, to install offline: dist/earthloc-engine-*.zip [PLATFORM=name|all]
	@$(RUN_PYTHON) tools/pack.py --platform "$(PLATFORM)"

release: wheel ## all that is published, with SHA256SUMS, from a clean clone: dist/ [PLATFORM=name|all]
	@$(RUN_PYTHON) tools/release.py $(if $(PLATFORM),--platform "$(PLATFORM)")

clean: ## remove what was built; the environments stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .qgis-settings
	find engine training earthloc_qgis tests tools benchmarks -name __pycache__ -type d -exec rm -rf {} +

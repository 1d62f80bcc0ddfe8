# What a newcomer needs: `make setup`, then `make check`.
.PHONY: help setup check test serve zipapp release bench lock docs picture vendor

help:     ## this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*##/:\t/'

setup:    ## brings this machine up: packages, environment, engine, base images
	./tests/run setup

check:    ## ruff, types, the import contract, shellcheck, unit tests
	./tests/run lint
	./tests/run unit

test:     ## everything, on the real engine
	./tests/run

serve:    ## a box on high ports with its data in .cache/box
	.venv/bin/sotabox serve --data-dir .cache/box --http-port 8080 --https-port 8443 --tls off

zipapp:   ## dist/sotabox.pyz, the one file that a box runs, for this processor's CPython 3.11 to 3.14
	python3 .ci/zipapp.py

release:  ## dist/VERSION: signed programs and installer (KEY=private key, RELEASES=URL of all releases)
	python3 .ci/release.py --key $(KEY) --releases $(RELEASES)

bench:    ## measures everything anew, beside its floors, and writes docs/performance.md
	./tests/run bench --page

docs:     ## rewrites the pages of docs/ that are made from code
	.venv/bin/python tests/reference.py

picture:  ## takes the README's picture of the dashboard anew
	.venv/bin/python -m tests.browser.picture

# Only the public index and its hashes go into a lock, whatever this machine's pip is set up to use.
COMPILE := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	.venv/bin/pip-compile --quiet --no-config --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate --no-header

lock:     ## renews the locks: the product, the environment of tests, the zipapp's builder
	$(COMPILE) --upgrade -o requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra dev --build-deps-for editable -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) --upgrade -c requirements-dev.lock -o .ci/zipapp.lock .ci/zipapp.in

vendor:   ## renews what static/ takes from others, as static/vendor.json names it
	python3 .ci/vendor.py

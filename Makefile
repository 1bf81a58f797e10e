# Two commands matter: `make run` serves the product, `make test` proves it.
# Everything they need is created beside this file, in .venv, .env and var.

PYTHON ?= python3
PORT ?= 8000
TEST_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/postgres
LOCK_OPTIONS ?=

# The port decides the address that a laptop answers to; a deployment sets its own.
PUBLIC_ORIGIN ?= http://127.0.0.1:$(PORT)
run: export PORT := $(PORT)
run: export PUBLIC_ORIGIN := $(PUBLIC_ORIGIN)

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header $(LOCK_OPTIONS)
# Where a request must cost little, the code reads request.META and not a copy of it.
UPGRADE := $(BIN)/django-upgrade --skip request_headers
SOURCES := config orgs secretkeys tests manage.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test lint format bench lock clean system-parts

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

# Set-up ----------------------------------------------------------------------

.venv/.runtime: requirements.lock
	@test -x $(BIN)/pip || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
			echo "Python 3.11 or newer is needed; name one with: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; \
			exit 1; \
		}; \
		$(PYTHON) -m venv .venv; \
	}
	@echo "Installing the locked requirements"
	@$(INSTALL) -r requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@echo "Installing the locked test tools"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

# Written once and never changed: a new SIGNING_KEYS would refuse every key in use.
.env: | .venv/.runtime
	@test ! -e var/db.sqlite3 || { \
		echo "There is no .env, but var/db.sqlite3 has keys that were signed with it."; \
		echo "Restore .env, or move var away to start over."; \
		exit 1; \
	}
	@umask 077; $(BIN)/python -c 'from secrets import token_hex, token_urlsafe; \
		print("SECRET_KEY=" + token_urlsafe(50)); print("SIGNING_KEYS=" + token_hex(32))' > $@

var:
	@mkdir -p -m 700 $@

# Serving ---------------------------------------------------------------------

run: .venv/.runtime .env | var ## Serve on 127.0.0.1 (PORT=8000)
	@$(BIN)/python -c 'import socket; s = socket.socket(); \
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); \
		s.bind(("127.0.0.1", $(PORT)))' 2>/dev/null || { \
		echo "Port $(PORT) is taken or not allowed; choose another with: make run PORT=8001"; \
		exit 1; \
	}
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@$(BIN)/python manage.py create_first_organization
	@exec $(BIN)/gunicorn --config deploy/gunicorn.conf.py config.wsgi

# Checking --------------------------------------------------------------------

# Both databases at the same time; the second one's answer is shown when both are done.
test: .venv/.dev system-parts lint ## Check everything: lint, then the suite on SQLite and PostgreSQL
	@log=$$(mktemp); \
	{ ! $(BIN)/python -m tests.parts postgresql || \
		DATABASE_URL=$(TEST_DATABASE_URL) $(BIN)/python -m pytest -m "not browser and not static"; \
	} > $$log 2>&1 & again=$$!; \
	trap 'kill $$again 2>/dev/null; rm -f $$log' INT TERM; \
	$(BIN)/python -m pytest; first=$$?; \
	wait $$again; second=$$?; \
	cat $$log; rm -f $$log; \
	test $$first -eq 0 && test $$second -eq 0

system-parts: .venv/.dev
	@TEST_DATABASE_URL=$(TEST_DATABASE_URL) $(BIN)/python -m tests.parts

# What a deployment must set, so that its checks judge the settings and not a laptop.
lint: export SECRET_KEY := only-for-the-checks-0123456789-abcdefghijklmnopqrstuvwxyz
lint: export SIGNING_KEYS := 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
lint: export PUBLIC_ORIGIN := https://keys.example.com
lint: export EMAIL_URL := smtp+tls://mail.example.com
lint: .venv/.dev ## Check style, types, imports, templates, migrations, settings
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@find templates -name '*.html' | xargs -r $(BIN)/djade --check
	@find templates -name '*.html' | xargs -r $(BIN)/djhtml --tabwidth 2 --check
	@find $(SOURCES) -name '*.py' | xargs $(UPGRADE) --check
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check
	@$(BIN)/python manage.py check --deploy --fail-level WARNING

format: .venv/.dev ## Rewrite code and templates in the house style
	@find $(SOURCES) -name '*.py' | xargs $(UPGRADE) --exit-zero-even-if-changed
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet
	@find templates -name '*.html' | xargs -r $(BIN)/djade || true
	@find templates -name '*.html' | xargs -r $(BIN)/djhtml --tabwidth 2 || true

# Peers have an environment of their own: nothing of theirs is installed with the product.
.venv-bench/.peers: requirements-bench.lock
	@test -x .venv-bench/bin/pip || $(PYTHON) -m venv .venv-bench
	@echo "Installing the peers to compare with"
	@$(subst $(BIN),.venv-bench/bin,$(INSTALL)) -r requirements-bench.lock
	@touch $@

bench: .venv/.dev .venv-bench/.peers ## Measure the promises about speed
	@$(BIN)/python -m tests.benchmarks
	@! $(BIN)/python -m tests.parts postgresql || \
		DATABASE_URL=$(TEST_DATABASE_URL) $(BIN)/python -m tests.benchmarks

# Maintaining -----------------------------------------------------------------

lock: .venv/.dev ## Lock the dependencies of pyproject.toml (LOCK_OPTIONS=--upgrade for newer ones)
	@$(COMPILE) pyproject.toml --output-file requirements.lock
	@$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) pyproject.toml --group bench --constraint requirements.lock --output-file requirements-bench.lock

clean: ## Remove caches and the virtual environment; data and secrets stay
	@rm -rf .venv .venv-bench .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results

# lucius: everything that a person or a CI runs. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
# Set LUCIUS_CACHE to keep the tools outside this checkout (CI does).
VENV := $(if $(LUCIUS_CACHE),$(LUCIUS_CACHE)/venv,$(CURDIR)/local/.venv)
HOST := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
# cargo-lambda always names its target. Naming it here too lets tests and functions share what is compiled.
ifneq ($(HOST),)
export CARGO_BUILD_TARGET := $(HOST)
endif
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1
WITH_TOOLS = PATH="$(VENV)/bin:$$PATH"
STACK = $(PYTHON) local/stack
PYTHONS = --config local/stack/pyproject.toml local/stack infra/canary tests/template tests/simulator tests/mutants

TARGET = $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# How many calls a second the carrier takes in the herds of make pages.
PACES ?= 100,30,5,1
SIMULATE = $(TARGET)/$(HOST)/explore/simulate

# What make up understands goes to it by the environment.
export MINUTE_SECONDS CARRIER_URL HEARTBEAT_URL PORT RUN_DIR DETACH BUILD LUCIUS_CACHE
# What make chaos understands.
export SEED INCIDENTS STORM_SECONDS BREAK
# And what make canary understands. Passwords are better put into the environment, or typed when they are asked for.
export API_URL CONTACT_NUMBER USER_NUMBER CANARY_EMAIL CANARY_PASSWORD CANARY_PIN ADMIN_EMAIL ADMIN_PASSWORD ADMIN_TOKEN PAGED_WITHIN ACCEPTED_WITHIN

.PHONY: help up down test unit e2e lint fmt model mutants indiff simulate pages bugs fuzz bench canary chaos oracle contract build deploy tools lock python

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make up takes MINUTE_SECONDS=2 PORT=8080 DETACH=1 RUN_DIR=local/run CARRIER_URL=http://127.0.0.1:PORT BUILD=0"

up: python ## everything on this machine, from nothing: cloud, functions, phones (Ctrl-C ends it)
	@$(STACK) up

down: python ## end a stack that runs in the background (RUN_DIR= for another than the usual one)
	@$(STACK) down

test: unit e2e ## all tests: units, then whole stories against a stack of their own

unit: tools ## tests that need no stack
	$(WITH_TOOLS) cargo nextest run --workspace --no-fail-fast
	cargo test --workspace --doc --quiet

e2e: tools ## whole stories, against stacks that are started for them and ended after them
	@$(STACK) test

# Where new inputs are kept, apart from the corpora of this checkout; and what libFuzzer has to see of the code.
FUZZED = $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)/fuzz
FUZZ_HOME = tests/bad_inputs/fuzz/__fuzz__
COVERAGE = -Cpasses=sancov-module $(addprefix -Cllvm-args=-sanitizer-coverage-,level=4 inline-8bit-counters pc-table trace-compares)

fuzz: ## look for an input that breaks TARGET=form, for SECONDS=60, guided by coverage (needs a C++ compiler)
	@test -d $(FUZZ_HOME)/$(TARGET)/corpus || { echo "lucius: TARGET is one of $$(ls $(FUZZ_HOME) | tr '\n' ' ')" >&2; exit 1; }
	@mkdir -p $(FUZZED)/found/$(TARGET) $(FUZZ_HOME)/$(TARGET)/crashes
	RUSTFLAGS="--cfg fuzzing --cfg fuzzing_libfuzzer $(COVERAGE)" CARGO_TARGET_DIR=$(FUZZED) \
	BOLERO_LIBFUZZER_ARGS="$(FUZZED)/found/$(TARGET) $(CURDIR)/$(FUZZ_HOME)/$(TARGET)/corpus -artifact_prefix=$(CURDIR)/$(FUZZ_HOME)/$(TARGET)/crashes/ -max_total_time=$(or $(SECONDS),60) -max_len=4096 -print_final_stats=1" \
	cargo test --package lucius-bad-inputs --test fuzz -- --exact $(TARGET) --nocapture
	@rmdir --ignore-fail-on-non-empty $(FUZZ_HOME)/$(TARGET)/crashes

lint: tools ## formatting, lints, documentation, dependencies, template
	cargo fmt --all --check
	@for patch in tests/simulator/bugs/*.patch; do git apply --check "$$patch" || { echo "$$patch: a known bug that cannot be put in any more (make bugs)" >&2; exit 1; }; done
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --quiet
	$(WITH_TOOLS) cargo deny --log-level error check bans licenses sources
	$(WITH_TOOLS) ruff check $(PYTHONS)
	$(WITH_TOOLS) ruff format --check $(PYTHONS)
	$(WITH_TOOLS) mypy --config-file local/stack/pyproject.toml local/stack/*.py
	cd infra/canary && $(WITH_TOOLS) mypy --config-file ../../local/stack/pyproject.toml *.py
	cd tests/mutants && $(WITH_TOOLS) mypy --config-file ../../local/stack/pyproject.toml *.py
	$(WITH_TOOLS) sam validate --lint --template template.yaml
	$(WITH_TOOLS) python tests/template/check.py

fmt: tools ## format everything
	cargo fmt --all
	$(WITH_TOOLS) ruff format $(PYTHONS)

simulate: ## the real shell in a simulated world: MINUTES=1 SEED=..., or one run again: REPLAY=...
	@cargo build --quiet --profile explore --package lucius-simulator
	@$(SIMULATE) $(if $(REPLAY),--replay $(REPLAY),--minutes $(or $(MINUTES),1) $(if $(SEED),--seed $(SEED)))

pages: ## time to page in the simulated world: in each climate, and MISSES=10000 in one minute at PACES=100,30,5,1 calls a second
	@cargo build --quiet --profile explore --package lucius-simulator
	@$(SIMULATE) --pages
	@$(SIMULATE) --herd $(PACES) --users $(or $(MISSES),10000) --hours 12

bugs: ## known bugs, one at a time: how long the simulator takes to find each (PATCHES=folder for others)
	@MINUTES=$(or $(MINUTES),3) $(PYTHON) tests/simulator/bugs.py $(PATCHES)

mutants: python ## break shared/core on purpose, one thing at a time: do its tests notice? (an hour; FILE= for one file; goes on where it was left)
	@$(PYTHON) tests/mutants full $(FILE)

indiff: python ## the same for what has changed since the last full run (minutes; SEED= for the same sample again)
	@$(PYTHON) tests/mutants indiff

model: ## visit every state of a small world around the decisions, and count them (at most MINUTES=3)
	cargo run --profile explore --quiet --package lucius-model

bench: ## what the binaries that ship cost, beside their budgets (BENCH.md)
	cargo build --release --workspace --bins --exclude lucius-switchboard
	cargo run --release --quiet --package lucius-bench

chaos: tools ## 200 incidents while processes die, queue and schedules are lost and the carrier fails (SEED= INCIDENTS= STORM_SECONDS= BREAK=wakes)
	@$(STACK) chaos

oracle: python ## compare with what others publish: Twilio's own library, its OpenAPI
	@$(STACK) oracle

contract: tools ## the store's tests against the emulator and against DynamoDB Local (needs Java and npm)
	@$(STACK) contract

canary: python ## a user who misses on purpose must be paged (README): API_URL=https://… CONTACT_NUMBER=+…, or the local stack
	@$(PYTHON) infra/canary

build: tools ## what is deployed: optimised, for ARCH=arm64 (default) or x86_64
	env -u CARGO_BUILD_TARGET $(WITH_TOOLS) sam build --parameter-overrides Architecture=$(or $(ARCH),arm64)

deploy: build ## build, then sam deploy --guided into your own AWS account
	$(WITH_TOOLS) sam deploy --guided --parameter-overrides Architecture=$(or $(ARCH),arm64)

tools: python ## install the pinned tools (make does it when it needs them)
	@$(STACK) tools

lock: ## write local/requirements.txt anew from local/requirements.in (needs uv)
	uv pip compile --upgrade --generate-hashes --strip-extras --python-version 3.11 --custom-compile-command "make lock" local/requirements.in -o local/requirements.txt

python:
	@command -v $(PYTHON) >/dev/null || { echo "lucius: $(PYTHON) was not found. Install Python 3.11 or newer, or name yours: make PYTHON=/path/to/python3" >&2; exit 1; }

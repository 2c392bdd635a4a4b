# One verb per intention. Each makes what it needs first (scripts/setup; a second run of that costs nothing).
.DEFAULT_GOAL := help
.PHONY: help setup demo up down test browser sim sim-deep kill planted coverage lint bench package deploy teardown deployed clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## .venv and .venv-ministack, from hashed locks
	@sh scripts/setup

demo: setup ## the main job on real files, on the local stack; ends with the books (DEMO="--sf 1" for more)
	@.venv/bin/landfall demo $(DEMO)

up: setup ## start the local stack and leave it running
	@.venv/bin/landfall up

down: setup ## stop the local stack
	@.venv/bin/landfall down

test: setup ## the tests (PYTEST="-k name" to pass options)
	@.venv/bin/python -m pytest $(PYTEST)

browser: setup ## a page of another origin attacks the local stack in a real Chromium, which must be installed
	@.venv/bin/python -m pytest -n0 -rs tests/local/guarded/test_browser.py $(PYTEST)

sim: setup ## the simulation: 8,200 single faults, 20,000 storms, 1,000 interleavings (SIM="--seeds 1000" for fewer)
	@.venv/bin/python -m tests.simulation $(SIM)

sim-deep: setup ## every single fault, pairs of them, 20,000 interleavings, a million storms (SIM="--minutes 15", "--pairs 20000 --seeds 100000")
	@.venv/bin/python -m tests.simulation --deep $(SIM)

kill: setup ## 500 kill -9 of the local stack's worker while files load; then all is compared (KILL=50 for fewer)
	@.venv/bin/python -m tests.kills $(KILL)

planted: setup ## bugs planted in copies of the code, each of which the simulation must catch
	@.venv/bin/python -m tests.simulation.planted $(PLANTED)

coverage: setup ## branch coverage of the domain and the story; less than 100 % fails
	@sh scripts/coverage

lint: setup ## style, types, import flow, our own rules, bandit, secrets, advisories
	@sh scripts/lint

bench: setup ## Landfall beside its peers (BENCH="A --rounds 3"; see bench/README.md)
	@sh scripts/bench $(BENCH)

STAGE ?= dev
ARCHITECTURE ?= x86_64

package: setup ## one CloudFormation template of all of it, and the functions' zip (STAGE=prod ARCHITECTURE=arm64)
	@.venv/bin/python -m deploy.package --stage $(STAGE) --architecture $(ARCHITECTURE)
	@.venv/bin/python -m deploy.scan build/out-$(STAGE)/template.json

deploy: setup ## to AWS: the stack, the functions, the warehouse's tables (STAGE=dev DEPLOY="SupportEmail=a@b.example")
	@.venv/bin/python -m deploy.up --stage $(STAGE) --architecture $(ARCHITECTURE) $(DEPLOY)

teardown: setup ## functions and API; with DATA=delete also all data, for good (STAGE=dev)
	@.venv/bin/python -m deploy.down --stage $(STAGE) $(if $(DATA),--data "$(DATA)") $(TEARDOWN)

deployed: setup ## deploys to an AWS on this machine, twice, loads a file by what was uploaded, takes it all down
	@.venv/bin/python -m pytest -n0 -m deployed tests/deployed $(PYTEST)

clean: ## remove what the verbs above have made; stop the stack first (make down)
	rm -rf .venv .venv-uv .venv-ministack .venv-semgrep .venv-checkov .venv-bench .landfall build *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

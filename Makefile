# One verb per intention. Each runs scripts/setup first, whose second run costs nothing.
.DEFAULT_GOAL := help
.PHONY: help setup demo sources up down test browser sim sim-deep kill planted fuzz coverage lint bench package cdk layer deploy infrastructure teardown deployed clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv and .venv-ministack, from hashed locks
	@sh scripts/setup

demo: setup ## load real files on the local stack, and check the books (DEMO="--sf 1" for more)
	@.venv/bin/landfall demo $(DEMO)

sources: setup ## read every kind of source on a local stack: each object ends in its target with balanced books
	@$(CHOICES) .venv/bin/python -m tests.sources.everything

CHOICES = $(if $(ORCHESTRATOR),LANDFALL_ORCHESTRATOR=$(ORCHESTRATOR)) $(if $(S3_WIRING),LANDFALL_S3_WIRING=$(S3_WIRING))

up: setup ## start the local stack and leave it running (CONTRACTS=../our-contracts ORCHESTRATOR=step_functions S3_WIRING=eventbridge)
	@$(if $(CONTRACTS),LANDFALL_CONTRACTS="$(CONTRACTS)") $(CHOICES) .venv/bin/landfall up

down: setup ## stop the local stack
	@.venv/bin/landfall down

test: setup ## run the tests (PYTEST="-k name" to pass options)
	@.venv/bin/python -m pytest $(PYTEST)

browser: setup ## a page of another origin attacks the local stack in a real Chromium, which must be installed
	@.venv/bin/python -m pytest -n0 -rs tests/local/guarded/test_browser.py $(PYTEST)

sim: setup ## the simulation: 8,200 single faults, 20,000 storms, 1,000 interleavings (SIM="--seeds 1000" for fewer)
	@.venv/bin/python -m tests.simulation $(SIM)

sim-deep: setup ## every single fault, pairs of them, 20,000 interleavings, a million storms (SIM="--minutes 15", "--pairs 20000 --seeds 100000")
	@.venv/bin/python -m tests.simulation --deep $(SIM)

kill: setup ## 500 kill -9 of the local stack's worker while files load and sources are read; then all is compared (KILL=50 for fewer; ORCHESTRATOR=step_functions)
	@$(CHOICES) .venv/bin/python -m tests.kills $(KILL)

planted: setup ## bugs planted in copies of the code, each of which the simulation must catch
	@.venv/bin/python -m tests.simulation.planted $(PLANTED)

fuzz: setup ## contracts proposed for 20,000 hostile files and 5,000 clean ones (FUZZ=10 for a tenth); hostile rows and JSON; properties
	@LANDFALL_FUZZ_SCALE=$(or $(FUZZ),100) .venv/bin/python -m pytest -n 2 -q tests/landfall/infer/test_made_files.py tests/landfall/notebook/test_round_trip.py tests/properties tests/domain/formats/json/test_batches.py

coverage: setup ## measure branch coverage of domain and pipeline; less than 100 % fails
	@sh scripts/coverage

lint: setup ## check style, types, import flow, our own rules, bandit, secrets, advisories
	@sh scripts/lint

bench: setup ## measure Landfall beside its peers (BENCH="A --rounds 3"; see bench/README.md)
	@sh scripts/bench $(BENCH)

STAGE ?= dev
ARCHITECTURE ?= x86_64
OWN = $(if $(CONTRACTS),--contracts "$(CONTRACTS)")

package: setup ## make one complete CloudFormation template, and the functions' zip (STAGE=prod ARCHITECTURE=arm64)
	@.venv/bin/python -m deploy.bundle.package --stage $(STAGE) --architecture $(ARCHITECTURE) $(OWN)
	@.venv/bin/python -m deploy.bundle.scan build/out-$(STAGE)/template.json

cdk: setup ## synthesize the stack of infra/cdk, and compare it with the template of make package (needs node)
	@sh scripts/cdk .venv/bin/mypy --python-executable .venv-cdk/bin/python --cache-dir .mypy_cache/cdk \
		infra/cdk/landfall_cdk infra/cdk/app.py
	@sh scripts/cdk .venv/bin/python -m pytest -n0 -rs tests/packaging/test_cdk.py $(PYTEST)

layer: setup ## make the zips of the layers for Parquet and for transforms (ARCHITECTURE=arm64)
	@.venv/bin/python -m deploy.bundle.layer --architecture $(ARCHITECTURE)

deploy: setup ## deploy to AWS: stack, tables, functions (STAGE=team-a CONTRACTS=../our-contracts DEPLOY="SupportEmail=a@b.example")
	@.venv/bin/python -m deploy.up --stage $(STAGE) --architecture $(ARCHITECTURE) $(OWN) $(DEPLOY)

infrastructure: setup ## make a stage without its functions, which `chalice deploy` brings (STAGE=dev DEPLOY="…")
	@.venv/bin/python -m deploy.up --stage $(STAGE) --infrastructure $(OWN) $(DEPLOY)

teardown: setup ## delete functions and API; with DATA=delete also all data, for good (STAGE=dev)
	@.venv/bin/python -m deploy.down --stage $(STAGE) $(if $(DATA),--data "$(DATA)") $(TEARDOWN)

deployed: setup ## deploy twice to an AWS on this machine, load a file with the uploaded code, take everything down
	@.venv/bin/python -m pytest -n0 -m deployed tests/deployed $(PYTEST)

clean: ## remove everything that the verbs above have made; stop the stack first (make down)
	rm -rf .venv .venv-uv .venv-ministack .venv-semgrep .venv-checkov .venv-bench .venv-cdk infra/cdk/cdk.out .landfall build *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

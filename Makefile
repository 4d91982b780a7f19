# The words of this project; CI says the same ones. Each calls a tool or a script of scripts/, where the reasons stand.
# `make setup` is implied by each word and does nothing when everything is in place.

SHELL := bash
.NOTPARALLEL:
.DEFAULT_GOAL := help

# ansible-lint, molecule and ansible-runner look for their helpers on PATH; Ansible wants a UTF-8 locale.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export LC_ALL ?= C.UTF-8
export STAGEGATE_BUILD_SECRETS ?= $(CURDIR)/.cache/build_secrets

stage := scripts/stage
pytest := python -m pytest

.PHONY: help setup demo test lint types unit arch sanity molecule integration build bench mutation clean

help:          ## this list
	@sed -n 's/^\([a-z]*\):.*## */  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

setup:         ## engine, base image, browser, .venv, collections: what is missing is installed
	@scripts/setup

demo: setup    ## the whole train on the reference application, up to the computed decision
	@scripts/demo.sh

# In this order: the cheap stages find most mistakes before the dear ones start.
test: lint types unit arch sanity molecule integration ## every check, stops at the first stage that fails

lint: setup    ## ruff, yamllint, ansible-lint (production), shell syntax
	@$(stage) lint scripts/lint

types: setup   ## mypy, strict, on the core and io layers
	@$(stage) types scripts/types

unit: setup    ## unit tests, under a minute
	@scripts/install_prometheus >/dev/null
	@$(stage) unit $(pytest) tests/unit -n 2

arch: setup    ## layers (import-linter) and the promises that hold the project together
	@$(stage) arch scripts/arch

sanity: setup  ## ansible-test sanity on the built artifact
	@$(stage) sanity scripts/sanity

molecule: setup ## every role scenario, or one: make molecule ROLE=gate
	@$(stage) molecule scripts/run_molecule $(ROLE)

integration: setup ## the train on a real engine, good and bad releases
	@$(stage) integration scripts/integration

build: setup   ## the collection artifact, from a clean export of the commit, into .cache/dist
	@scripts/build

bench: setup   ## the measured figures, recorded with the machine
	@python scripts/bench.py

mutation: setup ## changes the judge in small ways and looks whether a test falls; about an hour, a sample: MUTANTS=200
	@python scripts/mutation.py --sample $(or $(MUTANTS),0)

clean:         ## removes what demo and tests made, and .cache; keeps .venv, the engine and the base image
	@scripts/clean

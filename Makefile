# Baoyici: everything that a person or CI runs. `make` alone lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test corpus peers bench release lint proto-breaking fmt doc weights gen clean tools
MAKEFLAGS += --no-print-directory

# Folder with the labelled corpora, for `make corpus` only.
SHARED ?= ../shared

TOOLS := $(CURDIR)/target/tools
export PATH := $(TOOLS)/bin:$(TOOLS)/python/bin:$(TOOLS)/npm/node_modules/.bin:$(PATH)
# Lint settings live in .ci, so that the top folder holds only what is ours.
export CLIPPY_CONF_DIR := $(CURDIR)/.ci
PHASE := .ci/phase
NEXTEST := cargo nextest run --locked --config-file .ci/nextest.toml

help: ## Lists the targets.
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Fills a fresh data folder with a sample province, walks the whole road once and stays up.
	cargo run --locked -- demo

# Nextest runs last: its closing line is the verdict. Nothing of one phase is built again in the next but what the compiler checks apart.
test: tools lint ## Checks format, lints and licences, builds the documents and runs every test.
	@$(PHASE) "build of the tests" $(NEXTEST) --no-run
	@$(PHASE) "tests in documents" cargo test --locked --quiet --doc
	@$(PHASE) "program" cargo build --locked --quiet
	@$(PHASE) "road by a client that is not ours" bash tests/python/run.sh target/debug/baoyici
	@RUSTDOCFLAGS="-D warnings" $(PHASE) "documents" cargo doc --locked --no-deps --document-private-items --quiet
	@$(PHASE) "tests" $(SHELL) -o pipefail -c '$(NEXTEST) --no-tests=fail 2>&1 | tee target/nextest.log'

tools: ## Installs what is missing for the tests (apt, pip, npm, cargo).
	@$(PHASE) "tools" .ci/install

lint: tools ## Checks format, service definitions, licences and lints; changes nothing.
	@$(PHASE) "format" cargo fmt --check
	@$(PHASE) "service definitions" buf lint proto
	@$(PHASE) "licences and sources" cargo deny --locked --config .ci/deny.toml --log-level error check --hide-inclusion-graph bans licenses sources
	@$(PHASE) "lints" cargo clippy --locked --quiet --all-targets -- -D warnings

proto-breaking: tools ## Tells what changed in the service definitions since BASE (a tag or commit) that breaks clients.
	@test -n "$(BASE)" || { echo "say since when: make proto-breaking BASE=v0.1.0" >&2; exit 1; }
	buf breaking proto --against '.git#ref=$(BASE),subdir=proto'

corpus: tools ## Scores overlaps on the labelled forms in SHARED and walks the road with a real county's units.
	@test -d "$(SHARED)/corpus" || { echo "$(SHARED)/corpus is missing: say where it is, make corpus SHARED=folder" >&2; exit 1; }
	@$(PHASE) "corpus" bash tests/corpus/run.sh "$(SHARED)"

peers: ## Sets overlap beside RapidFuzz, TF-IDF, Splink (and an embedding, where it can be had) on the labelled forms in SHARED.
	@test -d "$(SHARED)/corpus" || { echo "$(SHARED)/corpus is missing: say where it is, make peers SHARED=folder" >&2; exit 1; }
	@bash benches/peers/labelled.sh "$(SHARED)"

bench: ## Measures what the README says of speed, as ratios within one run.
	cargo bench --locked

release: ## Builds the program for use, optimised; takes long.
	cargo build --locked --release

fmt: ## Formats the sources.
	cargo fmt

doc: ## Builds the documents of the library into target/doc.
	cargo doc --locked --no-deps

weights: ## Estimates the shipped weights of evidence from the sample province again.
	cargo build --locked --quiet
	target/debug/baoyici learn schemas/forms/templates --labels schemas/forms/labels.jsonl >target/weights.toml
	mv target/weights.toml schemas/overlap/weights.toml

gen: tools ## Renews the recorded answers that the tests compare with; look at the difference before you commit it.
	INSTA_UPDATE=always INSTA_FORCE_PASS=1 $(NEXTEST) --no-tests=fail

clean: ## Removes everything that was built or installed into target.
	cargo clean

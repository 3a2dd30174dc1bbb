# SPDX-License-Identifier: BSD-2-Clause
# Thin front door; meson does the work in build/. `make help` lists the targets.

BUILD   = build
PROGRAM = darcy
PREFIX  = /usr/local
SECONDS = 600
export OPENBLAS_NUM_THREADS = 1
export OMP_WAIT_POLICY = passive

.PHONY: demo test build bench docs install lint fuzz clean help deps deps-dev

demo: build ## the main job, from nothing to pictures: solve, train, eval, plot (PROGRAM=darcy)
	$(BUILD)/apps/graft-$(PROGRAM) demo -o runs/$(PROGRAM)-demo

test: build ## set-up, build and all tests
	scripts/test.sh $(BUILD)

build: deps $(BUILD)/build.ninja ## set-up and build
	ninja -C $(BUILD)

bench: build ## benchmarks (bench/README.md says what each one measures)
	meson test -C $(BUILD) --benchmark --verbose

docs: deps-dev $(BUILD)/build.ninja ## reference pages into build/docs, warnings as errors
	scripts/docs.sh $(BUILD)

lint: deps-dev $(BUILD)/build.ninja ## layers, house rules, format, clang-tidy, cppcheck
	ninja -C $(BUILD)
	scripts/lint.sh $(BUILD)

fuzz: deps-dev ## every reader with libFuzzer (SECONDS=600 a target), findings into build-fuzz/findings
	scripts/fuzz.sh build-fuzz $(SECONDS)

install: build ## install under PREFIX (/usr/local)
	meson configure $(BUILD) --prefix $(PREFIX)
	meson install -C $(BUILD)

clean: ## remove the build directory (runs/ stays)
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

deps:
	@scripts/deps.sh build
deps-dev:
	@scripts/deps.sh build dev

$(BUILD)/build.ninja:
	meson setup $(BUILD)

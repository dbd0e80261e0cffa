# `run.sh test`: the steps, what each one runs, and the summary. Sourced; needs ROOT.
# shellcheck shell=bash

ALL_STEPS='format shell deny advisories build lint tidy unit e2e fleet'
# What a step returns when it did not run; its last line says why.
SKIPPED=75
HEARTBEAT_S=60
SHOWN_LINES=150
STEP_PID=''

# One entry a step that ran.
STEP_NAMES=() STEP_RESULTS=() STEP_TESTS=() STEP_SECONDS=() STEP_WHY=()
PASSED=0 FAILED=0 SKIPS=0

# --- the steps ---------------------------------------------------------------------------------------

step_format() { cargo fmt --all --check -- --color never; }

step_lint() { cargo clippy --workspace --all-targets --locked -- -D warnings; }

step_shell() {
  command -v shellcheck >/dev/null 2>&1 || skip "shellcheck is not installed"
  shellcheck -x -a run.sh test_video.sh test_videos/make_sample.sh .ci/run
}

step_deny() {
  find_cargo_deny || skip "cargo-deny could not be installed"
  "$CARGO_DENY" --all-features --locked check --hide-inclusion-graph licenses bans sources
}

step_advisories() {
  find_cargo_deny || skip "cargo-deny could not be installed"
  at_most 60 "$CARGO_DENY" fetch db || skip "the advisory database cannot be reached"
  "$CARGO_DENY" --all-features --locked check --disable-fetch advisories
}

# One build of every target: package by package, shared crates would be compiled again with other features.
step_build() { cargo build --workspace --all-targets --locked; }

step_tidy() { test_targets "$(integration_tests checks/tidy checks/dashboards)"; }

step_unit() {
  local status=0
  test_targets "--lib --bins $(integration_tests 'base/*' 'adapters/*' 'services/*' 'apps/*' checks/bench)" ||
    status=$?
  cargo test --workspace --locked --no-fail-fast --doc || status=$?
  return "$status"
}

step_e2e() {
  install_browser_tools
  export E2E_PROGRAMS="${E2E_PROGRAMS:-${CARGO_TARGET_DIR:-$ROOT/target}/debug}"
  # One process has no servers to lose, and no replicas.
  test_targets "$(end_to_end_tests_but server_outages service_outages replicas live_soak)"
}

# The same end-to-end tests, against the fleet's programs on real servers.
step_fleet() {
  local name
  for name in KAFKA_BROKER MONGO_URI MINIO_ENDPOINT; do
    [ -n "${!name:-}" ] || skip "$name names no server"
  done
  install_browser_tools
  export E2E_PROGRAMS="${E2E_PROGRAMS:-${CARGO_TARGET_DIR:-$ROOT/target}/debug}"
  export E2E_TOPOLOGY=processes
  # The first two are about the one process alone, from which the next ones cannot tell the fleet; the others put services
  # together themselves, on every adapter there is; what the matrix looks at is the encoders' work, which is the same everywhere.
  test_targets "$(end_to_end_tests_but footprint refused_starts live_players long_sources live_api live_processor producer matrix)"
}

end_to_end_tests_but() {
  local tests name
  tests="$(integration_tests checks/e2e)"
  for name in "$@"; do tests="${tests/--test $name /}"; done
  printf '%s' "$tests"
}

# What the table says about a step.
step_title() {
  case "$1" in
    format) echo "rustfmt" ;;
    shell) echo "shellcheck" ;;
    deny) echo "licences, bans, sources" ;;
    advisories) echo "known vulnerabilities" ;;
    build) echo "every target builds" ;;
    lint) echo "clippy, no warnings" ;;
    tidy) echo "the repository's rules" ;;
    unit) echo "unit, conformance, docs" ;;
    e2e) echo "end to end, players" ;;
    fleet) echo "end to end, the fleet" ;;
  esac
}

# --- what the steps need -----------------------------------------------------------------------------

# Ends a step that cannot run here.
skip() {
  printf 'skipped: %s\n' "$1"
  exit "$SKIPPED"
}

# Runs some test targets of the whole workspace, with the features that `step_build` built.
test_targets() {
  local targets
  read -r -a targets <<<"$1"
  [ "${#targets[@]}" -gt 0 ] || skip "there are no such tests"
  cargo test --workspace --locked --no-fail-fast "${targets[@]}"
}

# `--test NAME` for each integration test in the given folders of crates/.
integration_tests() {
  local folder file
  for folder in "$@"; do
    # shellcheck disable=SC2231 # the folder is a pattern
    for file in "$ROOT"/crates/$folder/tests/*.rs "$ROOT"/crates/$folder/tests/*/main.rs; do
      [ -f "$file" ] || continue
      case "$file" in
        */main.rs) file="$(dirname "$file")" ;;
      esac
      printf -- '--test %s ' "$(basename "$file" .rs)"
    done
  done
}

# Sets CARGO_DENY, installing it under target/ when the machine has none that reads our deny.toml.
find_cargo_deny() {
  local tools="$TARGET/tools" version
  CARGO_DENY="$(command -v cargo-deny || true)"
  if [ -n "$CARGO_DENY" ]; then
    version="$("$CARGO_DENY" --version | awk '{print $2}')"
    if version_at_least "${version:-0.0}" 0.20; then return 0; fi
  fi
  CARGO_DENY="$tools/bin/cargo-deny"
  [ ! -x "$CARGO_DENY" ] || return 0
  echo "installing cargo-deny into $tools (about a minute)"
  # It runs for a second, so building it fast is all that matters.
  CARGO_TARGET_DIR="$tools/build" CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --locked --quiet --root "$tools" --version '^0.20' cargo-deny || return 1
  rm -rf "$tools/build"
}

# The players' side of the browser tests, when there is a browser and Node; the tests say why they skip.
install_browser_tools() {
  local folder="$ROOT/crates/checks/e2e/browser"
  [ -f "$folder/package-lock.json" ] || return 0
  command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 || return 0
  if [ "$folder/node_modules" -nt "$folder/package-lock.json" ]; then return 0; fi
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --cache "$TARGET/npm-cache") ||
    echo "npm ci failed: the browser tests will say that they are skipped"
}

# Runs a command for so many seconds at most, where `timeout` exists.
at_most() {
  local seconds="$1"
  shift
  if command -v timeout >/dev/null 2>&1; then timeout "$seconds" "$@"; else "$@"; fi
}

# rustfmt and clippy, which a minimal toolchain lacks.
check_components() {
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
  note "rustfmt or clippy is missing: adding it"
  rustup component add rustfmt clippy >/dev/null 2>&1 ||
    die "rustfmt or clippy is missing" "rustup component add rustfmt clippy"
}

# --- running and counting ----------------------------------------------------------------------------

# Runs the steps asked for, prints the summary, returns 0 when nothing failed.
run_checks() {
  local only="$1" step
  TARGET="${CARGO_TARGET_DIR:-$ROOT/target}"
  CHECKS_DIR="$TARGET/checks"
  # An earlier run's logs would be taken for this one's.
  rm -rf "$CHECKS_DIR"
  mkdir -p "$CHECKS_DIR"
  export CARGO_TERM_COLOR=never
  heading "Checking this machine"
  check_cargo
  check_compiler
  check_components
  check_ffmpeg
  heading "Running the checks"
  trap 'stop_step; exit 130' INT TERM
  for step in $ALL_STEPS; do
    if wanted_step "$step" "$only"; then run_or_pass_over "$step"; fi
  done
  trap - INT TERM
  print_summary
  [ "$FAILED" -eq 0 ]
}

# Tests of whole programs need the build even when only they are asked for.
wanted_step() {
  case "$2" in
    '' | "$1") ;;
    unit | e2e | fleet) [ "$1" = build ] ;;
    *) return 1 ;;
  esac
}

# Tests of what does not build say nothing.
run_or_pass_over() {
  case "$1" in
    lint | tidy | unit | e2e | fleet)
      if [ "$(result_of build)" = failed ]; then
        record "$1" skipped 0 "the build failed"
        return
      fi
      ;;
  esac
  run_step "$1"
}

# How a step that ran before ended.
result_of() {
  local i
  for ((i = 0; i < ${#STEP_NAMES[@]}; i++)); do
    if [ "${STEP_NAMES[$i]}" = "$1" ]; then printf '%s' "${STEP_RESULTS[$i]}"; fi
  done
}

# Runs one step with its output in a file, which is shown when it fails.
run_step() {
  local step="$1" began=$SECONDS status=0 log="$CHECKS_DIR/$1.log" why=''
  export REELFLEET_SKIP_REPORT="$CHECKS_DIR/$step.skipped"
  : >"$REELFLEET_SKIP_REPORT"
  # Its own process group, so that Ctrl-C reaches cargo and all that it started.
  set -m
  (cd "$ROOT" && "step_$step") </dev/null >"$log" 2>&1 &
  STEP_PID=$!
  set +m
  watch_step "$step" "$log"
  wait "$STEP_PID" || status=$?
  STEP_PID=''
  passed_by
  case "$status" in
    0) record "$step" passed $((SECONDS - began)) '' ;;
    "$SKIPPED")
      why="$(sed -n 's/^skipped: //p' "$log" | tail -n 1)"
      record "$step" skipped $((SECONDS - began)) "$why"
      ;;
    *)
      record "$step" failed $((SECONDS - began)) "see $log"
      show_failure "$log"
      ;;
  esac
}

# What a log ends with; it may not be there yet.
last_line() { tail -n 1 "$1" 2>/dev/null | tr -d '\r' | sed 's/^ *//'; }

# Says what a step is doing: a passing line on a terminal, a line now and then elsewhere.
watch_step() {
  local began=$SECONDS said=0 spent
  while kill -0 "$STEP_PID" 2>/dev/null; do
    spent=$((SECONDS - began))
    passing "$1 (${spent} s): $(last_line "$2")"
    if [ -z "$CLEAR_LINE" ] && [ $((spent - said)) -ge "$HEARTBEAT_S" ]; then
      said=$spent
      printf '  … %s: %s s, %s\n' "$1" "$spent" "$(last_line "$2" | cut -c1-56)"
    fi
    sleep 0.2
  done
}

# Ends the step that runs, with everything it started.
stop_step() {
  [ -z "$STEP_PID" ] || kill -TERM -- "-$STEP_PID" 2>/dev/null
  passed_by
  note "interrupted"
}

# Counts a step's tests, books its result, prints its line. $1 step, $2 result, $3 seconds, $4 why.
record() {
  local step="$1" result="$2" why="$4" passed=0 failed=0 skips=0 tests=''
  case "$step $result" in
    "tidy passed" | "tidy failed" | "unit passed" | "unit failed" | "e2e passed" | "e2e failed" | "fleet passed" | "fleet failed")
      count_tests "$step"
      tests=$((passed + failed + skips))
      ;;
  esac
  insist "$step"
  # A step without tests of its own counts as one, and so does one that failed before its tests.
  case "$result" in
    passed) if [ -z "$tests" ]; then passed=1; fi ;;
    failed) if [ "$failed" -eq 0 ]; then failed=1; fi ;;
    skipped) skips=1 ;;
  esac
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPS=$((SKIPS + skips))
  STEP_NAMES+=("$step") STEP_RESULTS+=("$result") STEP_TESTS+=("$tests")
  STEP_SECONDS+=("$3") STEP_WHY+=("$why")
  case "$result" in
    passed) ok "$step: $(step_title "$step") ($(for_people "$3")${tests:+, tests: $tests})" ;;
    skipped) note "$step: skipped, $why" ;;
    failed) wrong "$step failed ($(for_people "$3"))" 2>&1 ;;
  esac
}

# Makes a skip of what REELFLEET_REQUIRE names a failure: changes `result` and `why` of `record`.
insist() {
  if [ "$result" = passed ] && lacks_required "$1"; then
    result=failed
    why="REELFLEET_REQUIRE=$REELFLEET_REQUIRE, but some of it was skipped"
  elif [ "$result" = skipped ] && is_required "$1"; then
    result=failed
    why="required, but skipped: $why"
  fi
}

# Sets `passed`, `failed` and `skips` of `record` from cargo's `test result:` lines. A test that skips itself
# has passed for cargo, and left a line in the report: it is moved over.
count_tests() {
  local lines
  read -r passed failed skips <<<"$(sum_results "$CHECKS_DIR/$1.log")"
  lines="$(grep -c . "$CHECKS_DIR/$1.skipped")"
  passed=$((passed - lines)) skips=$((skips + lines))
}

# The sums of cargo's `test result:` lines: passed, failed, ignored.
sum_results() {
  awk '/^test result: / {
    for (i = 1; i < NF; i++) {
      if ($(i + 1) == "passed;") passed += $i
      if ($(i + 1) == "failed;") failed += $i
      if ($(i + 1) == "ignored;") ignored += $i
    }
  } END { print passed + 0, failed + 0, ignored + 0 }' "$1"
}

# Whether REELFLEET_REQUIRE (`browser,vlc`) names something.
is_required() {
  case ",${REELFLEET_REQUIRE:-}," in *",$1,"*) return 0 ;; esac
  return 1
}

# Whether a step's tests skipped something that must not be skipped.
lacks_required() {
  local word
  [ -s "$CHECKS_DIR/$1.skipped" ] || return 1
  for word in $(printf '%s' "${REELFLEET_REQUIRE:-}" | tr ',' ' '); do
    if grep -qi -- "^[^:]*$word" "$CHECKS_DIR/$1.skipped"; then return 0; fi
  done
  return 1
}

# The part of a log that says what failed: libtest's own account, else from the compiler's first error on,
# else the end.
show_failure() {
  if grep -q '^test result: FAILED' "$1"; then
    awk '/^failures:$/ {on = 1} on {print} /^test result: FAILED/ {on = 0}' "$1"
  elif grep -q '^error' "$1"; then
    sed -n '/^error/,$p' "$1" | head -n "$SHOWN_LINES"
  else
    tail -n "$SHOWN_LINES" "$1"
  fi | sed 's/^/    /'
}

# The table of steps, what was skipped and why, and the one line that a script may read.
print_summary() {
  local i step line
  heading "Summary"
  printf '  %-11s %-25s %-8s %6s %12s\n' step what result tests time
  for ((i = 0; i < ${#STEP_NAMES[@]}; i++)); do
    printf '  %-11s %-25s %-8s %6s %12s\n' "${STEP_NAMES[$i]}" "$(step_title "${STEP_NAMES[$i]}")" \
      "${STEP_RESULTS[$i]}" "${STEP_TESTS[$i]:--}" "$(for_people "${STEP_SECONDS[$i]}")"
  done
  for ((i = 0; i < ${#STEP_NAMES[@]}; i++)); do
    step="${STEP_NAMES[$i]}"
    if [ -n "${STEP_WHY[$i]}" ]; then note "$step ${STEP_RESULTS[$i]}: ${STEP_WHY[$i]}"; fi
    [ -f "$CHECKS_DIR/$step.skipped" ] || continue
    while IFS= read -r line; do note "$step skipped $line"; done < <(counted "$CHECKS_DIR/$step.skipped")
    ignored_tests "$CHECKS_DIR/$step.log"
  done
  printf '\n%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPS"
}

# The lines of a file, each once, with how often it stands there.
counted() { sort "$1" | uniq -c | sed -E 's/^ *1 //; s/^ *([0-9]+) (.*)$/\2 (\1 tests)/'; }

# Tests that are switched off in the source, with the reason given there.
ignored_tests() {
  local line
  sed -n 's/^test \(.*\) \.\.\. ignored,\{0,1\} *\(.*\)$/\1: \2/p' "$1" |
    while IFS= read -r line; do note "$step skipped ${line%: }"; done
}

# One process or the fleet: which of them a command is about, and what both have. Sourced; needs both.
# shellcheck shell=bash

# What runs: `standalone`, `fleet`, or nothing.
what_runs() {
  if running_pid >/dev/null; then
    echo standalone
  elif fleet_runs; then
    echo fleet
  fi
}

# What a command looks at: what runs, else what ran.
what_is_meant() {
  local runs
  runs="$(what_runs)"
  if [ -n "$runs" ]; then
    echo "$runs"
  elif fleet_exists; then
    echo fleet
  else
    echo standalone
  fi
}

# Prints what is to be started. $1: `local`, `docker`, or nothing when neither is asked for.
choose_topology() {
  local runs
  runs="$(what_runs)"
  case "$1:$runs" in
    local:fleet) die "the fleet runs already" "stop it first: ./run.sh stop" ;;
    docker:standalone) die "Reelfleet runs already, as one process" "stop it first: ./run.sh stop" ;;
    local:*) echo standalone ;;
    docker:*) echo fleet ;;
    :?*) echo "$runs" ;;
    *) choose_by_machine ;;
  esac
}

# The fleet where an engine answers.
choose_by_machine() {
  if engine_answers; then
    echo fleet
    return
  fi
  echo standalone
  if command -v docker >/dev/null 2>&1; then
    note "Docker is here, but its engine does not answer: starting as one process" >&2
  fi
}

# The address of the API that runs.
product_url() {
  if [ "$(what_runs)" = fleet ]; then fleet_url; else running_url; fi
}

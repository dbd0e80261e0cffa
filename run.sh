#!/usr/bin/env bash
# Reelfleet's one command: start, stop and look at it, test it, measure it.
set -u -o pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
# shellcheck source=scripts/screen.sh
. "$ROOT/scripts/screen.sh"
# shellcheck source=scripts/settings.sh
. "$ROOT/scripts/settings.sh"
# shellcheck source=scripts/json.sh
. "$ROOT/scripts/json.sh"
# shellcheck source=scripts/tools.sh
. "$ROOT/scripts/tools.sh"
# shellcheck source=scripts/standalone.sh
. "$ROOT/scripts/standalone.sh"
# shellcheck source=scripts/engine.sh
. "$ROOT/scripts/engine.sh"
# shellcheck source=scripts/fleet.sh
. "$ROOT/scripts/fleet.sh"
# shellcheck source=scripts/topology.sh
. "$ROOT/scripts/topology.sh"
# shellcheck source=scripts/metrics.sh
. "$ROOT/scripts/metrics.sh"
# shellcheck source=scripts/log_lines.sh
. "$ROOT/scripts/log_lines.sh"
# shellcheck source=scripts/status.sh
. "$ROOT/scripts/status.sh"
# shellcheck source=scripts/doctor.sh
. "$ROOT/scripts/doctor.sh"
# shellcheck source=scripts/checks.sh
. "$ROOT/scripts/checks.sh"

usage() {
  cat <<'END'
Usage: ./run.sh COMMAND

  start             build if needed, start in the background, wait until ready:
                    the fleet where a Docker engine answers, else one process
  stop              stop it; what was being encoded is handed back
  restart           build, stop, start; data stays
  reset [--yes]     stop, and remove every video and all state
  scale SERVICE N   so many containers of a service of the fleet
  status            health, queue, live streams, lag, disk, last warnings
  doctor            look for common faults, and name the fix
  logs [SERVICE]    the last lines of the logs; -f follows
  test              format, lints, licences, rules, unit, end to end
  bench [NAME]      measure: against bare ffmpeg, under load, with many workers
  help              this text

Each command has --help. Settings are in .env; the environment wins. All but
start act on what runs.
END
}

# The text of `COMMAND --help`.
explain() {
  case "$1" in
    start)
      cat <<'END'
Usage: ./run.sh start [--local | --docker]

Checks this machine, builds in release mode, starts in the background and
waits until it is ready. Harmless when it already runs.

  --local     everything in one process, without Docker; installs ffmpeg if
              it is missing; keeps its data in DATA_DIR (./data)
  --docker    the fleet: each service in a container, with Kafka, MongoDB,
              MinIO, Prometheus and Grafana; keeps its data in volumes

Without either: the fleet where a Docker engine answers, else one process.

Settings it looks at: API_PORT (8000), DATA_DIR; the fleet also BIND_ADDRESS,
the other ports and the images.
END
      ;;
    stop)
      cat <<'END'
Usage: ./run.sh stop

Asks the process or the containers to end, waits, then kills what is left.
Nothing is lost either way: an unfinished encode is done again after the next
start.
END
      ;;
    restart)
      cat <<'END'
Usage: ./run.sh restart

Builds first (a failed build leaves what runs alone), then stops and starts.
Data stays, and so do the counts of `scale`.
END
      ;;
    reset)
      cat <<'END'
Usage: ./run.sh reset [--yes]

Stops what runs and removes its data with every video in it, after asking:
DATA_DIR of the one process, the volumes of the fleet. When nothing runs, what
is left of both.
  --yes    do not ask
END
      ;;
    status)
      cat <<'END'
Usage: ./run.sh status

Health, process or containers, what services depend on, the queue, live
streams, what lags, the disk, and the last warnings. The fleet's numbers come
from its Prometheus.
Exit code: 0 ready, 1 running but not ready, 3 not running.
END
      ;;
    doctor)
      cat <<'END'
Usage: ./run.sh doctor

Looks for the common faults of this machine, the settings and what runs, and
names the fix of each. Changes nothing.
Exit code: 0 nothing found, 1 something.
END
      ;;
    logs)
      cat <<END
Usage: ./run.sh logs [SERVICE] [-f] [-n LINES]

The last 100 lines of the log, or of one service's part of it:
  $(service_names | tr '\n' ' ')
of the fleet also of one of its servers. Each container has its own last lines.
On a terminal each service has its colour; into a pipe lines go as they are.
  -f, --follow    go on as lines arrive
  -n LINES        so many lines
END
      ;;
    scale)
      cat <<END
Usage: ./run.sh scale SERVICE N

So many containers of one service of the fleet: $SCALABLE.
Those that go hand back what they do. In one process, TRANSCODE_SLOTS says how
many encodes run side by side.
END
      ;;
    test)
      cat <<END
Usage: ./run.sh test [--only STEP]

Everything that is checked, in this order:
  $ALL_STEPS
Ends with a summary and the line 'N passed, N failed, N skipped'.
Logs are in target/checks.

Settings: REELFLEET_REQUIRE=browser,vlc makes a skip of these a failure.
END
      ;;
    bench)
      cat <<'END'
Usage: ./run.sh bench [NAME] [ARGUMENTS]

Builds in release mode and measures. Without a name it lists the benches;
./run.sh bench NAME --help tells a bench's own arguments. Some run on servers:
those that KAFKA_BROKER, MONGO_URI and MINIO_ENDPOINT name.
END
      ;;
  esac
}

# Ends with a command's help text when the first argument asks for it.
help_if_asked() {
  case "${2:-}" in -h | --help | help)
    explain "$1"
    exit 0
    ;;
  esac
}

# An argument that a command does not know.
unknown_argument() { misused "$1: unknown argument '$2'" "see: ./run.sh $1 --help"; }

# A command without arguments got one.
no_arguments() {
  local command="$1"
  shift
  [ "$#" -eq 0 ] || unknown_argument "$command" "$1"
}

command_start() {
  local asked='' topology
  while [ "$#" -gt 0 ]; do
    case "$1" in
      --local | --docker) asked="${1#--}" ;;
      *) unknown_argument start "$1" ;;
    esac
    shift
  done
  topology="$(choose_topology "$asked")" || exit
  "start_$topology"
}

command_stop() {
  no_arguments stop "$@"
  "stop_$(what_is_meant)"
}

command_restart() {
  no_arguments restart "$@"
  "restart_$(what_is_meant)"
}

command_scale() {
  [ "$#" -eq 2 ] || misused "scale: needs a service and a count" "see: ./run.sh scale --help"
  case "$2" in '' | *[!0-9]* | ????*) misused "scale: '$2' is no count" "see: ./run.sh scale --help" ;; esac
  if [ "$(what_is_meant)" = standalone ]; then
    die "one process runs all services: there is nothing to scale" \
      "more encodes at once: TRANSCODE_SLOTS=$2 ./run.sh restart" "containers: ./run.sh start --docker"
  fi
  scale_fleet "$1" "$2"
}

command_reset() {
  local answered=no runs
  while [ "$#" -gt 0 ]; do
    case "$1" in
      --yes | -y) answered=yes ;;
      *) unknown_argument reset "$1" ;;
    esac
    shift
  done
  runs="$(what_runs)"
  if [ -n "$runs" ]; then
    "reset_$runs" "$answered"
    return
  fi
  if fleet_exists || [ -n "$(fleet_volumes)" ]; then
    reset_fleet "$answered" || return
    [ -d "$DATA_DIR" ] || return 0
  fi
  reset_standalone "$answered"
}

command_status() {
  no_arguments status "$@"
  "status_$(what_is_meant)"
}

command_doctor() {
  no_arguments doctor "$@"
  run_doctor
}

command_logs() {
  local service='' follow='' lines=100
  while [ "$#" -gt 0 ]; do
    case "$1" in
      -f | --follow) follow=follow ;;
      -n)
        shift
        lines="${1:-}"
        case "$lines" in '' | *[!0-9]*) misused "logs: -n needs a number" "see: ./run.sh logs --help" ;; esac
        ;;
      -*) unknown_argument logs "$1" ;;
      *) service="$1" ;;
    esac
    shift
  done
  "logs_$(what_is_meant)" "$service" "$follow" "$lines" | for_reader
}

command_test() {
  local only=''
  while [ "$#" -gt 0 ]; do
    case "$1" in
      --only)
        shift
        only="${1:-}"
        case " $ALL_STEPS " in
          *" ${only:-none} "*) ;;
          *) misused "test: no step '$only'" "steps: $ALL_STEPS" ;;
        esac
        ;;
      *) unknown_argument test "$1" ;;
    esac
    shift
  done
  run_checks "$only"
}

command_bench() {
  check_cargo
  check_compiler
  check_ffmpeg
  if [ "$#" -eq 0 ]; then set -- --help; fi
  # At once: one by one, what they share would be compiled again with other features.
  (cd "$ROOT" && cargo build --release --locked --quiet -p standalone -p fleet -p bench) ||
    die "the build failed; what cargo says above tells why" "a fresh try: cargo clean, then again"
  "$(dirname "$BINARY")/bench" "$@"
}

main() {
  local command="${1:-help}"
  [ "$#" -eq 0 ] || shift
  case "$command" in
    start | stop | restart | reset | scale | status | doctor | logs)
      help_if_asked "$command" "$@"
      load_settings
      place_files
      "command_$command" "$@"
      ;;
    # Without .env: the servers that it names are the fleet's own, none to test against.
    test | bench)
      help_if_asked "$command" "$@"
      DATA_DIR="$ROOT/data"
      place_files
      "command_$command" "$@"
      ;;
    help | -h | --help) usage ;;
    *)
      misused "unknown command '$command'" \
        "commands: start stop restart reset scale status doctor logs test bench help"
      ;;
  esac
}

main "$@"

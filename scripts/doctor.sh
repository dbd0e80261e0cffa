# `run.sh doctor`: looks for the common faults, and names the fix of each. Sourced; needs all other parts.
# shellcheck shell=bash

FAULTS=0
# The fleet's services that do not run, and what somebody could not reach: what follows from these is no fault of its own.
STOPPED=''
AWAY=''
# Errors that are older are history.
ERRORS_OF_MINUTES=10

# A fault: what is wrong, then what to do.
fault() {
  FAULTS=$((FAULTS + 1))
  wrong "$1" 2>&1
  shift
  local line
  for line in "$@"; do advice "$line" 2>&1; done
}

# Whether a check that ends the script with a reason passes; says the reason as a fault.
passes() {
  local said
  if said="$("$@" 2>&1)"; then
    if [ -n "$said" ]; then printf '%s\n' "$said"; fi
    return 0
  fi
  FAULTS=$((FAULTS + 1))
  printf '%s\n' "$said"
  return 1
}

# Looks at everything. Exit code: 0 nothing found, 1 something.
run_doctor() {
  local meant runs
  meant="$(what_is_meant)" runs="$(what_runs)"
  heading "This machine"
  if [ "$meant" = fleet ]; then examine_fleet_machine; else examine_machine; fi
  heading "What runs"
  if [ -z "$runs" ]; then
    fault "nothing runs" "start it: ./run.sh start"
  else
    "examine_$runs"
    examine_numbers "$runs"
    examine_dependencies "$runs"
    if [ "$runs" = fleet ]; then examine_unhealthy; fi
    examine_errors "$runs"
  fi
  if [ "$FAULTS" -eq 0 ]; then
    printf '\n  %sNothing is wrong.%s\n' "$GREEN" "$PLAIN"
    return 0
  fi
  printf '\n  %s found. What alerts mean: docs/runbooks.md\n' "$(counted_faults)"
  return 1
}

counted_faults() { if [ "$FAULTS" -eq 1 ]; then printf '1 fault'; else printf '%d faults' "$FAULTS"; fi; }

examine_machine() {
  local free
  passes check_ffmpeg
  free="$(free_mib "$DATA_DIR")"
  if [ "${free:-$DATA_ROOM_MIB}" -lt "$DATA_ROOM_MIB" ]; then
    fault "$free MiB are left for DATA_DIR=$DATA_DIR" "delete videos, or move DATA_DIR to a larger disk"
  else
    ok "room for videos"
  fi
  if [ -x "$BINARY" ]; then
    if passes "$BINARY" --check-config; then ok "the settings are valid"; fi
  fi
  if ! running_pid >/dev/null; then passes check_port; fi
}

examine_fleet_machine() {
  passes check_engine
  passes check_engine_memory
  passes check_openness
  if ! fleet_runs; then passes check_fleet_ports; fi
}

examine_standalone() {
  ok "one process (pid $(running_pid))"
  if rebuilt_since; then note "the binary was rebuilt since the start: ./run.sh restart runs the new one"; fi
  examine_readiness "$(running_url)"
}

examine_fleet() {
  local service container killed
  place_fleet
  STOPPED="$(stopped_services)"
  for service in $STOPPED; do
    fault "$service does not run" "why: ./run.sh logs $service -n 30" "bring it up: docker compose up -d $service"
  done
  for container in $(fleet_containers -a -q); do
    killed="$(docker inspect --format '{{if .State.OOMKilled}}{{.Name}}{{end}}' "$container" 2>/dev/null)"
    if [ -n "$killed" ]; then
      fault "${killed#/} was killed for its memory" "raise its mem_limit, or lower TRANSCODE_SLOTS"
    fi
  done
  examine_readiness "$(fleet_url)"
  # Redirects of segments lead here: what this machine cannot reach, viewers on it cannot either.
  if [ "${MEDIA_DELIVERY:-redirect}" = redirect ] &&
    [ "$(http_code "${MINIO_PUBLIC_ENDPOINT:-http://localhost:9000}/minio/health/live")" != 200 ]; then
    fault "nobody answers at MINIO_PUBLIC_ENDPOINT=${MINIO_PUBLIC_ENDPOINT:-http://localhost:9000}" \
      "viewers get segments from there: correct it, or set MEDIA_DELIVERY=proxy"
  fi
}

# Whether the API answers; notes what it misses.
examine_readiness() {
  local answer name
  if ! answer="$(curl -s -m 5 "$1/readyz" 2>/dev/null)" || [ -z "$answer" ]; then
    fault "the API at $1 does not answer" "look at: ./run.sh logs api -n 30"
    return
  fi
  for name in catalog object_store event_log; do
    case "$answer" in
      *"\"$name\":\"not available\""*) AWAY="$AWAY $name" ;;
    esac
  done
  case "$answer" in *'"ready":true'*) ok "the API is ready" ;; esac
}

# What services cannot reach. A server that does not run was named already. $1 topology.
examine_dependencies() {
  local name server
  # shellcheck disable=SC2086 # one word a dependency
  for name in $(printf '%s\n' $AWAY | sort -u); do
    server="$(server_of "$name")"
    if [ "$1" = standalone ]; then
      fault "$(in_words "$name") does not answer" "is $DATA_DIR there, with room left? look at: ./run.sh logs -n 50"
    elif ! grep -qx "$server" <<<"$STOPPED"; then
      fault "services cannot reach $(in_words "$name"), and $server runs" \
        "if it has just come back, ask again in half a minute" "is $(address_of "$name") its address?" \
        "what it says itself: ./run.sh logs $server -n 30" "start it anew: docker compose restart $server"
    fi
  done
}

# Containers that run and are not healthy: they say so themselves while what they need is away.
examine_unhealthy() {
  local service waiting
  waiting="$(unhealthy_services)"
  if [ -n "$waiting" ] && [ -n "${AWAY// /}" ]; then
    note "these wait for it, and go on by themselves:"
    note "$(printf '%s' "$waiting" | tr '\n' ' ')"
    return
  fi
  for service in $waiting; do
    fault "$service runs, and is not healthy" "what it says: ./run.sh logs $service -n 30" \
      "start it anew: docker compose restart $service"
  done
}

in_words() { printf 'the %s' "$(printf '%s' "$1" | tr _ ' ')"; }

server_of() {
  case "$1" in
    catalog) echo mongo ;;
    object_store) echo minio ;;
    *) echo kafka ;;
  esac
}

address_of() {
  case "$1" in
    catalog) echo MONGO_URI ;;
    object_store) echo MINIO_ENDPOINT ;;
    *) echo KAFKA_BROKER ;;
  esac
}

# What the services measure. $1 topology.
examine_numbers() {
  local value
  if ! read_metrics "$1"; then
    fault "no numbers can be read" "of the fleet Prometheus tells them: docker compose up -d prometheus"
    return
  fi
  AWAY="$AWAY $(labels_where dependency_ready dependency 0)"
  [ -n "$(sum_of transcode_slots)" ] || fault "no worker is there: nothing is encoded" "./run.sh start"
  [ -n "$(highest vod_videos_open)" ] || fault "no VOD processor is there: uploads stay uploaded" "./run.sh start"
  [ -n "$(highest live_streams_open)" ] || fault "no live processor is there: playlists stop" "./run.sh start"
  above transcode_queue_oldest_job_age_seconds '' 1800 "a job waits for more than half an hour" \
    "more workers: ./run.sh scale transcode-worker 2, or TRANSCODE_SLOTS"
  above outbox_oldest_event_age_seconds '' 60 "events wait to be published" "is the event log there? see above"
  above dead_letters_parked '' 0 "dead letters wait for somebody" "GET /dlq says why; POST /dlq/{id}/retry"
  above live_streams_open 'status="stalled"' 0 "live streams have stopped coming" \
    "see to their encoders; GET /streams?status=stalled names them"
  value="$(lowest data_disk_available_bytes)"
  if [ -n "$value" ] && [ "$value" -lt "${MIN_FREE_BYTES:-536870912}" ]; then
    fault "$(bytes_for_people "$value") are left on the disk of DATA_DIR: workers claim nothing" "make room"
  fi
  ok "numbers of $(printf '%s\n' "$METRICS" | grep -c '^[a-z]') series were looked at"
}

# What the services have called an error of late; while something is away, not what follows from that. $1 topology.
examine_errors() {
  local lines line said message follows='^$'
  [ -z "${AWAY// /}" ] || follows='not available'
  lines="$("recent_lines_$1" "$ERRORS_OF_MINUTES" | grep -E '"level":"ERROR"|Z +ERROR ' | grep -vE "$follows" |
    readable_lines plain | each_message | tail -n "$LAST_ERRORS")"
  while read -r line; do
    [ -n "$line" ] || continue
    # shellcheck disable=SC2086 # the words of the line: time, level, service, message
    set -- $line
    message=()
    while read -r said; do message+=("$said"); done <<<"$(printf '%s' "${line#*"$3" }" | cut -c 1-300 | fold -s -w 76)"
    fault "$3 called this an error at $1:" "${message[@]}" "what came before it: ./run.sh logs $3 -n 50"
  done <<<"$lines"
}

# The log lines of the last minutes. $1 how many.
recent_lines_fleet() {
  # shellcheck disable=SC2086 # one word a service
  compose_all logs --no-log-prefix --since "${1}m" $FLEET_SERVICES 2>/dev/null
}

recent_lines_standalone() {
  local since
  since=$(($(date +%s) - $1 * 60))
  since="$(date -u -d "@$since" +%Y-%m-%dT%H:%M:%S 2>/dev/null || date -u -r "$since" +%Y-%m-%dT%H:%M:%S)"
  tail -n 20000 "$LOG_FILE" 2>/dev/null |
    awk -v since="$since" 'match($0, /[0-9][0-9-]+T[0-9:]+/) && substr($0, RSTART, RLENGTH) >= since'
}

# A fault when a metric is above a limit. $1 name, $2 labels, $3 limit, then what is wrong and what to do.
above() {
  local value
  value="$(highest "$1" "$2")"
  [ "${value:-0}" -le "$3" ] || fault "$4 ($value)" "$5"
}

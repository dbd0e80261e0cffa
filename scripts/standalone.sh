# The standalone process: build, start, stop, look at it, remove its data. Sourced; needs the settings.
# shellcheck shell=bash

READY_WITHIN_S=60
STOP_WITHIN_S=30
LOG_ROTATES_AT_BYTES=$((50 * 1024 * 1024))
# A folder without this file is not ours, and is neither filled nor removed.
MARKER=.reelfleet

# Where everything of this process is; after `load_settings`.
place_files() {
  BINARY="${CARGO_TARGET_DIR:-$ROOT/target}/release/standalone"
  PID_FILE="$DATA_DIR/standalone.pid"
  # Which binary runs, and at which address: the settings may have changed since.
  STARTED_FILE="$DATA_DIR/standalone.started"
  LOG_FILE="$DATA_DIR/logs/standalone.log"
}

# Prints the pid of our running process, or fails. Pids are reused: the number alone proves nothing.
running_pid() {
  local pid binary
  pid="$(cat "$PID_FILE" 2>/dev/null)" || return 1
  case "$pid" in '' | *[!0-9]*) return 1 ;; esac
  kill -0 "$pid" 2>/dev/null || return 1
  binary="$(sed -n 's/^binary=//p' "$STARTED_FILE" 2>/dev/null)"
  [ "$(program_of "$pid")" = "${binary:-$BINARY}" ] || return 1
  printf '%s' "$pid"
}

# The address that the running process was started on.
running_url() {
  local url
  url="$(sed -n 's/^url=//p' "$STARTED_FILE" 2>/dev/null)"
  printf '%s' "${url:-http://$API_HOST:$API_PORT}"
}

# The status code of an address, 000 when nobody answers.
http_code() { curl -s -o /dev/null -m 3 -w '%{http_code}' "$1" 2>/dev/null; }

# Builds the release binary with cargo's own progress.
build_standalone() {
  if [ ! -x "$BINARY" ]; then
    check_room "$ROOT" "$BUILD_ROOM_MIB" "a first build" "make room, or set CARGO_TARGET_DIR to a bigger disk"
    note "first build: about 5 minutes on two cores; later ones take seconds"
  fi
  (cd "$ROOT" && cargo build --release --locked -p standalone) ||
    die "the build failed; what cargo says above tells why" "a fresh try: cargo clean, then start again"
  ok "built"
}

# Makes the data folder, or stops when it cannot be ours.
prepare_data() {
  if [ -d "$DATA_DIR" ] && [ ! -e "$DATA_DIR/$MARKER" ] && [ -n "$(ls -A "$DATA_DIR" 2>/dev/null)" ]; then
    die "DATA_DIR=$DATA_DIR holds files that are not Reelfleet's" "set DATA_DIR to a new or empty folder"
  fi
  { mkdir -p "$DATA_DIR/logs" && touch "$DATA_DIR/$MARKER"; } 2>/dev/null ||
    die "DATA_DIR=$DATA_DIR cannot be written" "set DATA_DIR to a folder of yours"
  check_room "$DATA_DIR" "$DATA_ROOM_MIB" "video data" "make room, or set DATA_DIR to a bigger disk"
}

# Keeps one old log, so that a long life does not fill the disk.
rotate_log() {
  [ -f "$LOG_FILE" ] || return 0
  [ "$(wc -c <"$LOG_FILE")" -lt "$LOG_ROTATES_AT_BYTES" ] || mv -f "$LOG_FILE" "$LOG_FILE.1"
}

# Starts the binary in the background, out of reach of this terminal's Ctrl-C and of its end.
launch() {
  local pid
  take_start_lock
  if running_pid >/dev/null; then
    note "another start was quicker"
  else
    rotate_log
    set -m
    nohup "$BINARY" </dev/null >>"$LOG_FILE" 2>&1 &
    pid=$!
    set +m
    disown "$pid" 2>/dev/null
    printf 'binary=%s\nurl=http://%s:%s\n' "$BINARY" "$API_HOST" "$API_PORT" >"$STARTED_FILE"
    printf '%s\n' "$pid" >"$PID_FILE"
  fi
  rmdir "$DATA_DIR/.starting" 2>/dev/null
}

# Two `start` at the same moment would both launch: one waits for the other. The lock is held for an instant,
# so one that stays was left by a script that was killed.
take_start_lock() {
  local tries=0
  until mkdir "$DATA_DIR/.starting" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 30 ]; then rmdir "$DATA_DIR/.starting" 2>/dev/null; fi
    sleep 0.1
  done
}

# Waits until the process says that it is ready; shows its last words when it dies instead.
wait_ready() {
  local began=$SECONDS url
  url="$(running_url)"
  while [ $((SECONDS - began)) -lt "$READY_WITHIN_S" ]; do
    if [ "$(http_code "$url/readyz")" = 200 ]; then
      passed_by
      ok "ready"
      return 0
    fi
    if ! running_pid >/dev/null; then
      passed_by
      wrong "it stopped right after its start; its last words:"
      tail -n 15 "$LOG_FILE" >&2
      rm -f "$PID_FILE" "$STARTED_FILE"
      exit 1
    fi
    passing "waiting until it is ready ($((SECONDS - began)) s)"
    sleep 0.1
  done
  passed_by
  die "not ready after $READY_WITHIN_S s" "look at: ./run.sh logs, and curl $url/readyz"
}

# The table that ends a start.
print_addresses() {
  local url
  url="$(running_url)"
  heading "Reelfleet is running"
  row "API" "$url"
  row "API docs" "$url/docs"
  row "Metrics" "$url/metrics"
  row "Data" "$DATA_DIR"
  row "Log" "$LOG_FILE"
  printf '\n  Next: %s./test_video.sh --watch%s   (stop with ./run.sh stop)\n' "$BOLD" "$PLAIN"
}

# Whether the binary on disk is newer than the running process.
rebuilt_since() { [ "$BINARY" -nt "$PID_FILE" ]; }

# The whole start.
start_standalone() {
  local pid
  if pid="$(running_pid)"; then
    ok "already running (pid $pid)"
    if rebuilt_since; then note "the binary was rebuilt since; ./run.sh restart runs the new one"; fi
    wait_ready
    print_addresses
    return
  fi
  prepare_machine
  bring_up
}

# Everything that a start needs, the binary included.
prepare_machine() {
  heading "Checking this machine"
  check_cargo
  check_compiler
  check_curl
  check_ffmpeg
  if ! running_pid >/dev/null; then
    check_port
    ok "port $API_PORT is free"
  fi
  prepare_data
  heading "Building"
  build_standalone
}

# From a built binary to the table of addresses.
bring_up() {
  heading "Starting"
  check_port
  launch
  wait_ready
  print_addresses
}

# The whole stop.
stop_standalone() {
  local pid began=$SECONDS patience="$STOP_WITHIN_S"
  # A longer grace that was asked for is given.
  if [ "$((${STOP_GRACE_SECONDS:-0} + 20))" -gt "$patience" ]; then patience=$((STOP_GRACE_SECONDS + 20)); fi
  if ! pid="$(running_pid)"; then
    rm -f "$PID_FILE" "$STARTED_FILE"
    ok "not running"
    return
  fi
  kill -TERM "$pid" 2>/dev/null
  while kill -0 "$pid" 2>/dev/null; do
    if [ $((SECONDS - began)) -ge "$patience" ]; then
      passed_by
      note "did not end within $patience s: killing it; what it was encoding is done again"
      kill -KILL "$pid" 2>/dev/null
      sleep 0.2
      break
    fi
    passing "stopping: running encodes finish or are handed back ($((SECONDS - began)) s)"
    sleep 0.1
  done
  passed_by
  rm -f "$PID_FILE" "$STARTED_FILE"
  ok "stopped (pid $pid); data is kept in $DATA_DIR"
}

# Builds first, so that a build that fails leaves the old process running.
restart_standalone() {
  prepare_machine
  heading "Stopping"
  stop_standalone
  bring_up
}

# Stops when removing this folder would remove more than Reelfleet's data.
check_removable() {
  local dir="$1" home
  home="$(cd "${HOME:-/}" 2>/dev/null && pwd -P)"
  case "$home/" in
    "${dir%/}/"*) die "refusing to remove $dir: your home folder is in it" "check DATA_DIR" ;;
  esac
  case "$ROOT/" in
    "${dir%/}/"*) die "refusing to remove $dir: this project is in it" "check DATA_DIR" ;;
  esac
  [ -e "$dir/$MARKER" ] || die "refusing to remove $dir: it has no $MARKER file, so it is not Reelfleet's" \
    "check DATA_DIR"
}

# Stops the process and removes its data, after asking. $1: `yes` when the question is already answered.
reset_standalone() {
  local dir size
  dir="$(cd "$DATA_DIR" 2>/dev/null && pwd -P)" || { ok "nothing to remove: there is no $DATA_DIR"; return; }
  check_removable "$dir"
  size="$(du -sh "$dir" 2>/dev/null | cut -f1)"
  confirmed "$1" "every video in $dir ($size)" || return 1
  stop_standalone
  find "$dir" -mindepth 1 -delete || die "not everything in $dir could be removed" "see the lines above"
  rmdir "$dir" 2>/dev/null
  ok "removed $dir ($size)"
}

# Health, process, data and the queue. Exit code: 0 ready, 1 running but not ready, 3 not running.
status_standalone() {
  local pid url code
  if ! pid="$(running_pid)"; then
    row "State" "not running (start it: ./run.sh start)"
    if [ -d "$DATA_DIR" ]; then row "Data" "$(du -sh "$DATA_DIR" 2>/dev/null | cut -f1) in $DATA_DIR"; fi
    return 3
  fi
  url="$(running_url)"
  code="$(http_code "$url/readyz")"
  if [ "$code" = 200 ]; then
    row "State" "${GREEN}ready${PLAIN}"
  else
    row "State" "${RED}running, but not ready${PLAIN} ($url/readyz answers $code)"
  fi
  row "Process" "pid $pid, up $(for_people "$(age_of "$PID_FILE")")"
  row "Memory" "$(bytes_for_people "$(memory_of "$pid")")"
  if rebuilt_since; then row "Binary" "rebuilt since the start: ./run.sh restart runs the new one"; fi
  row "Data" "$(du -sh "$DATA_DIR" 2>/dev/null | cut -f1) in $DATA_DIR"
  row "API" "$url"
  print_health standalone
  tail -n 2000 "$LOG_FILE" 2>/dev/null | print_last_errors
  print_next_step $((code == 200 ? 0 : 1))
}

# Seconds since a file was written; GNU and BSD stat.
age_of() {
  local written
  written="$(stat -c %Y "$1" 2>/dev/null || stat -f %m "$1")"
  printf '%s' $(($(date +%s) - written))
}

# Resident bytes of a process.
memory_of() {
  awk '/^VmRSS:/ {print $2 * 1024; found = 1} END {exit !found}' "/proc/$1/status" 2>/dev/null ||
    ps -o rss= -p "$1" 2>/dev/null | awk '{print $1 * 1024}'
}

# The services that log into the one file.
service_names() {
  local dir
  for dir in "$ROOT"/crates/services/*/; do basename "$dir"; done
}

# The service in a log line, as the module that speaks: `INFO vod_processor::queue: ` in text, `"target":"api::upload"` in
# JSON; its start tells its name as a field.
logged_by() {
  printf '([A-Z] +|"target":")%s(:|")|service"?[=:] ?"?%s"?([^A-Za-z0-9_-]|$)' "${1//-/_}" "$1"
}

# Shows the log. $1 service or nothing, $2 `follow` or nothing, $3 lines.
logs_standalone() {
  local service="$1" follow="$2" lines="$3"
  [ -f "$LOG_FILE" ] || die "there is no log yet at $LOG_FILE" "start first: ./run.sh start"
  if [ -n "$service" ] && [ "$service" != standalone ]; then
    grep -qx -- "$service" <<<"$(service_names)" ||
      misused "no service '$service'" "services: standalone $(service_names | tr '\n' ' ')"
    if [ "$follow" = follow ]; then
      tail -n +1 -F "$LOG_FILE" 2>/dev/null | grep --line-buffered -E -- "$(logged_by "$service")"
    else
      grep -E -- "$(logged_by "$service")" "$LOG_FILE" | tail -n "$lines"
    fi
  elif [ "$follow" = follow ]; then
    tail -n "$lines" -F "$LOG_FILE"
  else
    tail -n "$lines" "$LOG_FILE"
  fi
}

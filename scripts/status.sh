# What `run.sh status` shows of the work, in both topologies. Sourced; needs METRICS.
# shellcheck shell=bash

LAST_ERRORS=3
# Log lines that tell of trouble, in JSON and in text.
TROUBLE='"level":"(WARN|ERROR)"|Z +(WARN|ERROR) '

# The rows about what services depend on, the queue, live streams, what lags, and the disk. $1 topology.
print_health() {
  if ! read_metrics "$1"; then
    note "no numbers: neither the service nor Prometheus tells any"
    return
  fi
  print_dependencies
  print_queue
  print_live
  print_lag
  print_disk
}

print_dependencies() {
  local name said=''
  for name in $(labels_where dependency_ready dependency 1; labels_where dependency_ready dependency 0); do
    # With several processes, one that cannot reach it is enough.
    if [ "$(lowest dependency_ready "dependency=\"$name\"")" = 0 ]; then
      case "$said" in *" $name "*) ;; *) said="$said ${RED}$name AWAY${PLAIN}," ;; esac
    else
      said="$said $name ok,"
    fi
  done
  [ -z "$said" ] || row "Depends on" "$(each_once "${said%,}")"
}

# The parts of a list with commas, each once.
each_once() { printf '%s' "$1" | tr ',' '\n' | sed 's/^ //' | awk '!seen[$0]++' | paste -s -d ',' - | sed 's/,/, /g'; }

print_queue() {
  local queued oldest
  if [ "$(lowest dependency_ready 'dependency="catalog"')" = 0 ]; then
    note "the catalog is away: queue, videos and streams are as they were last seen"
  fi
  queued="$(highest transcode_queue_jobs 'state="queued"')"
  oldest="$(highest transcode_queue_oldest_job_age_seconds)"
  if [ -z "$queued" ]; then
    row "Queue" "unknown: no VOD processor tells"
  else
    row "Queue" "$queued queued$(since "$oldest"), $(highest transcode_queue_jobs 'state="leased"') encoding, \
$(highest transcode_queue_jobs 'state="backoff"') to retry, $(highest transcode_queue_jobs 'state="dead"') dead"
    row "Videos" "$(highest vod_videos_open 'status="uploaded"') uploaded, \
$(highest vod_videos_open 'status="processing"') processing, \
$(highest vod_videos_open 'status="transcoding"') transcoding$(since "$(highest vod_oldest_open_video_age_seconds)")"
  fi
  if [ -z "$(sum_of transcode_slots)" ]; then
    row "Workers" "${RED}none${PLAIN}"
  else
    row "Workers" "$(printf '%s\n' "$METRICS" | grep -c '^transcode_slots[ {]'), encodes at once: $(sum_of transcode_slots)"
  fi
}

# ` (oldest 3 min 5 s)` when there is one.
since() { if [ "${1:-0}" -gt 0 ]; then printf ' (oldest %s)' "$(for_people "$1")"; fi; }

print_live() {
  local live fresh late silent
  live="$(highest live_streams_open 'status="live"')"
  fresh="$(highest api_live_playlists 'state="fresh"')" late="$(highest api_live_playlists 'state="late"')"
  silent="$(highest api_live_playlists 'state="silent"')"
  if [ -z "$live" ]; then
    row "Live" "unknown: no live processor tells"
    return
  fi
  row "Live" "$live live, $(highest live_streams_open 'status="stalled"') stalled, \
$(highest live_streams_open 'status="ending"') ending; playlists: \
${fresh:-?} fresh, ${late:-?} late, ${silent:-?} silent"
}

print_lag() {
  local outbox lag letters
  outbox="$(highest outbox_oldest_event_age_seconds)"
  lag="$(sum_of kafka_consumergroup_lag)"
  letters="$(highest dead_letters_parked)"
  row "Lag" "${lag:+$lag records, }events wait for ${outbox:-?} s, ${letters:-?} dead letters"
}

print_disk() {
  local left size
  left="$(lowest data_disk_available_bytes)"
  size="$(lowest data_disk_size_bytes)"
  [ -n "$left" ] || return 0
  row "Disk" "$(bytes_for_people "$left") of $(bytes_for_people "$size") left"
}

# What to do about a product that is not well. $1 the exit code of its status.
print_next_step() {
  if [ "$1" -ne 0 ]; then printf '\n  Next: %s./run.sh doctor%s names what is wrong, and its fix\n' "$BOLD" "$PLAIN"; fi
  return "$1"
}

# The last warnings and errors of log lines on standard input: what is said again and again, once.
print_last_errors() {
  local lines
  lines="$(grep -E "$TROUBLE" | readable_lines plain | each_message | tail -n "$LAST_ERRORS")"
  [ -n "$lines" ] || return 0
  heading "Last warnings"
  printf '%s\n' "$lines" | wrapped
}

# Of lines that differ in their time and their ids only, the last one, with how often it was said.
each_message() {
  sort -s -k 1,1 | awk '{
    time = $1; sub(/^[^ ]+ /, ""); gsub(/ (trace|job)_id=[^ ]+/, "")
    if (!($0 in count)) said[++number] = $0
    count[$0]++; last[$0] = time; at[$0] = NR
  }
  END {
    for (i = 1; i <= number; i++) {
      line = said[i]
      printf("%09d %s %s%s\n", at[line], last[line], line, count[line] > 1 ? " (" count[line] " times)" : "")
    }
  }' | sort | cut -d ' ' -f 2-
}

# Lines that fit the screen: as much of each as three rows hold.
wrapped() {
  awk '{
    words = split($0, word, " "); row = "  " word[1]; rows = 1
    for (i = 2; i <= words; i++) {
      if (length(row) + 1 + length(word[i]) <= 80) { row = row " " word[i]; continue }
      if (rows == 3) { row = substr(row, 1, 76) " ..."; break }
      print substr(row, 1, 80); row = "           " word[i]; rows++
    }
    print substr(row, 1, 80)
  }'
}

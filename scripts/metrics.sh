# What the services measure, read by scripts: from the one process itself, of the fleet from its Prometheus. Sourced.
# shellcheck shell=bash

# The names that the scripts look at.
METRICS_OF_INTEREST='up|dependency_ready|transcode_.*|vod_videos_open|vod_oldest_.*|live_streams_open'
METRICS_OF_INTEREST="$METRICS_OF_INTEREST|api_live_playlists|outbox_.*|dead_letters_parked|data_disk_.*"
METRICS_OF_INTEREST="$METRICS_OF_INTEREST|kafka_consumergroup_lag|api_segment_requests_held|active_live_streams"

# Sets METRICS to what is measured now, in the text format without timestamps; fails when nobody tells.
read_metrics() {
  if [ "$1" = fleet ]; then
    METRICS="$(curl -sf -m 5 -G "$(prometheus_url)/federate" \
      --data-urlencode "match[]={__name__=~\"$METRICS_OF_INTEREST\"}" 2>/dev/null | sed 's/ [0-9]*$//')"
  else
    METRICS="$(curl -sf -m 5 "$(running_url)/metrics" 2>/dev/null)"
  fi
  [ -n "$METRICS" ]
}

# Where the fleet's Prometheus answers.
prometheus_url() { printf 'http://%s:%s' "$API_HOST" "${PROMETHEUS_PORT:-9090}"; }

# The highest value of a metric, whole; nothing when it is not there. $1 name, $2 a part that its labels have.
# What services count in the catalog, each replica tells: their highest is the number, not their sum.
highest() { of_metric "$1" "${2:-}" 'value > found || !any { found = value }'; }

# The lowest value of a metric.
lowest() { of_metric "$1" "${2:-}" 'value < found || !any { found = value }'; }

# The sum of a metric over all its series.
sum_of() { of_metric "$1" "${2:-}" '{ found += value }'; }

of_metric() {
  printf '%s\n' "$METRICS" | awk -v name="$1" -v part="$2" '
    { series = $1; sub(/\{.*/, "", series) }
    series != name || (part != "" && index($0, part) == 0) { next }
    { value = $NF + 0 }
    '"$3"'
    { any = 1 }
    END { if (any) printf("%.0f", found) }'
}

# The values of a label among the series of a metric that have a value. $1 metric, $2 label, $3 value.
labels_where() {
  printf '%s\n' "$METRICS" | awk -v name="$1" -v label="$2=\"" -v wanted="$3" '
    { series = $1; sub(/\{.*/, "", series) }
    series == name && $NF + 0 == wanted + 0 {
      at = index($0, label)
      if (at) { rest = substr($0, at + length(label)); print substr(rest, 1, index(rest, "\"") - 1) }
    }' | sort -u
}

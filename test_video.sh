#!/usr/bin/env bash
# Sends a real video to a running Reelfleet, follows it, and says where to watch it.
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

# A video that neither changes its status nor gains a percent for so long is given up.
STALLED_AFTER_S=900
ASSUMED_BITS_PER_S=5000000

usage() {
  cat <<'END'
Usage: ./test_video.sh [FILE] [--watch]

Uploads FILE, or a 12-second sample that it makes, to the running Reelfleet.
  --watch    follow it until it is ready, then check that it plays

Exit code 0: with --watch the video is ready and decodes without an error
(ffmpeg looks, if it is there); without --watch the upload was accepted.
Settings: API_PORT, from .env or the environment.
END
}

# Reads the command line into FILE and WATCH.
read_arguments() {
  FILE='' WATCH=no
  while [ "$#" -gt 0 ]; do
    case "$1" in
      -h | --help)
        usage
        exit 0
        ;;
      -w | --watch) WATCH=yes ;;
      -*) misused "unknown option '$1'" "see: ./test_video.sh --help" ;;
      *)
        [ -z "$FILE" ] || misused "one file at a time, '$FILE' or '$1'" "see: ./test_video.sh --help"
        FILE="$1"
        ;;
    esac
    shift
  done
}

# The file to send; the sample is made when nobody names one.
choose_file() {
  if [ -z "$FILE" ]; then
    FILE="$ROOT/test_videos/sample.mp4"
    [ -f "$FILE" ] || "$ROOT/test_videos/make_sample.sh" >/dev/null || die "the sample could not be made" \
      "name a file of yours: ./test_video.sh FILE"
  fi
  [ -f "$FILE" ] || die "there is no file $FILE"
  [ -r "$FILE" ] || die "$FILE cannot be read"
}

# A heading as the first version of this pipeline had it.
part() { printf '\n%s=== %s ===%s\n' "$BOLD" "$1" "$PLAIN"; }

# One `Name: value` line under a heading.
fact() { printf '  %-13s %s\n' "$1:" "$2"; }

# What the file is: asked of ffprobe, or estimated from its size.
analyse() {
  local bytes duration size codec
  bytes="$(wc -c <"$FILE" | tr -d ' ')"
  part "Video File Analysis"
  fact File "$FILE"
  if command -v "$FFPROBE" >/dev/null 2>&1; then
    duration="$(probe format=duration -show_entries)"
    size="$(probe stream=width,height -select_streams v:0 -show_entries | tr ',' 'x')"
    codec="$(probe stream=codec_name -select_streams v:0 -show_entries)"
    fact Duration "${duration:+$(printf '%.2f' "$duration" 2>/dev/null) s}"
    fact Resolution "${size:-no video}"
    fact Codec "${codec:-unknown}"
  else
    fact Duration "about $((bytes * 8 / ASSUMED_BITS_PER_S + 1)) s (estimated: no ffprobe here)"
    fact Resolution "1920x1080 (assumed)"
    fact Codec "unknown"
  fi
  fact "File size" "$(bytes_for_people "$bytes")"
}

# One line of ffprobe about FILE. $1 entries, then options that end with -show_entries.
probe() {
  local entries="$1"
  shift
  "$FFPROBE" -v error -of csv=p=0 "$@" "$entries" "file:$FILE" 2>/dev/null | awk 'NR == 1' | sed 's/,$//'
}

# Sends the bytes, sets STREAM_ID.
submit() {
  local answer code name progress=(-sS)
  part "Submitting VOD Upload"
  answer="$(mktemp)"
  name="$(basename "$FILE")"
  if [ -t 2 ]; then progress=(-#); fi
  code="$(curl "${progress[@]}" -o "$answer" -w '%{http_code}' --form-string "title=${name%.*}" \
    -F "file=@$(quoted "$FILE");filename=$(quoted "$name")" "$URL/vod/upload")" || code="${code:-000}"
  BODY="$(cat "$answer")"
  rm -f "$answer"
  case "$code" in
    2??) ;;
    000) die "the upload did not get through" "curl says why above; look at: ./run.sh logs api" ;;
    *) die "the upload was not accepted (HTTP $code)" "$(problem_text "$BODY")" ;;
  esac
  STREAM_ID="$(json_field stream_id <<<"$BODY")"
  fact "Stream ID" "$STREAM_ID"
  fact "Kafka topic" "$(json_field kafka_topic <<<"$BODY")"
  fact Status "$(json_field status <<<"$BODY")"
}

# A file name as curl's -F wants it: quoted, since `;` and `,` mean something there.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }

# A problem+json in one line.
problem_text() {
  local code detail
  code="$(json_field code <<<"$1")"
  detail="$(json_field detail <<<"$1")"
  printf '%s%s' "${code:+$code: }" "${detail:-$(json_field title <<<"$1")}"
}

# One line of what happened, with its time.
happened() {
  passed_by
  printf '  %s[%s]%s %s●%s %s\n' "$DIM" "$(date +%H:%M:%S)" "$PLAIN" "$2" "$PLAIN" "$1"
}

# Follows the video until its last status; returns 0 when that is `ready`.
watch() {
  local status='' last='' percent='' last_percent=-1 playable='' changed=$SECONDS
  part "Watching Pipeline Progress"
  while :; do
    if BODY="$(curl -sf -m 10 "$URL/vod/$STREAM_ID/metadata")"; then
      status="$(json_field status <<<"$BODY")"
      percent="$(json_field progress_percent <<<"$BODY")"
      percent="${percent%%.*}"
      if [ "$status" != "$last" ]; then
        tell_status "$status" "${percent:-0}"
        last="$status" last_percent="${percent:-0}" changed=$SECONDS
      fi
      if [ -z "$playable" ] && [ -n "$(json_field playable_at <<<"$BODY")" ]; then
        playable=yes
        happened "Playable — players may begin, and seek, from now on" "$GREEN"
      fi
      if [ "${percent:-0}" != "$last_percent" ]; then
        tell_percent "$status" "${percent:-0}" "$last_percent"
        last_percent="${percent:-0}" changed=$SECONDS
      fi
      case "$status" in
        ready) return 0 ;;
        failed | rejected | deleted) return 1 ;;
      esac
    fi
    if [ $((SECONDS - changed)) -ge "$STALLED_AFTER_S" ]; then
      happened "nothing has changed for $STALLED_AFTER_S s: giving up" "$RED"
      return 1
    fi
    sleep 0.3
  done
}

# A status transition in words.
tell_status() {
  local reason
  case "$1" in
    uploading | uploaded) happened "Status: $1 — the bytes are stored, waiting for its turn" "$CYAN" ;;
    processing) happened "Status: $1 — finding out what is in the file" "$CYAN" ;;
    transcoding) happened "Status: $1 — $2 % done" "$YELLOW" ;;
    ready) happened "Status: $1 — $(renditions_text)" "$GREEN" ;;
    failed | rejected)
      reason="$(json_field reason.code <<<"$BODY")"
      happened "Status: $1 — ${reason:+$reason: }$(json_field reason.text <<<"$BODY")" "$RED"
      ;;
    *) happened "Status: $1" "$RED" ;;
  esac
}

# What `ready` brought.
renditions_text() {
  local names took
  names="$(json_field variants_generated <<<"$BODY" | tr -d '[]" ')"
  took="$(json_field processing_latency_ms <<<"$BODY")"
  took="${took%%.*}"
  printf '%s' "${names:+${names//,/, }}${took:+ in $(for_people $(((took + 500) / 1000)))}"
}

# Percent done: in place on a terminal, a line for every tenth elsewhere.
tell_percent() {
  [ "$1" = transcoding ] || return 0
  passing "           $2 % done"
  if [ -z "$CLEAR_LINE" ] && [ $(($2 / 10)) -gt $(($3 / 10)) ]; then happened "$2 % done" ''; fi
}

# Where to watch it, and with what.
print_playback() {
  local manifest
  manifest="$(curl -sf -m 10 "$URL/vod/$STREAM_ID/manifest" | json_field manifest_url)"
  [ -n "$manifest" ] || return 1
  printf '\n%sHLS Manifest URL:%s\n  %s\n' "$BOLD" "$PLAIN" "$manifest"
  printf '\nOpen in VLC:\n  vlc "%s"\nor ffplay:\n  ffplay "%s"\n' "$manifest" "$manifest"
  MANIFEST_URL="$manifest"
}

# Decodes every rendition to the end, as a player would.
check_playback() {
  local said decoded play=(-nostdin -v error -xerror -i "$MANIFEST_URL" -map 0 -f null -)
  if ! command -v "$FFMPEG" >/dev/null 2>&1; then
    printf '\n'
    note "ffmpeg is not here: the stream was not decoded as a check"
    return 0
  fi
  printf '\n'
  passing "decoding every rendition from beginning to end"
  # ffmpeg remarks that it opens another connection when the API redirects it to a store on another host.
  if said="$("$FFMPEG" "${play[@]}" 2>&1)"; then decoded=yes; else decoded=no; fi
  said="$(printf '%s' "$said" | grep -v 'Cannot reuse HTTP connection for different host' || true)"
  if [ "$decoded" = yes ] && [ -z "$said" ]; then
    passed_by
    ok "it plays: every rendition decodes from beginning to end without an error"
    return 0
  fi
  passed_by
  wrong "it does not decode cleanly:"
  tail -n 10 <<<"$said" >&2
  return 1
}

main() {
  read_arguments "$@"
  load_settings
  place_files
  FFMPEG="${FFMPEG:-ffmpeg}" FFPROBE="${FFPROBE:-ffprobe}"
  check_curl
  choose_file
  URL="$(product_url)"
  [ "$(http_code "$URL/readyz")" = 200 ] || die "Reelfleet does not answer at $URL" "start it: ./run.sh start"
  analyse
  submit
  if [ "$WATCH" = no ]; then
    printf '\n  Follow it:     curl -s %s/vod/%s/metadata\n' "$URL" "$STREAM_ID"
    printf '  Its playlist:  curl -s %s/vod/%s/manifest\n' "$URL" "$STREAM_ID"
    return 0
  fi
  watch || return 1
  print_playback || die "the video is ready, but has no playlist" "look at: ./run.sh logs api"
  check_playback
}

trap 'passed_by; printf "\n"; note "stopped watching; the encode goes on"; exit 130' INT
main "$@"

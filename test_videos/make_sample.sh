#!/usr/bin/env bash
# Makes test_videos/sample.mp4: 12 s of a moving picture with its frame number burnt in, and a beep every second.
set -eu -o pipefail

FOLDER="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
OUTPUT="${1:-$FOLDER/sample.mp4}"
SECONDS_LONG=12 FPS=30 SIZE=1280x720

case "${1:-}" in
  -h | --help)
    echo "Usage: test_videos/make_sample.sh [OUTPUT.mp4]"
    exit 0
    ;;
esac
command -v ffmpeg >/dev/null 2>&1 || {
  echo "ffmpeg is missing; ./run.sh start installs it" >&2
  exit 1
}

# Any font will do; without one the picture's own counter remains.
find_font() {
  local file=''
  if command -v fc-match >/dev/null 2>&1; then file="$(fc-match -f '%{file}' monospace 2>/dev/null || true)"; fi
  if [ -f "$file" ]; then
    printf '%s' "$file"
    return
  fi
  find /usr/share/fonts /System/Library/Fonts -name '*.ttf' 2>/dev/null | sort | head -n 1 || true
}

encode() {
  ffmpeg -nostdin -v error -y \
    -f lavfi -i "testsrc2=size=$SIZE:rate=$FPS:duration=$SECONDS_LONG" \
    -f lavfi -i "sine=frequency=440:beep_factor=4:sample_rate=48000:duration=$SECONDS_LONG" \
    -vf "$1" -c:v libx264 -preset veryfast -crf 26 -pix_fmt yuv420p -g 60 \
    -c:a aac -b:a 96k -ac 2 -movflags +faststart -f mp4 "$OUTPUT.part"
}

font="$(find_font)"
counter="drawtext=fontfile=$font:text='frame %{frame_num}':fontsize=64:fontcolor=white:box=1:boxcolor=black@0.7"
counter="$counter:boxborderw=12:x=(w-tw)/2:y=h-th-48"
# A build without drawtext, or a font that it cannot read, still makes a good clip.
{ [ -n "$font" ] && encode "$counter" 2>/dev/null; } || encode null
mv -f "$OUTPUT.part" "$OUTPUT"
echo "made $OUTPUT"

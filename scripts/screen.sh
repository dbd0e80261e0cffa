# What the scripts print and ask: marks, messages, rows of a table. Sourced; colours only on a terminal.
# shellcheck shell=bash

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  BOLD=$'\033[1m' DIM=$'\033[2m' PLAIN=$'\033[0m'
  RED=$'\033[31m' GREEN=$'\033[32m' YELLOW=$'\033[33m' CYAN=$'\033[36m'
  CLEAR_LINE=$'\r\033[K'
else
  BOLD='' DIM='' RED='' GREEN='' YELLOW='' CYAN='' PLAIN=''
  CLEAR_LINE=''
fi

# A heading between two parts of the output.
heading() { printf '\n%s%s%s\n' "$BOLD$CYAN" "$*" "$PLAIN"; }

# Something that is as it should be.
ok() { printf '  %s✓%s %s\n' "$GREEN" "$PLAIN" "$*"; }

# Something the reader may want to know; the script goes on.
note() { printf '  %s•%s %s\n' "$YELLOW" "$PLAIN" "$*"; }

# Something that is wrong, to standard error.
wrong() { printf '  %s✗%s %s\n' "$RED" "$PLAIN" "$*" >&2; }

# A second line under a mark: what to do.
advice() { printf '    %s\n' "$*" >&2; }

# A name and a value, one row of a table.
row() { printf '  %s%-12s%s %s\n' "$BOLD" "$1" "$PLAIN" "$2"; }

# Says what is wrong and how to go on, then ends the script.
die() {
  wrong "$1"
  shift
  local line
  for line in "$@"; do advice "$line"; done
  exit 1
}

# Ends the script because of how it was called: exit code 2, with the command that explains.
misused() {
  wrong "$1"
  advice "$2"
  exit 2
}

# Asks before something is removed. $1 `yes` when the answer is known, $2 what goes.
confirmed() {
  local answer
  if [ "$1" = yes ]; then return 0; fi
  [ -t 0 ] || die "reset removes $2" "without a terminal it must be told: ./run.sh reset --yes"
  printf '  Remove %s? [y/N] ' "$2"
  read -r answer || answer=''
  case "$answer" in y | Y | yes) return 0 ;; esac
  ok "nothing was removed"
  return 1
}

# A line that the next one replaces; only on a terminal, where it cannot fill a log.
passing() {
  [ -n "$CLEAR_LINE" ] || return 0
  local text="$1" columns
  columns="${COLUMNS:-80}"
  printf '%s  %s%s%s' "$CLEAR_LINE" "$DIM" "${text:0:$((columns - 4))}" "$PLAIN"
}

# Takes a passing line away.
passed_by() { printf '%s' "$CLEAR_LINE"; }

# A count of seconds as people write it.
for_people() {
  local seconds="$1"
  if [ "$seconds" -ge 86400 ]; then
    printf '%d d %d h' $((seconds / 86400)) $((seconds % 86400 / 3600))
  elif [ "$seconds" -ge 3600 ]; then
    printf '%d h %d min' $((seconds / 3600)) $((seconds % 3600 / 60))
  elif [ "$seconds" -ge 60 ]; then
    printf '%d min %d s' $((seconds / 60)) $((seconds % 60))
  else
    printf '%d s' "$seconds"
  fi
}

# A count of bytes as people write it (binary units).
bytes_for_people() {
  awk -v bytes="$1" 'BEGIN {
    split("B KiB MiB GiB TiB", unit, " "); i = 1
    while (bytes >= 1024 && i < 5) { bytes /= 1024; i++ }
    printf(i == 1 ? "%d %s" : "%.1f %s", bytes, unit[i])
  }'
}

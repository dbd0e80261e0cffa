# Log lines as people read them. Sourced; needs ROOT.
# shellcheck shell=bash

# Log lines on standard input, as `TIME LEVEL service message`. $1 `plain` for no colours.
readable_lines() {
  local colour=0 options=()
  if [ "${1:-}" != plain ] && [ -n "$PLAIN" ]; then colour=1; fi
  # mawk waits for more than a line unless told.
  if awk -W version 2>&1 </dev/null | grep -q mawk; then options=(-W interactive); fi
  awk ${options[@]+"${options[@]}"} -v colour="$colour" -f "$ROOT/scripts/log_lines.awk"
}

# As it came where a program reads on, readable on a terminal.
for_reader() { if [ -t 1 ]; then readable_lines; else cat; fi; }

# Reading JSON with what the machine has: jq, else python3, else sed. Sourced.
# shellcheck shell=bash

# Whether a JSON reader that understands nesting is installed.
has_json_reader() { command -v jq >/dev/null 2>&1 || command -v python3 >/dev/null 2>&1; }

# Prints one field of the JSON on standard input (`name` or `outer.inner`); nothing when it is absent or null.
json_field() {
  if command -v jq >/dev/null 2>&1; then
    jq -r --arg path "$1" 'getpath($path / ".") | if . == null then empty else tostring end' 2>/dev/null
  elif command -v python3 >/dev/null 2>&1; then
    python3 -c '
import json, sys
try:
    value = json.load(sys.stdin)
    for name in sys.argv[1].split("."):
        value = value.get(name) if isinstance(value, dict) else None
except ValueError:
    value = None
if value is not None:
    print(value if isinstance(value, str) else json.dumps(value))
' "$1"
  else
    sed_field "${1##*.}"
  fi
}

# The last resort: a string, number or boolean with that name, wherever it stands.
sed_field() {
  { tr '\n' ' ' && echo; } |
    sed -n -e "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p;t" \
      -e "s/.*\"$1\"[[:space:]]*:[[:space:]]*\([-0-9.][-0-9.eE+]*\).*/\1/p;t" \
      -e "s/.*\"$1\"[[:space:]]*:[[:space:]]*\([tf][ra][ul]s*e\).*/\1/p"
}

# Settings for the scripts: `.env` beside run.sh, under what the environment says. Sourced; needs ROOT.
# shellcheck shell=bash

# Exports every `NAME=value` of a file whose name is not set yet. The file is read, never run.
read_settings() {
  local line name value
  [ -f "$1" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line%$'\r'}"
    [[ "$line" =~ ^[[:space:]]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
    name="${BASH_REMATCH[1]}" value="${BASH_REMATCH[2]}"
    case "$value" in
      \"*\" | \'*\') value="${value:1:${#value}-2}" ;;
    esac
    [ -n "${!name+set}" ] || export "$name=$value"
  done <"$1"
}

# Reads `.env` and works out what the scripts themselves need from it.
load_settings() {
  read_settings "$ROOT/.env"
  API_PORT="${API_PORT:-8000}"
  DATA_DIR="${DATA_DIR:-./data}"
  check_port_number API_PORT "$API_PORT"
  case "$DATA_DIR" in
    /*) ;;
    *) DATA_DIR="$ROOT/${DATA_DIR#./}" ;;
  esac
  export API_PORT DATA_DIR
  API_HOST="$(reachable_host "${LISTEN_ADDRESS:-}")"
}

# Stops when a setting is no port that can be asked for. $1 name, $2 value.
check_port_number() {
  case "$2" in
    '' | *[!0-9]* | ??????*) misused "$1=$2 is not a port number" "use a number from 1 to 65535" ;;
  esac
  if [ "$2" -lt 1 ] || [ "$2" -gt 65535 ]; then
    misused "$1=$2: the scripts need a fixed port" "use a number from 1 to 65535"
  fi
}

# The host in an address of what listens at $1: one that means all of this machine is reached by loopback.
reachable_host() {
  case "$1" in
    '' | 0.0.0.0 | :: | '[::]') printf '127.0.0.1' ;;
    '['*) printf '%s' "$1" ;;
    *:*) printf '[%s]' "$1" ;;
    *) printf '%s' "$1" ;;
  esac
}

# The Docker engine: what there is of the fleet on it, and whether it can take it. Sourced; needs the settings.
# shellcheck shell=bash

# What docker-compose.yml calls the fleet, unless told otherwise.
PROJECT="${COMPOSE_PROJECT_NAME:-reelfleet}"
# Below this the servers and one encode do not fit beside each other.
FLEET_NEEDS_MIB=3500
# The settings that choose a port of this machine.
FLEET_PORTS='API_PORT LIVE_INGEST_PORT KAFKA_EXTERNAL_PORT MONGO_PORT MINIO_PORT MINIO_CONSOLE_PORT PROMETHEUS_PORT'
FLEET_PORTS="$FLEET_PORTS GRAFANA_PORT KAFKA_CONSOLE_PORT"

# --- asking the engine -------------------------------------------------------------------------------

# Whether a Docker engine can be spoken to.
engine_answers() { command -v docker >/dev/null 2>&1 && docker version >/dev/null 2>&1; }

# Compose, on what the settings switch on.
compose() { docker compose --project-directory "$ROOT" --project-name "$PROJECT" "$@"; }

# Compose, on all that may run, the tools included.
compose_all() { compose --profile '*' "$@"; }

# The fleet's containers that run, in the columns asked for; -a first for those that do not, too.
fleet_containers() {
  command -v docker >/dev/null 2>&1 || return 0
  docker ps "$@" --filter "label=com.docker.compose.project=$PROJECT" 2>/dev/null
}

# The fleet's volumes, one a line.
fleet_volumes() {
  command -v docker >/dev/null 2>&1 || return 0
  docker volume ls -q --filter "label=com.docker.compose.project=$PROJECT" 2>/dev/null
}

# Whether any of the fleet runs.
fleet_runs() { [ -n "$(fleet_containers -q)" ]; }

# Whether the fleet has containers, running or stopped.
fleet_exists() { [ -n "$(fleet_containers -a -q)" ]; }

# How many containers a service has, running or stopped.
replicas_of() { fleet_containers -a -q --filter "label=com.docker.compose.service=$1" | grep -c .; }

# The address of the running API, as the engine has published it.
fleet_url() {
  local at
  at="$(fleet_containers --filter label=com.docker.compose.service=api --format '{{.Ports}}' |
    sed -n 's/^\([^,]* \)*\([^ ,]*\)->8000\/tcp.*/\2/p' | head -n 1)"
  [ -n "$at" ] || at="${BIND_ADDRESS:-127.0.0.1}:$API_PORT"
  printf 'http://%s:%s' "$(reachable_host "${at%:*}")" "${at##*:}"
}

# --- what a start needs ------------------------------------------------------------------------------

# Settings that follow from others, for compose.
place_fleet() {
  API_HOST="$(reachable_host "${BIND_ADDRESS:-127.0.0.1}")"
  if [ "${MINIO_PUBLIC_ENDPOINT:-}" = http://localhost:9000 ] && [ "${MINIO_PORT:-9000}" != 9000 ]; then
    export MINIO_PUBLIC_ENDPOINT="http://localhost:$MINIO_PORT"
  fi
}

# An engine that answers, with compose.
check_engine() {
  local version without="or start without Docker: ./run.sh start --local"
  command -v docker >/dev/null 2>&1 || die "Docker is missing" \
    "install it: https://docs.docker.com/engine/install/" "$without"
  if ! version="$(docker version --format '{{.Server.Version}}' 2>&1)"; then
    case "$version" in
      *"permission denied"*) die "this user may not speak to the Docker engine" \
        "sudo usermod -aG docker $(id -un), then log in again" "$without" ;;
    esac
    die "the Docker engine does not answer" "start Docker Desktop, or: sudo systemctl start docker" "$without"
  fi
  docker compose version >/dev/null 2>&1 || die "Docker $version is here, but its compose plugin is missing" \
    "install docker-compose-plugin: https://docs.docker.com/compose/install/" "$without"
  ok "Docker $version, compose $(docker compose version --short 2>/dev/null)"
}

# Memory for the servers and an encode.
check_engine_memory() {
  local mib
  mib="$(docker info --format '{{.MemTotal}}' 2>/dev/null | awk '{print int($1 / 1048576)}')"
  case "$mib" in '' | 0) return 0 ;; esac
  [ "$mib" -ge "$FLEET_NEEDS_MIB" ] ||
    die "the Docker engine has $mib MiB of memory, the fleet needs $FLEET_NEEDS_MIB" \
      "give it more (Docker Desktop: Settings, Resources), or start without Docker: ./run.sh start --local"
  ok "$(bytes_for_people $((mib * 1048576))) of memory"
}

# Stops when ports would be open to others without a word that this is wanted.
check_openness() {
  case "${BIND_ADDRESS:-127.0.0.1}" in 127.* | ::1) return 0 ;; esac
  [ "${ALLOW_ANONYMOUS:-no}" = yes ] ||
    die "BIND_ADDRESS=$BIND_ADDRESS lets others upload, delete, and reach Kafka and MongoDB" \
      "say ALLOW_ANONYMOUS=yes if that is wanted"
  [ "${MINIO_ROOT_PASSWORD:-minioadmin123}" != minioadmin123 ] ||
    die "MINIO_ROOT_PASSWORD is the one that everybody knows" "set one before others reach the ports"
  [ "${GRAFANA_PASSWORD:-admin}" != admin ] ||
    die "GRAFANA_PASSWORD is the one that everybody knows" "set one before others reach the ports"
}

# Every port that the fleet publishes is a port, and free.
check_fleet_ports() {
  local name port holder seen=''
  for name in $FLEET_PORTS; do
    port="${!name:-}"
    [ -n "$port" ] || continue
    check_port_number "$name" "$port"
    case "$seen " in
      *" $port "*) misused "$name=$port: another setting has chosen this port" "ports: $FLEET_PORTS" ;;
    esac
    seen="$seen $port"
    if port_taken "$port"; then
      holder="$(port_holder "$port")"
      die "port $port ($name) is taken by ${holder:-another program}" \
        "stop it, or choose another port: $name=$((port > 65000 ? port - 100 : port + 100)) ./run.sh start"
    fi
  done
  ok "the ports are free"
}

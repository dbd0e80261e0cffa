# The fleet: start, stop, scale, look at it, remove it. Sourced; needs the settings and the engine.
# shellcheck shell=bash

FLEET_READY_WITHIN_S=300
# Services of which there may be several, since they have no port on this machine.
SCALABLE='vod-processor transcode-worker'
# The services of ours, without the servers.
FLEET_SERVICES='api vod-processor live-processor transcode-worker producer'

# Says what the first start brings, since it takes its time.
announce_first_start() {
  if docker image inspect "$PROJECT-api" >/dev/null 2>&1; then return 0; fi
  note "first start: downloads the images of Kafka, MongoDB, MinIO, Prometheus, Grafana and"
  note "four small ones (about 2 GB), and compiles the services in a container: about 15"
  note "minutes on two cores. Later starts take seconds."
}

# Everything that a start needs, the images of the services included.
prepare_fleet() {
  heading "Checking this machine"
  place_fleet
  check_curl
  check_engine
  check_engine_memory
  check_openness
  if ! fleet_runs; then check_fleet_ports; fi
  announce_first_start
  heading "Building"
  compose build || die "the build failed; what docker says above tells why"
  ok "built"
}

# The whole start.
start_fleet() {
  if fleet_runs; then
    ok "already running; ./run.sh restart takes in what changed"
    place_fleet
    raise_fleet --no-build --no-recreate
  else
    prepare_fleet
    heading "Starting"
    raise_fleet
  fi
  print_fleet_addresses
}

# Brings up all containers, as many of each as there were, and waits until they are well.
raise_fleet() {
  local service count options=()
  for service in $SCALABLE; do
    count="$(replicas_of "$service")"
    if [ "$count" -gt 1 ]; then options+=(--scale "$service=$count"); fi
  done
  options+=(--detach --wait --wait-timeout "$FLEET_READY_WITHIN_S" "$@")
  compose up "${options[@]}" || die "not all of the fleet came up: $(unwell_services | tr '\n' ' ')" \
    "look at: ./run.sh logs SERVICE; go on with: ./run.sh start"
  ok "ready"
}

# The table that ends a start.
print_fleet_addresses() {
  local url host
  url="$(fleet_url)" host="http://$API_HOST"
  heading "Reelfleet is running"
  row "API" "$url"
  row "API docs" "$url/docs"
  row "Grafana" "$host:${GRAFANA_PORT:-3000}   (log in as ${GRAFANA_USER:-admin})"
  row "Prometheus" "$host:${PROMETHEUS_PORT:-9090}"
  row "Kafka" "$host:${KAFKA_CONSOLE_PORT:-8080}   (for clients: localhost:${KAFKA_EXTERNAL_PORT:-29092})"
  row "MongoDB" "mongodb://$API_HOST:${MONGO_PORT:-27017}"
  row "MinIO" "$host:${MINIO_CONSOLE_PORT:-9001}   (log in as ${MINIO_ROOT_USER:-minioadmin})"
  printf '\n  Next: %s./test_video.sh --watch%s   (stop with ./run.sh stop)\n' "$BOLD" "$PLAIN"
}

# The whole stop; containers and data stay.
stop_fleet() {
  if ! fleet_runs; then
    ok "not running"
    return
  fi
  compose_all stop || die "not everything stopped" "see the lines above; try again: ./run.sh stop"
  ok "stopped; data is kept in Docker's volumes"
}

# Builds first, so that a build that fails leaves the old containers running.
restart_fleet() {
  prepare_fleet
  heading "Stopping"
  stop_fleet
  heading "Starting"
  raise_fleet
  print_fleet_addresses
}

# Removes the containers and their data, after asking. $1: `yes` when the question is already answered.
reset_fleet() {
  local count
  count="$(fleet_volumes | grep -c .)"
  confirmed "$1" "every video of the fleet ($count volumes of Docker)" || return 1
  compose_all down --volumes --remove-orphans --timeout 10 ||
    die "not everything could be removed" "see the lines above"
  ok "removed the fleet's containers and data; its images stay"
}

# So many containers of a service. $1 service, $2 count.
scale_fleet() {
  case " $SCALABLE " in
    *" $1 "*) ;;
    *) misused "scale: there is one '$1' only, or none" "these can be several: $SCALABLE" ;;
  esac
  fleet_runs || die "the fleet does not run" "start it: ./run.sh start"
  place_fleet
  compose up --detach --wait --wait-timeout "$FLEET_READY_WITHIN_S" --no-deps --no-build --no-recreate \
    --scale "$1=$2" "$1" || die "$1 could not be scaled" "see the lines above"
  ok "$1: $2"
}

# Health, containers and the queue. Exit code: 0 ready, 1 running but not ready, 3 not running.
status_fleet() {
  local url code unwell
  if ! fleet_runs; then
    row "State" "not running (start it: ./run.sh start)"
    row "Data" "$(fleet_volumes | grep -c .) volumes of Docker"
    return 3
  fi
  url="$(fleet_url)"
  code="$(http_code "$url/readyz")"
  unwell="$(unwell_services | tr '\n' ' ')"
  if [ "$code" = 200 ] && [ -z "$unwell" ]; then
    row "State" "${GREEN}ready${PLAIN}"
  elif [ "$code" = 200 ]; then
    row "State" "${RED}running, but not well${PLAIN}"
  else
    row "State" "${RED}running, but not ready${PLAIN} ($url/readyz answers $code)"
  fi
  print_unwell "Stopped" "$(stopped_services)"
  print_unwell "Unhealthy" "$(unhealthy_services)"
  row "API" "$url"
  place_fleet
  print_health fleet
  print_containers
  # shellcheck disable=SC2086 # one word a service
  compose_all logs --no-log-prefix --tail 300 $FLEET_SERVICES 2>/dev/null | print_last_errors
  print_next_step "$([ "$code" = 200 ] && [ -z "$unwell" ] && echo 0 || echo 1)"
}

print_unwell() { [ -z "$2" ] || row "$1" "$RED$(printf '%s' "$2" | tr '\n' ' ')$PLAIN"; }

# Services with a container that does not run, or is not healthy.
unwell_services() { services_whose '!/^Up/ || /unhealthy|starting/'; }

# Services with a container that does not run.
stopped_services() { services_whose '!/^Up/'; }

# Services with a container that runs, and is not healthy.
unhealthy_services() { services_whose '/^Up/ && /unhealthy|starting/'; }

# Services with a container for whose status this holds. $1 a condition of awk.
services_whose() {
  fleet_containers -a --format '{{.Label "com.docker.compose.service"}}|{{.Status}}' |
    awk -F '|' "{ service = \$1; \$0 = \$2 } $1 { print service }" | sort -u
}

# Every container: its state, and the memory that it takes.
print_containers() {
  heading "Containers"
  {
    # shellcheck disable=SC2046 # one word a container
    docker stats --no-stream --format '{{.Name}}|{{.MemUsage}}' $(fleet_containers -q) 2>/dev/null
    echo
    fleet_containers -a --format '{{.Names}}|{{.Status}}' | sort
  } | awk -F '|' -v project="$PROJECT-" -v red="$RED" -v plain="$PLAIN" '
    $0 == "" { listed = 1; next }
    !listed { split($2, used, " / "); memory[$1] = used[1]; next }
    {
      unwell = $2 !~ /^Up/ || $2 ~ /unhealthy|starting/
      printf("%s %-22s %-32s %s%s\n", unwell ? red "!" : " ", substr($1, length(project) + 1), $2, memory[$1], unwell ? plain : "")
    }'
}

# Shows the logs. $1 service or nothing, $2 `follow` or nothing, $3 lines.
logs_fleet() {
  local options=(--tail "$3")
  if [ -n "$1" ]; then
    grep -qx -- "$1" <<<"$(compose_all config --services)" ||
      misused "no service '$1'" "services: $(compose_all config --services | sort | tr '\n' ' ')"
  fi
  if [ "$2" = follow ]; then options+=(--follow); fi
  compose_all logs "${options[@]}" ${1:+"$1"}
}

# Tools and room: what must be on the machine before anything is built or started. Sourced.
# shellcheck shell=bash

# Room that a first build takes, and that videos need to be of use, in MiB.
BUILD_ROOM_MIB=3072
DATA_ROOM_MIB=1024

# The rust-version of the workspace, `1.95`.
wanted_rust() { sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | head -n 1; }

# Whether version $1 is at least version $2; major and minor only.
version_at_least() {
  local major="${1%%.*}" minor="${1#*.}"
  minor="${minor%%.*}"
  local want_major="${2%%.*}" want_minor="${2#*.}"
  want_minor="${want_minor%%.*}"
  [ "$major" -gt "$want_major" ] || { [ "$major" -eq "$want_major" ] && [ "$minor" -ge "$want_minor" ]; }
}

# Cargo, new enough. A fresh rustup puts it in a folder that this shell may not look in yet.
check_cargo() {
  local version wanted
  if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH="$HOME/.cargo/bin:$PATH"
  fi
  command -v cargo >/dev/null 2>&1 ||
    die "cargo (Rust) is missing; install it with rustup, then start again:" \
    "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
  version="$(cargo --version 2>/dev/null | awk '{print $2}')"
  wanted="$(wanted_rust)"
  [ -n "$version" ] || die "cargo is there but does not run" "try: rustup default stable"
  version_at_least "$version" "$wanted" ||
    die "cargo $version is too old, $wanted or newer is needed" "update it with: rustup update stable"
  ok "cargo $version"
}

# A C compiler, which links the binary and builds SQLite.
check_compiler() {
  if command -v cc >/dev/null 2>&1; then
    ok "C compiler and linker ($(command -v cc))"
    return
  fi
  local how
  case "$(package_manager)" in
    apt) how="apt-get install build-essential" ;;
    dnf) how="dnf install gcc glibc-devel" ;;
    apk) how="apk add build-base" ;;
    pacman) how="pacman -S base-devel" ;;
    *) how="on macOS: xcode-select --install" ;;
  esac
  die "the C compiler 'cc' is missing; it links the binary" "install it: $how"
}

# The package manager of this machine: apt, dnf, apk, pacman, brew, or nothing.
package_manager() {
  local name
  for name in apt-get dnf apk pacman brew; do
    if command -v "$name" >/dev/null 2>&1; then
      printf '%s' "${name%-get}"
      return
    fi
  done
}

# Runs a command as root: by itself, or with sudo. Homebrew refuses root, so it is not run this way.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    wrong "installing needs root, and there is no sudo"
    return 1
  fi
}

# Installs one package by the machine's package manager; what it prints shows only if it fails.
install_package() {
  local log status=0
  log="$(mktemp)"
  case "$(package_manager)" in
    # The lists of a fresh container are empty or stale: a failed install is tried again with new ones.
    apt) as_root apt-get install -y "$1" >"$log" 2>&1 ||
      { as_root apt-get update && as_root apt-get install -y "$1"; } >"$log" 2>&1 || status=$? ;;
    dnf) as_root dnf install -y "$1" >"$log" 2>&1 || status=$? ;;
    apk) as_root apk add "$1" >"$log" 2>&1 || status=$? ;;
    pacman) as_root pacman -Sy --noconfirm "$1" >"$log" 2>&1 || status=$? ;;
    brew) brew install "$1" >"$log" 2>&1 || status=$? ;;
    *) status=127 ;;
  esac
  [ "$status" -eq 0 ] || tail -n 5 "$log" >&2
  rm -f "$log"
  return "$status"
}

# curl, which the scripts speak to the API with.
check_curl() {
  if ! command -v curl >/dev/null 2>&1; then
    note "curl is missing: installing it"
    install_package curl || die "curl could not be installed" "install it by hand, then start again"
  fi
}

# ffmpeg and ffprobe with the encoders that every rendition needs.
check_ffmpeg() {
  local name encoders ffmpeg="${FFMPEG:-ffmpeg}" ffprobe="${FFPROBE:-ffprobe}"
  if ! command -v "$ffmpeg" >/dev/null 2>&1 || ! command -v "$ffprobe" >/dev/null 2>&1; then
    [ "$ffmpeg $ffprobe" = "ffmpeg ffprobe" ] || die "FFMPEG=$ffmpeg or FFPROBE=$ffprobe is not there" \
      "correct the setting, or leave it empty"
    note "ffmpeg is missing: installing it, a minute or two"
    install_ffmpeg || die "ffmpeg could not be installed here" \
      "install it by hand (https://ffmpeg.org/download.html), then start again"
    hash -r
  fi
  for name in "$ffmpeg" "$ffprobe"; do
    command -v "$name" >/dev/null 2>&1 || die "$name is not in PATH, although it was installed" "check PATH"
  done
  encoders="$("$ffmpeg" -hide_banner -encoders 2>/dev/null)"
  for name in libx264 aac; do
    grep -q "^ [AV][^ ]* $name " <<<"$encoders" ||
      die "this ffmpeg has no $name encoder" \
        "install a full build (Fedora: from RPM Fusion), then start again"
  done
  ok "ffmpeg $("$ffmpeg" -version 2>/dev/null | awk 'NR == 1 {print $3}')"
}

# Fedora's own package is called ffmpeg-free; ffmpeg is RPM Fusion's.
install_ffmpeg() {
  case "$(package_manager)" in
    '') return 127 ;;
    dnf) install_package ffmpeg || install_package ffmpeg-free ;;
    *) install_package ffmpeg ;;
  esac
}

# Free room in MiB where a folder is or would be.
free_mib() {
  local dir="$1"
  while [ ! -d "$dir" ]; do dir="$(dirname "$dir")"; done
  df -Pk "$dir" 2>/dev/null | awk 'NR == 2 {print int($4 / 1024)}'
}

# Stops when a folder has less room than asked for. $1 folder, $2 MiB, $3 what for, $4 what to do.
check_room() {
  local free
  free="$(free_mib "$1")"
  [ -n "$free" ] || return 0
  [ "$free" -ge "$2" ] || die "disk full: $3 needs $2 MiB, $free MiB are free at $1" "$4"
}

# Whether something listens on a local port.
port_taken() { (exec 3<>"/dev/tcp/${API_HOST:-127.0.0.1}/$1") 2>/dev/null; }

# Who listens on a port, as `name (pid N)`; nothing where it cannot be found out.
port_holder() {
  local pid=''
  if command -v lsof >/dev/null 2>&1; then
    pid="$(lsof -nP -t -iTCP:"$1" -sTCP:LISTEN 2>/dev/null | head -n 1)"
  fi
  if [ -z "$pid" ] && command -v ss >/dev/null 2>&1; then
    pid="$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1)"
  fi
  [ -n "$pid" ] || return 0
  printf '%s (pid %s)' "$(program_of "$pid" | awk -F/ '{print $NF}')" "$pid"
}

# The path of a process's program; nothing when there is no such process.
program_of() {
  local path
  if path="$(readlink "/proc/$1/exe" 2>/dev/null)"; then
    # A rebuilt binary is a new file: the kernel marks the old one.
    printf '%s' "${path% (deleted)}"
  else
    ps -o comm= -p "$1" 2>/dev/null
  fi
}

# Stops when the API's port is held by someone else.
check_port() {
  local holder
  port_taken "$API_PORT" || return 0
  holder="$(port_holder "$API_PORT")"
  die "port $API_PORT is taken by ${holder:-another program}" \
    "stop it, or choose another port: API_PORT=$((API_PORT + 1)) ./run.sh start"
}

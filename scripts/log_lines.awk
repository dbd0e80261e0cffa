# Log lines for people: JSON objects (flat, as the services write them) and text become `TIME LEVEL service message name=value`,
# with colours when `colour` is set. Lines of others stay as they are.

BEGIN {
  if (colour) {
    plain = "\033[0m"; dim = "\033[2m"
    level_colour["ERROR"] = "\033[31m"; level_colour["WARN"] = "\033[33m"; level_colour["INFO"] = "\033[32m"
    split("36 35 34 32 33 96 95 94", service_colours, " ")
  }
}

# `container  | line` of docker compose.
match($0, /^[a-z0-9_.-]+ +\| /) {
  container = substr($0, 1, RLENGTH); sub(/ +\| $/, "", container)
  said = substr($0, RLENGTH + 1)
  show(said, container)
  next
}
{ show($0, "") }

function show(line, container) {
  if (line ~ /^\{"timestamp":/ || line ~ /^\{.*"level":/) { from_json(line, container) }
  else if (line ~ /^[0-9-]+T[0-9:.]+Z +(ERROR|WARN|INFO|DEBUG|TRACE) /) { from_text(line, container) }
  else { print (container == "" ? "" : coloured(container) " ") line }
  fflush()
}

function from_json(line, container,   key, value, fields, rest, at) {
  rest = substr(line, 2); fields = ""
  time = level = target = message = ""
  while (match(rest, /^,?"([^"\\]|\\.)*":/)) {
    key = substr(rest, RSTART, RLENGTH); gsub(/^,?"|":$/, "", key)
    rest = substr(rest, RLENGTH + 1)
    if (match(rest, /^"([^"\\]|\\.)*"/)) { value = unescaped(substr(rest, 2, RLENGTH - 2)) }
    else if (match(rest, /^[^,}]*/)) { value = substr(rest, 1, RLENGTH) }
    rest = substr(rest, RLENGTH + 1)
    if (key == "timestamp") { time = substr(value, 12, 8) }
    else if (key == "level") { level = value }
    else if (key == "target") { target = value }
    else if (key == "message") { message = value }
    else if (key == "service") { if (container == "") container = value }
    else { fields = fields " " key "=" value }
  }
  write(time, level, container == "" ? target : container, message, fields)
}

function from_text(line, container,   rest, target) {
  time = substr(line, 12, 8)
  match(line, /(ERROR|WARN|INFO|DEBUG|TRACE) /); level = substr(line, RSTART, RLENGTH - 1)
  rest = substr(line, RSTART + RLENGTH)
  match(rest, /^[A-Za-z0-9_:]+: /); target = substr(rest, 1, RLENGTH - 2)
  write(time, level, container == "" ? target : container, substr(rest, RLENGTH + 1), "")
}

function write(time, level, who, message, fields) {
  sub(/::.*/, "", who); gsub(/_/, "-", who)
  print dim time plain " " level_colour[level] sprintf("%-5s", level) plain " " coloured(who) " " message dim fields plain
}

# Each service has a colour of its own, in the order in which they speak.
function coloured(who) {
  if (!colour) return who
  if (!(who in given)) { given[who] = service_colours[(count++ % 8) + 1] }
  return "\033[" given[who] "m" who plain
}

function unescaped(text) {
  gsub(/\\n/, " ", text); gsub(/\\t/, " ", text); gsub(/\\"/, "\"", text); gsub(/\\\\/, "\\", text)
  return text
}

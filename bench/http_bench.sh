#!/usr/bin/env bash
# Small cached GETs a second, against nginx: the same body, one worker each, on the loopback.
#
#   bench/http_bench.sh [ROUNDS [SECONDS [BODY_BYTES]]]     5 rounds of 5 seconds, 1024 bytes
#
# The two take turns. Servers run on core 0 and wrk on core 1, with 64 connections. Medians are
# compared; the CPU time a request is least touched by what else the machine does. Installs
# nginx-light and wrk where they are missing (needs root); nginx's configuration and files are in a
# temporary folder.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
rounds="${1:-5}"
seconds="${2:-5}"
body_bytes="${3:-1024}"
for number in "$rounds" "$seconds" "$body_bytes"; do
  [[ $number =~ ^[1-9][0-9]*$ ]] || { sed -n '2,9p' "${BASH_SOURCE[0]}"; exit 2; }
done
connections=64
our_port=18080
nginx_port=18081

say() { printf 'http_bench: %s\n' "$*" >&2; }

server="$root/build/bench/bench/faultline_http_bench_server"
if [[ ! -x $server ]]; then
  say "building"
  cmake -S "$root" --preset bench >/dev/null
  cmake --build "$root/build/bench" --target faultline_http_bench_server >/dev/null
fi
missing=()
command -v nginx >/dev/null || [[ -x /usr/sbin/nginx ]] || missing+=(nginx-light)
command -v wrk >/dev/null || missing+=(wrk)
if [[ ${#missing[@]} -gt 0 ]]; then
  say "installing ${missing[*]}"
  # RUNLEVEL: nginx's own service is not to be started.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    --no-remove "${missing[@]}" >/dev/null
fi
nginx="$(command -v nginx || echo /usr/sbin/nginx)"

folder="$(mktemp -d)"
pids=()
# shellcheck disable=SC2317  # called by the trap
clean_up() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT

chmod 755 "$folder"
mkdir "$folder/www"
head -c "$body_bytes" /dev/zero | tr '\0' x >"$folder/www/page"
cat >"$folder/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  tcp_nodelay on;
  sendfile on;
  keepalive_requests 1000000000;
  open_file_cache max=10;
  default_type text/plain;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server { listen 127.0.0.1:$nginx_port; root $folder/www; }
}
CONF

taskset -c 0 "$nginx" -p "$folder" -c "$folder/nginx.conf" -e "$folder/error.log" &
pids+=($!)
taskset -c 0 "$server" "$our_port" "$body_bytes" &
pids+=($!)
our_pid=$!

# wait_for PORT: until something listens there.
wait_for() {
  local try
  for ((try = 0; try < 100; ++try)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  say "nothing listens on port $1"
  exit 1
}
wait_for "$our_port"
wait_for "$nginx_port"
nginx_pid="$(pgrep -P "${pids[0]}")" # the worker

# ticks PID: its CPU time, user's and kernel's, in 1/100 s.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# measure PORT PID: requests a second, the 99th percentile in microseconds, and CPU nanoseconds a
# request.
measure() {
  local before
  before="$(ticks "$2")"
  taskset -c 1 wrk --latency -t1 -c"$connections" -d"${seconds}s" \
    "http://127.0.0.1:$1/page" >"$folder/wrk.txt"
  awk -v ticks="$(($(ticks "$2") - before))" '
    function micros(text) {
      if (text ~ /us$/) return text + 0
      if (text ~ /ms$/) return (text + 0) * 1e3
      return (text + 0) * 1e6
    }
    /^ *99%/ { p99 = micros($2) }
    /^Requests\/sec/ { rate = $2 }
    / requests in / { requests = $1 }
    /Non-2xx/ { bad = 1 }
    END {
      if (bad || rate == 0) exit 1
      printf "%d %d %d\n", rate, p99, ticks * 1e7 / requests
    }' "$folder/wrk.txt" ||
    { cat "$folder/wrk.txt" >&2; exit 1; }
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

say "round: requests a second, p99 (us) and CPU (ns) a request of faultline, of nginx"
for ((round = 1; round <= rounds; ++round)); do
  ours="$(measure "$our_port" "$our_pid")"
  theirs="$(measure "$nginx_port" "$nginx_pid")"
  printf '%s\n' "$ours" >>"$folder/ours.txt"
  printf '%s\n' "$theirs" >>"$folder/theirs.txt"
  say "$round: $ours, $theirs"
done

# median_of FILE COLUMN
median_of() { cut -d' ' -f"$2" "$folder/$1" | median; }
awk -v ours="$(median_of ours.txt 1)" -v theirs="$(median_of theirs.txt 1)" \
  -v our_p99="$(median_of ours.txt 2)" -v their_p99="$(median_of theirs.txt 2)" \
  -v our_cpu="$(median_of ours.txt 3)" -v their_cpu="$(median_of theirs.txt 3)" \
  'BEGIN {
    printf "requests a second: faultline %d, nginx %d, ratio %.2f (goal .65)\n", ours, theirs,
      ours / theirs
    printf "p99 in us: faultline %d, nginx %d, ratio %.2f (goal 2)\n", our_p99, their_p99,
      our_p99 / their_p99
    printf "CPU ns a request: faultline %d, nginx %d, ratio %.2f\n", our_cpu, their_cpu,
      our_cpu / their_cpu
  }'

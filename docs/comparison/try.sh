#!/usr/bin/env bash
# Tries what ../comparison.md says of tidegate, pv, mbuffer, nc (OpenBSD), ncat and socat, and prints what each of them did.
#
#   docs/comparison/try.sh [LABEL...]        some rows, by a part of their label; TIDEGATE=PATH for the binary to try
#
# It takes some minutes, listens on free ports of the loopback only, and leaves nothing behind. A dash: the tool does not
# do this kind of thing at all. Needs bash, python3, ss, and whichever of the tools are to be tried.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export TIDEGATE=${TIDEGATE:-$here/../../target/release/tidegate}
ends=$here/ends.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=(tidegate pv mbuffer nc ncat socat)
wanted=("$@")

# ---- How each tool does the ordinary things ------------------------------------------------------------------------

# Sends `in` to a port of the loopback.
send() { # TOOL PORT
  case $1 in
    tidegate) echo "$TIDEGATE in tcp://127.0.0.1:$2" ;;
    mbuffer) echo "mbuffer -q -i in -O 127.0.0.1:$2" ;;
    nc) echo "nc -N 127.0.0.1 $2 <in" ;;
    ncat) echo "ncat 127.0.0.1 $2 <in" ;;
    socat) echo "socat -u OPEN:in TCP:127.0.0.1:$2" ;;
  esac
}

# Listens on a free port, and receives into `out`.
receive() { # TOOL
  case $1 in
    tidegate) echo "$TIDEGATE tcp-listen://127.0.0.1:0 out" ;;
    mbuffer) echo "mbuffer -q -I 0 -o out" ;;
    nc) echo "nc -l 127.0.0.1 0 >out" ;;
    ncat) echo "ncat --recv-only -l 127.0.0.1 0 >out" ;;
    socat) echo "socat -u TCP-LISTEN:0,bind=127.0.0.1 CREATE:out" ;;
  esac
}

# From standard input to standard output.
filter() { # TOOL
  case $1 in
    tidegate) echo "$TIDEGATE" ;;
    pv) echo "pv -q" ;;
    mbuffer) echo "mbuffer -q" ;;
    socat) echo "socat -u - -" ;;
  esac
}

# ---- Small words ---------------------------------------------------------------------------------------------------

# Runs a line; says how it ended, and whether it spoke.
outcome() { # SECONDS LINE
  local status lines
  timeout -k 1 "$1" bash -c "$2" >/dev/null 2>err </dev/null
  status=$?
  lines=$(grep -vc '^listening on' err)
  ended "$1" "$status" "$lines"
}

ended() { # SECONDS STATUS LINES
  if [ "$2" = 124 ]; then echo "still there after $1 s"
  elif [ "$3" = 0 ]; then echo "exit $2, silent"
  else echo "exit $2, $3 line$([ "$3" = 1 ] || echo s)"; fi
}

size() { stat -c %s "$1" 2>/dev/null || echo 0; }
mib() { head -c "$1M" /dev/zero; }

# The port on which a process listens.
port_of() { # PID
  local port end=$((SECONDS + 10))
  while [ $SECONDS -lt $end ]; do
    port=$(ss -Hltnp | sed -n "s/^.*:\([0-9]*\) .*pid=$1,.*/\1/p" | head -1)
    if [ -n "$port" ]; then echo "$port"; return; fi
    sleep 0.02
  done
}

# Waits up to 10 s for a file to have some bytes.
has_bytes() { # FILE
  local end=$((SECONDS + 10))
  until [ -s "$1" ] || [ $SECONDS -ge $end ]; do sleep 0.02; done
}

# Starts a peer of ends.py; its port is in $port, the rest of what it says in the file `peer`.
peer() { # COMMAND [ARG]
  timeout 30 python3 "$ends" "$@" >peer 2>/dev/null &
  has_bytes peer
  port=$(head -1 peer)
}

# Starts a receiver; its port is in $port, it itself in $receiver.
receiver() { # TOOL
  bash -c "exec $(receive "$1")" >/dev/null 2>err.receiver </dev/null &
  receiver=$!
  port=$(port_of "$receiver")
}

# Waits up to SECONDS for a child; its status, or 124.
reap() { # SECONDS PID
  local end=$((SECONDS + $1))
  while kill -0 "$2" 2>/dev/null; do
    if [ $SECONDS -ge $end ]; then kill -9 "$2"; wait "$2" 2>/dev/null; return 124; fi
    sleep 0.02
  done
  wait "$2" 2>/dev/null
}

here_is() { # TOOL
  if [ "$1" = tidegate ]; then [ -x "$TIDEGATE" ]; else command -v "$1" >/dev/null; fi
}

group() { # TITLE
  [ ${#wanted[@]} -eq 0 ] || return
  printf '\n### %s\n\n| | %s |\n|---|---|---|---|---|---|---|\n' "$1" "${tools[*]}" | sed '/^| | /s/\([a-z]\) \([a-z]\)/\1 | \2/g'
}

row() { # LABEL FUNCTION
  local tool text part line="| $1 |"
  for part in "${wanted[@]}"; do [[ $1 == *"$part"* ]] && part= && break; done
  [ ${#wanted[@]} -eq 0 ] || [ -z "$part" ] || return
  for tool in "${tools[@]}"; do
    text='not here'
    if here_is "$tool"; then
      rm -rf "$work/run" && mkdir "$work/run"
      text=$(cd "$work/run" && "$2" "$tool" 2>/dev/null)
    fi
    line+=" ${text:-–} |"
  done
  echo "$line"
}

# ---- What you see ----------------------------------------------------------------------------------------------------

shows_fill() {
  local pattern slow_reader='{ while head -c 64K >/dev/null; do sleep 0.1; done; }'
  case $1 in
    tidegate) pattern='source.*\[.*\].* of .*sink' line="$TIDEGATE zero:" ;;
    pv) pattern='{ *[0-9]*%}' line='pv -T -C -B 1M /dev/zero' ;;
    mbuffer) pattern='buffer *[0-9]*% full' line='mbuffer -m 8M -i /dev/zero' ;;
    *) return ;;
  esac
  if python3 "$ends" screen 3 "$line | $slow_reader" | grep -q "$pattern"; then
    echo "yes$([ "$1" != pv ] || echo ', with -T')"
  else echo no; fi
}

ticks_while_stuck() {
  local line seen
  case $1 in
    tidegate) line="$TIDEGATE zero:" ;;
    pv) line='pv /dev/zero' ;;
    mbuffer) line='mbuffer -m 8M -i /dev/zero' ;;
    *) return ;;
  esac
  seen=$(python3 "$ends" screen 3 "$line | sleep 4" | grep -c '^[12]')
  if [ "$seen" -ge 1 ]; then echo "goes on"; else echo "stands still"; fi
}

# What it says of a slow reader and of a slow source.
says_which_side() {
  local slow_reader='(for i in 1 2 3 4 5 6 7 8; do head -c 1M >/dev/null; sleep 0.2; done)'
  local slow_source='(for i in 1 2 3 4 5 6 7 8; do head -c 1M /dev/zero; sleep 0.2; done)'
  case $1 in
    tidegate)
      say_slow "$(bash -c "$TIDEGATE --summary always 'zero:#size=8M' | $slow_reader" 2>&1)"
      echo -n ' / '
      say_slow "$(bash -c "$slow_source | $TIDEGATE --summary always - null:" 2>&1)" ;;
    mbuffer)
      say_fill "$(bash -c "head -c 8M /dev/zero | timeout 10 mbuffer -m 2M -s 64k | $slow_reader" 2>&1)"
      echo -n ' / '
      say_fill "$(bash -c "$slow_source | timeout 10 mbuffer -m 2M -s 64k -o /dev/null" 2>&1)" ;;
    pv)
      say_fill "$(bash -c "head -c 8M /dev/zero | pv -fT -C -i 0.1 | $slow_reader" 2>&1)"
      echo -n ' / '
      say_fill "$(bash -c "$slow_source | pv -fT -C -i 0.1 >/dev/null" 2>&1)" ;;
  esac
}
say_slow() { grep -o 'slow: [^(]*([0-9]*%)' <<<"$1" | tail -1 | tr -d '\n'; }
# The least and the most that it showed.
say_fill() {
  tr '\r' '\n' <<<"$1" | grep -o 'buffer *[0-9]*% full\|{ *[0-9]*%}' | grep -o '[0-9]*' | sort -n |
    sed -n '1p;$p' | uniq | paste -sd- | sed 's/$/% full/; s/-/–/' | tr -d '\n'
}

counts_pauses() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE -v 'zero:#size=8M' 'null:#rate=16M'" ;;
    mbuffer) line='head -c 8M /dev/zero | mbuffer -m 1M -R 8M -o /dev/null' ;;
    pv) line='head -c 8M /dev/zero | pv -fT -C -L 16M >/dev/null' ;;
    *) return ;;
  esac
  local found
  found=$(timeout 10 bash -c "$line" 2>&1 | tr '\r' '\n' | grep -o '[0-9]* pauses\|[0-9]*x \(full\|empty\)' | tail -1)
  if [ -n "$found" ]; then echo "\`$found\`"; return; fi
  if [ "$1" = mbuffer ]; then
    found=$(timeout 10 bash -c 'head -c 8M /dev/zero | mbuffer -m 1M -p 50 -R 8M -o /dev/null' 2>&1 | grep -o '[0-9]*x full')
    echo "with -p: \`$found\`"
  else echo no; fi
}

# One second into the second half of a file, which takes two.
advanced_offset() {
  mib 8 >in
  local line percent
  case $1 in
    tidegate) line="$TIDEGATE - 'null:#rate=2M'" ;;
    pv) line='pv -L 2M' ;;
    mbuffer) line='mbuffer -m 1M -s 64k -R 2M -i - -o /dev/null' ;;
    *) return ;;
  esac
  # The standard input of the screen is the terminal, so the line takes it from the file.
  line="exec <in; dd bs=1M count=4 iflag=fullblock of=/dev/null status=none; $line"
  percent=$(python3 "$ends" screen 1.2 "$line" | grep -o '[0-9]*% *\[\|\] *[0-9]*%\|[0-9]*% done' | tail -1 | grep -o '[0-9]*%')
  echo "${percent:-none}"
}

on_usr1() {
  local line pid status
  case $1 in
    tidegate) line="$TIDEGATE zero: null:" ;;
    pv) line='pv -f -i 60 /dev/zero' ;;
    mbuffer) line='mbuffer -q -i /dev/zero -o /dev/null' ;;
    nc) line='nc -l 127.0.0.1 0' ;;
    ncat) line='ncat -l 127.0.0.1 0' ;;
    socat) line='socat -u /dev/zero /dev/null' ;;
  esac
  bash -c "exec $line" >/dev/null 2>said </dev/null &
  pid=$!
  sleep 0.5
  : >said
  kill -USR1 "$pid"
  sleep 0.5
  if ! kill -0 "$pid" 2>/dev/null; then wait "$pid" 2>/dev/null; status=$?; echo "ends it ($status)"; return; fi
  kill "$pid"
  if [ -s said ]; then echo "$(wc -l <said) line"; else echo "goes on, silent"; fi
  wait "$pid" 2>/dev/null
}

machine_readable() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE --stats fd:2 -i 50ms 'zero:#size=4M' 'null:#rate=16M'" ;;
    pv) line='pv -n -i 0.1 -s 4M -S -L 16M /dev/zero' ;;
    mbuffer) line='head -c 4M /dev/zero | mbuffer -R 16M -o /dev/null' ;;
    *) return ;;
  esac
  timeout 10 bash -c "$line" 2>said >/dev/null </dev/null
  if python3 -c 'import json,sys; [json.loads(it)["type"] for it in open("said")]' 2>/dev/null; then
    echo "$(($(wc -l <said))) JSON records"
  elif [ -s said ] && ! grep -qv '^[0-9]*$' said; then echo "$(wc -l <said) bare percentages"
  else echo "text"; fi
}

own_format() {
  mib 1 >in
  case $1 in
    tidegate) "$TIDEGATE" --format 'so far {bytes}' in null: 2>&1 | grep -q 'so far 1' && echo 'yes, --format' ;;
    pv) pv -f -F 'so far %b, %{x}' in 2>&1 >/dev/null | grep -q 'so far 1.00MiB' && echo 'yes, -F' ;;
    *) echo no ;;
  esac
}

# A self-contained page.
pictures() {
  mib 1 >in
  case $1 in
    tidegate) "$TIDEGATE" --plot run.html in null: && grep -q '</svg>' run.html && echo 'yes, --plot' ;;
    *) echo no ;;
  esac
}

# ---- How it ends -----------------------------------------------------------------------------------------------------

exits_by_itself() {
  [ "$1" = pv ] && return
  mib 8 >in
  receiver "$1"
  local sender line seen end=$((SECONDS + 5))
  # Without any flag about endings.
  line=$(send "$1" "$port")
  bash -c "exec ${line/ -N / }" >/dev/null 2>&1 &
  sender=$!
  while { kill -0 "$sender" || kill -0 "$receiver"; } 2>/dev/null && [ $SECONDS -lt $end ]; do sleep 0.02; done
  seen=$(kill -0 "$receiver" 2>/dev/null && echo 'still there')
  if kill -0 "$sender" 2>/dev/null; then echo -n 'still there / '; else reap 1 "$sender"; echo -n "exit $? / "; fi
  reap 0 "$receiver"
  echo "${seen:-exit $?}"
  reap 0 "$sender"
}

receiver_killed() {
  [ "$1" = pv ] && return
  mib 64 >in
  peer reset-midway
  outcome 15 "$(send "$1" "$port")"
}

receiver_gone_at_the_end() {
  [ "$1" = pv ] && return
  head -c 100000 /dev/zero >in
  peer reset-unread 100000
  outcome 15 "$(send "$1" "$port")"
}

sender_killed() {
  [ "$1" = pv ] && return
  local line sender status
  receiver "$1"
  mkfifo in
  line=$(send "$1" "$port")
  # Its input is a FIFO that has something now, and never ends.
  { mib 16; sleep 20; } >in &
  local feeder=$!
  bash -c "exec $line" >/dev/null 2>&1 &
  sender=$!
  has_bytes out
  sleep 0.5
  kill -9 "$sender"
  reap 5 "$receiver"
  status=$?
  kill "$feeder"
  ended 5 "$status" "$(grep -vc '^listening on' err.receiver)"
}

# A system closes the sockets of a program that is killed, which looks like an end.
nc_killed() {
  case $1 in
    pv) return ;;
    tidegate) echo "$(killed_nc "$(receive tidegate)"); with --expect-size: $(killed_nc "$TIDEGATE --expect-size 32M tcp-listen://127.0.0.1:0 out")" ;;
    *) killed_nc "$(receive "$1")" ;;
  esac
}

killed_nc() { # RECEIVER
  local sender feeder status
  rm -f out in
  mkfifo in
  bash -c "exec $1" >/dev/null 2>err.receiver </dev/null &
  receiver=$!
  port=$(port_of "$receiver")
  { mib 16; sleep 20; } >in &
  feeder=$!
  bash -c "exec nc -N 127.0.0.1 $port" <in &
  sender=$!
  has_bytes out
  sleep 0.5
  kill -9 "$sender"
  reap 5 "$receiver"
  status=$?
  kill "$feeder"
  ended 5 "$status" "$(grep -vc '^listening on' err.receiver)"
}

peer_closes_early() {
  [ "$1" = pv ] && return
  mib 16 >in
  peer early-close
  local status
  status=$(outcome 15 "$(send "$1" "$port")")
  wait
  arrived "$(tail -1 peer)" "$status"
}

# As the last, where the sender is the one that listens.
peer_closes_early_on_a_listener() {
  case $1 in
    tidegate) early_close_of "$TIDEGATE in tcp-listen://127.0.0.1:0" ;;
    nc) early_close_of 'nc -N -l 127.0.0.1 0 <in' ;;
    ncat) echo "$(early_close_of 'ncat -l 127.0.0.1 0 <in'); with --send-only: $(early_close_of 'ncat --send-only -l 127.0.0.1 0 <in')" ;;
    socat) early_close_of 'socat -u OPEN:in TCP-LISTEN:0,bind=127.0.0.1' ;;
  esac
}

early_close_of() { # SENDER
  mib 16 >in
  bash -c "exec $1" >/dev/null 2>err.sender </dev/null &
  local status sender=$!
  timeout 20 python3 "$ends" early-close "$(port_of "$sender")" >peer
  reap 5 "$sender"
  status=$(ended 5 $? "$(grep -vc '^listening on' err.sender)")
  arrived "$(tail -1 peer)" "$status"
}

arrived() { # BYTES STATUS
  if [ "$1" = $((16 << 20)) ]; then echo "all arrives, $2"; else echo "$1 bytes arrive, $2"; fi
}

into_head() {
  local line
  case $1 in
    tidegate | pv | mbuffer | socat) line="$(filter "$1") </dev/zero" ;;
    nc) line='nc -d 127.0.0.1 PORT' ;;
    ncat) line='ncat --recv-only 127.0.0.1 PORT' ;;
  esac
  if [[ $line = *PORT* ]]; then
    bash -c 'exec socat -u /dev/zero TCP-LISTEN:0,bind=127.0.0.1' 2>/dev/null &
    line=${line/PORT/$(port_of $!)}
  fi
  timeout -k 1 5 bash -c "{ $line; echo \$? >status; } 2>err | head -c 1 >/dev/null" </dev/null
  ended 5 "$(cat status 2>/dev/null || echo 124)" "$(wc -l <err)"
}

full_disk() {
  local line
  mib 1 >in
  case $1 in
    tidegate) outcome 5 "$TIDEGATE in /dev/full" ;;
    pv) outcome 5 'pv -q in >/dev/full' ;;
    mbuffer) outcome 5 'mbuffer -q -i in -f -o /dev/full' ;;
    socat) outcome 5 'socat -u OPEN:in OPEN:/dev/full,wronly' ;;
    *)
      line=$(receive "$1")
      bash -c "exec ${line/>out/>/dev/full}" 2>err.receiver &
      receiver=$!
      port=$(port_of "$receiver")
      timeout 3 bash -c "$(send "$1" "$port")" >/dev/null 2>&1
      reap 3 "$receiver"
      ended 3 $? "$(wc -l <err.receiver)" ;;
  esac
}

half_a_file() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE - file:out#atomic" ;;
    pv | nc | ncat) return ;;
    mbuffer) line='mbuffer -q -s 64k -o out' ;;
    socat) line='socat -u - CREATE:out' ;;
  esac
  { mib 1; sleep 5; } | timeout -s KILL 1 bash -c "exec $line" 2>/dev/null &
  wait $! 2>/dev/null
  if [ -e out ]; then echo "half a file"; else echo "no file"; fi
}

existing_file() {
  local usual other
  case $1 in
    tidegate) usual="$TIDEGATE in out" other="$TIDEGATE in file:out#create" ;;
    mbuffer) usual='mbuffer -q -i in -o out' other='mbuffer -q -i in -f -o out' ;;
    socat) usual='socat -u OPEN:in CREATE:out' other='socat -u OPEN:in OPEN:out,creat,excl' ;;
    *) return ;;
  esac
  mib 1 >in
  echo "$(overwrites "$usual"); $(overwrites "$other") with ${other##*[ ,#]}"  | sed 's/with out/with -f/'
}
overwrites() { # LINE
  echo some >out
  timeout 5 bash -c "$1" >/dev/null 2>&1 </dev/null
  if cmp -s in out; then echo overwritten; else echo refused; fi
}

idle_peer() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE --idle-timeout 1s tcp-listen://127.0.0.1:0 out" ;;
    pv) return ;;
    mbuffer) line='mbuffer -q -W 1 -I 0 -o out' ;;
    nc) line='nc -w 1 -l 127.0.0.1 0 >out' ;;
    ncat) line='ncat --recv-only -i 1s -l 127.0.0.1 0 >out' ;;
    socat) line='socat -u -T 1 TCP-LISTEN:0,bind=127.0.0.1 CREATE:out' ;;
  esac
  bash -c "exec $line" 2>err </dev/null &
  receiver=$!
  port=$(port_of "$receiver")
  exec 9<>"/dev/tcp/127.0.0.1/$port"
  echo some >&9
  reap 5 "$receiver"
  ended 5 $? "$(grep -vc '^listening on' err)"
}

same_file() {
  local line
  mib 1 >in
  case $1 in
    tidegate) line="$TIDEGATE in file:in#append" ;;
    pv) line='pv -q in >>in' ;;
    mbuffer) line='mbuffer -q -i in --append -o in' ;;
    socat) line='socat -u OPEN:in OPEN:in,append' ;;
    *) return ;;
  esac
  local status
  status=$(ulimit -f 65536 && outcome 5 "$line")
  if [ "$(size in)" = $((1 << 20)) ]; then echo "refused, $status"; else echo "file of 1 MiB became $(($(size in) >> 20)) MiB"; fi
}

# ---- How it flows ----------------------------------------------------------------------------------------------------

small_data() { through "$1" | cut -f 1; }
nonblock() { through "$1" | cut -f 2; }
through() {
  local line
  read -ra line <<<"$(filter "$1")"
  [ ${#line[@]} -eq 0 ] || python3 "$ends" through "${line[@]}"
}

# The least and the most of six runs.
reads_ahead() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE -H 32M" ;;
    pv) line='pv -q -B 64M' ;;
    mbuffer) line='mbuffer -q -m 64M' ;;
    socat) line='socat -u -b 67108864 - -' ;;
    *) return ;;
  esac
  read -ra line <<<"$line"
  for _ in 1 2 3 4 5 6; do python3 "$ends" ahead "${line[@]}" & done | sort -n | sed -n '1p;$p' | uniq | paste -sd- | sed 's/ MiB-/–/'
}

memory() {
  local line pid
  line=$(filter "$1")
  [ -n "$line" ] || return
  head -c 1G /dev/zero >big
  # A reader that stops near the end lets the peak be read while the tool still is there.
  bash -c "exec $line" <big 2>/dev/null > >(head -c 1000M >/dev/null; sleep 3) &
  pid=$!
  sleep 2.5
  awk '/VmHWM/ { printf "%.1f MiB\n", $2 / 1024 }' "/proc/$pid/status"
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  rm big
}

takes_no_more() {
  local line rest
  case $1 in
    tidegate) line="$TIDEGATE --take 512" ;;
    pv) line='pv -q -S -s 512' ;;
    socat) line='socat -u -,readbytes=512 -' ;;
    *) return ;;
  esac
  rest=$(head -c 10000 /dev/zero | { timeout 5 bash -c "$line" >part; wc -c; })
  echo "$(size part) taken, $((10000 - $(size part) - rest)) lost"
}

announces() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE tcp-listen://127.0.0.1:0 out" ;;
    pv) return ;;
    mbuffer) line='mbuffer -v 6 -I 0 -o out' ;;
    nc) line='nc -v -l 127.0.0.1 0' ;;
    ncat) line='ncat -v -l 127.0.0.1 0' ;;
    socat) line='socat -dd -u TCP-LISTEN:0,bind=127.0.0.1 -' ;;
  esac
  bash -c "exec $line" >/dev/null 2>said </dev/null &
  local pid=$! flag
  port=$(port_of "$pid")
  flag=$(grep -o -- ' -\(v\|dd\)' <<<"$line")
  if grep -q "\b$port\b" said; then echo "yes${flag:+, with$flag}"; else echo "no"; fi
  kill "$pid"
  wait "$pid" 2>/dev/null
}

# Seconds for 8 MiB at 4 MiB/s.
limits_rate() {
  local line begin
  mib 8 >in
  case $1 in
    tidegate) line="$TIDEGATE -L 4M in null:" ;;
    pv) line='pv -q -L 4M in' ;;
    mbuffer) line='mbuffer -q -s 64k -R 4M -i in -o /dev/null' ;;
    *) echo no; return ;;
  esac
  begin=${EPOCHREALTIME/./}
  timeout 10 bash -c "$line" >/dev/null 2>&1
  awk -v us=$((${EPOCHREALTIME/./} - begin)) 'BEGIN { printf "8 MiB in %.1f s\n", us / 1e6 }'
}

# 64 MiB at 1 MiB/s, until no limit is asked for.
changes_rate() {
  local change pid status
  mib 64 >in
  case $1 in
    tidegate) bash -c "exec $TIDEGATE -L 1M --control ctl in null:" & ;;
    pv) bash -c 'exec pv -q -L 1M in' >/dev/null & ;;
    *) echo no; return ;;
  esac
  pid=$!
  sleep 0.5
  case $1 in
    tidegate) "$TIDEGATE" --tell ctl rate none >/dev/null; change=--tell ;;
    pv) pv -R "$pid" -L 0; pv -R "$pid" -L 1T; change=-R ;;
  esac
  reap 5 "$pid"
  status=$?
  if [ $status = 0 ]; then echo "yes, $change"; else echo "not with $change"; fi
} 2>/dev/null

# The SHA-256 of what passed.
digests() {
  local line
  mib 1 >in
  case $1 in
    tidegate) line="$TIDEGATE -t sha256 --digest-file sum in out && cat sum" ;;
    mbuffer) line='mbuffer --hash sha256 -i in -o out' ;;
    *) echo no; return ;;
  esac
  if timeout 5 bash -c "$line" 2>&1 | grep -q "$(sha256sum <in | cut -d' ' -f1)"; then echo yes; else echo no; fi
}

# What gzip can read, on all processors.
compresses() {
  mib 1 >in
  case $1 in
    tidegate) "$TIDEGATE" -t gzip in - | gzip -dc | cmp -s - in && echo yes ;;
    *) echo no ;;
  esac
}

# ---- Several at once -------------------------------------------------------------------------------------------------

two_outputs() {
  mib 1 >in
  case $1 in
    tidegate) timeout 5 "$TIDEGATE" in --tee file:b file:a >/dev/null 2>&1 && cmp -s in a && cmp -s in b && echo 'yes, --tee' ;;
    mbuffer) timeout 5 mbuffer -q -i in -o a -o b >/dev/null 2>&1 && cmp -s in a && cmp -s in b && echo yes ;;
    *) echo no ;;
  esac
}

several_inputs() {
  printf one >a; printf two >b; printf three >c
  case $1 in
    tidegate) timeout 5 "$TIDEGATE" a b c file:out >/dev/null 2>&1 ;;
    pv) timeout 5 pv -q a b c >out 2>/dev/null ;;
    *) echo no; return ;;
  esac
  if [ "$(cat out)" = onetwothree ]; then echo yes; else echo no; fi
}

# One of two outputs is full at once. What the other one has, and how it ends.
one_output_fails() {
  mib 4 >in
  local line
  case $1 in
    tidegate) line="$TIDEGATE in --tee file:a /dev/full" ;;
    mbuffer) line='mbuffer -q -i in -o a -o /dev/full' ;;
    *) return ;;
  esac
  local how
  how=$(outcome 10 "$line")
  if cmp -s in a; then echo "whole; $how"; else echo "$(size a) of $(size in) bytes; $how"; fi
}

unix_socket() {
  case $1 in
    tidegate) by "$TIDEGATE unix-listen:sock -" "$TIDEGATE - unix:sock" ;;
    nc) by 'nc -l -U sock' 'nc -N -U sock' ;;
    ncat) by 'ncat -l -U sock' 'ncat -U --send-only sock' ;;
    socat) by 'socat -u UNIX-LISTEN:sock -' 'socat -u - UNIX:sock' ;;
    *) echo no ;;
  esac
}

# Sends a request and the end of input; the peer answers 1.5 s after that.
late_reply() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE --duplex tcp://127.0.0.1:PORT" ;;
    nc) line='nc -N 127.0.0.1 PORT' ;;
    ncat) line='ncat 127.0.0.1 PORT' ;;
    socat) line='socat - TCP:127.0.0.1:PORT' ;;
    *) return ;;
  esac
  peer late_reply
  echo request | timeout 10 bash -c "${line/PORT/$port}" >out 2>/dev/null
  local status=$?
  if [ "$(cat out)" = reply ]; then echo "arrives, exit $status"; else echo "is lost, exit $status"; fi
}

# A command gives 11 bytes and fails.
command_fails() {
  local line
  case $1 in
    tidegate) line="$TIDEGATE 'exec:echo hello world; exit 3' file:out" ;;
    socat) line="socat -u SYSTEM:'echo hello world; exit 3' CREATE:out" ;;
    *) return ;;
  esac
  outcome 5 "$line"
}

# Eleven bytes by another kind of socket.
by() { # RECEIVER SENDER
  : >out
  timeout 5 bash -c "exec $1" >out 2>/dev/null &
  local pid=$! end=$((SECONDS + 4))
  until [ -S sock ] || ss -Hlunp | grep -q "pid=$pid,\|pid=$(pgrep -P "$pid" | head -1)," || [ $SECONDS -ge $end ]; do sleep 0.05; done
  port=$(ss -Hlunp | sed -n "s/^.*:\([0-9]*\) .*pid=\($pid\|$(pgrep -P "$pid" | head -1)\),.*/\1/p" | head -1)
  echo 'hello world' | timeout 2 bash -c "${2/PORT/$port}" >/dev/null 2>&1
  has_bytes out
  if [ "$(cat out)" = 'hello world' ]; then echo yes; else echo no; fi
  kill "$pid" 2>/dev/null
}

tls() {
  local pid
  case $1 in
    tidegate) bash -c "exec $TIDEGATE -q tls-listen://127.0.0.1:0 -" >out 2>/dev/null & ;;
    ncat) bash -c 'exec ncat --ssl --recv-only -l 127.0.0.1 0' >out 2>/dev/null & ;;
    socat)
      openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost >/dev/null 2>&1
      bash -c 'exec socat -u OPENSSL-LISTEN:0,bind=127.0.0.1,cert=cert,key=key,verify=0 -' >out 2>/dev/null & ;;
    *) echo no; return ;;
  esac
  pid=$!
  port=$(port_of "$pid")
  case $1 in
    tidegate) echo 'hello world' | timeout 5 "$TIDEGATE" -q - "tls://127.0.0.1:$port#verify=no" >/dev/null 2>&1 ;;
    ncat) echo 'hello world' | timeout 5 ncat --ssl --send-only 127.0.0.1 "$port" >/dev/null 2>&1 ;;
    socat) echo 'hello world' | timeout 5 socat -u - "OPENSSL:127.0.0.1:$port,verify=0" >/dev/null 2>&1 ;;
  esac
  has_bytes out
  if [ "$(cat out)" = 'hello world' ]; then echo yes; else echo no; fi
  kill "$pid" 2>/dev/null
}

# ---- What others do and tidegate does not ----------------------------------------------------------------------------

udp() {
  case $1 in
    nc) by 'nc -u -l 127.0.0.1 0' 'nc -u -w 1 127.0.0.1 PORT' ;;
    ncat) by 'ncat -u -l 127.0.0.1 0' 'ncat -u --send-only 127.0.0.1 PORT' ;;
    socat) by 'socat -u UDP-RECV:0,bind=127.0.0.1 -' 'socat -u - UDP:127.0.0.1:PORT' ;;
    *) echo no ;;
  esac
}

many_clients() {
  local line pid client
  case $1 in
    nc) line='nc -k -l 127.0.0.1 0' ;;
    ncat) line='ncat -k -l 127.0.0.1 0' ;;
    socat) line='socat -u TCP-LISTEN:0,bind=127.0.0.1,fork OPEN:out,append' ;;
    *) echo no; return ;;
  esac
  : >out
  bash -c "exec $line" >>out 2>/dev/null </dev/null &
  pid=$!
  port=$(port_of "$pid")
  for client in one two; do echo $client | timeout 3 socat -u - "TCP:127.0.0.1:$port"; sleep 0.3; done
  if [ "$(cat out)" = "$(printf 'one\ntwo')" ]; then echo yes; else echo no; fi
  kill "$pid"
  wait "$pid" 2>/dev/null
}

# ---- The table -------------------------------------------------------------------------------------------------------

versions() {
  # shellcheck source=/dev/null
  echo "Tried on $(date -u +%F), $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r | cut -d. -f1,2):"
  {
    "$TIDEGATE" --version
    pv --version | head -1 | cut -d' ' -f1,2
    mbuffer --version 2>&1 | sed -n '1s/version //p'
    dpkg-query -W -f '${Package} ${Version}\n' netcat-openbsd
    ncat --version 2>&1 | sed 's/.*: Version/ncat/; s/ (.*//'
    socat -V | sed -n 's/^\(socat\) version \([^ ]*\).*/\1 \2/p'
  } | paste -sd, | sed 's/,/, /g; s/$/./'
}

[ ${#wanted[@]} -gt 0 ] || versions 2>/dev/null
group 'What you see'
row 'shows live how full its buffers are' shows_fill
row 'its display, while the reader is stuck' ticks_while_stuck
row 'what it says of a slow reader / a slow source' says_which_side
row 'counts how often the flow was held up' counts_pauses
row 'percent, halfway through the second half of a file' advanced_offset
row 'what SIGUSR1 does' on_usr1
row 'records for machines' machine_readable
row 'a display format of your own' own_format
row 'a picture of the transfer afterwards' pictures
group 'How it ends'
row 'file over TCP, no flags: sender / receiver' exits_by_itself
row 'receiver killed midway: sender' receiver_killed
row 'receiver killed with bytes unread: sender' receiver_gone_at_the_end
row 'sender killed midway: receiver' sender_killed
row 'sending nc killed midway: receiver' nc_killed
row 'receiver closes its direction first, sender connects' peer_closes_early
row 'receiver closes its direction first, sender listens' peer_closes_early_on_a_listener
row 'the reader of its output leaves' into_head
row 'disk full' full_disk
row 'killed while it writes a file' half_a_file
row 'an output file that exists' existing_file
row 'peer falls silent, limit of 1 s' idle_peer
row 'source and sink one file, appending' same_file
group 'How it flows'
row '11 bytes into an open pipe' small_data
row 'read ahead of a stuck reader, 64 MiB wanted' reads_ahead
row 'peak memory, 1 GiB, default buffers' memory
row '512 bytes wanted of a shared input' takes_no_more
row 'O_NONBLOCK of the pipes it was given' nonblock
row 'tells which free port it listens on' announces
row 'limits the rate of any transfer' limits_rate
row 'changes the limit while it runs' changes_rate
row 'the SHA-256 of what passed' digests
row 'compresses what passes' compresses
group 'Several at once, other ends'
row 'several inputs, one after the other' several_inputs
row 'several outputs at once' two_outputs
row 'one of two outputs fails: the other one' one_output_fails
row 'unix sockets' unix_socket
row 'TLS' tls
row 'a reply that comes 1.5 s after the end of the request' late_reply
row 'a command as its input fails after its output' command_fails
group 'What others do and tidegate does not'
row 'UDP' udp
row 'one listener, many clients' many_clients

#!/usr/bin/env python3
"""Odd ends for try.sh: peers that reset, close early or stall, and pipes that can be watched.

Each command prints one line that says what was seen.
"""

import fcntl
import os
import re
import select
import socket
import struct
import subprocess
import sys
import termios
import time

DEADLINE = 20


def listener():
    """Listens on a free port and says on which."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(DEADLINE)
    print(server.getsockname()[1], flush=True)
    return server


def accepted():
    connection, _ = listener().accept()
    connection.settimeout(DEADLINE)
    return connection


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def queued(fd):
    """How many bytes wait to be read."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


def reset_midway():
    """Takes a mebibyte, then is gone."""
    connection = accepted()
    left = 1 << 20
    while left > 0:
        left -= len(connection.recv(left))
    reset(connection)


def reset_unread(size):
    """Has all bytes in the system's queue, reads none of them, and is gone a second later."""
    connection = accepted()
    end = time.monotonic() + DEADLINE
    while queued(connection) < int(size) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(1)
    reset(connection)


def early_close(port=None):
    """Closes its own direction at once, starts to read a second later, and counts."""
    connection = socket.create_connection(("127.0.0.1", port), DEADLINE) if port else accepted()
    connection.shutdown(socket.SHUT_WR)
    time.sleep(1)
    total = 0
    try:
        while chunk := connection.recv(1 << 16):
            total += len(chunk)
    except OSError:
        pass
    print(total)


def late_reply():
    """Takes a request to its end, and answers 1.5 s later."""
    connection = accepted()
    while connection.recv(1 << 16):
        pass
    time.sleep(1.5)
    connection.sendall(b"reply\n")
    connection.close()


def through(*command):
    """Feeds 11 bytes and waits for them a second; looks at O_NONBLOCK of both pipes meanwhile."""
    source, feed = os.pipe()
    read, sink = os.pipe()
    child = subprocess.Popen(command, stdin=source, stdout=sink, stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    os.write(feed, b"hello world")
    arrived = bool(select.select([read], [], [], 1)[0])
    blocking = os.get_blocking(source) and os.get_blocking(sink)
    child.kill()
    child.wait()
    print("arrived" if arrived else "held back", "untouched" if blocking else "set", sep="\t")


def ahead(*command):
    """Counts what is taken from the source while nobody reads the sink, beyond what the pipes hold."""
    source, feed = os.pipe()
    read, sink = os.pipe()
    child = subprocess.Popen(command, stdin=source, stdout=sink, stderr=subprocess.DEVNULL)
    os.close(source)
    os.set_blocking(feed, False)
    total, block = 0, bytes(1 << 16)
    while select.select([], [feed], [], 3)[1]:
        try:
            total += os.write(feed, block)
        except BlockingIOError:
            time.sleep(0.001)
    total -= queued(feed) + queued(read)
    child.kill()
    child.wait()
    # In one write: others print at the same time.
    sys.stdout.write(f"{total / (1 << 20):.1f} MiB\n")


def screen(seconds, line):
    """Runs a line with a terminal on standard error; prints what was drawn, with the second before it."""
    mine, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))

    def at_the_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    child = subprocess.Popen(
        ["bash", "-c", line], stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL,
        preexec_fn=at_the_terminal, env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    start, texts = time.monotonic(), {}
    while (now := time.monotonic() - start) < float(seconds):
        if not select.select([mine], [], [], float(seconds) - now)[0]:
            break
        try:
            text = os.read(mine, 1 << 16).decode(errors="replace")
        except OSError:
            break
        second = int(time.monotonic() - start)
        texts[second] = texts.get(second, "") + text
    child.kill()
    child.wait()
    for second in sorted(texts):
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", texts[second])
        for drawn in re.split(r"[\r\n]+", text):
            if drawn.strip():
                print(second, drawn.strip(), sep="\t")


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])

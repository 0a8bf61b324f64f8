#!/usr/bin/env python3
"""Runs a command in a terminal of so many columns and prints all that it wrote: run_in_terminal.py COLUMNS COMMAND..."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

LIMIT = 300  # seconds
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
end = time.monotonic() + LIMIT
while time.monotonic() < end:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:  # the other end is closed
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
else:
    os.kill(pid, 9)
sys.stdout.buffer.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/demo, without a terminal and on one: results are shown while they
change, everything stops cleanly, and what it proposes to try next works."""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, TOP, Skip, main  # noqa: E402

DEMO = os.path.join(TOP, "scripts", "demo")
WINDOW = re.compile(r"window ending \d\d:\d\d:\d\d: ([\d,]+) words, dolorem ([\d,]+); top: (\w+)")


def demo_can_run():
    if os.path.basename(BUILD) != "build":
        raise Skip("the demo shows the plain build")
    subprocess.run(["make", "-s", "-C", TOP, "build/bench/feed_words"], check=True, stdin=subprocess.DEVNULL)


def leftovers():
    out = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    return [line for line in out.splitlines() if "build/demo/sock" in line and "scripts/demo" not in line]


def plain_lines_and_the_next_things_to_try():
    demo_can_run()
    done = subprocess.run([DEMO, "--seconds", "25"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    windows = [(int(n.replace(",", "")), int(k.replace(",", "")), top) for n, k, top in WINDOW.findall(done.stdout)]
    assert len(windows) >= 2, done.stdout
    # 42 words in turn by chance, two of them dolorem: one in 21.
    n, dolorem, top = windows[-1]
    assert n > 10000 and 0.6 < dolorem / (n / 21) < 1.4, windows
    assert "\x1b" not in done.stdout
    tries = re.search(r"^  (sqlite3 -readonly .*)$", done.stdout, flags=re.M)[1]
    shown = subprocess.run(tries, shell=True, cwd=TOP, capture_output=True, text=True)
    assert shown.returncode == 0 and len(shown.stdout.splitlines()) == 5, (tries, shown)
    command = re.search(r"^  (build/sluice run .*)$", done.stdout, flags=re.M)[1]
    shown = subprocess.run(command, shell=True, cwd=TOP, capture_output=True, text=True)
    assert shown.returncode == 0 and shown.stdout, (command, shown)
    assert not leftovers(), leftovers()


def live_on_a_terminal_until_ctrl_c():
    demo_can_run()
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(DEMO, [DEMO, "--seconds", "60"])
    text = ""
    interrupted = False
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            text += data.decode("utf-8", "replace")
        if not interrupted and re.search(r"window ending .*\r\n  \w+ +[\d,]+ #+", text):
            os.kill(pid, signal.SIGINT)
            interrupted = True
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert interrupted and status == 0, (status, text[-2000:])
    assert "\x1b[J" in text and "sluiced has stopped (exit 0)" in text, text[-2000:]
    assert re.search(r"running  [\d,]+ words in, [\d,]+/s  lag", text), text[-2000:]
    assert not leftovers(), leftovers()


main(plain_lines_and_the_next_things_to_try, live_on_a_terminal_until_ctrl_c)

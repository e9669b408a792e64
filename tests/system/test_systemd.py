#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What systemd hears of: ready, reloading, status, stopping, and nothing at
all while a thread hangs. What /readyz and /healthz say meanwhile."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from sluice import TOP, Daemon, NotifySocket, UnixConnection, main, wait_for  # noqa: E402

JOB = ("CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500');\n"
       "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"
       "INSERT INTO hole SELECT COUNT(*) FROM numbers;\n")


def hanging_daemon(tmp, notify):
    """A daemon whose threads hang while a file of that name is there."""
    shim = os.path.join(tmp, "hang.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, os.path.join(HERE, "..", "lib", "hang.c")], check=True)
    env = {"LD_PRELOAD": shim, "HANG_JOB": tmp + "/job", "HANG_STORE": tmp + "/store", "NOTIFY_SOCKET": notify.path,
           "WATCHDOG_USEC": "400000"}
    d = Daemon(env=env, sets=["runtime.checkpoint-interval=20 ms"]).start()
    d.sql(JOB)
    wait_for("checkpoints", lambda: d.job("hole")["checkpoint"] > 2)
    return d


def silence_while(what, event):
    tmp = tempfile.mkdtemp(prefix="sluice-test-")
    n = NotifySocket()
    d = hanging_daemon(tmp, n)
    wait_for("WATCHDOG=1", lambda: n.hears("WATCHDOG=1"))
    open(os.path.join(tmp, what), "w").close()
    wait_for("the log tells why", lambda: f"event={event} " in d.log())
    n.hears("")
    n.heard.clear()
    time.sleep(1)  # seven times the interval in which it tells
    assert not n.hears("WATCHDOG=1"), n.heard
    # The main loop is well: people can look.
    assert d.job("hole")["state"] == "RUNNING"
    os.remove(os.path.join(tmp, what))
    wait_for("WATCHDOG=1 again", lambda: n.hears("WATCHDOG=1"))
    assert d.stop() == 0
    n.close()
    shutil.rmtree(tmp)


def the_watchdog_hears_nothing_while_a_job_hangs():
    silence_while("job", "job_stuck")


def the_watchdog_hears_nothing_while_the_disk_hangs():
    silence_while("store", "store_stuck")


def a_reload_is_told_and_its_end():
    n = NotifySocket()
    d = Daemon(env={"NOTIFY_SOCKET": n.path}).start()
    wait_for("READY=1", lambda: n.hears("READY=1"))
    n.heard.clear()
    d.child.send_signal(signal.SIGHUP)
    wait_for("READY=1 again", lambda: n.hears("READY=1"))
    words = [h.split("=")[0] for h in n.heard]
    assert words.index("RELOADING") < words.index("READY"), n.heard
    reloading = next(h for h in n.heard if h.startswith("RELOADING=1"))
    assert "MONOTONIC_USEC=" in reloading, reloading
    assert d.stop() == 0
    n.close()


def the_status_tells_of_the_jobs():
    n = NotifySocket()
    d = Daemon(env={"NOTIFY_SOCKET": n.path, "WATCHDOG_USEC": "300000"}).start()
    wait_for("no jobs", lambda: "STATUS=0 jobs" in (n.hears("") and n.heard or n.heard))
    d.sql(JOB)
    wait_for("one job", lambda: n.hears("STATUS=1 job: 1 RUNNING"))
    d.sql("PAUSE JOB 'hole';")
    wait_for("it is paused", lambda: n.hears("STATUS=1 job: 1 PAUSED"))
    assert d.stop() == 0
    assert n.hears("STATUS=stopping"), n.heard
    n.close()


def who_stops_is_well_and_not_ready():
    tmp = tempfile.mkdtemp(prefix="sluice-test-")
    n = NotifySocket()
    d = hanging_daemon(tmp, n)

    def status(path):
        c = UnixConnection(d.sock, 20)
        c.request("GET", path)
        return c.getresponse().status

    assert (status("/healthz"), status("/readyz")) == (200, 200)
    open(os.path.join(tmp, "store"), "w").close()
    d.child.send_signal(signal.SIGTERM)
    wait_for("it is not ready", lambda: status("/readyz") == 503)
    assert status("/healthz") == 200 and status("/metrics") == 200
    os.remove(os.path.join(tmp, "store"))
    assert d.child.wait(60) == 0
    d.child = None
    n.close()
    shutil.rmtree(tmp)


def the_unit_reloads_watches_and_stops_in_time():
    with open(os.path.join(TOP, "systemd", "sluiced.service")) as f:
        lines = f.read().splitlines()
    for wanted in ("Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "WatchdogSec=60", "LimitCORE=0", "Restart=on-failure"):
        assert wanted in lines, wanted
    # 15 s for output, 5 s for a client that does not let go, and room.
    stop = next(int(x.split("=")[1]) for x in lines if x.startswith("TimeoutStopSec="))
    assert stop >= 30, stop


main(the_watchdog_hears_nothing_while_a_job_hangs, the_watchdog_hears_nothing_while_the_disk_hangs, a_reload_is_told_and_its_end,
     the_status_tells_of_the_jobs, who_stops_is_well_and_not_ready, the_unit_reloads_watches_and_stops_in_time)

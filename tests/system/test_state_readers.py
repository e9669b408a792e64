#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who else reads the state: members of the group at any time, and readers that do not end."""
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, main, run, wait_for  # noqa: E402

WORDS = """CREATE TABLE src (k INT, v INT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}',
  'fields.k.min' = '0', 'fields.k.max' = '{keys}');
CREATE TABLE dst (k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
SET 'execution.checkpointing.interval' = '50 ms';
INSERT INTO dst SELECT k, COUNT(*) FROM src GROUP BY k;"""


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def as_a_member(d, path, query):
    """What another user of the files' group gets from sqlite3 -readonly."""
    command = ["sqlite3", "-readonly", path, query]
    if os.geteuid() == 0:
        group = os.stat(path).st_gid
        command = ["setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups"] + command
        os.chmod(d.dir, 0o755)
        return subprocess.run(command, capture_output=True, text=True)
    # The owner without the right to write, which is what a member has.
    folder = os.path.dirname(path)
    files = [f for f in (path, path + "-wal", path + "-shm") if os.path.exists(f)]
    for f in files:
        os.chmod(f, 0o440)
    os.chmod(folder, 0o550)
    try:
        return subprocess.run(command, capture_output=True, text=True)
    finally:
        os.chmod(folder, 0o750)
        for f in files:
            os.chmod(f, 0o640)


def the_group_reads_at_any_time():
    d = Daemon()

    def reads(when):
        for path, query, answer in (
                (d.state_file("dst"), "SELECT count(*) > 0, max(id) > 0 FROM group_aggregate_1, checkpoints", "1|1\n"),
                (os.path.join(d.dir, "state", "catalog.db"), "SELECT name FROM objects ORDER BY id", "src\ndst\ndst\n")):
            done = as_a_member(d, path, query)
            assert (done.returncode, done.stdout, done.stderr) == (0, answer, ""), (when, path, done)

    d.start()
    d.sql(WORDS.format(rate=1000, keys=100))
    wait_for("a checkpoint", lambda: d.job("dst")["checkpoint"] > 0)
    reads("running")
    d.sql("PAUSE JOB 'dst';")
    d.wait_state("dst", "PAUSED")
    reads("paused")
    d.sql("RESUME JOB 'dst';")
    d.wait_state("dst", "RUNNING")
    d.kill()
    reads("killed")
    d.start()
    d.wait_state("dst", "RUNNING")
    reads("recovered")
    assert d.stop() == 0
    reads("stopped")
    for part in ("", "-wal", "-shm"):
        assert mode_of(d.state_file("dst") + part) == 0o640, part
        assert mode_of(os.path.join(d.dir, "state", "catalog.db") + part) == 0o640, part
    for folder in ("", "jobs"):
        assert mode_of(os.path.join(d.dir, "state", folder)) == 0o750, folder


def a_long_reader_is_named():
    d = Daemon().start()
    d.sql(WORDS.format(rate=200000, keys=200000))
    wait_for("a checkpoint", lambda: d.job("dst")["checkpoint"] > 0)
    assert d.job("dst")["wal_held"] is None
    reader = subprocess.Popen(["sqlite3", "-readonly", d.state_file("dst")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        reader.stdin.write("BEGIN; SELECT count(*) FROM job;\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "1\n"
        held = wait_for("the reader is named", lambda: d.job("dst")["wal_held"], 60)
        assert f"sqlite3 (pid {reader.pid}) reads the state file" in held, held
        j = d.job("dst")
        assert j["wal_bytes"] >= 16 << 20 and j["state"] == "RUNNING", j
        assert held.split(" keeps ")[0] in d.rows("SHOW JOBS;")[0][-1]
        metric = next(x for x in d.get("/metrics").decode().splitlines() if x.startswith("sluice_job_wal_bytes{"))
        assert float(metric.split()[-1]) >= 16 << 20, metric
        assert d.log().count("event=wal_held") == 1 and f"pid={reader.pid}" in d.log()
    finally:
        reader.kill()
        reader.wait()
    wait_for("it is over", lambda: d.job("dst")["wal_held"] is None)
    assert "event=wal_free" in d.log()
    assert d.stop() == 0
    assert run("sluice", "state", "check", d.state_file("dst")).returncode == 0


main(the_group_reads_at_any_time, a_long_reader_is_named)

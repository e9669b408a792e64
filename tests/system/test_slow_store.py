#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk whose syncs take two seconds: checkpoints take long, rows flow on."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, main, wait_for  # noqa: E402


SOURCE = """
    SET 'execution.checkpointing.interval' = '200 ms';
    CREATE TABLE src (k INT, v BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '20000',
      'fields.k.min' = '1', 'fields.k.max' = '1000');"""


def slow_daemon():
    """A daemon on a disk that becomes slow when the file is there."""
    d = Daemon()
    flag = os.path.join(d.dir, "slow")
    return d.preload("slow_sync", SLOW_SYNC=flag).start(), flag


def watch(d, job, flag):
    wait_for("a checkpoint is committed", lambda: d.job(job)["checkpoint"] >= 1)
    open(flag, "w").close()
    at = d.job(job)["checkpoint"]
    wait_for("slow ones are committed", lambda: d.job(job)["checkpoint"] >= at + 2)
    samples = []
    began = time.monotonic()
    while time.monotonic() < began + 8 or samples[-1][1] == samples[0][1]:
        assert time.monotonic() < began + 60, "checkpoints go on, too"
        j = d.job(job)
        samples.append((j["rows_in"], j["checkpoint"], j["checkpoint_ms"]))
        time.sleep(0.5)
    steps = [b[0] - a[0] for a, b in zip(samples, samples[1:])]
    print(f"  rows per half second: {steps}; commits took {max(s[2] for s in samples):.0f} ms", flush=True)
    assert max(s[2] for s in samples) >= 2000, "the shim slows every commit"
    assert min(steps) > 0, "rows stood still"
    assert d.job(job)["state"] == "RUNNING"


def rows_flow_while_the_disk_syncs():
    d, flag = slow_daemon()
    d.sql(SOURCE + """
        CREATE TABLE hole (k INT, n BIGINT, s BIGINT) WITH ('connector' = 'blackhole');
        INSERT INTO hole SELECT k, COUNT(*), SUM(v) FROM src GROUP BY k;""")
    watch(d, "hole", flag)
    d.kill()


def rows_flow_into_files_while_the_disk_syncs():
    d, flag = slow_daemon()
    d.sql(SOURCE + f"""
        CREATE TABLE files (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '{d.dir}/rows', 'format' = 'csv');
        INSERT INTO files SELECT k, v FROM src;""")
    watch(d, "files", flag)
    os.unlink(flag)
    d.sql("STOP JOB 'files';")
    rows = 0
    for name in os.listdir(d.dir + "/rows"):
        assert name.startswith("part-"), name
        with open(f"{d.dir}/rows/{name}") as f:
            rows += sum(1 for _ in f)
    assert rows == d.job("files")["rows_out"], (rows, d.job("files"))
    assert d.stop() == 0


main(rows_flow_while_the_disk_syncs, rows_flow_into_files_while_the_disk_syncs)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk whose syncs take two seconds: checkpoints take long, rows flow on."""
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from sluice import Daemon, main, wait_for  # noqa: E402


def rows_flow_while_the_disk_syncs():
    with tempfile.TemporaryDirectory() as tmp:
        shim = os.path.join(tmp, "slow_sync.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, os.path.join(HERE, "..", "lib", "slow_sync.c")], check=True)
        flag = os.path.join(tmp, "slow")
        d = Daemon(env={"LD_PRELOAD": shim, "SLOW_SYNC": flag})
        d.start()
        d.sql("""
            SET 'execution.checkpointing.interval' = '200 ms';
            CREATE TABLE src (k INT, v BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '20000',
              'fields.k.min' = '1', 'fields.k.max' = '1000');
            CREATE TABLE hole (k INT, n BIGINT, s BIGINT) WITH ('connector' = 'blackhole');
            INSERT INTO hole SELECT k, COUNT(*), SUM(v) FROM src GROUP BY k;""")
        wait_for("a checkpoint is committed", lambda: d.job("hole")["checkpoint"] >= 1)
        open(flag, "w").close()
        wait_for("a slow one is committed", lambda: d.job("hole")["checkpoint_ms"] >= 2000)
        samples = []
        end = time.monotonic() + 8
        while time.monotonic() < end:
            j = d.job("hole")
            samples.append((j["rows_in"], j["checkpoint"], j["checkpoint_ms"]))
            time.sleep(0.5)
        steps = [b[0] - a[0] for a, b in zip(samples, samples[1:])]
        print(f"  rows per half second: {steps}; commits took {max(s[2] for s in samples):.0f} ms", flush=True)
        assert max(s[2] for s in samples) >= 2000, "the shim slows every commit"
        assert min(steps) > 0, "rows stood still"
        assert samples[-1][1] > samples[0][1], "checkpoints go on, too"
        assert d.job("hole")["state"] == "RUNNING"
        d.kill()


main(rows_flow_while_the_disk_syncs)

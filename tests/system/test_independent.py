#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs share nothing but the daemon: one that has failed, is tried again, has
a full disk, too much state or a broker that never answers slows no other."""
import errno
import os
import shutil
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, main, wait_for  # noqa: E402

RATE = 2000  # rows a second of the job that is well
QUICK = "SET 'execution.checkpointing.interval' = '100 ms'; "


def frozen_broker():
    """Accepts connections and never answers."""
    return socket.create_server(("127.0.0.1", 0), backlog=128)


def pace(d):
    """Rows a second of the job that is well, and that it takes checkpoints."""
    j, began = d.job("well"), time.monotonic()
    wait_for("it takes checkpoints", lambda: d.job("well")["checkpoint"] > j["checkpoint"] + 5)
    wait_for("rows", lambda: d.job("well")["rows_in"] > j["rows_in"] + RATE)
    now = d.job("well")
    return (now["rows_in"] - j["rows_in"]) / (time.monotonic() - began)


def make_trouble(d, address):
    d.sql(f"""CREATE TABLE frozen_in (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json',
            'properties.bootstrap.servers' = '{address}');
        CREATE TABLE frozen_out (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json',
            'properties.bootstrap.servers' = '{address}');
        CREATE TABLE much (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000',
            'number-of-rows' = '100000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1',
            'fields.id.end' = '100000');
        CREATE TABLE gone (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{d.dir}/gone', 'format' = 'json');
        CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '/nowhere/at/all', 'format' = 'json');""")
    for name, query in (("frozen_source", "INSERT INTO hole SELECT id FROM frozen_in"),
                        ("frozen_sink", "INSERT INTO frozen_out SELECT id FROM much"),
                        ("full_state", "INSERT INTO hole SELECT id FROM (SELECT id, COUNT(*) FROM much GROUP BY id)"),
                        ("full_disk", "INSERT INTO hole SELECT id FROM steps"),
                        ("again", "INSERT INTO gone SELECT id FROM steps"),
                        ("failed", "INSERT INTO hole SELECT id FROM nowhere")):
        d.sql(QUICK + f"SET 'pipeline.name' = '{name}'; {query};")


def in_trouble(d):
    """All six are where they belong; the last is kept there by force."""
    shutil.rmtree(os.path.join(d.dir, "gone"), ignore_errors=True)
    state = {n: d.job(n) for n in ("frozen_source", "frozen_sink", "full_state", "full_disk", "again", "failed")}
    return (state["frozen_source"]["state"] == "CONNECTING" and state["frozen_sink"]["state"] == "BLOCKED"
            and state["full_state"]["state"] == "BLOCKED" and state["full_disk"]["state"] == "BLOCKED"
            and state["again"]["restarts"] > 0 and state["failed"]["state"] == "FAILED")


def six_jobs_in_trouble_slow_no_seventh():
    broker = frozen_broker()
    d = Daemon(sets=["runtime.restart-backoff=100 ms", "runtime.restart-backoff-max=500 ms", "limits.state-bytes=2 mb",
                     "kafka.inflight-bytes=1 mb"])
    rules = os.path.join(d.dir, "sick")
    d.preload("sick_disk", SICK_DISK=rules)
    d.start()
    d.sql(f"""CREATE TABLE steps (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{RATE}',
            'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000');
        CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole');
        {QUICK} SET 'pipeline.name' = 'well'; INSERT INTO hole SELECT id FROM steps;""")
    d.wait_state("well", "RUNNING")
    alone = pace(d)
    make_trouble(d, "127.0.0.1:%d" % broker.getsockname()[1])
    wait_for("a checkpoint", lambda: d.job("full_disk")["checkpoint"] > 0)
    with open(rules, "w") as f:
        f.write(f"write {errno.ENOSPC} /state/jobs/full_disk.db\n")
    wait_for("six are in trouble", lambda: in_trouble(d), 60)
    assert "budget" in d.job("full_state")["reason"] or "state" in d.job("full_state")["reason"], d.job("full_state")
    assert "full" in d.job("full_disk")["reason"] or "space" in d.job("full_disk")["reason"], d.job("full_disk")
    beside = pace(d)
    print(f"  {alone:.0f} rows/s alone, {beside:.0f} beside six jobs in trouble", flush=True)
    assert beside > 0.5 * alone, (alone, beside)
    d.sql("PAUSE JOB 'well'; RESUME JOB 'well';")
    d.wait_state("well", "RUNNING")
    pace(d)
    # each can still be told what to do, and the daemon ends in time
    d.sql("PAUSE JOB 'frozen_source'; DROP JOB 'frozen_sink'; DROP JOB 'full_state'; STOP JOB 'again'; DROP JOB 'failed';")
    os.truncate(rules, 0)
    d.wait_state("full_disk", "RUNNING")
    assert d.stop() == 0
    broker.close()


main(six_jobs_in_trouble_slow_no_seventh)

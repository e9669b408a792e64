#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""EXPLAIN ANALYZE, rates per operator and partition, and the totals of a job
that has ended, over a restart of the daemon, too."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, SqlError, main, wait_for  # noqa: E402

SRC = """CREATE TABLE src (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
         'rows-per-second' = '{speed}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1',
         'fields.id.end' = '{end}');"""
DST = "CREATE TABLE dst (k BIGINT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');"
GROUPS = "INSERT INTO dst SELECT id % 7, COUNT(*) FROM src WHERE id > 10 GROUP BY id % 7;"
WINDOWS = ("INSERT INTO dst SELECT COUNT(*), SUM(id) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '1' SECOND)) "
           "GROUP BY window_start, window_end;")


def a_job(insert, speed=1000000, end=1000):
    d = Daemon().start()
    d.sql(SRC.format(speed=speed, end=end) + DST + "SET 'execution.checkpointing.interval' = '100 ms'; " + insert)
    return d


def analyze(d):
    """The columns of each line of the plan by the line's first word; the end's message."""
    lines = d.sql("EXPLAIN ANALYZE 'dst';")
    names = [c["name"] for c in next(x["columns"] for x in lines if "columns" in x)]
    rows = [dict(zip(names, x["row"])) for x in lines if "row" in x]
    return {r["plan"].split()[0]: r for r in rows}, lines[-1]["message"]


def a_plan_has_the_figures_of_its_operators():
    d = a_job(GROUPS, speed=2000, end=10000000)
    wait_for("rates", lambda: analyze(d)[0]["scan"]["rows_out_per_second"])
    rows, message = analyze(d)
    scan, group, sink = rows["scan"], rows["group_aggregate"], rows["sink"]
    assert scan["rows_out"] > 0 and scan["watermark"] is None, scan
    assert group["rows_in"] > 0 and group["state_rows"] == 7 and group["state_bytes"] > 0, group
    assert group["rows_in"] >= sink["rows_in"] > 0 and sink["state_rows"] is None, (group, sink)
    assert sum(r["busy_percent"] or 0 for r in rows.values()) <= 100 and "RUNNING" in message, (rows, message)
    described = [dict(zip(("part", "name", "state", "in", "out", "rate"), r)) for r in d.rows("DESCRIBE JOB 'dst';")]
    assert all(r["rate"] for r in described if r["part"] == "partition" or r["name"].startswith("group")), described
    j = d.job("dst")
    assert j["partitions"][0]["records_per_s"] > 0 and any(o["rows_in_per_s"] > 0 for o in j["operators"]), j
    d.sql("PAUSE JOB 'dst';")
    rows, message = analyze(d)
    assert rows["scan"]["rows_out"] > 0 and rows["scan"]["rows_out_per_second"] == 0, rows
    assert "last run" in message, message
    d.stop()
    d.start()
    rows, message = analyze(d)
    assert rows["scan"]["rows_out"] is None and rows["group_aggregate"]["state_rows"] == 7, rows
    assert "checkpoint" in message, message
    d.sql("RESUME JOB 'dst';")
    wait_for("figures again", lambda: analyze(d)[0]["scan"]["rows_out"])
    try:
        d.sql("EXPLAIN ANALYZE 'dts';")
        raise AssertionError("not refused")
    except SqlError as e:
        assert e.code == "unknown_job", e.end
    assert d.stop() == 0


def totals_of_a_job_that_has_ended_count_what_came_at_its_end():
    d = a_job(WINDOWS, end=5000)
    j = d.wait_state("dst", "FINISHED")
    assert j["rows_in"] == 5000 and j["rows_out"] == 6, j
    d.kill()
    d.start()
    after = d.job("dst")
    assert (after["rows_in"], after["rows_out"]) == (5000, 6), after
    row = [r for r in d.rows("SHOW JOBS;") if r[0] == "dst"][0]
    assert row[1] == "FINISHED" and row[3:5] == [5000, 6], row
    described = d.rows("DESCRIBE JOB 'dst';")
    assert [r[3] for r in described if r[0] == "partition"] == [5000], described
    assert d.stop() == 0


def a_lag_that_nobody_knows_is_none():
    d = Daemon().start()
    d.sql("CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');" + DST +
          "SET 'execution.checkpointing.interval' = '100 ms'; INSERT INTO dst SELECT id, COUNT(*) FROM endless GROUP BY id;")
    wait_for("a checkpoint with rows", lambda: d.job("dst")["checkpoint_rows"])
    d.sql("STOP JOB 'dst';")
    before = d.rows("SHOW JOBS;")[0][5]
    d.stop()
    d.start()
    assert before is None and d.rows("SHOW JOBS;")[0][5] is None, before
    assert d.stop() == 0


main(a_plan_has_the_figures_of_its_operators, totals_of_a_job_that_has_ended_count_what_came_at_its_end,
     a_lag_that_nobody_knows_is_none)

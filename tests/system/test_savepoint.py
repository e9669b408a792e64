#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CREATE SAVEPOINT, and jobs that begin with one."""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, SqlError, main, run, wait_for  # noqa: E402

TABLES = """CREATE TABLE src (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{speed}', 'fields.id.kind' =
            'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000');
            CREATE TABLE dst (k BIGINT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');"""
INSERT = "INSERT INTO dst SELECT id % 7, COUNT(*) FROM src GROUP BY id % 7;"


def a_daemon(speed=1000000):
    d = Daemon().start()
    d.sql(TABLES.format(speed=speed))
    return d


def refused(d, text, code, *words):
    try:
        d.sql(text)
    except SqlError as e:
        assert e.code == code and all(w in str(e.end) for w in words), e.end
        return
    raise AssertionError(f"not refused: {text}")


def a_job_goes_on_elsewhere_from_its_savepoint():
    d = a_daemon()
    d.sql(INSERT)
    d.wait_state("dst", "FINISHED")
    path = os.path.join(tempfile.mkdtemp(dir=d.dir), "moved.db")
    end = [x for x in d.sql(f"CREATE SAVEPOINT '{path}' FOR JOB 'dst';") if "end" in x][-1]
    assert end["job"] == "dst" and "checkpoint" in end["message"], end
    assert run("sluice", "state", "check", path).returncode == 0
    assert oct(os.stat(path).st_mode & 0o777) == "0o640" and not os.path.exists(path + ".part")
    other = a_daemon()
    shutil.copy(path, other.dir)
    path = os.path.join(other.dir, "moved.db")
    other.sql(f"SET 'pipeline.name' = 'again'; SET 'execution.state-recovery.path' = '{path}'; " + INSERT)
    other.wait_state("again", "FINISHED")
    j = other.job("again")
    assert j["rows_in"] == 1000, j  # all of them had been read
    groups = "SELECT * FROM group_aggregate_1"
    assert other.query_state("again", groups) == d.query_state("dst", groups) and len(d.query_state("dst", groups)) == 7
    assert other.query_state("again", "SELECT uuid FROM job") != d.query_state("dst", "SELECT uuid FROM job")
    assert d.stop() == 0 and other.stop() == 0


def a_running_job_is_not_disturbed():
    d = a_daemon(speed=200)
    d.sql("SET 'execution.checkpointing.interval' = '100 ms'; " + INSERT)
    wait_for("a checkpoint", lambda: d.job("dst")["checkpoint"])
    first, second = (os.path.join(d.dir, n) for n in ("a.db", "b.db"))
    d.sql(f"CREATE SAVEPOINT '{first}' FOR JOB 'dst'; CREATE SAVEPOINT '{second}' FOR JOB 'dst';")
    assert d.wait_state("dst", "RUNNING")
    for path in (first, second):
        assert run("sluice", "state", "check", path).returncode == 0
    d.sql("STOP JOB 'dst';")
    assert d.stop() == 0


def stop_takes_one_with_it():
    d = a_daemon(speed=200)
    stop = f"SET 'execution.checkpointing.savepoint-dir' = '{d.dir}'; STOP JOB 'dst' WITH SAVEPOINT"
    d.sql("SET 'execution.checkpointing.interval' = '100 ms'; " + INSERT)
    wait_for("a checkpoint", lambda: d.job("dst")["checkpoint"])
    refused(d, "STOP JOB 'dst' WITH SAVEPOINT;", "missing_option", "execution.checkpointing.savepoint-dir")
    refused(d, "SET 'execution.checkpointing.savepoint-dir' = '/nowhere'; STOP JOB 'dst' WITH SAVEPOINT;", "file", "/nowhere")
    refused(d, "SET 'execution.checkpointing.savepoint-dir' = 'tmp'; STOP JOB 'dst' WITH SAVEPOINT;", "invalid_option", "from / on")
    assert d.job("dst")["state"] == "RUNNING"
    first = d.rows(stop + ";")[0][0]
    assert d.job("dst")["state"] == "STOPPED" and first.startswith(d.dir + "/dst-"), first
    second = d.rows(stop + ";")[0][0]  # of a job that stands
    assert second != first
    groups = "SELECT sum(n) AS n FROM group_aggregate_1"
    for path in (first, second):
        assert run("sluice", "state", "check", path).returncode == 0
    d.sql("RESUME JOB 'dst';")
    wait_for("more rows", lambda: d.job("dst")["rows_in"] > 100)
    d.rows(stop + " WITH DRAIN;")
    before = d.query_state("dst", groups)
    d.sql(f"ALTER JOB 'dst' RESET OFFSETS TO SAVEPOINT '{first}';")
    assert d.query_state("dst", groups) != before
    assert d.stop() == 0


def what_cannot_be_is_told():
    d = a_daemon()
    d.sql(INSERT)
    d.wait_state("dst", "FINISHED")
    there = os.path.join(d.dir, "there.db")
    d.sql(f"CREATE SAVEPOINT '{there}' FOR JOB 'dst';")
    refused(d, f"CREATE SAVEPOINT '{there}' FOR JOB 'dst';", "already_exists", there)
    refused(d, "CREATE SAVEPOINT 'relative.db' FOR JOB 'dst';", "invalid_option", "relative.db", "from / on")
    refused(d, "CREATE SAVEPOINT 'tmp/relative.db' FOR JOB 'dst';", "invalid_option", "begins with /", "from / on")
    refused(d, "CREATE SAVEPOINT '/nowhere/x.db' FOR JOB 'dst';", "file", "/nowhere", "mkdir -p '/nowhere'")
    refused(d, f"CREATE SAVEPOINT '{there}2' FOR JOB 'nope';", "unknown_job", "nope")
    begin = "SET 'pipeline.name' = 'new'; SET 'execution.state-recovery.path' = '{}'; " + INSERT
    refused(d, begin.format("/nowhere/x.db"), "file", "/nowhere/x.db")
    text = os.path.join(d.dir, "text.db")
    with open(text, "w") as f:
        f.write("no database\n" * 100)
    refused(d, begin.format(text), "state_damaged", text)
    assert [r[0] for r in d.rows("SHOW JOBS;")] == ["dst"]
    assert sorted(os.listdir(os.path.join(d.dir, "state", "jobs")))[0] == "dst.db"
    # Another query's state is no state for this one.
    d.sql("CREATE TABLE lone (n BIGINT) WITH ('connector' = 'blackhole');")
    d.sql(f"SET 'pipeline.name' = 'other'; SET 'execution.state-recovery.path' = '{there}'; "
          "INSERT INTO lone SELECT COUNT(DISTINCT id) FROM src GROUP BY id % 3;")
    d.wait_state("other", "FAILED")
    assert d.job("other")["error"]["code"] == "state_mismatch"
    assert d.stop() == 0


main(a_job_goes_on_elsewhere_from_its_savepoint, a_running_job_is_not_disturbed, stop_takes_one_with_it, what_cannot_be_is_told)

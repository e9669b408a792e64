#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Quarantined records that are deleted, or go through the query again once
their table reads them: each counts once, whatever dies in between."""
import http.client
import json
import os
import random
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Broker, Daemon, SqlError, main, wait_for  # noqa: E402

broker = None


def the_broker():
    global broker
    broker = broker or Broker()
    return broker


def table(topic, options=""):
    return f"""
        CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'kafka', 'topic' = '{topic}',
          'properties.bootstrap.servers' = '{the_broker().address}', 'scan.startup.mode' = 'earliest-offset',
          'format' = 'csv' {options});"""


QUERY = """
    CREATE TABLE hole (k STRING, n BIGINT, s BIGINT) WITH ('connector' = 'blackhole');
    SET 'execution.checkpointing.interval' = '20 ms';
    INSERT INTO hole SELECT k, COUNT(*), SUM(CAST(v AS BIGINT)) FROM t GROUP BY k;"""
MENDED = ", 'csv.null-literal' = 'n/a'"


def kept(d):
    return d.query_state("hole", "SELECT count(*) AS n FROM errors")[0]["n"]


def counted(d):
    """Rows that the state has, by its groups."""
    return d.query_state("hole", "SELECT coalesce(sum(n), 0) AS n FROM group_aggregate_1")[0]["n"]


def run(topic, good, bad):
    """A job that has read them all and has the bad ones in its errors."""
    b = the_broker()
    b.create(topic)
    b.put_lines(topic, [f"k{i % 3},{i}" for i in range(good)] + [f"k{i % 3},n/a" for i in range(bad)])
    d = Daemon().start()
    d.sql(table(topic) + QUERY)
    wait_for("all are read and committed",
             lambda: d.job("hole").get("state") == "RUNNING" and kept(d) == bad and counted(d) == good)
    return d


def mend(d, topic):
    """The table reads them now; the job goes on from its state."""
    d.sql("DROP JOB 'hole' KEEP STATE; DROP TABLE hole; DROP TABLE t;" + table(topic, MENDED) + QUERY)
    d.wait_state("hole", "RUNNING")


def refused(d, sql, code, *words):
    try:
        d.sql(sql)
    except SqlError as e:
        text = str(e) + str(e.end.get("note")) + str(e.end.get("hint"))
        assert e.code == code, e.end
        for w in words:
            assert w in text, (w, e.end)
        return e.end
    raise AssertionError(f"{sql} was accepted")


def a_mended_table_takes_its_records_up():
    d = run("mended", 9, 6)
    assert d.rows("REPLAY ERRORS FOR JOB 'hole';") == [[6, 0, 6, 0, 0]], "the same table refuses them again"
    assert kept(d) == 6 and counted(d) == 9
    again = d.query_state("hole", "SELECT count(replayed_at) AS n, min(replay) AS r FROM errors")[0]
    assert again == {"n": 6, "r": "record"}, again
    mend(d, "mended")
    assert d.rows("REPLAY ERRORS FOR JOB 'hole' WHERE id <= 2 AND code = 'invalid_field';") == [[2, 2, 0, 0, 0]]
    assert kept(d) == 4 and counted(d) == 11, "both are committed when it answers"
    assert d.rows("REPLAY ERRORS FOR JOB 'hole';") == [[4, 4, 0, 0, 0]]
    assert kept(d) == 0 and counted(d) == 15
    assert d.rows("REPLAY ERRORS FOR JOB 'hole';") == [[0, 0, 0, 0, 0]]
    assert not any("could not be used" in r[0] for r in d.rows("EXPLAIN STALL 'hole';")), "they are used now"
    assert d.job("hole")["bad_records"] == 6, "that many there have been"
    assert d.stop() == 0


def only_a_running_job_takes_them_up():
    d = run("states", 1, 2)
    d.sql("PAUSE JOB 'hole';")
    refused(d, "REPLAY ERRORS FOR JOB 'hole';", "wrong_job_state", "PAUSED", "RESUME JOB 'hole' first")
    d.sql("STOP JOB 'hole';")
    refused(d, "REPLAY ERRORS FOR JOB 'hole';", "wrong_job_state", "STOPPED")
    refused(d, "REPLAY ERRORS FOR JOB 'hale';", "unknown_job", "hole")
    for where in ("cod = 'x'", "id = 'x'", "code = 5", "id + 1 = 5", "id = 5 OR id = 6", "NOT id = 5"):
        refused(d, f"DELETE ERRORS FOR JOB 'hole' WHERE {where};", "invalid_errors_where")
    assert d.rows("SHOW ERRORS FOR JOB 'hole' WHERE id = 2 AND topic = 'states';")[0][0] == 2
    assert d.rows("SHOW ERRORS FOR JOB 'hole' WHERE source <> 't';") == []
    assert d.rows("DELETE ERRORS FOR JOB 'hole' WHERE id = 2;") == [[1, 1]], "a stopped job's go as well"
    d.sql("RESUME JOB 'hole';")
    d.wait_state("hole", "RUNNING")
    assert d.rows("DELETE ERRORS FOR JOB 'hole' WHERE id = 2;") == [[0, 1]]
    assert d.rows("DELETE ERRORS FOR JOB 'hole';") == [[1, 0]]
    assert kept(d) == 0 and counted(d) == 1
    assert d.stop() == 0


def what_is_deleted_makes_room():
    b = the_broker()
    b.create("caps")
    b.put_lines("caps", ["k,1"] + ["k,n/a"] * 8)
    d = Daemon(["limits.errors-rows=5"]).start()
    d.sql(table("caps") + QUERY)
    wait_for("five are kept", lambda: d.job("hole").get("state") == "RUNNING" and counted(d) == 1 and kept(d) == 5)
    job = d.job("hole")
    assert (job["bad_records"], job["bad_records_kept"], job["bad_records_lost"]) == (8, 5, 3), job
    assert "3 more" in d.rows("SHOW JOBS;")[0][-1], d.rows("SHOW JOBS;")
    assert "DELETE ERRORS" in d.rows("SHOW JOBS;")[0][-1]
    assert any("3 more" in r[0] for r in d.rows("EXPLAIN STALL 'hole';")), d.rows("EXPLAIN STALL 'hole';")
    metrics = d.get("/metrics").decode()
    assert 'sluice_job_bad_records_lost_total{job="hole"} 3' in metrics
    assert 'sluice_job_bad_records_kept{job="hole"} 5' in metrics
    d.kill()
    d.start()
    d.wait_state("hole", "RUNNING")
    wait_for("a restart has the same counts", lambda: (d.job("hole")["bad_records"], d.job("hole")["bad_records_lost"]) == (8, 3))
    assert d.rows("DELETE ERRORS FOR JOB 'hole';") == [[5, 0]]
    b.put_lines("caps", ["k,n/a"] * 4)
    wait_for("there is room again", lambda: kept(d) == 4)
    wait_for("and they are counted", lambda: [d.job("hole")["bad_records" + x] for x in ("", "_kept", "_lost")] == [12, 4, 3])
    assert d.rows("SHOW JOBS;")[0][-1] is None, "nothing is lost now"
    assert d.stop() == 0


def records_come_back_whole_or_not_at_all():
    b = the_broker()
    for t in ("whole", "whole-out"):
        b.create(t)
    b.put("whole", ['{"s":"' + "x" * 70000 + '","v":"n/a"}', '{"s":"y","v":"n/a"}'])
    subprocess.run(["kcat", "-b", b.address, "-t", "whole", "-P", "-p", "0", "-K", "|", "-H", "from=here"], check=True,
                   input=b'it|{"s":"zz","v":"n/a"}', capture_output=True)
    d = Daemon().start()

    def create(options=""):
        d.sql(f"""
            CREATE TABLE t (id STRING, s STRING, v INT, p INT METADATA FROM 'partition', o BIGINT METADATA FROM 'offset',
              made TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', h MAP<STRING, BYTES> METADATA FROM 'headers')
            WITH ('connector' = 'kafka', 'topic' = 'whole', 'properties.bootstrap.servers' = '{b.address}',
              'scan.startup.mode' = 'earliest-offset', 'key.format' = 'raw', 'key.fields' = 'id',
              'value.fields-include' = 'EXCEPT_KEY', 'value.format' = 'json' {options});
            CREATE TABLE dst (id STRING, n INT, p INT, o BIGINT, h STRING, late BOOLEAN) WITH ('connector' = 'kafka', 'topic' = 'whole-out',
              'properties.bootstrap.servers' = '{b.address}', 'format' = 'json');
            SET 'execution.checkpointing.interval' = '200 ms';
            INSERT INTO dst SELECT id, CHAR_LENGTH(s), p, o, CAST(h['from'] AS STRING), made > CURRENT_TIMESTAMP
              FROM t WHERE v IS NULL;""")

    create()
    wait_for("all are bad", lambda: os.path.exists(d.state_file("dst")) and
             d.query_state("dst", "SELECT replay FROM errors ORDER BY id") ==
             [{"replay": "cut"}, {"replay": "record"}, {"replay": "record"}])
    d.sql("DROP JOB 'dst' KEEP STATE; DROP TABLE dst; DROP TABLE t;")
    create(", 'value.json.ignore-parse-errors' = 'true'")
    d.wait_state("dst", "RUNNING")
    lines = d.sql("REPLAY ERRORS FOR JOB 'dst';")
    assert [x["row"] for x in lines if "row" in x] == [[2, 2, 0, 0, 1]], lines
    assert any("1 cannot be replayed: their records are kept only in part" in x.get("notice", "") for x in lines), lines
    out = [json.loads(r) for r in b.read("whole-out")]
    assert out == [
        {"id": "k", "n": 1, "p": 0, "o": 1, "h": None, "late": False},
        {"id": "it", "n": 2, "p": 0, "o": 2, "h": "here", "late": False}], out
    assert d.stop() == 0


def a_kill_under_way_applies_each_once():
    bad = 20000
    d = run("kills", 100, bad)
    mend(d, "kills")
    for turn in range(6):
        asked = threading.Thread(target=lambda: ask(d), daemon=True)
        asked.start()
        asked.join(random.uniform(0.001, 0.015))
        d.kill()
        asked.join()
        errors, rows = kept(d), counted(d)
        assert errors + rows == bad + 100, (turn, errors, rows)
        d.start()
        d.wait_state("hole", "RUNNING")
    d.rows("REPLAY ERRORS FOR JOB 'hole';")
    assert (kept(d), counted(d)) == (0, bad + 100), (kept(d), counted(d))
    assert d.stop() == 0


def a_job_that_waits_for_its_broker_is_left_alone():
    d = run("gone", 1, 2)
    d.sql("STOP JOB 'hole';")
    d.kill()
    the_broker().kill()
    d.start()
    d.sql("RESUME JOB 'hole';")
    d.wait_state("hole", "CONNECTING", "RECOVERING")
    refused(d, "REPLAY ERRORS FOR JOB 'hole';", "wrong_job_state", "SHOW JOBS tells when it is RUNNING")
    wait_for("it connects", lambda: d.job("hole")["state"] == "CONNECTING")
    assert d.rows("DELETE ERRORS FOR JOB 'hole' WHERE id = 1;") == [[1, 1]], "that needs no broker"
    the_broker().resume()
    d.wait_state("hole", "RUNNING", seconds=60)
    assert d.rows("REPLAY ERRORS FOR JOB 'hole';") == [[1, 0, 1, 0, 0]]
    assert d.stop() == 0


def ask(d):
    try:
        d.rows("REPLAY ERRORS FOR JOB 'hole';")
    except (OSError, ValueError, SqlError, http.client.HTTPException):
        pass  # it was killed


main(a_mended_table_takes_its_records_up, only_a_running_job_takes_them_up, what_is_deleted_makes_room,
     records_come_back_whole_or_not_at_all, a_kill_under_way_applies_each_once,
     a_job_that_waits_for_its_broker_is_left_alone)

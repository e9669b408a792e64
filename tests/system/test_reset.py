#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ALTER JOB ... RESET OFFSETS without a broker: jobs over datagen and files."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, SqlError, main, wait_for  # noqa: E402

TABLES = """CREATE TABLE src (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{speed}', 'fields.id.kind' =
            'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000');
            CREATE TABLE dst (k BIGINT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');"""
INSERT = "INSERT INTO dst SELECT id % 7, COUNT(*) FROM src GROUP BY id % 7;"
RESET = "ALTER JOB 'dst' RESET OFFSETS TO "


def a_daemon(speed=1000000):
    d = Daemon().start()
    d.sql(TABLES.format(speed=speed))
    return d


def finished(d):
    d.sql(INSERT)
    d.wait_state("dst", "FINISHED")


def counted(d):
    return d.query_state("dst", "SELECT coalesce(sum(n), 0) AS n FROM group_aggregate_1")[0]["n"]


def reset(d, to):
    """Its rows, its notice and the message of its end."""
    lines = d.sql(RESET + to + ";")
    return ([x["row"] for x in lines if "row" in x], " ".join(x["notice"] for x in lines if "notice" in x),
            lines[-1]["message"])


def refused(d, text, code, *words):
    try:
        d.sql(text)
    except SqlError as e:
        assert e.code == code and all(w in str(e.end) for w in words), e.end
        return
    raise AssertionError(f"not refused: {text}")


def a_finished_job_runs_once_more():
    d = a_daemon()
    finished(d)
    assert counted(d) == 1000
    rows, notice, message = reset(d, "EARLIEST")
    assert rows == [["src", "src", 0, 1000, 0]], rows
    assert "7 rows of 1 operator" in notice and "RESUME JOB 'dst'" in message, (notice, message)
    assert d.job("dst")["state"] == "STOPPED" and counted(d) == 0
    d.kill()  # right behind the answer
    d.start()
    assert d.job("dst")["state"] == "STOPPED"
    part = [r for r in d.rows("DESCRIBE JOB 'dst';") if r[0] == "partition"]
    assert [p[3] for p in part] == [0], part
    d.sql("RESUME JOB 'dst';")
    d.wait_state("dst", "FINISHED")
    assert counted(d) == 1000 and d.job("dst")["rows_in"] == 2000, d.job("dst")
    reset(d, "EARLIEST")
    d.sql(INSERT)  # the same text goes on from there, too
    d.wait_state("dst", "FINISHED")
    assert counted(d) == 1000
    rows, notice, _ = reset(d, "EARLIEST FOR TABLE src KEEP STATE")
    assert "7 rows" in notice and "again" in notice, notice
    d.sql("RESUME JOB 'dst';")
    d.wait_state("dst", "FINISHED")
    assert counted(d) == 2000
    assert d.stop() == 0


def a_damaged_state_is_built_again():
    d = a_daemon()
    finished(d)
    with open(d.state_file("dst"), "r+b") as f:
        f.write(b"no database at all" * 100)
    d.stop()
    d.start()
    d.sql(INSERT)
    d.wait_state("dst", "FAILED")
    assert d.job("dst")["error"]["code"] == "state_damaged", d.job("dst")
    refused(d, RESET + "EARLIEST KEEP STATE;", "state_damaged", "moved away")
    assert not os.path.exists(d.state_file("dst"))
    rows, notice, _ = reset(d, "EARLIEST")
    assert rows == [["src", "src", 0, None, 0]] and "anew" in notice, (rows, notice)
    assert d.job("dst")["state"] == "STOPPED" and "error" not in d.job("dst") or not d.job("dst")["error"]
    d.sql("RESUME JOB 'dst';")
    d.wait_state("dst", "FINISHED")
    assert counted(d) == 1000
    files = sorted(os.listdir(os.path.dirname(d.state_file("dst"))))
    assert any(".corrupt-" in f for f in files) and not any(f.endswith(("reset", "anew")) for f in files), files
    assert d.stop() == 0


def a_savepoint_takes_the_place_of_a_missing_file():
    d = a_daemon(speed=400)
    d.sql("SET 'execution.checkpointing.interval' = '100 ms'; " + INSERT)
    wait_for("some rows in the state", lambda: d.job("dst")["checkpoint_rows"])
    d.sql("PAUSE JOB 'dst';")
    at = counted(d)
    path = os.path.join(d.dir, "half.db")
    d.sql(f"CREATE SAVEPOINT '{path}' FOR JOB 'dst'; RESUME JOB 'dst'; STOP JOB 'dst';")
    rows, notice, _ = reset(d, f"SAVEPOINT '{path}'")
    assert rows[0][4] == at and counted(d) == at and "savepoint" in notice, (rows, notice, at)
    for end in ("", "-wal", "-shm"):
        os.remove(d.state_file("dst") + end)
    rows, notice, _ = reset(d, f"SAVEPOINT '{path}'")
    assert rows[0][3:] == [None, at] and counted(d) == at and "anew" in notice, (rows, notice, at)
    d.sql("RESUME JOB 'dst';")
    d.wait_state("dst", "FINISHED")
    assert counted(d) == 1000
    refused(d, RESET + f"SAVEPOINT '{path}' FOR TABLE src;", "not_supported", "KEEP STATE")
    refused(d, RESET + "SAVEPOINT '/nowhere/x.db';", "file", "/nowhere/x.db")
    assert d.stop() == 0


def a_savepoint_of_another_job_is_told():
    d = a_daemon()
    finished(d)
    theirs = os.path.join(d.dir, "theirs.db")
    d.sql("SET 'pipeline.name' = 'other'; SET 'table.dml-sync' = 'true'; INSERT INTO dst SELECT id, COUNT(*) FROM src GROUP BY id;"
          f"CREATE SAVEPOINT '{theirs}' FOR JOB 'other';")
    before = counted(d)
    refused(d, RESET + f"SAVEPOINT '{theirs}';", "state_mismatch", theirs, "is a savepoint of job", "other", "(keys id) has no place", "name a savepoint of job")
    assert counted(d) == before
    assert d.stop() == 0


def what_cannot_be_is_told():
    d = a_daemon(speed=20)
    refused(d, RESET + "EARLIEST;", "unknown_job", "dst")
    d.sql(INSERT)
    refused(d, RESET + "EARLIEST;", "wrong_job_state", "PAUSE JOB 'dst'")
    d.sql("STOP JOB 'dst';")
    before = counted(d)
    refused(d, RESET + "LATEST;", "not_supported", "datagen", "EARLIEST")
    refused(d, RESET + "TIMESTAMP '2026-01-01 00:00:00';", "not_supported", "datagen")
    refused(d, RESET + "TIMESTAMP 'yesterday';", "invalid_literal", "table.local-time-zone")
    refused(d, RESET + "EARLIEST FOR TABLE words;", "unknown_table", "it reads src")
    assert d.job("dst")["state"] == "STOPPED" and counted(d) == before
    d.sql("CREATE TABLE once (n INT) WITH ('connector' = 'blackhole'); SET 'table.dml-sync' = 'true';"
          "INSERT INTO once VALUES (1), (2);")
    name = [r[0] for r in d.rows("SHOW JOBS;") if r[0] != "dst"][0]
    refused(d, f"ALTER JOB '{name}' RESET OFFSETS TO EARLIEST;", "not_supported", "in its statement")
    assert d.stop() == 0


def files_are_read_again_from_their_beginning():
    d = Daemon().start()
    path = os.path.join(d.dir, "in.csv")
    with open(path, "w") as f:
        f.write("1\n2\n3\n")
    d.sql(f"CREATE TABLE f (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv');"
          "CREATE TABLE dst (n BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'blackhole');"
          "INSERT INTO dst SELECT id FROM f GROUP BY id;")
    d.wait_state("dst", "FINISHED")
    rows, _, _ = reset(d, "EARLIEST")
    assert rows == [["f", path, 0, 6, 0]], rows
    d.sql("RESUME JOB 'dst';")
    d.wait_state("dst", "FINISHED")
    assert d.job("dst")["rows_in"] == 6
    assert d.stop() == 0


def rows_of_the_statement_come_again():
    d = a_daemon()
    d.sql("INSERT INTO dst SELECT id % 7, COUNT(*) FROM (SELECT id FROM src UNION ALL VALUES (CAST(1 AS BIGINT))) GROUP BY id % 7;")
    d.wait_state("dst", "FINISHED")
    assert counted(d) == 1001
    rows, _, _ = reset(d, "EARLIEST")
    assert sorted(r[3:] for r in rows) == [[1, 0], [1000, 0]], rows
    d.sql("RESUME JOB 'dst';")
    d.wait_state("dst", "FINISHED")
    assert counted(d) == 1001
    refused(d, RESET + "EARLIEST FOR TABLE src;", "shared_state", "KEEP STATE")
    assert counted(d) == 1001
    assert d.stop() == 0


def who_waits_for_brokers_holds_nobody_up():
    d = a_daemon()
    far = ("CREATE TABLE far (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json', "
           "'properties.bootstrap.servers' = '127.0.0.1:1');")
    d.sql(far + "INSERT INTO dst SELECT id, COUNT(*) FROM far GROUP BY id; STOP JOB 'dst';")
    ends = []

    def waits():
        try:
            reset(d, "EARLIEST")
        except Exception as e:  # SqlError, or the daemon has gone
            ends.append(e)

    def begin():
        before = d.log().count("event=reset_offsets")
        t = threading.Thread(target=waits)
        t.start()
        wait_for("it has begun", lambda: d.log().count("event=reset_offsets") > before)
        return t

    t = begin()
    refused(d, RESET + "LATEST;", "wrong_job_state", "try again")
    refused(d, "RESUME JOB 'dst';", "wrong_job_state", "being reset")
    refused(d, "INSERT INTO dst SELECT id, COUNT(*) FROM far GROUP BY id;", "wrong_job_state", "being reset")
    assert d.rows("SHOW JOBS;")[0][1] == "STOPPED"
    t.join(60)
    assert ends[0].code == "kafka" and "127.0.0.1:1" in str(ends[0].end), ends
    t = begin()
    d.sql("DROP JOB 'dst';")
    t.join(60)
    assert ends[1].code == "cancelled" and not d.rows("SHOW JOBS;"), ends
    assert not os.path.exists(d.state_file("dst"))
    d.sql("INSERT INTO dst SELECT id, COUNT(*) FROM far GROUP BY id; STOP JOB 'dst';")
    t = begin()
    assert d.stop() == 0
    t.join(60)


main(a_savepoint_of_another_job_is_told, a_finished_job_runs_once_more, a_damaged_state_is_built_again, a_savepoint_takes_the_place_of_a_missing_file,
     what_cannot_be_is_told, files_are_read_again_from_their_beginning, rows_of_the_statement_come_again,
     who_waits_for_brokers_holds_nobody_up)

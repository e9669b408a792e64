#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of jobs: how they begin, what they are told, how they end."""
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import TOP, Daemon, SqlError, main, wait_for  # noqa: E402

NUMBERS = "CREATE TABLE numbers (id BIGINT, v INT) WITH ('connector' = 'datagen', 'rows-per-second' = '500');\n"
HOLE = "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"
BEGIN = NUMBERS + HOLE
COUNT = "INSERT INTO hole SELECT COUNT(*) FROM numbers;\n"
FEW = """CREATE TABLE few (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
         'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000');\n"""


def named(name, insert=COUNT):
    return f"SET 'pipeline.name' = '{name}'; {insert}"


def refused(d, text, code, *words):
    try:
        d.sql(text)
    except SqlError as e:
        everything = " ".join(str(v) for v in e.end.values())
        assert e.code == code, e.end
        for w in words:
            assert w in everything, (w, e.end)
        return e.end
    raise AssertionError(f"not refused: {text}")


def end_of(lines, statement=None):
    ends = [line for line in lines if "end" in line]
    return ends[-1] if statement is None else ends[statement]


def states(d):
    return {row[0]: row[1] for row in d.rows("SHOW JOBS;")}


# ---- beginning ----


def an_insert_starts_a_job_and_the_same_text_is_a_no_op():
    d = Daemon().start()
    end = end_of(d.sql(BEGIN + COUNT))
    assert end["job"] == "hole" and "message" not in end, end
    d.wait_state("hole", "RUNNING")
    for same in (COUNT, "-- again\nINSERT  INTO hole\nSELECT COUNT( * ) FROM numbers;", "SET 'table.dml-sync' = 'false';" + COUNT):
        end = end_of(d.sql(same))
        assert end["job"] == "hole" and "nothing to do" in end["message"], end
    refused(d, "INSERT INTO hole SELECT SUM(id) FROM numbers;", "job_differs", "hole", "DROP JOB 'hole'", "pipeline.name")
    refused(d, "SET 'execution.checkpointing.interval' = '1 s';" + COUNT, "job_differs")
    assert states(d) == {"hole": "RUNNING"}
    assert d.stop() == 0


def values_are_written_each_time():
    d = Daemon().start()
    path = os.path.join(d.dir, "t")
    d.sql(f"CREATE TABLE t (x INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv');")
    for insert in ("INSERT INTO t VALUES (1), (2);", "INSERT INTO t VALUES (1), (2);", "INSERT INTO t SELECT 3;"):
        end = end_of(d.sql("SET 'table.dml-sync' = 'true'; " + insert))
        assert end["job"] == "t_values" and "message" not in end, end
    # Not in the way of the job that fills the table.
    d.sql("CREATE TABLE nobody (x INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1', 'fields.x.min' = '7', 'fields.x.max' = '7');"
          "INSERT INTO t SELECT x FROM nobody;")
    d.wait_state("t", "FINISHED")
    assert states(d) == {"t": "FINISHED", "t_values": "FINISHED"}, states(d)
    rows = []
    for name in os.listdir(path):
        with open(os.path.join(path, name)) as f:
            rows += f.read().split()
    assert sorted(rows) == ["1", "1", "2", "2", "3", "7"], rows
    assert d.stop() == 0


def a_table_of_a_query_comes_with_its_job_or_not_at_all():
    d = Daemon().start()
    end = end_of(d.sql(FEW + "CREATE TABLE made WITH ('connector' = 'blackhole') AS SELECT id, id * 2 AS twice FROM few;"))
    assert end["job"] == "made", end
    d.wait_state("made", "FINISHED")
    # The job's name is taken, the connector cannot be written to, the query is wrong: nothing is left.
    refused(d, "SET 'pipeline.name' = 'made'; CREATE TABLE other WITH ('connector' = 'print') AS SELECT id FROM few;", "job_differs")
    refused(d, "CREATE TABLE other WITH ('connector' = 'datagen') AS SELECT id FROM few;", "not_a_sink")
    refused(d, "CREATE TABLE other WITH ('connector' = 'print') AS SELECT nope FROM few;", "unknown_column")
    refused(d, "SET 'execution.state-recovery.path' = '/nowhere'; CREATE TABLE other WITH ('connector' = 'print') AS SELECT id FROM few;", "not_supported")
    assert sorted(row[0] for row in d.rows("SHOW TABLES;")) == ["few", "made"]
    d.stop()
    d.start()
    assert sorted(row[0] for row in d.rows("SHOW TABLES;")) == ["few", "made"]
    assert "`twice`" in d.rows("SHOW CREATE TABLE made;")[0][0] or "twice" in d.rows("SHOW CREATE TABLE made;")[0][0]
    assert d.stop() == 0


def a_catalog_of_an_older_version_is_taken_over():
    d = Daemon().start()
    d.sql(FEW + "CREATE VIEW w AS SELECT id FROM few;")
    d.stop()
    c = sqlite3.connect(os.path.join(d.dir, "state", "catalog.db"))
    c.executescript("""DROP VIEW functions; DROP VIEW jobs; DROP VIEW views; DROP VIEW tables; DROP INDEX job_names;
        ALTER TABLE objects RENAME TO o;
        CREATE TABLE objects(id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL CHECK(kind IN ('table', 'view', 'job')),
            name TEXT NOT NULL, sql TEXT NOT NULL, state TEXT, created_at TEXT, since TEXT, error_code TEXT, error TEXT,
            note TEXT, UNIQUE(kind, name));
        INSERT INTO objects SELECT * FROM o; DROP TABLE o;
        CREATE UNIQUE INDEX job_names ON objects(name COLLATE NOCASE) WHERE kind = 'job';
        CREATE VIEW tables AS SELECT name, sql FROM objects WHERE kind = 'table';
        CREATE VIEW views AS SELECT name, sql FROM objects WHERE kind = 'view';
        CREATE VIEW jobs AS SELECT name, state, since, created_at, error_code, error, note, sql FROM objects WHERE kind = 'job';
        PRAGMA user_version = 1; VACUUM;""")
    c.close()
    d.start()
    assert sorted(row[0] for row in d.rows("SHOW TABLES;")) == ["few", "w"]
    d.sql("CREATE FUNCTION loud AS 'UPPER';")
    d.stop()
    d.start()
    assert d.rows("SELECT loud('x');") == [["X"]] and sorted(row[0] for row in d.rows("SHOW TABLES;")) == ["few", "w"]
    assert d.stop() == 0


def functions_by_other_names():
    d = Daemon().start()
    d.sql("CREATE FUNCTION count_char AS 'com.github.nexmark.flink.udf.CountChar'; CREATE FUNCTION Loud AS 'upper' LANGUAGE JAVA;")
    assert "nothing to do" in end_of(d.sql("CREATE FUNCTION Loud AS 'upper' LANGUAGE JAVA;"))["message"]
    refused(d, "CREATE FUNCTION loud AS 'LOWER';", "already_exists")
    assert d.rows("SELECT COUNT_CHAR('banana', 'a'), loud('x');") == [[3, "X"]]
    assert [row[0] for row in d.rows("SHOW USER FUNCTIONS;")] == ["count_char", "loud"] and d.rows("SHOW TABLES;") == []
    # A job and a view keep working without it; the next use does not.
    d.sql(FEW + "CREATE TABLE words (w STRING) WITH ('connector' = 'blackhole');"
          "INSERT INTO words SELECT loud(CAST(id AS STRING)) FROM few;")
    d.wait_state("words", "FINISHED")
    d.sql("DROP FUNCTION loud;")
    assert "nothing to do" in end_of(d.sql("DROP FUNCTION IF EXISTS loud;"))["message"]
    refused(d, "SELECT loud('x');", "unknown_function")
    refused(d, "DROP FUNCTION loud;", "unknown_function")
    d.sql("CREATE TEMPORARY SYSTEM FUNCTION mine AS 'LOWER'; SELECT mine('A');")
    refused(d, "SELECT mine('A');", "unknown_function")
    d.stop()
    d.start()
    assert [row[0] for row in d.rows("SHOW USER FUNCTIONS;")] == ["count_char"]
    assert d.rows("SELECT count_char('aa', 'a');") == [[2]]
    assert d.stop() == 0


def creates_with_the_same_text_are_no_ops_too():
    d = Daemon().start()
    d.sql(BEGIN + "CREATE VIEW w AS SELECT id FROM numbers;")
    assert "nothing to do" in end_of(d.sql(NUMBERS))["message"]
    assert "nothing to do" in end_of(d.sql("CREATE VIEW w AS  SELECT id FROM numbers;"))["message"]
    refused(d, NUMBERS.replace("500", "501"), "already_exists", "numbers")
    refused(d, "CREATE VIEW w AS SELECT v FROM numbers;", "already_exists")
    end = end_of(d.sql(NUMBERS.replace("500", "501").replace("TABLE", "TABLE IF NOT EXISTS")))
    assert "kept" in end["message"], end
    assert d.stop() == 0


def names_have_rules():
    d = Daemon().start()
    d.sql(BEGIN)
    for bad in ("a b", "a/b", "../x", "ü", "a'' OR", "x" * 101):
        refused(d, named(bad), "invalid_setting", "pipeline.name", "1 to 100 of the characters")
    refused(d, named(".hidden"), "invalid_job_name", "begin with a dot")
    # Without the setting it is the sink's name that must be one.
    refused(d, "CREATE TABLE `my sink` (n BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO `my sink` SELECT id FROM numbers;",
            "invalid_job_name", "my sink", "pipeline.name")
    for good in ("a", "x" * 100, "A.b_c-9"):
        d.sql(named(good))
        d.wait_state(good, "RUNNING")
    assert os.path.exists(d.state_file("x" * 100))
    # A name is the name of a file: its case tells nothing apart.
    assert "nothing to do" in end_of(d.sql(named("A")))["message"]
    refused(d, named("A", "INSERT INTO hole SELECT id FROM numbers;"), "job_differs")
    d.sql("PAUSE JOB 'A.B_C-9';")
    assert states(d)["A.b_c-9"] == "PAUSED"
    d.sql("DROP JOB 'a.B_c-9'; DROP JOB 'A';")
    assert list(states(d)) == ["x" * 100]
    assert d.stop() == 0


def a_statement_set_is_one_job():
    d = Daemon().start()
    d.sql(BEGIN + "CREATE TABLE hole2 (n BIGINT) WITH ('connector' = 'blackhole');")
    end = end_of(d.sql("""EXECUTE STATEMENT SET BEGIN
        INSERT INTO hole SELECT COUNT(*) FROM numbers; INSERT INTO hole2 SELECT id FROM numbers; END;"""))
    assert end["job"] == "hole", end
    d.wait_state("hole", "RUNNING")
    wait_for("rows", lambda: d.job("hole")["rows_out"] > 50)
    scans = [o for o in d.job("hole")["operators"] if o["name"].startswith("scan")]
    assert len(scans) == 1, scans
    assert d.stop() == 0


def limits_on_jobs_are_told():
    d = Daemon(sets=["limits.jobs=2"]).start()
    d.sql(BEGIN + named("a") + named("b"))
    refused(d, named("c"), "too_many", "[limits] jobs")
    d.sql("DROP JOB 'a';" + named("c"))
    assert d.stop() == 0


# ---- commands ----


def pause_keeps_the_place_and_resume_goes_on():
    d = Daemon().start()
    d.sql(BEGIN + COUNT)
    wait_for("rows", lambda: d.job("hole")["rows_in"] > 100)
    d.sql("PAUSE JOB 'hole';")
    j = d.job("hole")
    assert j["state"] == "PAUSED" and j["checkpoint"] >= 1, j
    time.sleep(0.5)
    assert d.job("hole")["rows_in"] == j["rows_in"]
    stored = d.query_state("hole", "SELECT rows_in FROM checkpoints ORDER BY id DESC LIMIT 1")[0]["rows_in"]
    assert stored == j["rows_in"], (stored, j["rows_in"])
    assert d.query_state("hole", "SELECT state FROM job")[0]["state"] == "PAUSED"
    d.sql("PAUSE JOB 'hole';")  # it is
    end = end_of(d.sql(COUNT))
    assert "nothing to do" in end["message"], end
    assert d.job("hole")["state"] == "PAUSED"
    d.sql("RESUME JOB 'hole';")
    wait_for("it goes on", lambda: d.job("hole")["rows_in"] > j["rows_in"])
    d.sql("RESUME JOB 'hole';")  # it does
    count = d.query_state("hole", "SELECT * FROM job")[0]
    assert count["name"] == "hole" and count["state"] in ("RUNNING", "CONNECTING"), count
    assert d.stop() == 0


def stop_and_go_on():
    d = Daemon().start()
    d.sql(BEGIN + COUNT)
    wait_for("rows", lambda: d.job("hole")["rows_in"] > 100)
    d.sql("STOP JOB 'hole';")
    at = d.job("hole")["rows_in"]
    assert states(d) == {"hole": "STOPPED"}
    d.sql("STOP JOB 'hole';")
    refused(d, "PAUSE JOB 'hole';", "wrong_job_state", "STOPPED")
    refused(d, "STOP JOB 'hole' WITH DRAIN;", "wrong_job_state", "RESUME JOB")
    refused(d, "INSERT INTO hole SELECT id FROM numbers;", "job_differs")
    end = end_of(d.sql(COUNT))  # the same text lets it go on
    assert end["job"] == "hole" and "message" not in end, end
    wait_for("it goes on from its state", lambda: d.job("hole")["rows_in"] > at)
    d.sql("PAUSE JOB 'hole'; STOP JOB 'hole';")
    assert states(d) == {"hole": "STOPPED"}
    d.sql("RESUME JOB 'hole';")
    d.wait_state("hole", "RUNNING")
    assert d.stop() == 0


def drain_fires_open_windows():
    d = Daemon().start()
    out = os.path.join(d.dir, "totals")
    d.sql(f"""CREATE TABLE clicks (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id, 3), WATERMARK FOR ts AS ts)
          WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.id.kind' = 'sequence',
                'fields.id.start' = '0', 'fields.id.end' = '100000000');
          CREATE TABLE totals (s TIMESTAMP_LTZ(3), n BIGINT)
          WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = 'json');
          INSERT INTO totals SELECT window_start, COUNT(*)
          FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;""")
    wait_for("rows", lambda: d.job("totals")["rows_in"] > 100)
    assert d.job("totals")["rows_out"] == 0
    d.sql("STOP JOB 'totals' WITH DRAIN;")
    j = d.job("totals")
    assert j["state"] == "STOPPED" and j["rows_out"] == 1, j
    rows = []
    for top, _, files in os.walk(out):
        for f in files:
            with open(os.path.join(top, f)) as lines:
                rows += [json.loads(line) for line in lines]
    assert rows == [{"s": "1970-01-01 00:00:00Z", "n": j["rows_in"]}], (rows, j["rows_in"])
    # Resumed and drained again it gives the whole window, not the new rows.
    d.sql("RESUME JOB 'totals';")
    wait_for("more rows", lambda: d.job("totals")["rows_in"] > j["rows_in"] + 100)
    d.sql("STOP JOB 'totals' WITH DRAIN;")
    counts = []
    for top, _, files in os.walk(out):
        for f in files:
            with open(os.path.join(top, f)) as lines:
                counts += [json.loads(line)["n"] for line in lines]
    assert max(counts) == d.job("totals")["rows_in"] > j["rows_in"], (counts, d.job("totals")["rows_in"])
    assert d.stop() == 0


def a_job_of_too_many_tables_is_told_how_many_it_may_have():
    d = Daemon().start()
    tables = "".join(f"CREATE TABLE h{i} (id BIGINT) WITH ('connector' = 'blackhole');\n" for i in range(70))
    inserts = "".join(f"INSERT INTO h{i} SELECT id FROM src;\n" for i in range(70))
    d.sql("CREATE TABLE src (id BIGINT) WITH ('connector' = 'datagen');\n" + tables
          + "SET 'pipeline.name' = 'many';\nEXECUTE STATEMENT SET BEGIN\n" + inserts + "END;")
    j = d.wait_state("many", "FAILED")
    assert j["error"]["code"] == "limit_exceeded" and "64" in j["error"]["message"], j["error"]
    assert d.stop() == 0


def drop_forgets_and_keep_state_keeps():
    d = Daemon(sets=["runtime.checkpoint-interval=100 ms"]).start()
    d.sql(BEGIN + COUNT)
    wait_for("a checkpoint", lambda: d.job("hole")["checkpoint"] >= 1)
    d.sql("DROP JOB 'hole' KEEP STATE;")
    assert states(d) == {} and os.path.exists(d.state_file("hole"))
    kept = d.query_state("hole", "SELECT rows_in FROM checkpoints ORDER BY id DESC LIMIT 1")[0]["rows_in"]
    d.sql(COUNT)
    wait_for("it goes on from what was kept", lambda: d.job("hole")["rows_in"] > kept)
    d.sql("DROP JOB 'hole';")
    left = [f for f in os.listdir(os.path.dirname(d.state_file("hole")))]
    assert left == [], left
    refused(d, "DROP JOB 'hole';", "unknown_job", "SHOW JOBS")
    assert "nothing to do" in end_of(d.sql("DROP JOB IF EXISTS 'hole';"))["message"]
    d.sql(COUNT + "DROP JOB 'hole';" + COUNT)  # all at once, too
    d.wait_state("hole", "RUNNING")
    assert d.stop() == 0


def commands_on_jobs_that_are_not_there():
    d = Daemon().start()
    d.sql(BEGIN + named("clicks"))
    for verb in ("PAUSE", "RESUME", "STOP", "DROP"):
        end = refused(d, f"{verb} JOB 'click';", "unknown_job")
        assert end["hint"] == "did you mean 'clicks'?" and end["line"] == 1, end
        assert end["column"] == len(verb) + 6, end
    assert d.stop() == 0


def commands_while_another_is_under_way():
    d = Daemon().start()
    d.sql(BEGIN + named("a") + named("b") + named("c"))
    for _ in range(10):
        d.sql("PAUSE JOB 'a'; DROP JOB 'b'; RESUME JOB 'a'; STOP JOB 'c';" + named("b") + "RESUME JOB 'c';")
    for name in "abc":
        d.wait_state(name, "RUNNING")
    assert d.stop() == 0


# ---- objects ----


def tables_in_use_are_not_dropped():
    d = Daemon().start()
    d.sql(BEGIN + "CREATE VIEW odd AS SELECT id FROM numbers WHERE id <> 2;")
    d.sql(named("user", "INSERT INTO hole SELECT id FROM odd;"))
    for text, name in (("DROP TABLE numbers;", "numbers"), ("DROP TABLE hole;", "hole"), ("DROP VIEW odd;", "odd")):
        refused(d, text, "in_use", 'job "user"', name, "DROP JOB 'user'")
    for text, kind in (("DROP VIEW numbers;", "table"), ("DROP TABLE odd;", "view")):
        refused(d, text, "wrong_kind_of_object", f"is a {kind}", f"write DROP {kind.upper()} ")
    d.sql("STOP JOB 'user'; DROP VIEW odd; DROP TABLE hole;")
    assert d.rows("SHOW TABLES;") == [["numbers"]]
    d.sql("RESUME JOB 'user';")  # it has copies of its own
    wait_for("rows", lambda: d.job("user")["rows_out"] > 100)
    assert d.stop() == 0


def a_job_keeps_the_tables_that_it_began_with():
    d = Daemon().start()
    d.sql("CREATE TEMPORARY TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500');" + HOLE +
          COUNT)
    d.wait_state("hole", "RUNNING")
    assert d.rows("SHOW TABLES;") == [["hole"]]
    at = d.job("hole")["rows_in"]
    assert d.stop() == 0
    d.start()
    wait_for("it goes on without the session", lambda: d.job("hole")["rows_in"] > at)
    assert d.stop() == 0


# ---- looking ----


def show_jobs_tells_all_at_once():
    d = Daemon(sets=["runtime.checkpoint-interval=200 ms"]).start()
    d.sql(BEGIN)
    lines = d.sql("SHOW JOBS;")
    assert [c["name"] for c in lines[0]["columns"]] == ["name", "state", "since", "rows_in", "rows_out", "lag", "watermark",
                                                        "last_checkpoint", "error"]
    assert lines[1]["rows"] == 0
    d.sql(COUNT)
    wait_for("a checkpoint", lambda: d.job("hole")["checkpoint"])
    row = d.rows("SHOW JOBS;")[0]
    iso = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert row[0] == "hole" and row[1] == "RUNNING" and re.fullmatch(iso, row[2]), row
    assert row[3] > 0 and row[4] > 0 and re.fullmatch(iso, row[7]) and row[8] is None, row
    j = d.job("hole")
    assert j["statement"] == "INSERT INTO hole SELECT COUNT(*) FROM numbers", j["statement"]
    assert "CREATE TABLE numbers" in j["script"] and "CREATE TABLE hole" in j["script"]
    assert {o["name"].rsplit("_", 1)[0] for o in j["operators"]} >= {"scan", "group_aggregate", "sink"}, j["operators"]
    wait_for("a rate", lambda: 300 < d.job("hole")["rows_in_per_s"] < 700)
    assert d.stop() == 0


def a_job_is_described_by_operator_and_partition():
    d = Daemon().start()
    path = os.path.join(d.dir, "in.csv")
    with open(path, "w") as f:
        f.write("1\nx\n2\n3\n")
    d.sql(f"""CREATE TABLE src (v INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv');
              CREATE TABLE dst (v INT, n BIGINT, PRIMARY KEY (v) NOT ENFORCED) WITH ('connector' = 'blackhole');
              INSERT INTO dst SELECT v, COUNT(*) FROM src GROUP BY v;""")
    d.wait_state("dst", "FINISHED")
    rows = d.rows("DESCRIBE JOB 'dst';")
    job, ops = rows[0], {r[1]: r for r in rows if r[0] == "operator"}
    assert job[:5] == ["job", "dst", "FINISHED", 4, 3] and job[9] == 1, job
    assert ops["group_aggregate_1"][3] == 3 and ops["group_aggregate_1"][10] == 3, ops
    assert ops["group_aggregate_1"][12].startswith("group_aggregate by v: count(*)"), ops
    assert [r[12] for r in rows if r[1].startswith("scan")][0].startswith("scan src (filesystem"), rows
    assert [r[0] for r in rows].count("partition") == 1, rows
    assert d.rows("SHOW ERRORS;")[0][:2] == ["dst", "invalid_csv"] or d.rows("SHOW ERRORS;")[0][1] == "invalid_field"
    bad = d.rows("SHOW ERRORS FOR JOB 'dst';")
    assert len(bad) == 1 and bad[0][3] == "src" and bad[0][7] == "v" and bad[0][11] == "x", bad
    state = d.rows("SHOW STATE FOR JOB 'dst';")
    assert [r[0] for r in state] == ["group_aggregate_1"] and state[0][4] == 3, state
    refused(d, "DESCRIBE JOB 'nope';", "unknown_job", "nope")
    refused(d, "EXPLAIN STALL 'nope';", "unknown_job", "nope")
    assert d.rows("EXPLAIN STALL 'dst';") == [["the job has finished: its input has ended and all results are written"]]
    assert d.stop() == 0


def what_a_job_did_is_known_after_a_restart():
    d = Daemon().start()
    d.sql(BEGIN + named("user", COUNT))
    wait_for("rows", lambda: d.job("user")["rows_in"] > 100)
    d.sql("STOP JOB 'user';")
    before = d.job("user")
    assert before["rows_in"] > 100 and before["checkpoint"] > 0, before
    assert d.stop() == 0
    d.start()
    after = d.job("user")
    assert after["state"] == "STOPPED", after
    for key in ("rows_in", "rows_out", "rows_late", "bad_records", "checkpoint", "watermark"):
        assert after[key] == before[key], (key, before, after)
    assert after["checkpoint_at"][:16] == before["checkpoint_at"][:16], (before, after)
    assert d.stop() == 0


def show_create_describe_explain():
    d = Daemon().start()
    d.sql(BEGIN + "CREATE VIEW w AS SELECT id FROM numbers;")
    text = d.rows("SHOW CREATE TABLE numbers;")[0][0]
    d.sql("DROP VIEW w; DROP TABLE numbers;" + text + ";")
    assert d.rows("SHOW CREATE TABLE numbers;")[0][0] == text
    assert [r[:2] for r in d.rows("DESCRIBE numbers;")] == [["id", "BIGINT"], ["v", "INT"]]
    assert any("scan" in r[0] for r in d.rows("EXPLAIN SELECT id FROM numbers;"))
    assert d.stop() == 0


# ---- ends ----


def a_bounded_job_finishes_and_dml_sync_waits_for_it():
    d = Daemon().start()
    d.sql(HOLE + FEW)
    end = end_of(d.sql("SET 'table.dml-sync' = 'true'; INSERT INTO hole SELECT id FROM few;"))
    assert end["end"] == "ok" and end["job"] == "hole", end
    j = d.job("hole")
    assert (j["state"], j["rows_in"], j["rows_out"]) == ("FINISHED", 1000, 1000), j
    refused(d, "RESUME JOB 'hole';", "wrong_job_state", "FINISHED")
    refused(d, "PAUSE JOB 'hole';", "wrong_job_state")
    refused(d, "STOP JOB 'hole';", "wrong_job_state")
    d.sql("SET 'table.dml-sync' = 'true'; INSERT INTO hole SELECT id FROM few;")  # again: nothing is left to read
    j = d.job("hole")
    assert (j["state"], j["rows_in"]) == ("FINISHED", 1000), j
    assert d.stop() == 0


def waiting_for_a_job_that_is_stopped_is_an_error():
    d = Daemon().start()
    d.sql(BEGIN)
    body = b"SET 'table.dml-sync' = 'true'; INSERT INTO hole SELECT id FROM numbers; SHOW TABLES;"

    def waiting():
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(d.sock)
        s.sendall(b"POST /v1/sql HTTP/1.0\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        d.wait_state("hole", "RUNNING")
        return s

    for command, words in (("STOP JOB 'hole';", b"STOPPED"), ("DROP JOB 'hole';", b"dropped")):
        s = waiting()
        d.sql("PAUSE JOB 'hole';")
        d.sql("RESUME JOB 'hole';")
        d.wait_state("hole", "RUNNING")
        d.sql(command)
        got = b"".join(iter(lambda: s.recv(65536), b""))
        assert words in got and b"wrong_job_state" in got, got
        assert b'"statement":3' not in got
    s = waiting()
    assert d.stop() == 0
    got = b"".join(iter(lambda: s.recv(65536), b""))
    assert b"sluiced is stopping" in got, got


def a_job_that_fails_tells_why_and_others_go_on():
    d = Daemon().start()
    d.sql(BEGIN + named("good"))
    d.sql(f"CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '{d.dir}/none');")
    d.sql(named("bad", "INSERT INTO hole SELECT id FROM nowhere;"))
    j = d.wait_state("bad", "FAILED")
    assert f"{d.dir}/none" in j["error"]["message"], j["error"]
    row = [r for r in d.rows("SHOW JOBS;") if r[0] == "bad"][0]
    assert row[1] == "FAILED" and row[8] == j["error"]["message"], row
    assert d.query_state("bad", "SELECT state FROM job") == [{"state": "FAILED"}]
    refused(d, "SET 'table.dml-sync' = 'true';" + named("bad2", "INSERT INTO hole SELECT id FROM nowhere;"),
            j["error"]["code"], f"{d.dir}/none")
    at = d.job("good")["rows_in"]
    wait_for("others go on", lambda: d.job("good")["rows_in"] > at)
    refused(d, "PAUSE JOB 'bad';", "wrong_job_state", "FAILED")
    # Mended from outside, it goes on by the same text or by RESUME.
    with open(d.dir + "/none", "w") as f:
        f.write('{"id": 1}\n{"id": 2}\n')
    d.sql("RESUME JOB 'bad';")
    j = d.wait_state("bad", "FINISHED")
    assert j["rows_in"] == 2 and j["error"] is None, j
    assert d.stop() == 0


def an_unreachable_broker_is_told_in_the_clients_words():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    d = Daemon().start()
    d.sql(BEGIN + f"""CREATE TABLE away (m STRING) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'raw',
          'properties.bootstrap.servers' = '127.0.0.1:{port}');""")
    d.sql(named("lonely", "INSERT INTO hole SELECT COUNT(*) FROM away;") + named("good"))
    j = wait_for("its reason", lambda: (lambda j: j if j["state"] == "CONNECTING" and j["reason"] else None)(d.job("lonely")))
    assert str(port) in j["reason"], j
    assert d.get("/readyz") == b"ready\n"
    d.wait_state("good", "RUNNING")
    d.sql("PAUSE JOB 'lonely';")
    d.sql("RESUME JOB 'lonely';")
    assert d.stop() == 0
    d.start()  # READY without its broker
    d.wait_state("lonely", "CONNECTING")
    d.sql("DROP JOB 'lonely';")
    assert d.stop() == 0


def a_failure_that_may_pass_is_tried_again():
    d = Daemon(sets=["runtime.restart-backoff=200 ms", "runtime.checkpoint-interval=50 ms"]).start()
    path = os.path.join(d.dir, "rows")
    d.sql(NUMBERS + f"""CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');
        INSERT INTO files SELECT id FROM numbers;""")
    wait_for("files", lambda: d.job("files")["checkpoint"] > 1)
    waits = []

    def waits_longer():  # each time its directory is gone under it
        shutil.rmtree(path, ignore_errors=True)
        j = d.job("files")
        waits.extend(re.findall(r"retrying in ([0-9.]+) s", j["reason"] or ""))
        return j["state"] == "RESTARTING" and len(set(waits)) >= 3 and j

    j = wait_for("it waits longer each time", waits_longer)
    assert path in j["reason"], j
    first, second, third = [float(w) for w in list(dict.fromkeys(waits))[:3]]
    assert 0.1 < first < second < third < 1, waits
    assert j["restarts"] >= 3 and path in j["last_failure"] and j["last_failure_at"], j
    assert any("restarted " in str(row) for row in d.rows("DESCRIBE JOB 'files';")), d.rows("DESCRIBE JOB 'files';")
    assert "event=job_restarting job=files" in d.log()
    assert int(re.search(rb'^sluice_job_restarts_total\{job="files"\} (\d+)$', d.get("/metrics"), flags=re.M)[1]) >= 3
    at = d.wait_state("files", "RUNNING")["checkpoint"]
    wait_for("it goes on", lambda: d.job("files")["checkpoint"] > at + 1)
    d.sql("STOP JOB 'files';")
    assert all(f.startswith("part-") for f in os.listdir(path)), os.listdir(path)
    assert d.stop() == 0


def a_job_that_waits_to_be_tried_again_can_be_drained():
    d = Daemon(sets=["runtime.restart-backoff=1 h", "runtime.checkpoint-interval=50 ms"]).start()
    path = os.path.join(d.dir, "minutes")
    d.sql(f"""CREATE TABLE timed (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id, 3), WATERMARK FOR ts AS ts) WITH (
            'connector' = 'datagen', 'rows-per-second' = '500', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0',
            'fields.id.end' = '100000000');
        CREATE TABLE minutes (ends TIMESTAMP_LTZ(3), n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{path}',
            'format' = 'json');
        CREATE TABLE ids (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{path}-ids', 'format' = 'json');
        SET 'pipeline.name' = 'minutes';
        EXECUTE STATEMENT SET BEGIN
        INSERT INTO minutes SELECT window_end, COUNT(*) FROM TUMBLE(TABLE timed, DESCRIPTOR(ts), INTERVAL '100' SECOND)
            GROUP BY window_start, window_end;
        INSERT INTO ids SELECT id FROM timed; END;""")
    wait_for("a checkpoint", lambda: d.job("minutes")["checkpoint"] > 1)

    def waits():  # its directory is gone each time that it looks
        shutil.rmtree(path + "-ids", ignore_errors=True)
        return d.job("minutes")["state"] == "RESTARTING"

    wait_for("it waits for an hour", waits)
    d.sql("STOP JOB 'minutes' WITH DRAIN;")
    assert d.job("minutes")["state"] == "STOPPED", d.job("minutes")
    text = "".join(open(os.path.join(path, f)).read() for f in os.listdir(path))
    assert '"n":' in text, text  # the window that was open
    assert d.stop() == 0


def jobs_over_the_embedded_kafka_start_empty_and_say_so():
    d = Daemon(embedded=True, sets=["runtime.checkpoint-interval=100 ms"]).start()
    with open(os.path.join(TOP, "etc", "examples", "words.sql")) as f:
        d.sql(f.read())
    kafka = re.search(r"bootstrap=(\S+)", d.log())[1]
    lines = "".join('{"message": "w%d"}\n' % (i % 7) for i in range(500))
    subprocess.run(["kcat", "-b", kafka, "-t", "words", "-P"], input=lines, text=True, check=True)
    wait_for("the words are read", lambda: d.job("words")["rows_in"] == 500)
    wait_for("and in a checkpoint", lambda: d.query_state("words", "SELECT MAX(rows_in) AS n FROM checkpoints")[0]["n"] == 500)
    assert d.stop() == 0
    d.start()
    j = wait_for("it says so", lambda: (lambda j: j if j["notice"] else None)(d.job("words")))
    assert "embedded Kafka forgets" in j["notice"] and j["rows_in"] == 0, j
    kafka = re.findall(r"bootstrap=(\S+)", d.log())[-1]
    subprocess.run(["kcat", "-b", kafka, "-t", "words", "-P"], input=lines, text=True, check=True)
    wait_for("the new words are read", lambda: d.job("words")["rows_in"] == 500)
    assert d.stop() == 0


def two_jobs_do_not_know_each_other():
    d = Daemon().start()
    d.sql(BEGIN + named("a") + named("b", "INSERT INTO hole SELECT SUM(id) FROM numbers;"))
    for name in "ab":
        wait_for("rows", lambda name=name: d.job(name)["rows_in"] > 100)
    d.sql("PAUSE JOB 'a';")
    at = d.job("b")["rows_in"]
    wait_for("b goes on", lambda: d.job("b")["rows_in"] > at)
    files = sorted(f for f in os.listdir(os.path.join(d.dir, "state", "jobs")) if f.endswith(".db"))
    assert files == ["a.db", "b.db"], files
    assert d.query_state("a", "SELECT uuid FROM job") != d.query_state("b", "SELECT uuid FROM job")
    assert d.stop() == 0


# ---- SELECT ----


def a_bounded_select_ends_by_itself():
    d = Daemon().start()
    d.sql(FEW)
    lines = d.sql("SELECT id FROM few WHERE id > 990; SELECT COUNT(*) AS n FROM few;")
    assert [line["row"][0] for line in lines[1:11]] == list(range(991, 1001))
    assert lines[11]["end"] == "ok" and lines[11]["rows"] == 10
    updates = [line for line in lines[13:] if "row" in line]
    assert updates[-1]["row"] == [1000] and updates[0]["op"] == "+I", updates[:3]
    assert d.stop() == 0


def limit_ends_an_endless_select():
    d = Daemon().start()
    d.sql(BEGIN)
    lines = d.sql("SELECT id FROM numbers LIMIT 7; SHOW TABLES;")
    assert len([line for line in lines if line.get("row") and isinstance(line["row"][0], int)]) == 7
    assert lines[-1]["end"] == "ok"
    assert d.rows("SELECT id FROM numbers LIMIT 0;") == []
    assert d.stop() == 0


def there_is_a_limit_on_selects():
    d = Daemon(sets=["limits.selects=3"]).start()
    d.sql(BEGIN)
    held = []
    for _ in range(3):
        s = socket.socket(socket.AF_UNIX)
        s.connect(d.sock)
        body = b"SELECT id FROM numbers;"
        s.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert s.recv(100)
        held.append(s)
    refused(d, "SELECT id FROM numbers;", "too_many", "[limits] selects")
    held.pop().close()

    def one_more():
        try:
            return len(d.rows("SELECT id FROM numbers LIMIT 1;")) == 1
        except SqlError as e:
            assert e.code == "too_many", e.end
            return False

    wait_for("a place is free", one_more, 5)
    for s in held:
        s.close()
    assert d.stop() == 0


def errors_in_a_select_are_counted():
    d = Daemon().start()
    with open(d.dir + "/in.json", "w") as f:
        f.write('{"a": 1}\n{"a": "x"}\nnonsense\n{"a": 4}\n')
    lines = d.sql(f"""CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '{d.dir}/in.json');
        SELECT a FROM t;""")
    assert [line["row"] for line in lines if "row" in line] == [[1], [4]], lines
    assert lines[-1]["bad_records"] == 2, lines[-1]
    told = [line["notice"] for line in lines if "left out" in line.get("notice", "")]
    assert len(told) == 1, lines  # the first that was found, and why
    assert "invalid_json" in told[0] and told[0].endswith(f"; table t; record {d.dir}/in.json:0:20"), told
    with open(d.dir + "/in.json", "w") as f:
        f.write('{"a": "x"}\n')
    lines = d.sql(f"""CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = '{d.dir}/in.json');
        SELECT a FROM t;""")
    told = [line["notice"] for line in lines if "left out" in line.get("notice", "")]
    assert len(told) == 1 and f"; column a; table t; record {d.dir}/in.json:0:0" in told[0], lines
    assert d.stop() == 0


def print_writes_to_the_daemons_output():
    d = Daemon().start()
    d.sql("CREATE TABLE shown (id BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'p');" + FEW +
          "SET 'table.dml-sync' = 'true'; INSERT INTO shown SELECT id FROM few WHERE id < 4;")
    assert d.printed() == "p> +I[1]\np> +I[2]\np> +I[3]\n", d.printed()
    assert d.stop() == 0


def the_clock_closes_windows():
    d = Daemon().start()
    ticks = "CREATE TABLE ticks (id BIGINT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '100');\n"
    rows = d.rows(ticks + "SELECT window_start, COUNT(*) FROM TUMBLE(TABLE ticks, DESCRIPTOR(pt), INTERVAL '0.5' SECOND(1, 1)) "
                  "GROUP BY window_start, window_end LIMIT 3;")
    assert len(rows) == 3 and all(n > 0 for _, n in rows), rows
    assert rows == sorted(rows), rows
    assert d.stop() == 0


def a_script_stops_at_its_first_error():
    d = Daemon().start()
    lines = []
    try:
        d.sql(NUMBERS + "CREATE TABLE x (a INT) WITH ('connector' = 'nothing');" + HOLE)
    except SqlError as e:
        lines = e.end
    assert lines["statement"] == 2 and lines["code"] == "unknown_connector" and lines["line"] == 2, lines
    assert d.rows("SHOW TABLES;") == [["numbers"]]  # what ran before stays
    assert d.stop() == 0


main(an_insert_starts_a_job_and_the_same_text_is_a_no_op, values_are_written_each_time, functions_by_other_names,
     a_catalog_of_an_older_version_is_taken_over,
     a_table_of_a_query_comes_with_its_job_or_not_at_all,
     creates_with_the_same_text_are_no_ops_too, names_have_rules,
     a_statement_set_is_one_job, limits_on_jobs_are_told, pause_keeps_the_place_and_resume_goes_on, stop_and_go_on,
     drain_fires_open_windows, a_job_of_too_many_tables_is_told_how_many_it_may_have, drop_forgets_and_keep_state_keeps, commands_on_jobs_that_are_not_there,
     commands_while_another_is_under_way, tables_in_use_are_not_dropped, a_job_keeps_the_tables_that_it_began_with,
     show_jobs_tells_all_at_once,
     a_job_is_described_by_operator_and_partition, what_a_job_did_is_known_after_a_restart,
     show_create_describe_explain, a_bounded_job_finishes_and_dml_sync_waits_for_it,
     waiting_for_a_job_that_is_stopped_is_an_error, a_job_that_fails_tells_why_and_others_go_on,
     an_unreachable_broker_is_told_in_the_clients_words, a_failure_that_may_pass_is_tried_again, a_job_that_waits_to_be_tried_again_can_be_drained,
     jobs_over_the_embedded_kafka_start_empty_and_say_so, two_jobs_do_not_know_each_other, a_bounded_select_ends_by_itself,
     limit_ends_an_endless_select, there_is_a_limit_on_selects, errors_in_a_select_are_counted,
     print_writes_to_the_daemons_output, the_clock_closes_windows, a_script_stops_at_its_first_error)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""REPLAY and DELETE ERRORS among statements that stop, start and look at the
same job, and clients that leave: each record is counted, deleted, or there."""
import http.client
import os
import random
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, SqlError, UnixConnection, main, wait_for  # noqa: E402

BAD, GOOD = 900, 30


def tables(options=""):
    return f"""
        CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'kafka', 'topic' = 'lines',
          'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset', 'format' = 'csv'{options});
        CREATE TABLE hole (k STRING, n BIGINT) WITH ('connector' = 'blackhole');
        SET 'execution.checkpointing.interval' = '50 ms';
        INSERT INTO hole SELECT k, COUNT(v) + COUNT(*) FROM t GROUP BY k;"""


def kept(d):
    return d.query_state("hole", "SELECT count(*) AS n FROM errors")[0]["n"]


def counted(d):
    return d.query_state("hole", "SELECT coalesce(sum(_rows), 0) AS n FROM group_aggregate_1_groups")[0]["n"]


def begin():
    """A job that has quarantined its bad lines, and could read them now."""
    d = Daemon(embedded=True).start()
    lines = [f"k{i % 7},{i}" for i in range(GOOD)] + [f"k{i % 7},n/a" for i in range(BAD)]
    d.sql("""CREATE TABLE lines (line STRING) WITH ('connector' = 'kafka', 'topic' = 'lines',
               'properties.bootstrap.servers' = 'embedded', 'format' = 'raw');
             SET 'table.dml-sync' = 'true';
             INSERT INTO lines VALUES """ + ", ".join(f"('{x}')" for x in lines) + ";")
    d.sql(tables())
    wait_for("all are read", lambda: d.job("hole").get("state") == "RUNNING" and kept(d) == BAD and counted(d) == GOOD)
    d.sql("DROP JOB 'hole' KEEP STATE; DROP TABLE hole; DROP TABLE t;" + tables(", 'csv.null-literal' = 'n/a'"))
    d.wait_state("hole", "RUNNING")
    return d


def leave(d, sql):
    """A client that asks and does not wait for the answer."""
    c = UnixConnection(d.sock, 10)
    c.request("POST", "/v1/sql", sql.encode())
    c.close()


def nobody_gets_in_anothers_way():
    d = begin()
    deleted, unexpected = [], []

    def client(seed):
        rnd = random.Random(seed)
        for _ in range(25):
            what = rnd.choice(["replay", "replay", "delete", "pause", "resume", "leave", "show"])
            n = rnd.randrange(BAD)
            try:
                if what == "replay":
                    d.rows(f"REPLAY ERRORS FOR JOB 'hole' WHERE id >= {n} AND id < {n + 40};")
                elif what == "delete":
                    deleted.append(d.rows(f"DELETE ERRORS FOR JOB 'hole' WHERE id >= {n} AND id < {n + 5};")[0][0])
                elif what == "leave":
                    leave(d, f"REPLAY ERRORS FOR JOB 'hole' WHERE id = {n};")
                elif what == "show":
                    d.rows("SHOW ERRORS FOR JOB 'hole' WHERE id < 100; SHOW JOBS;")
                else:
                    d.sql(f"{what} JOB 'hole';")
            except SqlError as e:
                if e.code not in ("wrong_job_state", "job_busy"):
                    unexpected.append(e.end)
            except (OSError, http.client.HTTPException) as e:
                unexpected.append(repr(e))

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(6)]
    for c in clients:
        c.start()
    for c in clients:
        c.join(120)
        assert not c.is_alive(), "a statement never came back"
    assert not unexpected, unexpected[:3]
    wait_for("it runs again", lambda: settle(d))
    assert kept(d) + counted(d) + sum(deleted) == BAD + GOOD, (kept(d), counted(d), sum(deleted))
    left = kept(d)
    assert d.rows("REPLAY ERRORS FOR JOB 'hole';") == [[left, left, 0, 0, 0]]
    assert kept(d) == 0 and counted(d) + sum(deleted) == BAD + GOOD
    assert d.stop() == 0


def settle(d):
    try:
        d.sql("RESUME JOB 'hole';")
    except SqlError:
        pass
    return d.job("hole").get("state") == "RUNNING"


def a_request_ends_with_its_job():
    d = begin()
    answers = []

    def ask():
        try:
            answers.append(d.rows("REPLAY ERRORS FOR JOB 'hole';"))
        except SqlError as e:
            answers.append(e.code)

    asked = threading.Thread(target=ask)
    asked.start()
    d.sql("DROP JOB 'hole';")
    asked.join(60)
    assert answers and (answers[0] in ("wrong_job_state", "unknown_job") or answers[0] == [[BAD, BAD, 0, 0, 0]]), answers
    assert d.stop() == 0


def a_finished_job_takes_its_errors_up():
    d = Daemon().start()
    rows, out = os.path.join(d.dir, "rows.csv"), os.path.join(d.dir, "results")
    with open(rows, "w") as f:
        f.write("a,1\nb,n/a\nc,3\nd,n/a\n")

    def create(options=""):
        d.sql(f"""
            CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '{rows}', 'format' = 'csv'{options});
            CREATE TABLE o (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = 'csv');
            SET 'table.dml-sync' = 'true';
            INSERT INTO o SELECT k, v FROM t;""")

    def written():
        lines = []
        for name in os.listdir(out):
            with open(os.path.join(out, name)) as f:
                lines += f.read().split()
        return sorted(lines)

    create()
    assert d.rows("REPLAY ERRORS FOR JOB 'o';") == [[2, 0, 2, 0, 0]]
    d.wait_state("o", "FINISHED")
    d.sql("DROP JOB 'o' KEEP STATE; DROP TABLE o; DROP TABLE t;")
    create(", 'csv.null-literal' = 'n/a'")
    assert written() == ["a,1", "c,3"], written()
    assert d.rows("REPLAY ERRORS FOR JOB 'o';") == [[2, 2, 0, 0, 0]]
    d.wait_state("o", "FINISHED")
    assert written() == ["a,1", "b,n/a", "c,3", "d,n/a"] or written() == ["a,1", "b,", "c,3", "d,"], written()
    assert d.query_state("o", "SELECT count(*) AS n FROM errors") == [{"n": 0}]
    assert d.stop() == 0


def one_script_mends_and_replays():
    d = begin()
    script = "DROP JOB 'hole' KEEP STATE; DROP TABLE hole; DROP TABLE t;" + tables(", 'csv.null-literal' = 'n/a'")
    rows = d.rows(script + "REPLAY ERRORS FOR JOB 'hole'; DELETE ERRORS FOR JOB 'hole';")
    assert rows[-2:] == [[BAD, BAD, 0, 0, 0], [0, 0]], rows
    assert (kept(d), counted(d)) == (0, GOOD + BAD)
    assert d.stop() == 0


main(one_script_mends_and_replays, a_finished_job_takes_its_errors_up, nobody_gets_in_anothers_way, a_request_ends_with_its_job)

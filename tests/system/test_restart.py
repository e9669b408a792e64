#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon that starts with a hundred jobs: ready long before they are, and
every one of them goes on; what a death in the middle left behind is cleared."""
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, Daemon, main, wait_for  # noqa: E402

JOBS = 100
TABLES = """
CREATE TABLE ticks (id BIGINT, k INT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '20');
CREATE TABLE many (id BIGINT, k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000',
  'fields.k.min' = '1', 'fields.k.max' = '100000');
CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');
"""
QUERIES = ("SELECT COUNT(*) FROM ticks GROUP BY k",
           "SELECT COUNT(*) FROM TUMBLE(TABLE ticks, DESCRIPTOR(pt), INTERVAL '1' SECOND) GROUP BY window_start, window_end, k")


def states(d):
    return {row[0]: row[1] for row in d.rows("SHOW JOBS;")}


def a_hundred_jobs_do_not_hold_up_the_start():
    d = Daemon(sets=["runtime.checkpoint-interval=1 s"]).start()
    d.sql(TABLES)
    for i in range(JOBS - 1):
        d.sql(f"SET 'pipeline.name' = 'j{i}'; INSERT INTO hole {QUERIES[i % 2]};")
    d.sql("SET 'pipeline.name' = 'big'; INSERT INTO hole SELECT COUNT(*) FROM many GROUP BY k;")
    wait_for("there is state", lambda: d.job("big")["checkpoint"] >= 2 and d.job("big")["rows_in"] > 100000, 60)
    for i in range(0, JOBS - 1, 3):
        d.sql(f"PAUSE JOB 'j{i}';")
    before = states(d)
    for end in (d.kill, d.stop):
        end()
        d.start()
        ready = d.cpu_seconds()
        # What a job restores and opens comes behind READY, on its own thread.
        wait_for("all go on", lambda: states(d) == before, 60)
        print(f"  {ready:.2f} CPU-seconds until ready, {d.cpu_seconds():.2f} until all {JOBS} jobs stand or run", flush=True)
        assert ready < (5 if "address" in BUILD or "thread" in BUILD else 1), ready
        assert before == {row[0]: row[1] for row in d.rows("SHOW JOBS;")}
        seen = {name: d.job(name)["rows_in"] for name in before if before[name] == "RUNNING"}
        wait_for("none starves", lambda: all(d.job(name)["rows_in"] > n for name, n in seen.items()), 60)
    assert d.stop() == 0


def copy_without_job(path, to):
    """A file of a job that has no name yet; its pages have no checksums, which only sluiced can write."""
    there, new = sqlite3.connect(path), sqlite3.connect(to)
    for pragma in ("application_id", "user_version"):
        new.execute(f"PRAGMA {pragma} = {there.execute('PRAGMA ' + pragma).fetchone()[0]}")
    new.executescript("\n".join(there.iterdump()) + "\nDELETE FROM job;")
    there.close()
    new.close()


def what_a_death_left_behind_is_cleared():
    d = Daemon(sets=["runtime.checkpoint-interval=200 ms"]).start()
    d.sql(TABLES)
    for name in ("stays", "kept", "dropped", "left"):
        d.sql(f"SET 'pipeline.name' = '{name}'; INSERT INTO hole SELECT COUNT(*) FROM ticks;")
        wait_for("a checkpoint", lambda name=name: d.job(name)["checkpoint"] > 0)
    d.sql("DROP JOB 'kept' KEEP STATE;")
    d.kill()
    jobs = os.path.join(d.dir, "state", "jobs")
    # As if DROP JOB had got no further than to say what it was about to do.
    c = sqlite3.connect(os.path.join(d.dir, "state", "catalog.db"))
    c.execute("UPDATE objects SET state = 'DROPPING' WHERE name = 'dropped'")
    c.execute("UPDATE objects SET state = 'LEAVING' WHERE name = 'left'")
    c.commit()
    c.execute("VACUUM")  # no checksums instead of wrong ones
    c.close()
    # A job whose file was made and that the catalog never heard of; copies
    # that were not complete; a file that somebody put there.
    copy_without_job(os.path.join(jobs, "kept.db"), os.path.join(jobs, "unborn.db"))
    for name in ("half.db.new", "half.db.part", "notes.txt", "foreign.db"):
        with open(os.path.join(jobs, name), "w") as f:
            f.write("no state\n")
    d.start()
    assert set(states(d)) == {"stays"}, states(d)
    there = {f for f in os.listdir(jobs) if not f.endswith(("-wal", "-shm"))}
    assert there == {"stays.db", "kept.db", "left.db", "notes.txt", "foreign.db"}, there
    assert d.log().count("event=leftover_removed") == 3, d.log()
    # What was kept goes on, what was dropped begins anew.
    at = {name: d.query_state(name, "SELECT MAX(rows_in) AS n FROM checkpoints")[0]["n"] for name in ("kept", "left")}
    for name in ("kept", "left", "dropped"):
        d.sql(f"SET 'pipeline.name' = '{name}'; INSERT INTO hole SELECT COUNT(*) FROM ticks;")
        wait_for("it goes on", lambda name=name: d.job(name)["rows_in"] > at.get(name, 0))
    wait_for("a checkpoint", lambda: d.job("dropped")["checkpoint"] > 0)
    assert d.query_state("dropped", "SELECT MIN(id) AS n FROM checkpoints")[0]["n"] == 1
    assert d.stop() == 0


main(a_hundred_jobs_do_not_hold_up_the_start, what_a_death_left_behind_is_cleared)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sluice state check, show and export: a job's file without a daemon."""
import json
import os
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, main, run  # noqa: E402

JOB = """CREATE TABLE src (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv');
CREATE TABLE dst (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO dst SELECT k, COUNT(*) FROM src GROUP BY k;"""


def a_job():
    """A daemon with the job dst, finished, and the path of its file."""
    d = Daemon().start()
    path = os.path.join(d.dir, "in.csv")
    with open(path, "w") as f:
        f.write('a,1\n"it\'s, ""b""",2\na,3\nonly one field\n')
    d.sql(JOB.format(path=path))
    d.wait_state("dst", "FINISHED")
    return d, d.state_file("dst")


def a_copy():
    """The job's file alone, in a directory that goes with the process."""
    d, path = a_job()
    assert d.stop() == 0
    copy = os.path.join(tempfile.mkdtemp(dir=d.dir), "dst.db")
    with sqlite3.connect(path) as db:
        db.execute("VACUUM INTO ?", (copy,))
    return d, copy


def a_whole_file_is_whole():
    d, path = a_job()
    done = run("sluice", "state", "check", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}: whole\n", ""), done
    assert d.stop() == 0
    assert run("sluice", "state", "check", path).returncode == 0
    assert run("sluiced", "state", "check", path).returncode == 0


def show_tells_what_is_in_it():
    d, path = a_job()
    shown = run("sluice", "state", "show", path).stdout
    for part in ("job\n", "last checkpoint\n", "partitions\n", "operators\n", "rows that could not be used\n"):
        assert part in shown, shown
    line = next(x for x in shown.splitlines() if "group_aggregate_1" in x)
    assert line.split()[-2] == "2", line
    assert "invalid_csv" in shown, shown
    assert d.stop() == 0


def export_writes_each_row_as_json():
    d, path = a_job()
    rows = [json.loads(line) for line in run("sluice", "state", "export", path).stdout.splitlines()]
    groups = {r["k"]: r for r in rows if r["table"] == "group_aggregate_1"}
    assert set(groups) == {"a", "it's, \"b\""} and [v for k, v in groups["a"].items() if k not in ("table", "k")] == [2], groups
    assert [r["name"] for r in rows if r["table"] == "job"] == ["dst"]
    bad = [r for r in rows if r["table"] == "errors"]
    assert len(bad) == 1 and bytes.fromhex(bad[0]["raw"]) == b"only one field", bad
    assert d.stop() == 0


def a_damaged_file_is_told():
    d, path = a_copy()
    size = os.path.getsize(path)
    with open(path, "r+b") as f:
        f.truncate(size // 2)
    done = run("sluice", "state", "check", path)
    assert done.returncode == 5 and "state_damaged" in done.stderr, done
    assert run("sluiced", "state", "check", path).returncode == 65


def files_of_others_are_told():
    d, path = a_copy()
    other = os.path.join(d.dir, "other.db")
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE t (a)")
    done = run("sluice", "state", "show", other)
    assert done.returncode == 5 and "state_damaged" in done.stderr and other in done.stderr, done
    text = os.path.join(d.dir, "text.db")
    with open(text, "w") as f:
        f.write("no database at all\n" * 100)
    assert run("sluice", "state", "check", text).returncode == 5
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    done = run("sluice", "state", "show", path)
    assert done.returncode == 5 and "state_version" in done.stderr and "99" in done.stderr, done


def wrong_uses_are_told():
    for args in (("state",), ("state", "check"), ("state", "look", "x.db"), ("state", "check", "a", "b")):
        done = run("sluice", *args)
        assert done.returncode == 2 and done.stderr, (args, done)
        assert run("sluiced", *args).returncode == 64
    done = run("sluice", "state", "show", "/nowhere/x.db")
    assert done.returncode == 1 and "/nowhere/x.db" in done.stderr, done


main(a_whole_file_is_whole, show_tells_what_is_in_it, export_writes_each_row_as_json, a_damaged_file_is_told,
     files_of_others_are_told, wrong_uses_are_told)

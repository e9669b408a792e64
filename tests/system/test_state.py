#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sluice state check, show and export: a job's file without a daemon."""
import json
import os
import re
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


def show_gives_a_terminal_nothing_to_obey():
    d, path = a_copy()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE offsets SET source = ?", ("s\033[31m\x9brc",))
    shown = run("sluice", "state", "show", path).stdout
    assert "s\\x1B[31m\\x9Brc" in shown, shown
    assert not [c for c in shown if c != "\n" and (c < " " or "\x7f" <= c < "\xa0")], shown


def export_writes_each_row_as_json():
    d, path = a_job()
    rows = [json.loads(line) for line in run("sluice", "state", "export", path).stdout.splitlines()]
    groups = {r["k"]: r for r in rows if r["table"] == "group_aggregate_1"}
    assert set(groups) == {"a", "it's, \"b\""} and [v for k, v in groups["a"].items() if k not in ("table", "k")] == [2], groups
    assert [r["name"] for r in rows if r["table"] == "job"] == ["dst"]
    bad = [r for r in rows if r["table"] == "errors"]
    assert len(bad) == 1 and bytes.fromhex(bad[0]["raw"]) == b"only one field", bad
    assert d.stop() == 0


TYPES = """b BOOLEAN, ti TINYINT, si SMALLINT, i INT, bi BIGINT, f FLOAT, d DOUBLE, de DECIMAL(38, 10), s STRING, c CHAR(3),
  bin BYTES, da DATE, t TIME(3), ts TIMESTAMP(6), l TIMESTAMP_LTZ(3), a ARRAY<INT>, m MAP<STRING, DOUBLE>, r ROW<x BIGINT, y STRING>"""
# A line of the file, and what the export says of it.
VALUES = (
    ({"b": True, "ti": -128, "si": 32767, "i": -2147483648, "bi": 9223372036854775807, "f": 0.5, "d": 1e308, "de": 0,
      "s": "it's \"q\" \\ \u00fc \U0001f600 \u0001", "c": "abc", "bin": "AP8i", "da": "9999-12-31", "t": "23:59:59.999",
      "ts": "2026-01-01 00:00:00.123456", "l": "1969-12-31 23:59:59.999Z", "a": [1, None, -3], "m": {"k": 0.1, "n": None},
      "r": {"x": 9223372036854775807, "y": "z"}},
     {"b": 1, "ti": -128, "si": 32767, "i": -2147483648, "bi": 9223372036854775807, "f": 0.5, "d": 1e308, "de": "0.0000000000",
      "s": "it's \"q\" \\ \u00fc \U0001f600 \u0001", "c": "abc", "bin": "00FF22", "da": "9999-12-31", "t": "23:59:59.999",
      "ts": "2026-01-01 00:00:00.123456", "l": "1969-12-31 23:59:59.999", "a": "[1,null,-3]", "m": '{"k":0.1,"n":null}',
      "r": '{"x":9223372036854775807,"y":"z"}'}),
    ({"b": False, "bi": -9223372036854775808, "f": 16777216, "d": 5e-324, "de": "1234567890123456789012345678.0123456789",
      "s": "", "bin": "", "da": "0001-01-01", "ts": "0001-01-01 00:00:00", "a": [], "m": {}},
     {"b": 0, "bi": -9223372036854775808, "f": 16777216.0, "d": 5e-324, "de": "1234567890123456789012345678.0123456789",
      "s": "", "bin": "", "da": "0001-01-01", "ts": "0001-01-01 00:00:00.000000", "a": "[]", "m": "{}"}),
    ({"d": -0.0}, {"d": 0.0}),  # one key
)


def values_of_every_type_come_back():
    d = Daemon().start()
    path = os.path.join(d.dir, "in.json")
    names = list(VALUES[0][0])
    with open(path, "w") as f:
        for value, _ in VALUES:
            f.write(json.dumps(value) + "\n")
    d.sql(f"""CREATE TABLE src ({TYPES}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json',
        'json.timestamp-format.standard' = 'SQL');
        CREATE TABLE dst WITH ('connector' = 'blackhole') AS SELECT {', '.join(names)}, COUNT(*) AS n FROM src GROUP BY {', '.join(names)};
        CREATE TABLE few WITH ('connector' = 'blackhole') AS SELECT s, d FROM src ORDER BY d LIMIT 9;""")
    d.wait_state("dst", "FINISHED")
    d.wait_state("few", "FINISHED")
    rows = [json.loads(line) for line in run("sluice", "state", "export", d.state_file("dst")).stdout.splitlines()]
    got = [r for r in rows if r["table"] == "group_aggregate_1"]
    expected = [{"table": "group_aggregate_1", **dict.fromkeys(names), **value, "n": 1} for _, value in VALUES]
    for value in expected:
        # repr() tells -0.0 from 0.0, and 1 from 1.0.
        assert repr(sorted(value.items())) in [repr(sorted(r.items())) for r in got], (value, got)
    assert len(got) == len(expected)
    assert list(got[0]) == ["table"] + names + ["n"], got[0]
    assert {r["table"] for r in rows} == {"job", "offsets", "checkpoints", "operators", "group_aggregate_1"}, rows
    rows = [json.loads(line) for line in run("sluice", "state", "export", d.state_file("few")).stdout.splitlines()]
    stored = {repr(r["d"]): r["s"] for r in rows if r["table"] == "sort_1_rows"}
    assert stored == {"1e+308": VALUES[0][0]["s"], "5e-324": "", "0.0": None}, stored
    assert d.stop() == 0


def a_copy_by_sqlite3_has_no_checksums_until_its_job_starts():
    _, copy = a_copy()
    done = run("sluice", "state", "check", copy)
    assert done.returncode == 0 and re.search(r": whole, but (\d+) of \1 pages have no checksum, since another program wrote them",
                                              done.stdout), done
    d = Daemon().start()
    path = os.path.join(d.dir, "in.csv")
    open(path, "w").close()
    d.sql(f"SET 'pipeline.name' = 'again'; SET 'execution.state-recovery.path' = '{copy}'; " + JOB.format(path=path))
    d.wait_state("again", "FAILED", "FINISHED")
    assert run("sluice", "state", "check", d.state_file("again")).stdout == f"{d.state_file('again')}: whole\n"
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


def the_catalog_is_known():
    d, path = a_job()
    catalog = os.path.join(d.dir, "state", "catalog.db")
    done = run("sluice", "state", "check", catalog)
    assert (done.returncode, done.stdout) == (0, f"{catalog}: whole, the catalog of sluice\n"), done
    shown = run("sluice", "state", "show", catalog).stdout
    assert shown.startswith("the catalog of sluice\n"), shown
    assert [line.split()[:2] for line in shown.splitlines()[2:]] == [["table", "src"], ["table", "dst"], ["job", "dst"]], shown
    rows = [json.loads(line) for line in run("sluice", "state", "export", catalog).stdout.splitlines()]
    assert [(r["table"], r["kind"], r["name"]) for r in rows][-1] == ("objects", "job", "dst"), rows
    # Several files: each is told, and damage is the worst.
    text = os.path.join(d.dir, "w.json")
    with open(text, "w") as f:
        f.write('{"a": 1}\n')
    done = run("sluice", "state", "check", catalog, text, "/nowhere/x.db", path)
    assert done.returncode == 5 and done.stdout.count(": whole") == 2, done
    assert f"{text} is no SQLite file" in done.stderr and "/nowhere/x.db" in done.stderr, done
    assert run("sluice", "state", "check", catalog, path).returncode == 0
    assert d.stop() == 0
    with open(catalog, "r+b") as f:
        f.seek(16384 + 5000)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 8]))
    done = run("sluice", "state", "check", catalog)
    assert done.returncode == 5 and "does not match its checksum" in done.stderr, done


def wrong_uses_are_told():
    for args in (("state",), ("state", "check"), ("state", "look", "x.db"), ("state", "show", "a", "b")):
        done = run("sluice", *args)
        assert done.returncode == 2 and done.stderr, (args, done)
        assert run("sluiced", *args).returncode == 64
    done = run("sluice", "state", "show", "/nowhere/x.db")
    assert done.returncode == 1 and "/nowhere/x.db" in done.stderr, done


main(a_whole_file_is_whole, show_tells_what_is_in_it, show_gives_a_terminal_nothing_to_obey, export_writes_each_row_as_json, values_of_every_type_come_back,
     a_copy_by_sqlite3_has_no_checksums_until_its_job_starts, a_damaged_file_is_told,
     files_of_others_are_told, the_catalog_is_known, wrong_uses_are_told)

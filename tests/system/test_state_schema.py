#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/manual/state-schema.md against real files: every table and column, and the ten questions with their answers."""
import json
import os
import re
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import TOP, Daemon, main, wait_for  # noqa: E402

with open(os.path.join(TOP, "docs", "manual", "state-schema.md")) as page:
    PAGE = page.read()


def documented_columns():
    """Table or view -> columns in their order, from the sections `### name: ...`."""
    tables = {}
    for name, body in re.findall(r"^### (\w+): [^\n]*\n\| column \| \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, flags=re.M):
        tables[name] = [c for line in body.splitlines() for c in re.findall(r"`(\w+)`", line.split("|")[1])]
    return tables


def operator_tables():
    """(pattern of a table's name, its own columns) for each row of the operators' tables."""
    body = PAGE.split("## The tables of each operator")[1].split("| SQL type |")[0]
    rows = []
    for names, text in re.findall(r"^\| (`<?\w+>?_.*?`) \| (.*) \|$", body, flags=re.M):
        for name in re.findall(r"`([^`]+)`", names):
            pattern = re.escape(name).replace("<operator>", r"\w+?_\d+").replace("<n>", r"\d+").replace("<column>", ".+")
            rows.append((re.compile(pattern + "$"), set(re.findall(r"`(_\w+)`", text))))
    return rows


STATEMENTS = [
    "SELECT k, COUNT(*), SUM(v), COUNT(DISTINCT v), MEDIAN(v), ARRAY_AGG(v) FROM src GROUP BY k",
    "SELECT window_start, k, COUNT(DISTINCT v), MEDIAN(v) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '1' MINUTE))"
    " GROUP BY k, window_start, window_end",
    "SELECT window_start, k, COUNT(DISTINCT v) FROM TABLE(SESSION(TABLE src PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE))"
    " GROUP BY k, window_start, window_end",
    "SELECT * FROM TABLE(SESSION(TABLE src PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
    "SELECT k, v FROM src ORDER BY v DESC LIMIT 3",
    "SELECT k, COUNT(*) AS n FROM src GROUP BY k ORDER BY n DESC LIMIT 1",
    "SELECT k, v FROM src ORDER BY ts",
    "SELECT k, v FROM src LIMIT 2",
    "SELECT k, v FROM src WHERE v > (SELECT AVG(v) FROM src)",
]


def every_table_and_column_stands_on_the_page():
    d = Daemon().start()
    path = os.path.join(d.dir, "in.csv")
    with open(path, "w") as f:
        f.write("a,1,2026-01-01 00:00:01\nb,2,2026-01-01 00:00:02\na,3,2026-01-01 00:00:03\n")
    d.sql(f"""CREATE TABLE src (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
        WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv');""")
    seen = set()
    for n, query in enumerate(STATEMENTS):
        d.sql(f"CREATE TABLE dst{n} WITH ('connector' = 'blackhole') AS {query};")
        d.wait_state(f"dst{n}", "FINISHED")
        seen |= compare(d.state_file(f"dst{n}"))
    d.sql("""CREATE TABLE gen (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.k.min' = '1', 'fields.k.max' = '9');
        SET 'execution.checkpointing.interval' = '50 ms';
        CREATE TABLE live WITH ('connector' = 'blackhole') AS SELECT k, COUNT(*) AS n FROM gen GROUP BY k ORDER BY n DESC LIMIT 1;""")
    wait_for("a checkpoint", lambda: d.job("live")["checkpoint"] > 0)
    seen |= compare(d.state_file("live"))
    unseen = [p.pattern for p, _ in operator_tables() if p not in seen]
    # What only tables of changes have, and sinks that hold output back.
    assert all(re.search("normalize|materialize|changes", p) for p in unseen), unseen
    assert d.stop() == 0


def compare(path):
    """One file with the page; the patterns that its operators' tables have."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    documented, seen = documented_columns(), set()
    assert len(documented) == 11, sorted(documented)
    for (version, app) in [(db.execute("PRAGMA user_version").fetchone()[0], db.execute("PRAGMA application_id").fetchone()[0])]:
        assert f"is its version ({version})" in PAGE and f"0x{app:X}" in PAGE
    operators = {name for (name,) in db.execute("SELECT name FROM operators")}
    for kind, name in db.execute("SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view')"):
        columns = [c[1] for c in db.execute(f"PRAGMA table_info(\"{name}\")")]
        if name in documented:
            assert columns == documented.pop(name), (name, columns)
        elif kind == "view":
            assert name in operators, name
        else:
            pattern, own = next(((p, own) for p, own in operator_tables() if p.match(name)), (None, None))
            assert pattern, f"{name} is not on the page"
            seen.add(pattern)
            missing = {c for c in columns if c.startswith("_")} - own - {"_id"}
            assert not missing, (name, columns, own)
    assert not documented, f"on the page, not in the file: {documented}"
    return seen


# ---- the ten questions ----

WORDS = ["sit"] * 40 + ["ut"] * 30 + ["modi"] * 20 + ["est"] * 10


def the_job():
    """The page's job, over an embedded Kafka with all words, and three records that are none."""
    script = re.search(r"^```sql\n(CREATE TABLE words.*?)^```", PAGE, flags=re.M | re.S)[1]
    d = Daemon(embedded=True, sets=["runtime.checkpoint-interval=50 ms"]).start()
    d.sql(script)
    kafka = re.search(r"bootstrap=(\S+)", d.log())[1]
    lines = ['{"message": "%s", "ts": "2026-01-01 00:%02d:00"}' % (w, i % 3) for i, w in enumerate(WORDS)]
    lines += ['{"message": "sit", "ts": "no time"}', "no JSON", "none either"]
    subprocess.run(["kcat", "-b", kafka, "-t", "words", "-P", "-p", "2"], input="\n".join(lines) + "\n", text=True, check=True)
    # The end as last known comes a little later than the rows.
    wait_for("all of it is in a checkpoint", lambda: d.query_state("words", """SELECT 1 FROM checkpoints, v_lag
        WHERE rows_in >= 103 AND next_offset = 103 AND end_offset = 103 AND duration_ms > 0"""))
    return d


def ten_questions_have_the_answers_of_a_running_job():
    d = the_job()
    asked = re.findall(r"^(\d+)\. ([^\n]*)\n```sqlite\n(.*?)^```", PAGE, flags=re.M | re.S)
    assert [int(n) for n, _, _ in asked] == list(range(1, 11)), asked
    answers = [d.query_state("words", query) for _, _, query in asked]
    how_often, biggest, leading, windows, lag, holds, bad, durations, growth, memory = answers
    assert how_often == [{"n": 40}], how_often
    assert biggest == [{"message": "sit", "n": 40}, {"message": "ut", "n": 30}, {"message": "modi", "n": 20}], biggest
    counts = {}
    for i, w in enumerate(WORDS):
        counts[i % 3, w] = counts.get((i % 3, w), 0) + 1
    expected = [{"window_end": f"2026-01-01 00:{m + 1:02}:00.000", "message": w, "n": n} for (m, w), n in
                sorted(counts.items(), key=lambda c: (c[0][0], -c[1], c[0][1]))]
    assert leading == expected, leading
    assert windows == [{"open": 3, "oldest": "2026-01-01 00:00:00.000", "last_end": "2026-01-01 00:03:00.000", "groups": 12}], windows
    assert [(r["topic"], r["partition"], r["lag"]) for r in lag] == [("words", p, 0) for p in range(4)], lag
    assert [r["record_time"] is not None for r in lag] == [False, False, True, False], lag
    # Partitions that never had a row.
    assert [(r["partition"], r["watermark"]) for r in holds] == [(0, None), (1, None), (3, None)], holds
    assert sum(r["n"] for r in bad) == 3 and {r["column_name"] for r in bad} >= {"ts"}, bad
    assert any(r["record"] == "none either" for r in bad), bad
    assert min(r["first"] for r in bad) == 100, bad
    (t,) = durations
    assert t["n"] >= 1 and 0 < t["p50"] <= t["p99"] <= t["worst"] and t["stopped"] >= 0, durations
    assert sum(r["rows"] for r in growth) >= 100 and growth[-1]["state_rows"] > 0, growth
    assert {r["operator"] for r in memory} == {"group_aggregate_1", "window_aggregate_1"}, memory
    assert all(r["keys"] == "message" and r["bytes"] > 0 for r in memory), memory
    d.wait_state("words", "RUNNING")
    assert d.stop() == 0


main(every_table_and_column_stands_on_the_page, ten_questions_have_the_answers_of_a_running_job)

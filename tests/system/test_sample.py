#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""DESCRIBE TABLE ... FROM SAMPLE over files and the embedded Kafka: each
proposal is run as it stands and reads its sample without a bad record."""
import json
import os
import random
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, LONG, Daemon, SqlError, main, wait_for  # noqa: E402

daemon = None


def the_daemon():
    global daemon
    daemon = daemon or Daemon(embedded=True).start()
    return daemon


class Answer:
    def __init__(self, lines):
        self.columns = {line["row"][0]: line["row"][1:] for line in lines if "row" in line and len(line["row"]) == 5}
        self.types = {name: row[0] for name, row in self.columns.items()}
        self.text = [line["row"][0] for line in lines if "row" in line and len(line["row"]) == 1][-1]
        self.notices = " ".join(line["notice"] for line in lines if "notice" in line)
        self.end = lines[-1]


def sample_file(name, lines):
    """Looks at a file, takes the proposal and reads the file by it."""
    d = the_daemon()
    path = os.path.join(d.dir, name)
    with open(path, "w") as f:
        f.write("".join(line + "\n" for line in lines))
    d.sql(f"CREATE TABLE {name} (v STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'raw');")
    a = Answer(d.sql(f"DESCRIBE TABLE {name} FROM SAMPLE;"))
    assert "DROP it" in a.end["message"], a.end
    read = d.sql(f"DROP TABLE {name}; {a.text} SELECT * FROM {name};")
    assert "bad_records" not in read[-1], (a.text, read)
    names = [c["name"] for c in [line for line in read if "columns" in line][-1]["columns"]]
    assert names == list(a.columns), (names, a.columns)
    return a, [dict(zip(names, line["row"])) for line in read if "row" in line]


def json_of_all_types():
    def row(i):
        return json.dumps({
            "id": i, "price": 1.25 * i, "ok": i % 2 == 0, "name": f"n{i}", "day": f"2026-01-{i % 28 + 1:02}",
            "made": f"2026-01-01 10:00:{i % 60:02}.5", "seen": f"2026-01-01 10:00:{i % 60:02}.123Z", "big": 10 ** 25 + i,
            "nothing": None, "mixed": i if i % 3 else f"x{i}", "tags": ["a", "b"] if i % 2 else [], "none": [],
            "who": {"name": "x", "age": i, "order": {"total": 1.5}}, **({"sometimes": i} if i % 4 == 0 else {}),
            "select": "reserved", "with blank": 1, "back`tick": 2, "when": f"half past {i}", "huge": "y" * 200})

    a, rows = sample_file("kinds", [row(i) for i in range(100)])
    assert a.types == {
        "id": "BIGINT", "price": "DOUBLE", "ok": "BOOLEAN", "name": "STRING", "day": "DATE", "made": "TIMESTAMP(3)",
        "seen": "TIMESTAMP_LTZ(3)", "big": "DECIMAL(38, 0)", "nothing": "STRING", "mixed": "STRING", "tags": "ARRAY<STRING>",
        "none": "ARRAY<STRING>", "who": "ROW<name STRING, age BIGINT, `order` ROW<total DOUBLE>>", "sometimes": "BIGINT",
        "select": "STRING", "with blank": "BIGINT", "back`tick": "BIGINT", "when": "STRING", "huge": "STRING"}, a.types
    seen = {name: row[1] for name, row in a.columns.items()}
    assert seen["id"] == "100 of 100" and seen["sometimes"] == "25 of 100", seen
    note = {name: row[3] for name, row in a.columns.items()}
    assert note["nothing"] == "only NULL in the sample" and note["mixed"] == "mixed: 66 numbers, 34 texts", note
    assert note["none"] == "always empty" and note["big"] == "beyond BIGINT" and "DECIMAL(" in note["price"], note
    assert a.columns["huge"][2].endswith("...") and len(a.columns["huge"][2]) < 70, a.columns["huge"]
    assert "WATERMARK FOR made AS made - INTERVAL '5' SECOND" in a.text and "-- every record has it" in a.text, a.text
    assert rows[7]["id"] == 7 and rows[7]["mixed"] == "7" and rows[7]["who"]["order"] == {"total": 1.5}, rows[7]
    assert rows[7]["big"] == 10 ** 25 + 7 and rows[8]["sometimes"] == 8 and rows[7]["sometimes"] is None, rows[7]


def iso_times_and_numbers_of_seconds():
    a, rows = sample_file("iso", [json.dumps({"n": i, "made_at": f"2026-05-01T00:00:{i:02}Z"}) for i in range(30)])
    assert a.types == {"n": "BIGINT", "made_at": "TIMESTAMP_LTZ(3)"} and "'ISO-8601'" in a.text, a.text
    assert "WATERMARK FOR made_at" in a.text and rows[3]["made_at"] == "2026-05-01 00:00:03Z", rows[3]
    for unit, factor in ((3, 1000), (0, 1)):
        name = f"epoch{unit}"
        a, rows = sample_file(name, [json.dumps({"v": i * 10 ** 12, "ts": (1767225600 + i) * factor}) for i in range(20)])
        assert f"event_time AS TO_TIMESTAMP_LTZ(ts, {unit})" in a.text and "WATERMARK FOR event_time" in a.text, a.text
        assert a.types["event_time"] == "TIMESTAMP_LTZ(3)" and rows[1]["event_time"] == "2026-01-01 00:00:01Z", rows[1]
    a, rows = sample_file("micros", [json.dumps({"ts": f"2026-05-01 00:00:00.{i:06}"}) for i in range(20)])
    assert "CAST(ts AS TIMESTAMP(3))" in a.text and a.types["ts"] == "TIMESTAMP(6)", a.text


def what_looks_like_a_type_and_is_none_is_a_text():
    # A form is not enough: each column is tried with the format's own reader.
    values = [{"d": "2026-02-29", "m": "2026-01-01 10:00:00", "z": "0001-01-01", "l": {"a": [1, {"b": None}]}},
              {"d": "2026-02-28", "m": "2026-01-01T10:00:00", "z": "2026-01-01", "l": {"a": []}}]
    a, rows = sample_file("lookalikes", [json.dumps(v) for v in values])
    assert a.types["d"] == "STRING" and a.types["m"] == "STRING" and a.types["l"] == "ROW<a ARRAY<STRING>>", a.types
    assert "1 of 2 texts are dates" in a.columns["d"][3] and "not all" in a.columns["m"][3], a.columns
    assert rows[0]["l"] == {"a": ["1", '{"b":null}']}, rows


def objects_with_ever_new_names_are_maps():
    a, rows = sample_file("maps", [json.dumps({"counts": {f"k{i * 10 + j}": j for j in range(5)}}) for i in range(20)])
    assert a.types == {"counts": "MAP<STRING, BIGINT>"}, a.types
    assert rows[1]["counts"] == {"k10": 0, "k11": 1, "k12": 2, "k13": 3, "k14": 4}, rows[1]


def lines_of_fields():
    a, rows = sample_file("lines", [f'{i},"a ""b"", c",{i * 0.5},true,2026-01-02,007' for i in range(50)])
    assert a.types == {"f0": "BIGINT", "f1": "STRING", "f2": "DOUBLE", "f3": "BOOLEAN", "f4": "DATE", "f5": "STRING"}, a.types
    assert rows[4] == {"f0": 4, "f1": 'a "b", c', "f2": 2.0, "f3": True, "f4": "2026-01-02", "f5": "007"}, rows[4]
    a, rows = sample_file("semicolons", [f"{i};x,y;z" for i in range(5)])
    assert "'csv.field-delimiter' = ';'" in a.text and rows[1] == {"f0": 1, "f1": "x,y", "f2": "z"}, rows
    a, rows = sample_file("tabs", [f"{i}\tx y" for i in range(5)])
    assert rows[1] == {"f0": 1, "f1": "x y"}, (a.text, rows)
    a, rows = sample_file("headed", ["id,name"] + [f"{i},n{i}" for i in range(5)])
    assert "looks like a header" in a.notices and a.types == {"f0": "STRING", "f1": "STRING"}, a.notices
    a, rows = sample_file("gaps", ["1,a,", "2,,3", ",b,4"])
    assert [list(r.values()) for r in rows] == [[1, "a", None], [2, None, 3], [None, "b", 4]], (a.text, rows)


def prose_is_prose():
    a, rows = sample_file("prose", ["hello, world", "well, well"])
    assert a.types == {"message": "STRING"} and "'format' = 'raw'" in a.text, a.text
    assert rows == [{"message": "hello, world"}, {"message": "well, well"}], rows
    a, rows = sample_file("scalars", ["1", "[2]", '"x"'])
    assert a.types == {"message": "STRING"} and rows[1] == {"message": "[2]"}, rows


def most_are_json_and_some_are_not():
    d = the_daemon()
    path = os.path.join(d.dir, "most")
    with open(path, "w") as f:
        f.write("".join(json.dumps({"i": i}) + "\n" if i % 10 else "no json\n" for i in range(1, 31)))
    d.sql(f"CREATE TABLE most (v STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'raw');")
    a = Answer(d.sql("DESC most FROM SAMPLE;"))
    assert a.types == {"i": "BIGINT"} and "3 of 30 records are no JSON objects" in a.notices, (a.types, a.notices)
    read = d.sql(f"DROP TABLE most; {a.text} SELECT * FROM most;")
    assert read[-1]["bad_records"] == 3 and read[-1]["rows"] == 27, read[-1]


def a_file_gives_its_first_hundred_lines():
    a, rows = sample_file("long", [json.dumps({"i": i} if i < 100 else {"j": i}) for i in range(5000)])
    assert a.types == {"i": "BIGINT"} and a.columns["i"][1] == "100 of 100", a.columns
    assert len(rows) == 5000


NAMES = ["a", "b", "id", "order", "select", "with blank", "ba`ck", "\u00fc", "", "x.y", "ts", "time", "made_at", "A", "1st", "a-b",
         "'q'", '"', "\u0000z", "__", "key", "f0", "message", "window_start", "event_time", "\U0001f600", "a\nb", "--c", "/*d"]
SCALARS = [None, True, False, 0, -5, 10 ** 18, 10 ** 20, -2 ** 63, 2 ** 63, 10 ** 37, 10 ** 40, 1767225600000, 1767225600, 0.5, 1e300,
           -1.25, 1e-10, 123456789.123456789, "", "x", "2024-01-01", "2024-01-01 10:00:00", "2024-01-01T10:00:00Z",
           "2024-01-01 10:00:00.123456Z", "0001-01-01 00:00:00", "9999-12-31T23:59:59.999999999", "12", "a\u0000b", "\u00e9" * 40,
           "x" * 100, "a;b", "a,b"]


def random_value(r, depth=0):
    if depth == 4 or r.random() < 0.7:
        return r.choice(SCALARS)
    if r.random() < 0.5:
        return [random_value(r, depth + 1) for _ in range(r.randrange(4))]
    return {r.choice(NAMES): random_value(r, depth + 1) for _ in range(r.randrange(5))}


def random_line(r, kind, proto):
    if kind == 0:
        return ";".join(r.choice(["1", "2.5", "", "a", '"q""r"', "2024-01-01", "true", "007"]) for _ in range(3))
    if kind == 1 and r.random() < 0.2:
        return r.choice(["{", "x", "[1]", '{"a":', '"', "nul", " ", "{} {}", '{"a": "\\ud800"}'])
    row = {k: proto[k] if r.random() < 0.7 else random_value(r) for k in proto if r.random() < 0.9}
    return json.dumps(row, ensure_ascii=r.random() < 0.5)


def whatever_comes_the_proposal_reads_it():
    d = the_daemon()
    path = os.path.join(d.dir, "random")
    seed = int(os.environ.get("SLUICE_SEED") or random.randrange(10 ** 9))
    print(f"seed {seed}")
    for i in range(1000 if LONG else 60):
        r = random.Random(seed + i)
        proto = {k: random_value(r) for k in r.sample(NAMES, r.randrange(1, 7))}
        kind = r.randrange(5)
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(random_line(r, kind, proto) + "\n" for _ in range(r.randrange(1, 30))))
        try:
            a = Answer(d.sql(f"""CREATE TEMPORARY TABLE r (v STRING) WITH ('connector' = 'filesystem', 'path' = '{path}',
                'format' = 'raw'); DESC r FROM SAMPLE;"""))
        except SqlError as e:
            assert e.code == "no_sample", (seed + i, e.end)  # all lines were empty
            continue
        end = d.sql(a.text + "SELECT * FROM r;")[-1]
        told = "would go to the job's errors" in a.notices or "cannot be read" in a.notices
        assert told or "bad_records" not in end, (seed + i, a.text, end)


# ---- topics ----


def topic(name, options=""):
    return f"""WITH ('connector' = 'kafka', 'topic' = '{name}', 'properties.bootstrap.servers' = 'embedded',
        'scan.startup.mode' = 'earliest-offset'{options}, """


def fill(d, name, columns, fmt, values, rows):
    d.sql(f"CREATE TABLE {name}_in ({columns}) {topic(name)} {fmt}); SET 'table.dml-sync' = 'true';"
          f"INSERT INTO {name}_in VALUES {', '.join(rows)};")


def a_topic_gives_its_newest_records():
    d = the_daemon()
    d.sql(f"""CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '20000');
        CREATE TABLE many_in (id BIGINT, kind STRING) {topic('many')} 'format' = 'json');
        SET 'table.dml-sync' = 'true'; INSERT INTO many_in SELECT id, IF(id > 15000, 'new', 'old') FROM numbers;""")
    d.sql(f"CREATE TABLE many (v STRING) {topic('many')} 'format' = 'raw');")
    a = Answer(d.sql("DESCRIBE TABLE many FROM SAMPLE;"))
    assert a.types == {"id": "BIGINT", "kind": "STRING", "ts": "TIMESTAMP_LTZ(3)"}, a.types
    assert a.columns["id"][1] == "100 of 100" and a.columns["kind"][2] == "new", a.columns
    assert "ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'" in a.text and "WATERMARK FOR ts" in a.text, a.text
    assert "-- no field of the records looks like their time" in a.text, a.text
    read = d.sql(f"DROP TABLE many; {a.text} SELECT id, ts FROM many LIMIT 300;")
    assert read[-1]["rows"] == 300 and "bad_records" not in read[-1], read[-1]


def a_topic_that_is_empty_or_missing_is_said_to_be():
    d = the_daemon()
    for sql, code, words in (
            (f"CREATE TEMPORARY TABLE m (v STRING) {topic('no-such')} 'format' = 'raw'); DESC m FROM SAMPLE;", "no_sample", "topic no-such is empty"),
            ("CREATE TEMPORARY TABLE g (v STRING) WITH ('connector' = 'datagen'); DESC g FROM SAMPLE;", "no_sample", "datagen"),
            ("CREATE TEMPORARY VIEW w AS SELECT 1 AS a; DESC w FROM SAMPLE;", "wrong_kind_of_object", "view"),
            ("DESC nobody FROM SAMPLE;", "unknown_table", "nobody")):
        try:
            d.sql(sql)
            raise AssertionError(f"not refused: {sql}")
        except SqlError as e:
            assert code == e.code and words in e.end["message"], e.end
    path = os.path.join(d.dir, "empty")
    open(path, "w").close()
    try:
        d.sql(f"""CREATE TEMPORARY TABLE e (v STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'raw');
            DESC e FROM SAMPLE;""")
        raise AssertionError("an empty file has a sample")
    except SqlError as e:
        assert e.code == "no_sample" and "empty" in e.end["message"], e.end


def who_waits_for_a_broker_may_leave():
    d = Daemon().start()
    sql = """CREATE TABLE x (v STRING) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'raw',
        'properties.bootstrap.servers' = '127.0.0.1:1'); DESC x FROM SAMPLE;""".encode()
    tasks = f"/proc/{d.child.pid}/task"
    before = len(os.listdir(tasks))
    for i in range(2):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(d.sock)
        s.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(sql), sql))
        wait_for("it looks", lambda: len(os.listdir(tasks)) > before + 2)
        if i == 0:
            s.close()
            wait_for("it has left", lambda: len(os.listdir(tasks)) <= before)
    assert d.stop() == 0  # under the second one
    s.close()


def the_tables_own_columns_do_not_matter():
    d = the_daemon()
    path = os.path.join(d.dir, "other")
    with open(path, "w") as f:
        f.write('{"a": 1}\n')
    for columns, fmt in (("", "json"), ("", "csv"), ("(b DATE, c ROW<d INT>)", "json"), ("(b INT, c INT)", "csv"), ("(n INT)", "raw")):
        a = Answer(d.sql(f"""CREATE TEMPORARY TABLE o {columns} WITH ('connector' = 'filesystem', 'path' = '{path}',
            'format' = '{fmt}'); DESCRIBE TABLE o FROM SAMPLE;"""))
        assert a.types == {"a": "BIGINT"} and "'format' = 'json'" in a.text, (columns, fmt, a.text)


def the_client_shows_both_tables():
    d = the_daemon()
    path = os.path.join(d.dir, "shown")
    with open(path, "w") as f:
        f.write('{"a": 1, "b": 2}\n')
    sql = f"""CREATE TEMPORARY TABLE shown (v STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'raw');
        DESCRIBE TABLE shown FROM SAMPLE;"""
    for fmt in ("aligned", "json", "csv", "vertical"):
        done = subprocess.run([os.path.join(BUILD, "sluice"), "-s", d.sock, "-o", fmt, "-e", sql], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0 and "1 of 1" in done.stdout, (fmt, done)
        if fmt == "aligned":  # each table is counted by itself
            assert re.findall(r"^\(.*rows?\)$", done.stdout, re.M) == ["(2 rows)", "(1 row)"], done.stdout
        assert "create table" in done.stdout and "CREATE TEMPORARY TABLE shown (" in done.stdout, (fmt, done.stdout)
    text = [json.loads(line) for line in subprocess.run(
        [os.path.join(BUILD, "sluice"), "-s", d.sock, "-o", "json", "-e", sql], capture_output=True, text=True,
        timeout=60).stdout.splitlines()][-1]["create table"]
    assert text.startswith("CREATE TEMPORARY TABLE shown (\n  a BIGINT,\n  b BIGINT\n) WITH (") and text.endswith(");"), text


main(json_of_all_types, iso_times_and_numbers_of_seconds, what_looks_like_a_type_and_is_none_is_a_text,
     objects_with_ever_new_names_are_maps, lines_of_fields, prose_is_prose, most_are_json_and_some_are_not,
     a_file_gives_its_first_hundred_lines, a_topic_gives_its_newest_records,
     whatever_comes_the_proposal_reads_it, a_topic_that_is_empty_or_missing_is_said_to_be, who_waits_for_a_broker_may_leave,
     the_tables_own_columns_do_not_matter, the_client_shows_both_tables)

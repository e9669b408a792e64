#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looking at topics of a real broker. SELECT: decoded rows of every format with
all metadata, from where the table says, leaving nothing behind. DESCRIBE TABLE
... FROM SAMPLE: keys, deletions, changes, what cannot be read."""
import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Broker, Daemon, SqlError, main, wait_for  # noqa: E402

broker = daemon = None
METADATA = """topic STRING NOT NULL METADATA VIRTUAL, p INT NOT NULL METADATA FROM 'partition' VIRTUAL,
    o BIGINT NOT NULL METADATA FROM 'offset' VIRTUAL, ts TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp',
    kind STRING NOT NULL METADATA FROM 'timestamp-type' VIRTUAL, headers MAP<STRING NOT NULL, BYTES NOT NULL> NOT NULL METADATA,
    epoch INT METADATA FROM 'leader-epoch' VIRTUAL"""


def both():
    global broker, daemon
    broker = broker or Broker()
    daemon = daemon or Daemon().start()
    return broker, daemon


def put(topic, value, key=None, partition=0, headers=()):
    """One record; value None: a tombstone."""
    args = ["kcat", "-b", broker.address, "-t", topic, "-P", "-p", str(partition)]
    for h in headers:
        args += ["-H", h]
    text = value or ""
    if key is not None:
        args += ["-K", "\x01"]
        text = key + "\x01" + text
    subprocess.run(args + (["-Z"] if value is None else []), input=text.encode(), check=True, capture_output=True)


def table(name, columns, topic, options, connector="kafka"):
    begin = ", 'scan.startup.mode' = 'earliest-offset'" if connector == "kafka" else ""
    return f"""CREATE TEMPORARY TABLE {name} ({columns}) WITH ('connector' = '{connector}', 'topic' = '{topic}',
        'properties.bootstrap.servers' = '{broker.address}', 'scan.bounded.mode' = 'latest-offset'{begin}, {options});\n"""


def json_rows_come_with_all_metadata():
    b, d = both()
    b.create("meta", 2)
    put("meta", '{"a": 1}', "k1", 0, ["h=one", "h2="])
    put("meta", '{"a": 2}', "k2", 1)
    put("meta", '{"a": 3}', None, 1, ["h=x", "h=y"])
    t = table("t", f"k STRING, a INT, {METADATA}", "meta",
              "'key.format' = 'raw', 'key.fields' = 'k', 'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY'")
    lines = d.sql(t + "SELECT * FROM t;")
    names = [c["name"] for c in lines[1]["columns"]]
    assert names == ["k", "a", "topic", "p", "o", "ts", "kind", "headers", "epoch"], names
    rows = sorted((dict(zip(names, line["row"])) for line in lines if "row" in line), key=lambda r: r["a"])
    assert [(r["k"], r["a"], r["topic"], r["p"], r["o"]) for r in rows] == [
        ("k1", 1, "meta", 0, 0), ("k2", 2, "meta", 1, 0), (None, 3, "meta", 1, 1)], rows
    assert all(r["kind"] == "CreateTime" and r["epoch"] in (None, 0) and r["ts"].startswith("20") for r in rows), rows
    one, x, y = (base64.b64encode(v).decode() for v in (b"one", b"x", b"y"))
    assert rows[0]["headers"] == {"h": one, "h2": ""} and rows[1]["headers"] == {} and rows[2]["headers"] == {"h": y}, rows
    assert d.rows(t + "SELECT COUNT(*) FROM t WHERE ts > CAST('2020-01-01 00:00:00' AS TIMESTAMP_LTZ(3)) "
                  "AND ts <= NOW();")[-1] == [3]
    b.create("appended", 1, "message.timestamp.type=LogAppendTime")
    put("appended", '{"a": 1}')
    assert d.rows(table("t", METADATA, "appended", "'format' = 'json'") + "SELECT kind FROM t;") == [["LogAppendTime"]]


def other_formats_come_with_metadata():
    b, d = both()
    for topic, values in (("csvs", ['1,"a,b"', "2,c"]), ("raws", ["one", "two"])):
        b.create(topic)
        for v in values:
            put(topic, v, headers=["n=1"])
    rows = d.rows(table("t", "n INT, s STRING, o BIGINT METADATA FROM 'offset' VIRTUAL, headers MAP<STRING, BYTES> METADATA", "csvs",
                        "'format' = 'csv'") + "SELECT * FROM t;")
    assert rows == [[1, "a,b", 0, {"n": "MQ=="}], [2, "c", 1, {"n": "MQ=="}]], rows
    rows = d.rows(table("t", "s STRING, kind STRING METADATA FROM 'timestamp-type' VIRTUAL", "raws", "'format' = 'raw'") +
                  "SELECT * FROM t;")
    assert rows == [["one", "CreateTime"], ["two", "CreateTime"]], rows


def upsert_kafka_gives_the_last_row_of_each_key():
    b, d = both()
    b.create("ups")
    put("ups", '{"v": 1}', "a")
    put("ups", '{"v": 2}', "b")
    put("ups", '{"v": 3}', "a")
    put("ups", None, "b")
    lines = d.sql(table("t", "k STRING, v INT, o BIGINT METADATA FROM 'offset' VIRTUAL, PRIMARY KEY (k) NOT ENFORCED", "ups",
                        "'key.format' = 'raw', 'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY'", "upsert-kafka") +
                  "SELECT * FROM t;")
    held = {}
    for line in lines:
        if "row" in line:
            k, v, o = line["row"]
            if line["op"] in ("+I", "+U"):
                held[k] = (v, o)
            elif line["op"] == "-D":
                del held[k]
    assert held == {"a": (3, 2)}, lines


def debezium_gives_its_changes():
    b, d = both()
    b.create("dbz")
    row = {"id": 1, "name": "a"}
    source = {"ts_ms": 1700000000000, "db": "shop", "table": "users"}
    put("dbz", json.dumps({"before": None, "after": row, "op": "c", "ts_ms": 1700000001000, "source": source}))
    put("dbz", json.dumps({"before": row, "after": dict(row, name="b"), "op": "u", "ts_ms": 1700000002000, "source": source}))
    put("dbz", json.dumps({"before": dict(row, name="b"), "after": None, "op": "d", "ts_ms": 1700000003000, "source": source}))
    lines = d.sql(table("t", """id INT, name STRING, tab STRING METADATA FROM 'value.source.table' VIRTUAL,
        o BIGINT METADATA FROM 'offset' VIRTUAL""", "dbz", "'format' = 'debezium-json'") + "SELECT * FROM t;")
    rows = [(line.get("op"), *line["row"]) for line in lines if "row" in line]
    kept = []
    for op, *r in rows:  # all that came was taken back; the offset is that of the change
        kept.append(r[:3]) if op[0] == "+" else kept.remove(r[:3])
    assert kept == [] and rows[0][0] == "+I" and rows[0][1:] == (1, "a", "users", 0), rows


def values_of(rows):
    return sorted(r[0] for r in rows)


def it_begins_where_the_table_or_the_hint_says():
    b, d = both()
    b.create("begin")
    for i in range(5):
        put("begin", json.dumps({"i": i}))
    t = table("t", "i INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'", "begin", "'format' = 'json'")
    assert values_of(d.rows(t + "SELECT i FROM t;")) == [0, 1, 2, 3, 4]
    assert len(d.rows(t + "SELECT i FROM t LIMIT 2;")) == 2
    hint = "SELECT i FROM t /*+ OPTIONS('scan.startup.mode' = 'specific-offsets', " \
           "'scan.startup.specific-offsets' = 'partition:0,offset:3') */;"
    assert values_of(d.rows(t + hint)) == [3, 4]
    at = d.rows(t + "SELECT CAST(1000 * UNIX_TIMESTAMP(CAST(MAX(ts) AS STRING)) AS BIGINT) + 5000 FROM t;")[-1][0]
    hint = "SELECT i FROM t /*+ OPTIONS('scan.startup.mode' = 'timestamp', 'scan.startup.timestamp-millis' = '%d') */;"
    assert values_of(d.rows(t + hint % 0)) == [0, 1, 2, 3, 4]
    assert values_of(d.rows(t + hint % at)) == []
    assert values_of(d.rows(t + "SELECT i FROM t /*+ OPTIONS('scan.startup.mode' = 'latest-offset') */;")) == []


def from_the_latest_offset_only_new_rows_come():
    b, d = both()
    b.create("new")
    put("new", '{"i": 1}')
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(60)
    sock.connect(d.sock)
    body = (table("t", "i INT", "new", "'format' = 'json'") + """SELECT i FROM t /*+ OPTIONS('scan.startup.mode' =
        'latest-offset', 'scan.bounded.mode' = 'unbounded') */ LIMIT 1;""").encode()
    sock.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    done = threading.Event()

    def feed():  # it is not told when the SELECT stands at the end
        i = 2
        while not done.is_set():
            put("new", json.dumps({"i": i}))
            i += 1

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        rows = [json.loads(line)["row"] for line in answer if line.startswith(b'{"row"')]
    finally:
        done.set()
        feeder.join()
    assert len(rows) == 1 and rows[0][0] >= 2, rows


def it_leaves_nothing_behind():
    b, d = both()
    b.create("traces")
    for i in range(4):
        put("traces", json.dumps({"i": i}))
    t = table("t", "i INT", "traces", "'format' = 'json', 'properties.group.id' = 'lookers'")
    state = os.path.join(d.dir, "state")
    files = {f: sorted(os.listdir(f)) for f in (state, os.path.join(state, "jobs"))}
    assert values_of(d.rows(t + "SELECT i FROM t;")) == [0, 1, 2, 3]
    assert values_of(d.rows(t + "SELECT i FROM t;")) == [0, 1, 2, 3]
    assert {f: sorted(os.listdir(f)) for f in files} == files
    # Nothing is committed under the group: it begins at the end.
    assert values_of(d.rows(t + "SELECT i FROM t /*+ OPTIONS('scan.startup.mode' = 'group-offsets') */;")) == []
    # A job of that group commits; a SELECT goes on from there.
    d.sql(t.replace("TEMPORARY ", "") + """CREATE TABLE hole (i INT) WITH ('connector' = 'blackhole');
        SET 'table.dml-sync' = 'true'; SET 'execution.checkpointing.interval' = '100 ms'; INSERT INTO hole SELECT i FROM t;""")
    put("traces", '{"i": 4}')
    group = "SELECT i FROM t /*+ OPTIONS('scan.startup.mode' = 'group-offsets') */;"
    wait_for("the offsets of the job", lambda: values_of(d.rows(group)) == [4])
    assert values_of(d.rows(group)) == [4]


def what_cannot_be_decoded_is_told_with_its_place():
    b, d = both()
    b.create("bad")
    put("bad", '{"i": 1}')
    put("bad", "no json")
    put("bad", '{"i": 2}')
    lines = d.sql(table("t", "i INT", "bad", "'format' = 'json'") + "SELECT i FROM t;")
    notice = [line["notice"] for line in lines if "notice" in line]
    assert len(notice) == 1 and "invalid_json" in notice[0] and "bad:0:1" in notice[0], notice
    assert lines[-1]["rows"] == 2 and lines[-1]["bad_records"] == 1, lines[-1]


# ---- DESCRIBE TABLE ... FROM SAMPLE ----


class Sample:
    def __init__(self, lines):
        self.columns = {line["row"][0]: line["row"][1:] for line in lines if "row" in line and len(line["row"]) == 5}
        self.types = {name: row[0] for name, row in self.columns.items()}
        self.text = [line["row"][0] for line in lines if "row" in line and len(line["row"]) == 1][-1]
        self.notices = " ".join(line["notice"] for line in lines if "notice" in line)


def sample(name, topic, connector="kafka"):
    """The proposal for a topic, and its rows by that very text."""
    d = daemon
    t = f"""CREATE TABLE {name} (k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
        'topic' = '{topic}', 'properties.bootstrap.servers' = '{broker.address}', 'key.format' = 'raw', 'value.format' = 'raw',
        'value.fields-include' = 'EXCEPT_KEY', 'scan.bounded.mode' = 'latest-offset');""" if connector == "upsert-kafka" else \
        table(name, "v STRING", topic, "'format' = 'raw'").replace("TEMPORARY ", "")
    d.sql(t)
    a = Sample(d.sql(f"DESCRIBE TABLE {name} FROM SAMPLE;"))
    lines = d.sql(f"DROP TABLE {name}; {a.text} SELECT * FROM {name};")
    assert "bad_records" not in lines[-1], (a.text, lines)
    names = [c["name"] for c in [line for line in lines if "columns" in line][-1]["columns"]]
    rows = [dict(zip(names, line["row"]), **({"op": line["op"]} if "op" in line else {})) for line in lines if "row" in line]
    return a, rows


def a_key_of_text_becomes_a_column():
    b, d = both()
    b.create("keyed", 3)
    for i in range(12):
        put("keyed", json.dumps({"n": i, "at": f"2026-01-01 00:00:{i:02}"}), f"k{i % 4}", i % 3)
    a, rows = sample("s1", "keyed")
    assert a.types == {"n": "BIGINT", "at": "TIMESTAMP(3)", "key": "STRING"}, a.types
    for part in ("'key.fields' = 'key'", "'key.format' = 'raw'", "'value.fields-include' = 'EXCEPT_KEY'", "WATERMARK FOR `at`"):
        assert part in a.text, (part, a.text)
    assert sorted((r["n"], r["key"]) for r in rows) == [(i, f"k{i % 4}") for i in range(12)], rows


def a_key_of_json_is_found_in_the_value_or_beside_it():
    b, d = both()
    b.create("within")
    for i in range(5):
        put("within", json.dumps({"n": i, "id": i % 2}), json.dumps({"id": i % 2}))
    a, rows = sample("s2", "within")
    assert a.types["id"] == "BIGINT" and "'key.fields' = 'id'" in a.text and "EXCEPT_KEY" not in a.text, a.text
    assert [(r["n"], r["id"]) for r in rows] == [(i, i % 2) for i in range(5)], rows
    b.create("beside")
    for i in range(5):
        put("beside", json.dumps({"id": f"other {i}"}), json.dumps({"id": i, "region": "x"}))
    a, rows = sample("s3", "beside")
    assert a.types["key_id"] == "BIGINT" and a.types["id"] == "STRING" and "'key.fields-prefix' = 'key_'" in a.text, a.text
    assert [(r["key_id"], r["key_region"], r["id"]) for r in rows] == [(i, "x", f"other {i}") for i in range(5)], rows


def tombstones_speak_for_upsert_kafka():
    b, d = both()
    b.create("gone")
    for i in range(6):
        put("gone", json.dumps({"n": i}), f"k{i % 3}")
    put("gone", None, "k0")
    a, rows = sample("s4", "gone")
    assert "1 of 7 records have a key and no value" in a.notices and len(rows) == 6, (a.notices, rows)
    a, rows = sample("s5", "gone", "upsert-kafka")
    assert "PRIMARY KEY (key) NOT ENFORCED" in a.text and "'connector' = 'upsert-kafka'" in a.text, a.text
    assert "WATERMARK" not in a.text, a.text
    held = {}
    for r in rows:
        if r["op"] in ("+I", "+U"):
            held[r["key"]] = r["n"]
        elif r["op"] == "-D":
            del held[r["key"]]
    assert held == {"k1": 4, "k2": 5}, rows


def changes_of_debezium_are_recognised():
    b, d = both()
    for name, wrap in (("plain", lambda c: c), ("enveloped", lambda c: {"schema": {"type": "struct"}, "payload": c})):
        b.create(name)
        put(name, json.dumps(wrap({"before": None, "after": {"id": 1, "name": "a"}, "op": "c", "ts_ms": 1})), '{"id": 1}')
        put(name, json.dumps(wrap({"before": {"id": 1, "name": "a"}, "after": {"id": 1, "name": None}, "op": "u", "ts_ms": 2})),
            '{"id": 1}')
        put(name, None, '{"id": 1}')
        a, rows = sample("s_" + name, name)
        assert a.types == {"id": "BIGINT", "name": "STRING"} and "'format' = 'debezium-json'" in a.text, a.text
        assert "PRIMARY KEY (id) NOT ENFORCED" in a.text and a.columns["id"][1] == "3 of 3", (a.text, a.columns)
        assert ("schema-include" in a.text) == (name == "enveloped"), a.text
        assert [(r["op"], r["id"], r["name"]) for r in rows][-1] == ("+I", 1, None), rows


def what_sluice_cannot_read_is_named():
    b, d = both()
    b.create("avro")
    b.put("avro", [b"\x00\x00\x00\x00\x07\x02\x10abc", b"\x00\x00\x00\x00\x07\x02\x10abd"])
    a, rows = sample("s6", "avro")
    assert a.types["message"] == "BYTES" and "(7)" in a.notices and "Avro" in a.notices, a.notices
    assert base64.b64decode(rows[0]["message"]).endswith(b"abc"), rows
    b.create("pixels")
    b.put("pixels", [b"\xff\xd8\xff\xe0", b"\x89PNG"])
    a, rows = sample("s7", "pixels")
    assert a.types["message"] == "BYTES" and "2 of 2 values are no text" in a.notices, a.notices
    b.create("bare")
    try:
        sample("s8", "bare")
        raise AssertionError("an empty topic has a sample")
    except SqlError as e:
        assert e.code == "no_sample" and "topic bare is empty" in e.end["message"], e.end
    try:
        sample("s9", "nowhere")
        raise AssertionError("a missing topic has a sample")
    except SqlError as e:
        assert e.code == "missing_topic", e.end


def the_newest_records_of_all_partitions_are_looked_at():
    b, d = both()
    b.create("long", 2)
    for p in (0, 1):
        b.put_lines("long", [json.dumps({"old": i}) for i in range(9000)], partition=p)
    b.put_lines("long", [json.dumps({"new": i}) for i in range(150)], partition=1)
    d.sql(table("s10", "v STRING", "long", "'format' = 'raw'"). replace("TEMPORARY ", ""))
    a = Sample(d.sql("DESCRIBE TABLE s10 FROM SAMPLE;"))
    assert a.types["new"] == "BIGINT" and "old" not in a.types and a.columns["new"][1] == "100 of 100", a.columns


main(json_rows_come_with_all_metadata, other_formats_come_with_metadata, upsert_kafka_gives_the_last_row_of_each_key,
     debezium_gives_its_changes, it_begins_where_the_table_or_the_hint_says, from_the_latest_offset_only_new_rows_come,
     it_leaves_nothing_behind, what_cannot_be_decoded_is_told_with_its_place, a_key_of_text_becomes_a_column,
     a_key_of_json_is_found_in_the_value_or_beside_it, tombstones_speak_for_upsert_kafka, changes_of_debezium_are_recognised,
     what_sluice_cannot_read_is_named, the_newest_records_of_all_partitions_are_looked_at)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad records of each kind (docs/manual: what happens to records), per format:
what becomes a row, what is skipped and counted, what goes to the table
`errors` with its offset, code and column."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Broker, Daemon, main, wait_for  # noqa: E402

broker = None
BIG = 4 * 1024 * 1024 + 1


def the_broker():
    global broker
    broker = broker or Broker("message.max.bytes=8388608", "replica.fetch.max.bytes=8388608")
    return broker


def run(topic, columns, fmt, values, expect_rows, options="", key=None):
    """Feeds the values and runs a bounded job: (rows out, errors, job)."""
    b = the_broker()
    b.create(topic)
    b.create(topic + "-out")
    b.put(topic, values)
    d = Daemon().start()
    names = ", ".join(c.split()[0] for c in columns.split(", "))
    d.sql(f"""
        CREATE TABLE src ({columns}, o BIGINT METADATA FROM 'offset' VIRTUAL)
        WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{b.address}',
              'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = '{fmt}' {options});
        CREATE TABLE dst ({columns}, o BIGINT)
        WITH ('connector' = 'kafka', 'topic' = '{topic}-out', 'properties.bootstrap.servers' = '{b.address}', 'format' = 'json');
        INSERT INTO dst SELECT {names}, o FROM src;""")
    job = d.wait_state("dst", "FINISHED", "FAILED", seconds=60)
    out = [json.loads(r) for r in b.read(topic + "-out")]
    errors = d.query_state("dst", "select offset, code, column_name, topic, partition, length(raw) as bytes from errors "
                           "order by offset")
    assert d.stop() == 0
    assert len(out) == expect_rows, out
    return out, errors, job


def bad(errors):
    return [(e["offset"], e["code"], e["column_name"]) for e in errors]


def json_records():
    values = ['{"s":"good","n":1}',      # 0
              None,                      # 1 tombstone: skipped
              "",                        # 2 empty: skipped
              b'{"s":"\xff","n":1}',     # 3 invalid UTF-8
              '{"s":"nul\\u0000","n":1}',  # 4 kept
              '{"s":5,"n":"12"}',        # 5 number into text, text that is a number
              '{"s":{"a":[1,2]},"n":1.9}',  # 6 nested into text, cut
              '{"s":"x","n":"abc"}',     # 7 text into a number
              '{"s":"x","n":',           # 8 broken
              '{"s":"x"}{"s":"y"}',      # 9 two documents
              "   ",                     # 10 blank
              "null",                    # 11
              "5",                       # 12 a scalar
              '{"s":"no n"}',            # 13 missing field: NULL
              '{"s":"more","n":1,"z":[{}]}',  # 14 too many: ignored
              '{"s":"' + "x" * BIG + '","n":1}']  # 15 too large
    out, errors, job = run("j", "s STRING, n INT", "json", values, 6)
    assert [(r["s"], r["n"], r["o"]) for r in out] == [
        ("good", 1, 0), ("nul\0", 1, 4), ("5", 12, 5), ('{"a":[1,2]}', 1, 6), ("no n", None, 13), ("more", 1, 14)], out
    assert bad(errors) == [
        (3, "invalid_utf8", None), (7, "invalid_field", "n"), (8, "invalid_json", None), (9, "invalid_json", None),
        (10, "invalid_json", None), (11, "invalid_json", None), (12, "invalid_json", None),
        (15, "record_too_large", None)], errors
    assert errors[-1]["bytes"] == 64 * 1024, "the first 64 KiB are kept"
    assert all(e["topic"] == "j" and e["partition"] == 0 for e in errors)
    assert job["bad_records"] == 8, job["bad_records"]
    assert job["skipped_records"] == 2, "the tombstone and the empty record"
    assert job["rows_in"] == 16, job["rows_in"]


def raw_records():
    values = ["good", None, b"\xff\xfe", "a\0b", '{"message":5}', "x" * BIG]
    out, errors, _ = run("r", "s STRING", "raw", values, 4)
    assert [(r["s"], r["o"]) for r in out] == [("good", 0), (None, 1), ("a\0b", 3), ('{"message":5}', 4)], out
    assert bad(errors) == [(2, "invalid_utf8", "s"), (5, "record_too_large", None)], errors


def csv_records():
    values = ["good,1", None, "", b"\xff,1", "a\0b,2", "x,abc", "only", "a,1,2", '"quo""ted",3', '"open,3']
    out, errors, _ = run("c", "s STRING, n INT", "csv", values, 3)
    assert [(r["s"], r["n"], r["o"]) for r in out] == [("good", 1, 0), ("a\0b", 2, 4), ('quo"ted', 3, 8)], out
    assert [(o, c) for o, c, _ in bad(errors)] == [
        (3, "invalid_utf8"), (5, "invalid_field"), (6, "invalid_csv"), (7, "invalid_csv"), (9, "invalid_csv")], errors


def on_error_skip_counts_and_keeps_nothing():
    out, errors, job = run("s", "s STRING, n INT", "json", ['{"s":"a","n":1}', "broken", '{"s":"b","n":"x"}'], 1,
                           ", 'scan.on-error' = 'skip'")
    assert errors == [] and len(out) == 1
    assert job["skipped_records"] == 2 and job["bad_records"] == 0, job


def on_error_fail_names_the_record():
    b = the_broker()
    for t in ("f", "f-out"):
        b.create(t)
    b.put("f", ['{"s":"a","n":1}', '{"s":"b","n":"x"}'])
    d = Daemon().start()
    d.sql(f"""
        CREATE TABLE src (s STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'f',
          'properties.bootstrap.servers' = '{b.address}', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json',
          'scan.on-error' = 'fail');
        CREATE TABLE hole (s STRING, n INT) WITH ('connector' = 'blackhole');
        INSERT INTO hole SELECT s, n FROM src;""")
    job = d.wait_state("hole", "FAILED")
    assert job["error"]["code"] == "invalid_field", job["error"]
    assert "n: cannot read 'x' as INT" in job["error"]["message"], job["error"]
    assert job["error"]["note"].startswith("topic f, partition 0, offset 1"), job["error"]
    assert d.stop() == 0


def ignored_parse_errors_become_null():
    out, errors, _ = run("i", "s STRING, n INT", "json", ['{"s":"a","n":"x"}', "broken", '{"s":"b","n":2}'], 2,
                         ", 'json.ignore-parse-errors' = 'true'")
    assert [(r["s"], r["n"]) for r in out] == [("a", None), ("b", 2)] and errors == [], (out, errors)


def a_select_counts_what_it_leaves_out():
    b = the_broker()
    b.create("sel")
    b.put("sel", ['{"s":"a"}', "broken", '{"s":"b"}'])
    d = Daemon().start()
    lines = d.sql(f"""
        CREATE TABLE src (s STRING) WITH ('connector' = 'kafka', 'topic' = 'sel',
          'properties.bootstrap.servers' = '{b.address}', 'scan.startup.mode' = 'earliest-offset',
          'scan.bounded.mode' = 'latest-offset', 'format' = 'json');
        SELECT s FROM src;""")
    assert [x["row"] for x in lines if "row" in x] == [["a"], ["b"]], lines
    assert lines[-1]["rows"] == 2 and lines[-1]["bad_records"] == 1, lines[-1]
    assert d.stop() == 0


main(json_records, raw_records, csv_records, on_error_skip_counts_and_keeps_nothing, on_error_fail_names_the_record,
     ignored_parse_errors_become_null, a_select_counts_what_it_leaves_out)

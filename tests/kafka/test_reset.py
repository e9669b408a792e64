#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ALTER JOB ... RESET OFFSETS on a real broker: each form, what it refuses,
and a daemon that is killed behind it and in the middle of it."""
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Broker, Daemon, SqlError, main, wait_for  # noqa: E402

broker = None


def the_broker():
    global broker
    broker = broker or Broker()
    return broker


def table(name, topic):
    return (f"CREATE TABLE {name} (k STRING, v BIGINT) WITH ('connector' = 'kafka', 'topic' = '{topic}', "
            f"'properties.bootstrap.servers' = '{the_broker().address}', 'format' = 'csv', "
            "'scan.startup.mode' = 'earliest-offset');")


SINK = "CREATE TABLE dst (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');"
INSERT = "INSERT INTO dst SELECT k, COUNT(*) FROM t GROUP BY k;"


def put(topic, n, partition=0, key="a"):
    the_broker().put_lines(topic, [f"{key},1"] * n, partition)


def counted(d, job="dst"):
    return d.query_state(job, "SELECT coalesce(sum(n), 0) AS n FROM group_aggregate_1")[0]["n"]


def offsets(d, job="dst"):
    return [tuple(r.values()) for r in
            d.query_state(job, 'SELECT source, "partition", next_offset FROM offsets ORDER BY 1, 2')]


def read_all(d, ends, job="dst"):
    """Lets the job read up to these ends, then pauses it."""
    d.sql(f"RESUME JOB '{job}';")
    wait_for("all is read", lambda: sorted(p["next_offset"] for p in d.job(job)["partitions"]) == sorted(ends)
             and d.job(job)["state"] == "RUNNING")
    d.sql(f"PAUSE JOB '{job}';")


def reset(d, to, job="dst"):
    lines = d.sql(f"ALTER JOB '{job}' RESET OFFSETS TO {to};")
    return ([tuple(x["row"]) for x in lines if "row" in x], " ".join(x["notice"] for x in lines if "notice" in x))


def refused(d, to, code, *words, job="dst"):
    try:
        reset(d, to, job)
    except SqlError as e:
        assert e.code == code and all(w in str(e.end) for w in words), e.end
        return
    raise AssertionError(f"not refused: {to}")


def a_job(topic, partitions=2):
    """A paused job that has read 10 records of partition 0 and 5 of 1."""
    the_broker().create(topic, partitions)
    put(topic, 10)
    put(topic, 5, 1, "b")
    d = Daemon().start()
    d.sql(table("t", topic) + SINK + INSERT)
    read_all(d, [10, 5])
    assert counted(d) == 15
    return d


def each_form_says_from_where_to_where_and_counts_from_there():
    d = a_job("forms")
    rows, notice = reset(d, "EARLIEST")
    assert rows == [("t", "forms", 0, 10, 0), ("t", "forms", 1, 5, 0)], rows
    assert "2 rows of 1 operator" in notice, notice
    assert counted(d) == 0
    read_all(d, [10, 5])
    assert counted(d) == 15
    put("forms", 100)  # not to be read
    assert reset(d, "LATEST")[0] == [("t", "forms", 0, 10, 110), ("t", "forms", 1, 5, 5)]
    put("forms", 2)
    read_all(d, [112, 5])
    assert counted(d) == 2
    assert reset(d, "'partition:0,offset:42; partition:1,offset:3'")[0] == [("t", "forms", 0, 112, 42),
                                                                            ("t", "forms", 1, 5, 3)]
    read_all(d, [112, 5])
    assert counted(d) == 72
    # Over a stretch, with all that was counted before.
    put("forms", 30)
    rows, notice = reset(d, "'partition:0,offset:130' KEEP STATE")
    assert rows == [("t", "forms", 0, 112, 130), ("t", "forms", 1, 5, 5)] and "stays" in notice, (rows, notice)
    read_all(d, [142, 5])
    assert counted(d) == 84
    time.sleep(0.05)
    at = time.time()
    time.sleep(0.05)
    put("forms", 7, 1, "c")
    text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03d}"
    assert reset(d, f"TIMESTAMP '{text}Z'")[0] == [("t", "forms", 0, 142, 142), ("t", "forms", 1, 5, 5)]
    read_all(d, [142, 12])
    assert counted(d) == 7
    local = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at + 9 * 3600)) + f".{int(at * 1000) % 1000:03d}"
    lines = d.sql("SET 'table.local-time-zone' = 'Asia/Tokyo'; "
                  f"ALTER JOB 'dst' RESET OFFSETS TO TIMESTAMP '{local}';")
    assert [x["row"][4] for x in lines if "row" in x] == [142, 5]
    assert reset(d, "TIMESTAMP '2020-01-01'")[0][0][4] == 0
    # To a broker -1 is no time but the end.
    assert reset(d, "TIMESTAMP '1969-12-31 23:59:59.999Z'")[0][0][4] == 0
    assert d.stop() == 0


def a_savepoint_rewinds_offsets_and_state_together():
    d = a_job("rewind")
    path = os.path.join(d.dir, "then.db")
    d.sql(f"CREATE SAVEPOINT '{path}' FOR JOB 'dst';")
    put("rewind", 20)
    read_all(d, [30, 5])
    assert counted(d) == 35
    rows, notice = reset(d, f"SAVEPOINT '{path}'")
    assert rows == [("t", "rewind", 0, 30, 10), ("t", "rewind", 1, 5, 5)] and "savepoint" in notice, (rows, notice)
    assert counted(d) == 15
    # What was read last is known again: a topic made anew would be noticed.
    crc = d.query_state("dst", "SELECT count(record_crc) AS n FROM offsets")
    assert crc == [{"n": 2}], crc
    read_all(d, [30, 5])
    assert counted(d) == 35
    assert d.stop() == 0


def a_table_moves_alone_where_it_shares_no_state():
    the_broker().create("one")
    the_broker().create("two")
    put("one", 4)
    put("two", 6)
    d = Daemon().start()
    d.sql(table("t", "one") + table("u", "two") + SINK + SINK.replace("dst", "dst2") +
          "SET 'pipeline.name' = 'both'; EXECUTE STATEMENT SET BEGIN INSERT INTO dst SELECT k, COUNT(*) FROM t GROUP BY k; "
          "INSERT INTO dst2 SELECT k, COUNT(*) AS m FROM u GROUP BY k; END;"
          "SET 'pipeline.name' = 'dst'; INSERT INTO dst SELECT k, COUNT(*) FROM "
          "(SELECT k FROM t UNION ALL SELECT k FROM u) GROUP BY k;")
    read_all(d, [4, 6], "both")
    read_all(d, [4, 6])
    rows, _ = reset(d, "EARLIEST FOR TABLE u", "both")
    assert rows == [("u", "two", 0, 6, 0)] and offsets(d, "both") == [("t", 0, 4), ("u", 0, 0)]
    read_all(d, [4, 6], "both")
    sums = d.query_state("both", "SELECT (SELECT n FROM group_aggregate_1) AS a, (SELECT m FROM group_aggregate_2) AS b")
    assert sums == [{"a": 4, "b": 6}], sums
    refused(d, "EARLIEST FOR TABLE u", "shared_state", "KEEP STATE", "FOR TABLE")
    refused(d, "'partition:0,offset:1'", "missing_option", "FOR TABLE")
    assert offsets(d) == [("t", 0, 4), ("u", 0, 6)] and counted(d) == 10
    reset(d, "EARLIEST FOR TABLE u KEEP STATE")
    read_all(d, [4, 6])
    assert counted(d) == 16
    reset(d, "EARLIEST")
    read_all(d, [4, 6])
    assert counted(d) == 10
    assert d.stop() == 0


def what_cannot_be_changes_nothing():
    d = a_job("errors")
    before = (offsets(d), counted(d))
    refused(d, "'partition:2,offset:0'", "unknown_partition", "0 to 1")
    refused(d, "'partition:0,offset:11'", "offset_out_of_range", "from 0 to 10")
    refused(d, "'partition:0;offset:11'", "invalid_literal", "partition:0,offset:42")
    refused(d, "'partition:0,offset:1;partition:0,offset:2'", "duplicate_name", "twice")
    refused(d, "EARLIEST FOR TABLE nope", "unknown_table", "it reads t")
    d.sql("RESUME JOB 'dst';")
    refused(d, "EARLIEST", "wrong_job_state", "PAUSE JOB 'dst'")
    d.sql("PAUSE JOB 'dst';")
    the_broker().kill()
    refused(d, "EARLIEST", "kafka", the_broker().address, "nothing was changed")
    assert (offsets(d), counted(d)) == before and d.job("dst")["state"] == "PAUSED"
    the_broker().resume()
    wait_for("the broker is back", lambda: reset(d, "EARLIEST")[0][0][4] == 0)
    read_all(d, [10, 5])
    assert counted(d) == 15
    d.sql(table("gone", "not-there") + "CREATE TABLE sink (k STRING) WITH ('connector' = 'blackhole');"
          "INSERT INTO sink SELECT k FROM gone;")
    d.wait_state("sink", "FAILED")
    refused(d, "LATEST", "missing_topic", "not-there", job="sink")
    assert d.stop() == 0


def a_kill_leaves_it_before_or_behind():
    d = a_job("kill")
    before, behind = [("t", 0, 10), ("t", 1, 5)], [("t", 0, 0), ("t", 1, 0)]
    reset(d, "EARLIEST")
    d.kill()
    d.start()
    assert offsets(d) == behind and counted(d) == 0
    read_all(d, [10, 5])
    seen = set()
    for _ in range(8):
        failed = threading.Thread(target=lambda: ignore(lambda: reset(d, "EARLIEST")))
        failed.start()
        time.sleep(random.random() * 0.15)
        d.kill()
        failed.join()
        d.start()
        state = (offsets(d), counted(d))
        assert state in ((before, 15), (behind, 0)), state
        seen.add(state[1])
        read_all(d, [10, 5])
        assert counted(d) == 15
    print(f"  found {sorted(seen)}", flush=True)
    assert d.stop() == 0


def ignore(call):
    try:
        call()
    except Exception:  # its daemon was killed
        pass


main(each_form_says_from_where_to_where_and_counts_from_there, a_savepoint_rewinds_offsets_and_state_together,
     a_table_moves_alone_where_it_shares_no_state, what_cannot_be_changes_nothing, a_kill_leaves_it_before_or_behind)

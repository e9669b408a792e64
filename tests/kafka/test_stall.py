#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""EXPLAIN STALL: for each reason why a job gives nothing, the words for it."""
import datetime
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Broker, Daemon, main, wait_for  # noqa: E402

broker = None
BASE = datetime.datetime(2026, 1, 1, 10)


def the_broker():
    global broker
    broker = broker or Broker()
    return broker


def rows(start_s, count, word="w"):
    return [json.dumps({"w": word, "n": 1, "ts": str(BASE + datetime.timedelta(seconds=start_s + i))})
            for i in range(count)]


def begin(topic, query, options="", partitions=1, create=True, address=None):
    """A daemon with the job dst, which reads `topic` by the table src."""
    if create:
        the_broker().create(topic, partitions)
        the_broker().create(topic + "-out")
    d = Daemon().start()
    d.sql(f"""
        CREATE TABLE src (w STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
        WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{address or the_broker().address}',
              'scan.startup.mode' = 'earliest-offset', 'format' = 'json' {options});
        CREATE TABLE dst (w STRING, n BIGINT)
        WITH ('connector' = 'kafka', 'topic' = '{topic}-out', 'properties.bootstrap.servers' = '{the_broker().address}',
              'format' = 'json');
        INSERT INTO dst {query};""")
    return d


COPY = "SELECT w, n FROM src"
MINUTES = """SELECT w, COUNT(*) FROM TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '1' MINUTE)
             GROUP BY w, window_start, window_end"""


def why(d):
    return "\n".join(row[0] for row in d.rows("EXPLAIN STALL 'dst';"))


def says(d, *words):
    """Waits until the answer has all of these words."""
    answers = []

    def told():
        answers[:] = [why(d)]
        return all(w in answers[0] for w in words)

    try:
        wait_for(f"{words} in the answer", told)
    except AssertionError as e:
        raise AssertionError(f"{e}\nit says:\n{answers[0]}") from None
    assert d.stop() == 0


def brokers_that_are_not_there_are_named():
    says(begin("away", COPY, address="127.0.0.1:9"), "src: ", "127.0.0.1:9")


def a_topic_that_is_missing():
    d = begin("there", COPY)
    d.sql("DROP JOB 'dst'; DROP TABLE src;")
    d.sql(f"""CREATE TABLE src (w STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'nowhere', 'format' = 'json',
              'scan.startup.mode' = 'earliest-offset', 'properties.bootstrap.servers' = '{the_broker().address}');
              INSERT INTO dst SELECT w, n FROM src;""")
    says(d, "nowhere")


def a_topic_that_is_empty():
    says(begin("empty", COPY, partitions=3), "src: the topic empty is empty (3 partitions)")


def a_job_that_began_at_the_end():
    the_broker().create("ended", 1)
    the_broker().put_lines("ended", rows(0, 5))
    d = Daemon().start()
    d.sql(f"""CREATE TABLE src (w STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'ended', 'format' = 'json',
              'scan.startup.mode' = 'latest-offset', 'properties.bootstrap.servers' = '{the_broker().address}');
              CREATE TABLE dst (w STRING, n BIGINT) WITH ('connector' = 'blackhole');
              INSERT INTO dst SELECT w, n FROM src;""")
    says(d, "began at the end of ended", "earliest-offset")


def rows_that_are_all_filtered():
    d = begin("filtered", COPY + " WHERE n > 5")
    the_broker().put_lines("filtered", rows(0, 20))
    says(d, "all 20 rows were filtered out", "n > 5")


def records_that_are_all_bad():
    d = begin("bad", COPY)
    the_broker().put_lines("bad", ["no json"] * 7)
    says(d, "all 7 records are bad", "invalid_json", "SHOW ERRORS FOR JOB 'dst'")


def a_partition_that_holds_the_watermark_back():
    d = begin("held", MINUTES, options=", 'scan.watermark.idle-timeout' = '1 h'", partitions=2)
    the_broker().put_lines("held", rows(0, 300), 0)
    the_broker().put_lines("held", rows(0, 5), 1)
    says(d, "partition 1 of held holds the watermark back at 2026-01-01T10:00:04", "scan.watermark.idle-timeout")


def a_partition_that_has_given_no_time():
    d = begin("timeless", MINUTES, options=", 'scan.watermark.idle-timeout' = '1 h'", partitions=2)
    the_broker().put_lines("timeless", rows(0, 300), 0)
    says(d, "no watermark has come yet", "partition 1 of timeless holds the watermark back: no row with a time")


def windows_that_are_not_closed_yet():
    d = begin("open", MINUTES)
    the_broker().put_lines("open", rows(0, 70))
    says(d, "windows are open, the next one ends at 2026-01-01T10:02:00", "the watermark is at 2026-01-01T10:01:09")


def rows_that_are_late():
    d = begin("late", MINUTES)
    the_broker().put_lines("late", rows(3600, 1))
    wait_for("the first is read", lambda: d.job("dst")["rows_in"] == 1)
    the_broker().put_lines("late", rows(0, 5))
    wait_for("they are late", lambda: d.job("dst")["rows_late"] == 5)
    says(d, "window_aggregate_1: 5 of 6 rows came after their windows had closed", "windows are open")


def a_job_that_is_paused():
    d = begin("paused", COPY)
    d.wait_state("dst", "RUNNING")
    d.sql("PAUSE JOB 'dst';")
    says(d, "the job is paused: RESUME JOB 'dst' goes on")


def a_job_that_has_failed():
    d = Daemon().start()
    d.sql("""CREATE TABLE src (w STRING) WITH ('connector' = 'filesystem', 'path' = '/nowhere/at/all', 'format' = 'raw');
             CREATE TABLE dst (w STRING) WITH ('connector' = 'blackhole');
             INSERT INTO dst SELECT w FROM src;""")
    d.wait_state("dst", "FAILED")
    says(d, "the job has failed: ", "/nowhere/at/all")


def a_job_that_is_well_says_so():
    d = begin("well", COPY)
    the_broker().put_lines("well", rows(0, 3))
    says(d, "all that well has is read", "3 rows have been written")


main(brokers_that_are_not_there_are_named, a_topic_that_is_missing, a_topic_that_is_empty, a_job_that_began_at_the_end,
     rows_that_are_all_filtered, records_that_are_all_bad, a_partition_that_holds_the_watermark_back,
     a_partition_that_has_given_no_time, windows_that_are_not_closed_yet, rows_that_are_late, a_job_that_is_paused,
     a_job_that_has_failed, a_job_that_is_well_says_so)

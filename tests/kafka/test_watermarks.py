#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time on a real broker: partitions that are behind, idle or ahead of their
time, a filter that drops everything, and one read for three queries."""
import datetime
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import experiment  # noqa: E402
from sluice import Broker, Daemon, main, wait_for  # noqa: E402

broker = None


def the_broker():
    global broker
    broker = broker or Broker()
    return broker


def at(text):
    return datetime.datetime.fromisoformat("2026-01-01 " + text)


def rows(start, count, step_s=1, word="w"):
    return [json.dumps({"w": word, "at": str(start + datetime.timedelta(seconds=i * step_s))}) for i in range(count)]


def tables(topic, options=""):
    return f"""
        CREATE TABLE src (w STRING, `at` TIMESTAMP(3), WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND)
        WITH ('connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{the_broker().address}',
              'scan.startup.mode' = 'earliest-offset', 'format' = 'json' {options});
        CREATE TABLE dst (e TIMESTAMP(3), n BIGINT)
        WITH ('connector' = 'kafka', 'topic' = '{topic}-out', 'properties.bootstrap.servers' = '{the_broker().address}',
              'format' = 'json');"""


COUNT = """SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(`at`), INTERVAL '1' MINUTE)) {where}
           GROUP BY window_start, window_end"""


def begin(topic, options="", partitions=2, where=""):
    the_broker().create(topic, partitions)
    the_broker().create(topic + "-out")
    d = Daemon().start()
    d.sql(tables(topic, options) + "INSERT INTO dst " + COUNT.format(where=where) + ";")
    d.wait_state("dst", "RUNNING")
    return d


def results(topic):
    return {r["e"][11:]: r["n"] for r in map(json.loads, the_broker().read(topic + "-out"))}


def all_read(d, n):
    wait_for("all is read", lambda: d.job("dst")["rows_in"] >= n)


def a_partition_an_hour_behind_is_not_late():
    d = begin("behind")
    the_broker().put_lines("behind", rows(at("10:00:00"), 300), 0)
    the_broker().put_lines("behind", rows(at("09:00:00"), 300), 1)
    all_read(d, 600)
    wait_for("the hour behind closes", lambda: "09:04:00" in results("behind"))
    got = results("behind")
    assert got == {f"09:0{m}:00": 60 for m in range(1, 5)}, got
    the_broker().put_lines("behind", rows(at("09:05:00"), 3600, 1), 1)
    wait_for("it catches up", lambda: "10:04:00" in results("behind"))
    got = results("behind")
    assert got["10:01:00"] == 120 and got["09:30:00"] == 60, got
    assert d.job("dst")["rows_late"] == 0
    assert d.stop() == 0


def an_idle_partition_holds_time_until_its_timeout():
    d = begin("idle", ", 'scan.watermark.idle-timeout' = '2 s'")
    the_broker().put_lines("idle", rows(at("10:00:00"), 300), 0)
    all_read(d, 300)
    assert results("idle") == {}, "nothing may close before the timeout"
    wait_for("the timeout lets time go on", lambda: "10:04:00" in results("idle"))
    assert results("idle") == {f"10:0{m}:00": 60 for m in range(1, 5)}
    idle = [p for p in d.job("dst")["partitions"] if p["idle_since"]]
    assert [p["partition"] for p in idle if p["next_offset"] in (0, -1)] == [1], d.job("dst")["partitions"]
    assert d.stop() == 0


def without_a_timeout_an_idle_partition_holds_time():
    d = begin("held", ", 'scan.watermark.idle-timeout' = '0 s'")
    the_broker().put_lines("held", rows(at("10:00:00"), 300), 0)
    all_read(d, 300)
    time.sleep(3)
    assert results("held") == {}
    assert d.job("dst")["watermark"] is None
    assert d.stop() == 0


def a_timestamp_far_ahead_does_not_move_time():
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
    d = begin("future", partitions=1)
    the_broker().put_lines("future", rows(now - datetime.timedelta(minutes=10), 200), 0)
    the_broker().put_lines("future", rows(now + datetime.timedelta(hours=2), 1), 0)
    the_broker().put_lines("future", rows(now - datetime.timedelta(minutes=6, seconds=40), 200), 0)
    all_read(d, 401)
    wait_for("windows of the second half", lambda: sum(results("future").values()) >= 300)
    assert d.job("dst")["rows_late"] == 0, "rows behind the future one are not late"
    ends = [json.loads(r)["e"] for r in the_broker().read("future-out")]
    assert max(ends) <= str(now), f"the row of the future closed a window: {ends}"
    assert d.stop() == 0


def a_filter_that_drops_everything_lets_time_pass():
    d = begin("dropped", partitions=1, where="WHERE w = 'never'")
    the_broker().put_lines("dropped", rows(at("10:00:00"), 300), 0)
    all_read(d, 300)
    wait_for("the watermark passes the filter", lambda: (d.job("dst")["watermark"] or "")[:19] == "2026-01-01T10:04:54")
    assert results("dropped") == {}
    # One row that passes and one that closes its window: only its own comes.
    the_broker().put_lines("dropped", rows(at("10:05:30"), 1, word="never") + rows(at("10:07:00"), 1), 0)
    wait_for("its window closes", lambda: results("dropped") == {"10:06:00": 1})
    assert d.stop() == 0


def received_bytes(d):
    """What came over the daemon's connections to the broker, as the kernel counts."""
    out = subprocess.run(["ss", "-tinpH", "dport", "=", f":{the_broker().port}"], capture_output=True, text=True,
                         check=True).stdout
    total = 0
    for head, info in zip(out.splitlines()[::2], out.splitlines()[1::2]):
        if f"pid={d.child.pid}," in head:
            m = re.search(r"bytes_received:(\d+)", info)
            total += int(m[1]) if m else 0
    return total


def three_queries_share_one_read():
    words = 400_000
    the_broker().create("words")
    for t in experiment.TOPICS[1:]:
        the_broker().create(t)
    the_broker().feed("words", words, f"start-ms={experiment.START_MS}", "step-us=1000")
    d = Daemon().start()
    d.sql(experiment.script(the_broker().address))
    wait_for("all is read", lambda: d.job("words")["rows_in"] == words and d.job("words")["lag"] == 0)
    time.sleep(0.5)
    fetched, size = received_bytes(d), the_broker().topic_bytes("words")
    print(f"  {fetched} bytes fetched of a topic of {size}", flush=True)
    assert 0 < fetched < 1.2 * size, (fetched, size)
    windows = [o for o in d.job("words")["operators"] if o["name"].startswith("window_aggregate")]
    assert sorted(o["pane_updates"] for o in windows) == sorted(o["rows_in"] for o in windows), windows
    assert sum(1 for o in windows if o["pane_updates"] == words) == 2, windows
    assert d.stop() == 0


main(a_partition_an_hour_behind_is_not_late, an_idle_partition_holds_time_until_its_timeout,
     without_a_timeout_an_idle_partition_holds_time, a_timestamp_far_ahead_does_not_move_time,
     a_filter_that_drops_everything_lets_time_pass, three_queries_share_one_read)

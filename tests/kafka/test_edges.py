#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The edges of a real broker: away for long, topics missing, deleted, made
anew, records gone, partitions added, records too large. A job goes on by
itself where that is exact, and stops with its choices where it is not."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Broker, Daemon, LONG, main, wait_for  # noqa: E402

broker = None
daemon = None


def the_broker():
    global broker
    broker = broker or Broker("authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                              "allow.everyone.if.no.acl.found=true")
    return broker


def the_daemon():
    """One for all tests that need none of their own; each has its own job."""
    global daemon
    daemon = daemon or Daemon(["kafka.inflight-bytes=1mb"]).start()
    return daemon


def source(name, topic, options=""):
    return f"""CREATE TABLE {name} (k STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = '{topic}',
        'properties.bootstrap.servers' = '{the_broker().address}', 'scan.startup.mode' = 'earliest-offset',
        'properties.metadata.max.age.ms' = '1000', 'properties.reconnect.backoff.max.ms' = '300',
        'format' = 'json' {options});"""


def sums(name, topic):
    return f"""CREATE TABLE {name} (k STRING, rows_in BIGINT, total BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH (
        'connector' = 'upsert-kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{the_broker().address}',
        'key.format' = 'json', 'value.format' = 'json');"""


def begin(topic, options="", partitions=1, first=200, create=True):
    """The job `topic`: sums of each key of the topic, into topic-sums."""
    if create:
        the_broker().create(topic, partitions)
    the_broker().create(topic + "-sums")
    if first:
        put(topic, 0, first)
    d = the_daemon()
    d.sql(f"SET 'pipeline.name' = '{topic}'; SET 'execution.checkpointing.interval' = '200 ms';"
          + source(topic + "_in", topic, options) + sums(topic + "_out", topic + "-sums")
          + f"INSERT INTO {topic}_out SELECT k, COUNT(*), SUM(n) FROM {topic}_in GROUP BY k;")
    if first:
        has_read(topic, first)
    return d


def put(topic, start, end, partition=0):
    the_broker().put_lines(topic, [json.dumps({"k": f"k{i % 7}", "n": i}) for i in range(start, end)], partition)


def has_read(topic, rows):
    d = the_daemon()
    wait_for(f"{rows} rows are read", lambda: d.job(topic)["rows_in"] == rows and d.job(topic)["state"] == "RUNNING")


def results(topic):
    last = {}
    for _, value in the_broker().read(topic + "-sums", keys=True):
        v = json.loads(value)
        last[v["k"]] = (v["rows_in"], v["total"])
    return last


def expect_sums(topic, numbers):
    want = {}
    for i in numbers:
        rows, total = want.get(f"k{i % 7}", (0, 0))
        want[f"k{i % 7}"] = (rows + 1, total + i)
    wait_for(f"exact sums of {topic}", lambda: results(topic) == want, every=0.3)


def stops(topic, code, *words):
    """Waits until the job has failed with all of these words in its cause or
    in what can be done."""
    d = the_daemon()
    j = d.wait_state(topic, "FAILED", seconds=60)
    text = j["error"]["message"] + " | " + why(topic)
    assert j["error"]["code"] == code, j
    for w in words:
        assert w in text, f"{w!r} is not in: {text}"


def why(topic):
    return "\n".join(row[0] for row in the_daemon().rows(f"EXPLAIN STALL '{topic}';"))


def reason(d, name):
    return d.job(name)["reason"] or ""


def halt(topic):
    the_daemon().sql(f"STOP JOB '{topic}';")


def resume(topic):
    the_daemon().sql(f"RESUME JOB '{topic}';")


# ---- topics ----

def a_missing_topic_is_told_and_works_once_it_is_there():
    d = begin("absent", create=False, first=0)
    stops("absent", "missing_topic", "kafka-topics.sh", "--create --topic absent", "RESUME JOB 'absent'")
    the_broker().create("absent")
    resume("absent")
    put("absent", 0, 50)
    has_read("absent", 50)
    expect_sums("absent", range(50))
    d.sql("DROP JOB 'absent';")


def a_topic_deleted_under_way_ends_its_job_and_its_threads():
    d = the_daemon()
    before = d.threads()
    begin("deleted")
    the_broker().admin("delete", "deleted")
    stops("deleted", "missing_topic", "deleted", "RESUME JOB 'deleted'")
    assert d.threads() <= before, "a client of the job was left behind"


def a_shorter_topic_of_the_same_name_is_noticed():
    begin("shorter")
    halt("shorter")
    the_broker().recreate("shorter")
    put("shorter", 0, 5)
    resume("shorter")
    stops("shorter", "data_lost", "recreated", "200", "RESET OFFSETS")


def a_longer_topic_of_the_same_name_is_noticed():
    begin("longer")
    halt("longer")
    the_broker().recreate("longer")
    put("longer", 1000, 1500)
    resume("longer")
    stops("longer", "data_lost", "recreated", "offset 200", "RESET OFFSETS")
    the_daemon().sql("ALTER JOB 'longer' RESET OFFSETS TO EARLIEST;")
    resume("longer")
    expect_sums("longer", range(1000, 1500))


def a_topic_made_anew_under_way_is_noticed():
    begin("anew")
    the_broker().recreate("anew")
    put("anew", 1000, 1500)
    stops("anew", "data_lost", "recreated", "RESET OFFSETS")


def a_topic_made_anew_with_fewer_partitions_is_noticed():
    begin("fewer", partitions=2)
    put("fewer", 200, 250, partition=1)
    has_read("fewer", 250)
    the_broker().recreate("fewer")
    stops("fewer", "data_lost", "topic", "'fewer'", "recreated", "RESET OFFSETS")


# ---- records that are gone ----

def records_deleted_before_they_were_read_stop_the_job():
    begin("gone")
    halt("gone")
    put("gone", 200, 300)
    the_broker().admin("trim", "gone", 0, 250)
    resume("gone")
    stops("gone", "data_lost", "records 200..249 of topic 'gone', partition 0, are gone", "RESET OFFSETS")
    the_daemon().sql("ALTER JOB 'gone' RESET OFFSETS TO EARLIEST KEEP STATE;")
    resume("gone")
    expect_sums("gone", [*range(200), *range(250, 300)])


def records_deleted_are_counted_where_the_table_says_so():
    d = begin("skipped", options=", 'scan.on-loss' = 'skip'")
    halt("skipped")
    put("skipped", 200, 300)
    the_broker().admin("trim", "skipped", 0, 250)
    resume("skipped")
    has_read("skipped", 250)
    expect_sums("skipped", [*range(200), *range(250, 300)])
    assert "records 200..249" in d.log()
    assert d.job("skipped")["records_lost"] == 50, d.job("skipped")
    assert 'sluice_job_records_lost_total{job="skipped"} 50' in d.get("/metrics").decode()
    assert any("50" in str(row) and "lost" in str(row) for row in d.rows("DESCRIBE JOB 'skipped';"))


# ---- partitions ----

def partitions_added_are_read_from_their_beginning():
    d = begin("added", options=", 'scan.topic-partition-discovery.interval' = '300 ms'")
    the_broker().admin("partitions", "added", 2)
    put("added", 200, 300, partition=1)
    has_read("added", 300)
    halt("added")
    the_broker().admin("partitions", "added", 3)
    put("added", 300, 400, partition=2)
    resume("added")
    has_read("added", 400)
    expect_sums("added", range(400))
    d.sql("DROP JOB 'added';")


def a_partition_added_does_not_turn_time_back():
    the_broker().create("timed")
    the_broker().create("timed-out")
    d = the_daemon()

    def at(second, partition=0):
        the_broker().put_lines("timed", [json.dumps({"k": "a", "n": 1, "ts": f"2026-01-01 10:{second // 60:02}:"
                                                     f"{second % 60:02}"})], partition)

    d.sql(f"""CREATE TABLE timed_in (k STRING, n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (
        'connector' = 'kafka', 'topic' = 'timed', 'properties.bootstrap.servers' = '{the_broker().address}',
        'scan.startup.mode' = 'earliest-offset', 'format' = 'json', 'scan.watermark.idle-timeout' = '1 h',
        'scan.topic-partition-discovery.interval' = '300 ms');
        CREATE TABLE timed_out (ends TIMESTAMP(3), total BIGINT) WITH ('connector' = 'kafka', 'topic' = 'timed-out',
        'properties.bootstrap.servers' = '{the_broker().address}', 'format' = 'json');
        SET 'pipeline.name' = 'timed';
        INSERT INTO timed_out SELECT window_end, SUM(n)
        FROM TUMBLE(TABLE timed_in, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;""")
    at(10)
    at(70)
    wait_for("the first window", lambda: len(the_broker().read("timed-out")) == 1, every=0.3)
    before = d.job("timed")["watermark"]
    the_broker().admin("partitions", "timed", 2)
    wait_for("the partition is found", lambda: len(d.job("timed")["partitions"]) == 2)
    assert d.job("timed")["watermark"] == before
    at(80, partition=1)   # what comes at the time of the others counts
    at(150)
    at(151, partition=1)
    wait_for("the second window", lambda: len(the_broker().read("timed-out")) == 2, every=0.3)
    assert [json.loads(r)["total"] for r in the_broker().read("timed-out")] == [1, 2]
    assert d.job("timed")["rows_late"] == 0
    d.sql("DROP JOB 'timed';")


# ---- sizes ----

def a_message_over_the_clients_limit_says_so():
    the_broker().create("fat", 1, "max.message.bytes=4000000")
    begin("fat", create=False, options=", 'properties.receive.message.max.bytes' = '1100000', 'properties.fetch.max.bytes' = '1000000'")
    the_broker().put("fat", [json.dumps({"k": "x" * 2000000, "n": 1})])
    d = the_daemon()
    wait_for("the client's own words", lambda: "receive.message.max.bytes" in why("fat")
             and "receive.message.max.bytes" in reason(d, "fat"))
    d.sql("DROP JOB 'fat';")


def a_result_over_the_topics_limit_is_named():
    the_broker().create("narrow-sums", 1, "max.message.bytes=2000")
    the_broker().create("narrow")
    the_broker().put("narrow", [json.dumps({"k": "y" * 5000, "n": 1})])
    d = the_daemon()
    d.sql("SET 'pipeline.name' = 'narrow';" + source("narrow_in", "narrow") + sums("narrow_out", "narrow-sums")
          + "INSERT INTO narrow_out SELECT k, COUNT(*), SUM(n) FROM narrow_in GROUP BY k;")
    stops("narrow", "row_too_large", "narrow-sums", 'key {"k":"yyyy', "max.message.bytes")


# ---- sinks ----

def a_missing_sink_topic_is_told_before_any_row_and_works_once_it_is_there():
    the_broker().create("copied")
    d = the_daemon()
    d.sql("SET 'pipeline.name' = 'copied';" + source("copied_in", "copied") + sums("copied_out", "copied-sums")
          + "INSERT INTO copied_out SELECT k, COUNT(*), SUM(n) FROM copied_in GROUP BY k;")
    stops("copied", "missing_topic", "--create --topic copied-sums", "RESUME JOB 'copied'")
    the_broker().create("copied-sums")
    resume("copied")
    put("copied", 0, 20)
    expect_sums("copied", range(20))
    d.sql("DROP JOB 'copied';")


def a_sink_topic_deleted_under_way_ends_its_job():
    begin("cut", first=50)
    expect_sums("cut", range(50))
    the_broker().admin("delete", "cut-sums")
    put("cut", 50, 60)
    stops("cut", "missing_topic", "--create --topic cut-sums", "RESUME JOB 'cut'")
    the_broker().create("cut-sums")
    put("cut", 60, 70)
    resume("cut")
    has_read("cut", 70)


# ---- rights ----

def rights_withdrawn_end_the_job_and_name_what_is_needed():
    begin("secret", first=50)
    the_broker().admin("deny", "secret")
    stops("secret", "kafka", "topic 'secret'", "authorization failed", "Describe and Read", "kafka-acls.sh")
    resume("secret")  # not there at the start either
    stops("secret", "kafka", "topic 'secret'", "authorization failed")
    the_broker().admin("allow", "secret")
    put("secret", 50, 60)
    resume("secret")
    has_read("secret", 60)
    the_broker().admin("deny", "secret-sums")
    put("secret", 60, 70)
    stops("secret", "kafka", "topic 'secret-sums'", "authorization failed", "Describe and Write")
    the_broker().admin("allow", "secret-sums")
    resume("secret")
    expect_sums("secret", range(70))


# ---- a broker that is away ----

def a_broker_away_is_waited_for_and_nothing_is_lost():
    d = begin("away", first=500)
    the_broker().create("numbers")
    d.sql(f"""CREATE TABLE counted (n BIGINT, pad STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '20000',
        'number-of-rows' = '60000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '59999',
        'fields.pad.length' = '100');
        CREATE TABLE numbers (n BIGINT, pad STRING) WITH ('connector' = 'kafka', 'topic' = 'numbers', 'format' = 'json',
        'properties.bootstrap.servers' = '{the_broker().address}');
        INSERT INTO numbers SELECT n, pad FROM counted;""")
    wait_for("rows are written", lambda: d.job("numbers")["rows_out"] > 5000)
    the_broker().kill()
    j = d.wait_state("away", "CONNECTING")
    wait_for("its words", lambda: "Connection refused" in reason(d, "away"))
    # Between two tries the client says that it is connecting.
    wait_for("EXPLAIN STALL has them", lambda: "Connection refused" in why("away"))
    wait_for("SHOW JOBS has them", lambda: any(
        row[0] == "away" and "CONNECTING" in row and "Connection refused" in str(row) for row in d.rows("SHOW JOBS;")))
    d.wait_state("numbers", "BLOCKED")
    wait_for("its words", lambda: "Connection refused" in reason(d, "numbers"))
    assert "Connection refused" in why("numbers")
    before, written = d.rss_kib(), d.job("numbers")["rows_out"]
    if LONG:  # minutes of it
        time.sleep(180)
    # A daemon that starts without any broker is ready, and its jobs wait.
    other = Daemon().start()
    other.sql(source("alone_in", "away") + "CREATE TABLE alone (k STRING, n BIGINT) WITH ('connector' = 'blackhole');"
              "INSERT INTO alone SELECT k, n FROM alone_in;")
    other.wait_state("alone", "CONNECTING")
    other.stop()
    other.start()
    other.wait_state("alone", "CONNECTING")
    wait_for("its words", lambda: "Connection refused" in reason(other, "alone"))
    assert d.job("numbers")["rows_out"] == written
    assert d.rss_kib() < before + 16 * 1024, (before, d.rss_kib())
    the_broker().resume()
    d.wait_state("away", "RUNNING", seconds=60)
    put("away", 500, 700)
    has_read("away", 700)
    expect_sums("away", range(700))
    d.wait_state("numbers", "FINISHED", seconds=60)
    got = sorted(json.loads(r)["n"] for r in the_broker().read("numbers"))
    assert got == list(range(60000)), len(got)
    wait_for("the other has read all", lambda: other.job("alone")["rows_in"] == 700, 60)
    assert other.stop() == 0


def the_daemon_ends_well():
    assert the_daemon().stop() == 0, the_daemon().log()[-2000:]


main(a_missing_topic_is_told_and_works_once_it_is_there, a_topic_deleted_under_way_ends_its_job_and_its_threads,
     a_shorter_topic_of_the_same_name_is_noticed, a_longer_topic_of_the_same_name_is_noticed,
     a_topic_made_anew_under_way_is_noticed, a_topic_made_anew_with_fewer_partitions_is_noticed,
     records_deleted_before_they_were_read_stop_the_job,
     records_deleted_are_counted_where_the_table_says_so, partitions_added_are_read_from_their_beginning,
     a_partition_added_does_not_turn_time_back, a_message_over_the_clients_limit_says_so,
     a_result_over_the_topics_limit_is_named,
     a_missing_sink_topic_is_told_before_any_row_and_works_once_it_is_there,
     a_sink_topic_deleted_under_way_ends_its_job, rights_withdrawn_end_the_job_and_name_what_is_needed, a_broker_away_is_waited_for_and_nothing_is_lost,
     the_daemon_ends_well)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A bad network between job and broker: connections cut, replies late, lost,
halved or damaged, a broker that accepts and never answers. Whatever happens,
the job goes on by itself, sums are exact and every row has been written."""
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from kafka_proxy import KafkaProxy  # noqa: E402
from sluice import Broker, Daemon, LONG, main, wait_for  # noqa: E402

SECONDS = 60 if LONG else 3  # of trouble in each test
STEP = 500                   # rows that are put at once

proxy = KafkaProxy()
broker = None
daemon = None


def the_broker():
    global broker
    broker = broker or Broker(via=proxy)
    return broker


def the_daemon():
    global daemon
    daemon = daemon or Daemon().start()
    return daemon


def begin(name, options=""):
    """The job `name`, which reaches its broker by the proxy only: the sums of
    each key as upserts, and every row as it is."""
    for topic in (name, name + "-sums", name + "-rows"):
        the_broker().create(topic)
    kafka = (f"'properties.bootstrap.servers' = '{proxy.address}', 'properties.reconnect.backoff.max.ms' = '300'"
             + options)
    d = the_daemon()
    d.sql(f"""SET 'pipeline.name' = '{name}'; SET 'execution.checkpointing.interval' = '300 ms';
        SET 'restart-strategy.exponential-delay.initial-backoff' = '100 ms';
        CREATE TABLE {name}_in (k STRING, n BIGINT) WITH ('connector' = 'kafka', 'topic' = '{name}', {kafka},
            'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
        CREATE TABLE {name}_sums (k STRING, rows_in BIGINT, total BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH (
            'connector' = 'upsert-kafka', 'topic' = '{name}-sums', {kafka}, 'key.format' = 'json', 'value.format' = 'json');
        CREATE TABLE {name}_rows (n BIGINT) WITH ('connector' = 'kafka', 'topic' = '{name}-rows', {kafka}, 'format' = 'json');
        EXECUTE STATEMENT SET BEGIN
        INSERT INTO {name}_sums SELECT k, COUNT(*), SUM(n) FROM {name}_in GROUP BY k;
        INSERT INTO {name}_rows SELECT n FROM {name}_in; END;""")
    put(name, 0)
    wait_for("the job runs", lambda: d.job(name)["rows_in"] == STEP and d.job(name)["state"] == "RUNNING")
    return d


def put(topic, step):
    first = step * STEP
    the_broker().put_lines(topic, [json.dumps({"k": f"k{i % 13}", "n": i}) for i in range(first, first + STEP)])


def feed(topic, steps, pause=0.0):
    """Puts steps 1, 2, ... in a thread; the caller joins it."""
    def run():
        for step in range(1, steps + 1):
            put(topic, step)
            time.sleep(pause)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def sums(name):
    last = {}
    for _, value in the_broker().read(name + "-sums", keys=True):
        v = json.loads(value)
        last[v["k"]] = (v["rows_in"], v["total"])
    return last


def exact(name, steps, lives=1):
    """All steps (from 0 on) are summed exactly and written; once, where no
    life of the job has ended: it had `lives`, and its restarts."""
    d = the_daemon()
    numbers = range((steps + 1) * STEP)
    want = {f"k{r}": (len(numbers[r::13]), sum(numbers[r::13])) for r in range(13)}
    try:
        wait_for("all is read", lambda: d.job(name)["rows_in"] >= len(numbers), 60)
        wait_for("exact sums", lambda: sums(name) == want, 60, every=0.3)
        wait_for("all rows are written", lambda: len(the_broker().read(name + "-rows")) >= len(numbers), 60, every=0.3)
    except AssertionError as e:
        raise AssertionError(f"{e}\n{d.job(name)}\n{d.log()[-3000:]}") from None
    got = [json.loads(r)["n"] for r in the_broker().read(name + "-rows")]
    assert set(got) == set(numbers)
    assert len(got) == len(numbers) or lives + d.job(name)["restarts"] > 1, len(got) - len(numbers)
    j = d.wait_state(name, "RUNNING")
    wait_for("no complaint is left", lambda: not d.job(name)["reason"])
    print(f"  {len(got) - len(numbers)} rows came twice, {j['restarts']} restarts", flush=True)
    d.sql(f"DROP JOB '{name}';")


def says(name, *words):
    """Waits until state and reason have one of the words."""
    d = the_daemon()

    def told():
        j = d.job(name)
        stall = "\n".join(row[0] for row in d.rows(f"EXPLAIN STALL '{name}';"))
        return j["state"] != "RUNNING" and any(w in (j["reason"] or "") and w in stall for w in words) and j

    return wait_for(f"{name} says {' or '.join(words)}", told, 60)


def connections_are_cut():
    begin("cut")
    steps = int(SECONDS / 0.3)
    feeder = feed("cut", steps, 0.2)
    proxy.cut_every(0.2, 1, SECONDS)
    feeder.join()
    assert proxy.cuts > 0
    exact("cut", steps)


def replies_come_late():
    begin("late")
    proxy.set(delay=(1, 3))
    feeder = feed("late", 5, 0.1)
    time.sleep(SECONDS)
    feeder.join()
    proxy.set(delay=(0, 0))
    exact("late", 5)


def a_slow_line_is_only_slow():
    begin("slow")
    proxy.set(rate=100_000)
    feed("slow", 5).join()
    time.sleep(SECONDS / 2)
    proxy.set(rate=0)
    exact("slow", 5)


def a_broker_freezes():
    begin("frozen", ", 'properties.socket.timeout.ms' = '2000'")
    proxy.set(frozen=True)
    feed("frozen", 3).join()
    says("frozen", "timed out", "Timed out")
    proxy.set(frozen=False)
    exact("frozen", 3)


def replies_are_lost():
    begin("lost", ", 'properties.socket.timeout.ms' = '2000'")
    proxy.set(swallowing=True)
    feed("lost", 3).join()
    says("lost", "timed out", "Timed out")
    proxy.set(swallowing=False)
    exact("lost", 3)


def replies_end_in_their_middle():
    begin("halved")
    for _ in range(5):
        proxy.set(halves=3)
        time.sleep(SECONDS / 10)
    feed("halved", 3).join()
    wait_for("all are cut", lambda: proxy.halves == 0)
    exact("halved", 3)


def a_reply_is_damaged_twice_on_its_way():
    begin("bent")
    proxy.set(damage=(b'"n": 777}', b'"n": 778}'), damages=2)
    feed("bent", 3).join()
    wait_for("it was damaged", lambda: proxy.damages == 0)
    exact("bent", 3)


def a_record_that_stays_damaged_ends_the_job_and_resume_goes_on():
    d = begin("broken")
    proxy.set(damage=(b'"n": 777}', b'"n": 778}'), damages=10 ** 9)
    feed("broken", 3).join()
    j = d.wait_state("broken", "FAILED", seconds=60)
    assert j["error"]["code"] == "data_lost" and "checksum" in j["error"]["message"], j["error"]
    assert "RESET OFFSETS" in j["error"]["note"]
    proxy.set(damages=0)
    d.sql("RESUME JOB 'broken';")
    exact("broken", 3, lives=2)


def all_at_once():
    """In random order, with the seed printed."""
    seed = int(os.environ.get("SLUICE_SEED", time.time_ns() % 1000000))
    print(f"  seed {seed}", flush=True)
    random.seed(seed)
    begin("storm", ", 'properties.socket.timeout.ms' = '2000'")
    steps = 60 if LONG else 10
    feeder = feed("storm", steps, 0.1)
    while feeder.is_alive():
        trouble = random.choice([{"delay": (0.1, 0.5)}, {"frozen": True}, {"swallowing": True}, {"halves": 2},
                                 {"rate": 50_000}, {}])
        proxy.set(**trouble)
        time.sleep(random.uniform(0.1, 1))
        proxy.set(delay=(0, 0), frozen=False, swallowing=False, halves=0, rate=0)
        proxy.cut()
    exact("storm", steps)


def the_daemon_ends_well():
    assert the_daemon().stop() == 0, the_daemon().log()[-2000:]


main(connections_are_cut, replies_come_late, a_slow_line_is_only_slow, a_broker_freezes, replies_are_lost,
     replies_end_in_their_middle, a_reply_is_damaged_twice_on_its_way,
     a_record_that_stays_damaged_ends_the_job_and_resume_goes_on, all_at_once, the_daemon_ends_well)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Twenty kill -9 during the experiment on a real broker, which is itself
killed and resumed once: no window is missing, upserts are exact, and append
results come twice only where no committed checkpoint had them."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import experiment  # noqa: E402
from sluice import Broker, Daemon, main, wait_for  # noqa: E402

KILLS = 20
WORDS, RATE, STEP_US = 1_200_000, 14_000, 2000


def last_checkpoint(d):
    rows = d.query_state("words", "select id, rows_out from checkpoints order by id desc limit 1")
    return (rows[0]["id"], rows[0]["rows_out"]) if rows else (0, 0)


def committed_wm(d):
    rows = d.query_state("words", "select watermark from watermarks where partition = -1")
    return rows[0]["watermark"] if rows and rows[0]["watermark"] else ""


def kill_between_checkpoints(d, number):
    """Waits for a checkpoint and for output after it; returns what is known of
    the death: whether output was in flight, and the watermark that stays."""
    wait_for("a first checkpoint", lambda: os.path.exists(d.state_file("words")) and d.job("words")["checkpoint"] > 0)
    at = d.job("words")["checkpoint"]
    wait_for("the next checkpoint", lambda: d.job("words")["checkpoint"] > at)
    committed = last_checkpoint(d)[1]
    wait_for("output after it", lambda: d.job("words")["rows_out"] > committed, seconds=10)
    time.sleep(random.random() * 0.15)
    before = d.job("words")
    d.kill()
    cp, out = last_checkpoint(d)
    in_flight = before["rows_out"] > out
    print(f"  kill {number}: {before['rows_in']} rows in, {before['rows_out']} out; checkpoint {cp} has {out} out; "
          f"{'output in flight' if in_flight else 'nothing in flight'}", flush=True)
    return in_flight, committed_wm(d)


def twenty_kills_lose_nothing():
    seed = int(os.environ.get("SLUICE_SEED", time.time_ns() % 1000000))
    print(f"  seed {seed}", flush=True)
    random.seed(seed)
    broker = Broker()
    broker.create("words", 2)
    for topic in experiment.TOPICS[1:]:
        broker.create(topic)
    d = Daemon()
    feeder = broker.feed("words", WORDS, f"rate={RATE}", f"start-ms={experiment.START_MS}", f"step-us={STEP_US}",
                         background=True)
    d.start()
    d.sql(experiment.script(broker.address, settings="SET 'execution.checkpointing.interval' = '600 ms';\n"))
    deaths = []
    for number in range(1, KILLS + 1):
        deaths.append(kill_between_checkpoints(d, number))
        if number == KILLS // 2:
            broker.kill()
            d.start()
            time.sleep(1)
            broker.resume()
        else:
            d.start()
    assert feeder.wait(120) == 0
    answer = experiment.Answer(WORDS, STEP_US)
    last = max(answer.total)
    wait_for("all words are read", lambda: d.job("words")["lag"] == 0 and d.job("words")["state"] == "RUNNING", 60)
    wait_for("the last window has closed",
             lambda: experiment.text_of(last) in {e for e, _ in experiment.append_rows(broker.read("words-total"))}, 60)
    assert d.stop() == 0
    fed = d.query_state("words", "SELECT SUM(next_offset) AS n FROM offsets")[0]["n"]
    if fed != WORDS:
        # A broker that dies can make the feeder's client write a batch twice: what the topic has is what counts.
        print(f"  the topic has {fed} words, not {WORDS}", flush=True)
        answer = experiment.Answer(WORDS, STEP_US, rows=experiment.rows_of(broker.address, "words"))
    total = experiment.check_append(broker.read("words-total"), answer.total)
    experiment.check_append(broker.read("words-dolorem"), answer.dolorem)
    experiment.check_upserts(broker.read("words-by-word", keys=True), answer.by_word)
    for end, times in total.items():
        # A death can repeat a window only if its checkpoint had not closed it.
        open_at = sum(1 for _, wm in deaths if wm.replace("T", " ")[:19] < end)
        assert times <= 1 + open_at, f"window ending {end} came {times} times, open at {open_at} deaths"
    in_flight = sum(1 for flying, _ in deaths if flying)
    repeated = sum(times - 1 for times in total.values())
    print(f"  {in_flight} of {KILLS} deaths had output in flight; {repeated} of {len(total)} windows came again")
    assert in_flight >= 15, in_flight


main(twenty_kills_lose_nothing)

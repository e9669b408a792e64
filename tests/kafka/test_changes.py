#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes through a real broker: an upsert-kafka topic in, GROUP BY, Debezium
events out, and kill -9 in between. Readers of the events get each change in
order, repeated ones too, and end with the right rows."""
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Broker, Daemon, main, wait_for  # noqa: E402

ROUNDS, CHANGES, ORDERS, SHOPS = 12, 400, 150, 9


def put_keyed(broker, topic, records):
    """(key, value) pairs, value None: a tombstone; partitioned by key."""
    lines = "".join(f"{json.dumps(k)}\t{'' if v is None else json.dumps(v)}\n" for k, v in records)
    subprocess.run(["kcat", "-b", broker.address, "-t", topic, "-P", "-K", "\t", "-Z"], input=lines.encode(),
                   check=True, capture_output=True)


def tables(broker):
    props = f"'properties.bootstrap.servers' = '{broker.address}'"
    return f"""
SET 'execution.checkpointing.interval' = '250 ms';
SET 'pipeline.name' = 'shops';
CREATE TABLE orders (id INT, shop STRING, price INT, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'orders', {props}, 'key.format' = 'json', 'value.format' = 'json');
CREATE TABLE shops (shop STRING, n BIGINT, total INT)
WITH ('connector' = 'kafka', 'topic' = 'shops', {props}, 'format' = 'debezium-json');
"""


INSERT = "INSERT INTO shops SELECT shop, COUNT(*), SUM(price) FROM orders WHERE price > 1 GROUP BY shop;"


def make_changes(state, n):
    records = []
    for _ in range(n):
        order = random.randrange(ORDERS)
        if random.random() < 0.25:
            state.pop(order, None)
            records.append(({"id": order}, None))
        else:
            row = {"id": order, "shop": f"s{random.randrange(SHOPS)}", "price": random.randrange(9)}
            state[order] = row
            records.append(({"id": order}, row))
    return records


def answer_of(state):
    shops = {}
    for row in state.values():
        if row["price"] > 1:
            shop = shops.setdefault(row["shop"], {"shop": row["shop"], "n": 0, "total": 0})
            shop["n"] += 1
            shop["total"] += row["price"]
    return shops


class Reader:
    """Of a topic of events: what has been said once, and how much of it was
    said again. A repetition begins somewhere in what was said and says the
    same until it has caught up."""

    def __init__(self):
        self.rows, self.said, self.again, self.repeated = {}, [], None, 0

    def fits(self, event):
        if event["op"] == "d":
            return self.rows.get(event["before"]["shop"]) == event["before"]
        return event["after"]["shop"] not in self.rows

    def take(self, text):
        event = json.loads(text)
        if self.again is None and not self.fits(event):
            starts = [i for i, said in enumerate(self.said) if said == text]
            assert starts, f"an event out of order, and no repetition: {text}"
            self.again = starts[-1]
        if self.again is not None:
            assert self.said[self.again] == text, f"a repetition says otherwise: {text}, not {self.said[self.again]}"
            self.repeated += 1
            self.again = self.again + 1 if self.again + 1 < len(self.said) else None
            return
        self.said.append(text)
        if event["op"] == "d":
            del self.rows[event["before"]["shop"]]
        else:
            self.rows[event["after"]["shop"]] = event["after"]


def read_all(broker):
    reader = Reader()
    for text in broker.read("shops"):
        reader.take(text)
    return reader


def kills_repeat_no_change_out_of_order():
    seed = int(os.environ.get("SLUICE_SEED", time.time_ns() % 1000000))
    print(f"  seed {seed}", flush=True)
    random.seed(seed)
    broker = Broker()
    broker.create("orders", 2)
    broker.create("shops")
    d = Daemon().start()
    d.sql(tables(broker) + INSERT)
    state = {}
    for _ in range(ROUNDS):
        put_keyed(broker, "orders", make_changes(state, CHANGES))
        time.sleep(random.random() * 0.7)
        d.kill()
        d.start()
    answer = answer_of(state)
    wait_for("all changes are read", lambda: d.job("shops")["lag"] == 0 and d.job("shops")["state"] == "RUNNING", 60)
    wait_for("the last rows are there", lambda: read_all(broker).rows == answer, 30)
    assert d.stop() == 0
    reader = read_all(broker)
    assert reader.rows == answer
    print(f"  {len(reader.said)} events, {reader.repeated} of them again after a kill")


def a_clean_stop_repeats_nothing():
    broker = Broker()
    broker.create("orders")
    broker.create("shops")
    put_keyed(broker, "orders", [({"id": 1}, {"id": 1, "shop": "a", "price": 5})])
    d = Daemon().start()
    d.sql(tables(broker) + INSERT)
    for expected in (1, 3, 3):
        wait_for(f"{expected} events", lambda n=expected: len(broker.read("shops")) == n)
        assert d.stop() == 0
        assert len(broker.read("shops")) == expected
        d.start()
        d.wait_state("shops", "RUNNING")
        if expected == 1:
            put_keyed(broker, "orders", [({"id": 1}, {"id": 1, "shop": "a", "price": 6})])
    time.sleep(1)
    assert len(broker.read("shops")) == 3


def bounded_tables_of_changes_can_be_asked():
    broker = Broker()
    broker.create("orders", 2)
    broker.create("shops")
    put_keyed(broker, "orders", [({"id": 1}, {"id": 1, "shop": "a", "price": 5}), ({"id": 2}, {"id": 2, "shop": "a", "price": 7}),
                                 ({"id": 1}, None), ({"id": 3}, {"id": 3, "shop": "b", "price": 1}), ({"id": 9}, None)])
    broker.put("shops", ['{"before":null,"after":{"shop":"a","n":1,"total":7},"op":"c"}',
                         '{"before":{"shop":"a","n":1,"total":7},"after":{"shop":"a","n":2,"total":8},"op":"u"}', None,
                         '{"before":{"shop":"a","n":2,"total":8},"after":null,"op":"d"}',
                         '{"before":null,"after":{"shop":"b","n":1,"total":1},"op":"r"}'])
    d = Daemon().start()
    bounded = "/*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */"
    lines = d.sql(tables(broker) + f"SELECT shop, COUNT(*), SUM(price) FROM orders {bounded} GROUP BY shop;")
    net = {}
    for line in lines:
        if "row" in line:
            net[tuple(line["row"])] = net.get(tuple(line["row"]), 0) + (1 if line["op"] in ("+I", "+U") else -1)
    assert {row for row, n in net.items() if n} == {("a", 1, 7), ("b", 1, 1)}, net
    lines = d.sql(tables(broker) + "SELECT COUNT(*), SUM(total) FROM shops /*+ OPTIONS('scan.bounded.mode' = 'latest-offset', "
                  "'scan.startup.mode' = 'earliest-offset') */;")
    assert [line["row"] for line in lines if line.get("op") in ("+I", "+U")][-1] == [1, 1], lines
    assert d.stop() == 0


def a_bounded_job_ends_when_all_is_delivered():
    broker = Broker()
    broker.create("orders", 2)
    broker.create("shops")
    state = {}
    put_keyed(broker, "orders", make_changes(state, 2000))
    d = Daemon().start()
    d.sql(tables(broker) + INSERT.replace("FROM orders", "FROM orders /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */"))
    d.wait_state("shops", "FINISHED", seconds=60)
    reader = read_all(broker)
    assert reader.rows == answer_of(state) and reader.repeated == 0, reader.rows
    assert d.query_state("shops", "select count(*) as n from sink_1_changes") == [{"n": 0}]
    assert d.stop() == 0


main(kills_repeat_no_change_out_of_order, a_clean_stop_repeats_nothing, bounded_tables_of_changes_can_be_asked,
     a_bounded_job_ends_when_all_is_delivered)

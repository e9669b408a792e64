#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Twenty jobs on a real broker at 5 000 rows a second, while statements, jobs
and savepoints come and go: nothing grows, nothing is said to be wrong, and at
the end every result is right. A minute; ten with SLUICE_LONG."""
import collections
import json
import os
import random
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import LONG, Broker, Daemon, SqlError, main, wait_for, word_at  # noqa: E402

SECONDS = int(os.environ.get("SLUICE_SOAK", "600" if LONG else "50"))
RATE = 300            # of the topic; sixteen jobs read it
STEP_US = 1000000 // RATE
START_MS = 1767225600000
CHURNS = 3            # threads that send statements
POINTS = 10           # moments of quiet at which it is measured
WAL_MAX = 24 << 20    # one that is folded in at 16 MiB, and a commit


def kafka(address, topic, options=""):
    return f"'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{address}', 'format' = 'json'{options}"


def upsert(address, topic):
    return (f"'connector' = 'upsert-kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{address}', "
            "'key.format' = 'json', 'value.format' = 'json'")


def tables(address):
    return f"""
CREATE TABLE words (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
  WITH ({kafka(address, "words", ", 'scan.startup.mode' = 'earliest-offset'")});
CREATE VIEW quiet AS SELECT LOWER(message) AS message, ts FROM words WHERE message LIKE 'q%' OR message LIKE 'D%';
CREATE TABLE ticks (id BIGINT, k INT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '50',
  'fields.k.min' = '1', 'fields.k.max' = '40');
CREATE TABLE steps (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000');
CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');
"""


class Soak:
    def __init__(self):
        self.broker = Broker()
        self.seed = int(os.environ.get("SLUICE_SEED", random.SystemRandom().randrange(1 << 31)))
        self.random = random.Random(self.seed)
        print(f"  seed {self.seed}, {SECONDS} s", flush=True)
        self.d = Daemon(sets=["runtime.checkpoint-interval=1 s"])
        self.quiet = threading.Semaphore(CHURNS)
        self.over = threading.Event()
        self.failure = None
        self.done = collections.Counter()
        self.texts = {}  # of the jobs that stay

    # ---- the jobs that stay ----

    def job(self, name, tables, insert):
        self.d.sql(tables)
        self.texts[name] = f"SET 'pipeline.name' = '{name}'; {insert}"
        self.d.sql(self.texts[name])

    def windows(self, i, address):
        end = "window_end TIMESTAMP(3), n BIGINT"
        by_word = "window_end TIMESTAMP(3), message STRING, n BIGINT"
        self.job(f"hop{i}", f"CREATE TABLE hop{i} ({end}) WITH ({kafka(address, f'hop{i}')});",
                 f"INSERT INTO hop{i} SELECT window_end, COUNT(*) FROM HOP(TABLE words, DESCRIPTOR(ts), INTERVAL '2' SECOND, "
                 "INTERVAL '10' SECOND) GROUP BY window_start, window_end;")
        self.job(f"tumble{i}", f"CREATE TABLE tumble{i} ({by_word}, PRIMARY KEY (window_end, message) NOT ENFORCED) "
                 f"WITH ({upsert(address, f'tumble{i}')});",
                 f"INSERT INTO tumble{i} SELECT window_end, message, COUNT(*) FROM TUMBLE(TABLE words, DESCRIPTOR(ts), "
                 "INTERVAL '5' SECOND) GROUP BY window_start, window_end, message;")
        self.job(f"session{i}", f"CREATE TABLE session{i} ({by_word}) WITH ({kafka(address, f'session{i}')});",
                 f"INSERT INTO session{i} SELECT window_end, message, COUNT(*) FROM SESSION(TABLE words PARTITION BY message, "
                 "DESCRIPTOR(ts), INTERVAL '0.5' SECOND(1, 1)) GROUP BY window_start, window_end, message;")

    def groups(self, i, address):
        counts = "message STRING, n BIGINT, PRIMARY KEY (message) NOT ENFORCED"
        self.job(f"group{i}", f"CREATE TABLE group{i} ({counts}) WITH ({upsert(address, f'group{i}')});",
                 f"INSERT INTO group{i} SELECT message, COUNT(*) FROM words GROUP BY message;")
        self.job(f"view{i}", f"CREATE TABLE view{i} ({counts}) WITH ({upsert(address, f'view{i}')});",
                 f"INSERT INTO view{i} SELECT message, COUNT(*) FROM quiet GROUP BY message;")
        self.job(f"set{i}", f"CREATE TABLE set{i} ({counts}) WITH ({upsert(address, f'set{i}')});",
                 f"EXECUTE STATEMENT SET BEGIN INSERT INTO set{i} SELECT message, COUNT(*) FROM words GROUP BY message; "
                 "INSERT INTO hole SELECT COUNT(*) FROM words WHERE message = 'sit'; END;")

    def rows(self, i, address):
        self.job(f"filter{i}", f"CREATE TABLE filter{i} (message STRING, ts TIMESTAMP_LTZ(3)) WITH ({kafka(address, f'filter{i}')});",
                 f"INSERT INTO filter{i} SELECT message, ts FROM words WHERE message = 'dolorem';")
        self.job(f"files{i}", f"CREATE TABLE files{i} (message STRING) WITH ('connector' = 'filesystem', 'format' = 'json', "
                 f"'path' = '{self.d.dir}/rows/files{i}');",
                 f"INSERT INTO files{i} SELECT message FROM words WHERE message LIKE 'q%';")

    def begin(self):
        address = self.broker.address
        self.broker.create("words", 2)
        for i in (1, 2):
            for kind in ("hop", "tumble", "session", "group", "view", "set", "filter"):
                self.broker.create(f"{kind}{i}")
        self.d.start()
        self.d.sql(tables(address))
        for i in (1, 2):
            self.windows(i, address)
            self.groups(i, address)
            self.rows(i, address)
        self.job("clock", "", "INSERT INTO hole SELECT COUNT(*) FROM TUMBLE(TABLE ticks, DESCRIPTOR(pt), INTERVAL '1' SECOND) "
                 "GROUP BY window_start, window_end, k;")
        self.job("keys", "", "INSERT INTO hole SELECT COUNT(DISTINCT id) FROM ticks GROUP BY k;")
        self.job("odd", "", "INSERT INTO hole SELECT id FROM ticks WHERE MOD(k, 2) = 1;")
        self.job("steps", f"CREATE TABLE stepped (id BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', "
                 f"'path' = '{self.d.dir}/rows/steps');", "INSERT INTO stepped SELECT id FROM steps;")
        assert len(self.texts) == 20, len(self.texts)
        for name in self.texts:
            self.d.wait_state(name, "RUNNING")
        self.count = RATE * SECONDS
        self.feeder = self.broker.feed("words", self.count, f"rate={RATE}", f"start-ms={START_MS}", f"step-us={STEP_US}",
                                       background=True)

    # ---- what comes and goes ----

    def look(self, whim):
        name = whim.choice(list(self.texts))
        d = self.d
        whim.choice((
            lambda: d.sql(f"SHOW JOBS; DESCRIBE JOB '{name}'; SHOW TABLES;"),
            lambda: d.sql(f"EXPLAIN STALL '{name}'; SHOW WATERMARKS; SHOW STATE FOR JOB '{name}';"),
            lambda: d.sql(f"SHOW ERRORS; SHOW CREATE TABLE words; EXPLAIN {self.texts[name].split(';')[1]};"
                          if not name.startswith("set") else "SHOW ERRORS;"),
            lambda: d.get("/metrics"),
            lambda: d.rows("SELECT message, ts FROM words LIMIT 100;"),
            lambda: d.rows("SELECT message, COUNT(*) FROM words /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */ GROUP BY message;"),
            lambda: d.rows("SELECT id FROM ticks LIMIT 5;"),
            lambda: self.leave(whim),
            lambda: self.refused(d, "SELECT nothing FROM words;")))()

    def leave(self, whim):
        """A client of an endless SELECT that goes without a word."""
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        s.connect(self.d.sock)
        body = whim.choice((b"SELECT message, ts FROM words;", b"SELECT k, COUNT(*) FROM ticks GROUP BY k;"))
        s.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert s.recv(1000)
        time.sleep(whim.random() / 2)
        s.close()

    @staticmethod
    def refused(d, text):
        try:
            d.sql(text)
        except SqlError:
            return
        raise AssertionError(f"not refused: {text}")

    def come_and_go(self, whim):
        """A job is made, saved, begun again from that, and forgotten."""
        n = sum(self.done.values())
        copy = f"{self.d.dir}/copy{n}"
        insert = whim.choice(("INSERT INTO hole SELECT COUNT(*) FROM words GROUP BY message;",
                              "INSERT INTO hole SELECT COUNT(*) FROM ticks GROUP BY k;"))
        self.d.sql(f"SET 'pipeline.name' = 'guest{n}'; {insert}")
        self.d.wait_state(f"guest{n}", "RUNNING", "CONNECTING")
        self.d.sql(f"PAUSE JOB 'guest{n}'; RESUME JOB 'guest{n}'; CREATE SAVEPOINT '{copy}' FOR JOB 'guest{n}';")
        self.d.sql(f"SET 'execution.state-recovery.path' = '{copy}'; SET 'pipeline.name' = 'again{n}'; {insert}")
        self.d.sql(f"STOP JOB 'guest{n}'; DROP JOB 'guest{n}'; DROP JOB 'again{n}';")
        os.unlink(copy)

    def interrupt(self, whim):
        name = whim.choice(list(self.texts))
        if whim.random() < 0.5:
            self.d.sql(f"PAUSE JOB '{name}'; RESUME JOB '{name}';")
        else:
            self.d.sql(f"STOP JOB '{name}';")
            self.d.sql(self.texts[name])
        self.d.wait_state(name, "RUNNING", seconds=60)

    def churn(self, number, what, pause):
        whim = random.Random(f"{self.seed}-{number}")
        while not self.over.is_set() and not self.failure:
            with self.quiet:
                try:
                    what(whim)
                    self.done[what.__name__] += 1
                except BaseException as why:
                    self.failure = why
                    return
            time.sleep(pause)

    # ---- measuring ----

    def measure(self):
        """With nothing but the twenty jobs in the daemon."""
        for _ in range(CHURNS):
            self.quiet.acquire()
        try:
            if self.failure:
                raise self.failure
            states = {row[0]: row[1] for row in self.d.rows("SHOW JOBS;")}
            assert set(states) == set(self.texts) and set(states.values()) == {"RUNNING"}, states
            proc = f"/proc/{self.d.child.pid}/"
            time.sleep(3)  # clients that left are noticed, memory is given back
            jobs = os.path.join(self.d.dir, "state", "jobs")
            wals = [os.path.getsize(os.path.join(jobs, f)) for f in os.listdir(jobs) if f.endswith("-wal")]
            point = (self.d.rss_kib() / 1024, len(os.listdir(proc + "fd")), len(os.listdir(proc + "task")), max(wals) / (1 << 20),
                     len(os.listdir(jobs)))
        finally:
            for _ in range(CHURNS):
                self.quiet.release()
        print("  %6.1f MiB, %d descriptors, %d threads, largest -wal %.2f MiB, %d files" % point, flush=True)
        return point

    def check_flat(self, points):
        """Against the second point: by then all has been used once."""
        base, later = points[len(points) // 3], points[len(points) // 3:]
        rss = [p[0] for p in later]
        half = len(rss) // 2
        # The floor: what is free but not given back yet comes and goes.
        first, last = min(rss[:half]), min(rss[-half:])
        assert last < first * (1.1 if LONG else 1.2) + 4, f"memory grows: {first:.1f} to {last:.1f} MiB"
        # A client connects to the coordinator once more only after a while.
        for name, i in (("descriptors", 1), ("threads", 2), ("files", 4)):
            most = max(p[i] for p in later)
            assert most <= base[i] * 1.1 + 4, f"{name} grow: {base[i]} to {most}"
        assert max(p[3] for p in points) * (1 << 20) < WAL_MAX, points

    # ---- the end ----

    def settle(self):
        assert self.feeder.wait(120) == 0
        mine = [n for n in self.texts if n not in ("clock", "keys", "odd", "steps")]
        for name in mine:
            wait_for(f"{name} has read all", lambda name=name: self.d.job(name)["lag"] == 0 and self.d.job(name)["rows_in"] >= self.count,
                     120, 0.2)
        for row in self.d.rows("SHOW JOBS;"):
            assert row[1] == "RUNNING", row
        assert self.d.rows("SHOW ERRORS;") == [], self.d.rows("SHOW ERRORS;")
        for name in self.texts:
            self.d.sql(f"STOP JOB '{name}';")
        # A broker that has only just begun is waited for.
        wrong = [line for line in self.d.log().splitlines()
                 if "level=error" in line or "level=warn" in line and "event=job_connecting" not in line]
        assert not wrong, wrong[:10]
        assert self.d.stop() == 0

    def watermark_ms(self, job):
        """Up to where it has closed its windows: the feeder's client stays
        with one partition for a while, so the other may end seconds before."""
        text = self.d.query_state(job, "SELECT watermark FROM watermarks WHERE partition = -1")[0]["watermark"]
        return ms(text.replace("T", " ").rstrip("Z"))

    def latest(self, topic):
        rows = {}
        for key, value in self.broker.read(topic, keys=True):
            rows[key] = value and json.loads(value)
        return [r for r in rows.values() if r]

    def check_counts(self, i, words):
        total = collections.Counter(words)
        for topic in (f"group{i}", f"set{i}"):
            assert {r["message"]: r["n"] for r in self.latest(topic)} == total, topic
        some = collections.Counter(w.lower() for w in words if w[0] in "qD")
        assert {r["message"]: r["n"] for r in self.latest(f"view{i}")} == some, f"view{i}"
        assert len(self.broker.read(f"filter{i}")) == total["dolorem"], f"filter{i}"
        rows = self.files(f"files{i}")
        assert collections.Counter(r["message"] for r in rows) == collections.Counter(w for w in words if w[0] == "q"), f"files{i}"

    def check_windows(self, i, words):
        wm_ms = {job: self.watermark_ms(job) for job in (f"hop{i}", f"tumble{i}", f"session{i}")}
        hops, tumbles = collections.Counter(), collections.Counter()
        for n, w in enumerate(words):
            at = START_MS + n * STEP_US // 1000
            for k in range(5):
                hops[at - at % 2000 + 2000 + k * 2000] += 1
            tumbles[(at - at % 5000 + 5000, w)] += 1
        got = [json.loads(v) for v in self.broker.read(f"hop{i}")]
        wrong = [(r["window_end"], r["n"], hops[ms(r["window_end"])]) for r in got if r["n"] != hops[ms(r["window_end"])]]
        assert not wrong, (f"hop{i}: end, n, expected", wrong[:5], len(wrong))
        ends = [ms(r["window_end"]) for r in got]
        twice = [e for e, n in collections.Counter(ends).items() if n > 1]
        missing = [e for e in hops if e <= wm_ms[f"hop{i}"] and e not in ends]
        assert ends and not twice and not missing, (f"hop{i}: twice, missing, watermark", twice, missing, wm_ms)
        got = {(ms(r["window_end"]), r["message"]): r["n"] for r in self.latest(f"tumble{i}")}
        assert all(tumbles[k] == n for k, n in got.items()), f"tumble{i}"
        assert set(got) >= {k for k in tumbles if k[0] <= wm_ms[f"tumble{i}"]}, f"tumble{i}"
        closed = {k: n for k, n in self.sessions(words).items() if k[0] <= wm_ms[f"session{i}"]}
        got = {(ms(r["window_end"]), r["message"]): r["n"] for r in map(json.loads, self.broker.read(f"session{i}"))}
        assert got and all(got.get(k) == n for k, n in closed.items()), (f"session{i}", set(closed.items()) ^ set(got.items()))
        assert set(got) == set(closed), (f"session{i}", set(got) - set(closed))

    @staticmethod
    def sessions(words):
        """(end, word): rows, of sessions with a gap of 500 ms; those that touch are one."""
        sessions, last = {}, {}
        for n, w in enumerate(words):
            at = START_MS + n * STEP_US // 1000
            end, count = last.get(w, (0, 0))
            if at <= end:
                del sessions[(end, w)]
            else:
                count = 0
            last[w] = (at + 500, count + 1)
            sessions[(at + 500, w)] = count + 1
        return sessions

    def files(self, name):
        rows = []
        top = f"{self.d.dir}/rows/{name}"
        for f in os.listdir(top):
            assert f.startswith("part-"), f
            with open(os.path.join(top, f)) as lines:
                rows += map(json.loads, lines)
        return rows


def ms(text):
    import calendar
    whole, _, rest = text.partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%d %H:%M:%S")) * 1000 + int((rest + "000")[:3])


def twenty_jobs_run_for_long_and_nothing_grows():
    s = Soak()
    s.begin()
    churns = [threading.Thread(target=s.churn, args=(i, what, pause), daemon=True)
              for i, (what, pause) in enumerate(((s.look, 0.05), (s.come_and_go, 0.2), (s.interrupt, 0.5)))]
    for t in churns:
        t.start()
    points = []
    began = time.monotonic()
    for i in range(POINTS):
        time.sleep(max(0, began + (i + 1) * SECONDS / POINTS - time.monotonic()))
        points.append(s.measure())
    s.over.set()
    for t in churns:
        t.join(60)
    if s.failure:
        raise s.failure
    print(f"  meanwhile {dict(s.done)}, {s.d.cpu_seconds():.1f} CPU-seconds", flush=True)
    s.settle()
    words = [word_at(i) for i in range(s.count)]
    for i in (1, 2):
        s.check_counts(i, words)
        s.check_windows(i, words)
    ids = [r["id"] for r in s.files("steps")]
    assert sorted(ids) == list(range(1, len(ids) + 1)), "each step once"
    s.check_flat(points)


main(twenty_jobs_run_for_long_and_nothing_grows)

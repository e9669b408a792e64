#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""words.py [NAME...]: the claims about the whole process, on a real broker.

Figures are CPU-seconds of the sluiced process (user + system), which hold on a
noisy machine; the ratio to a bare librdkafka reader in the same run is what
holds on another one."""
import os
import re
import resource
import statistics
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
sys.path.insert(0, os.path.join(TOP, "tests", "kafka"))
import experiment  # noqa: E402
from sluice import BUILD, Broker, Daemon, wait_for  # noqa: E402

WORDS = int(os.environ.get("SLUICE_BENCH_WORDS", 10_000_000))
RUNS = int(os.environ.get("SLUICE_BENCH_RUNS", 3))
STEP_US = 60  # 10 M words are 10 minutes of event time
BOUNDED = "'scan.bounded.mode' = 'latest-offset'"


class Bench:
    def __init__(self):
        self.broker = Broker()

    def topic(self, name, count, *options):
        self.broker.create(name)
        began = time.monotonic()
        self.broker.feed(name, count, f"start-ms={experiment.START_MS}", f"step-us={STEP_US}", *options)
        print(f"  (topic {name}: {count:,} words written in {time.monotonic() - began:.0f} s)", flush=True)

    def outputs(self):
        for t in experiment.TOPICS[1:]:
            self.broker.create(t)

    def drain(self, script, job, sets=()):
        """A fresh daemon drains a bounded job: (CPU s, wall s, peak KiB, job)."""
        d = Daemon(sets=sets).start()
        began = time.monotonic()
        d.sql(script)
        j = wait_for("the job ends", lambda: d.job(job)["state"] in ("FINISHED", "FAILED") and d.job(job), 600, 0.05)
        wall = time.monotonic() - began
        assert j["state"] == "FINISHED", j["error"]
        cpu = d.cpu_seconds()
        with open(f"/proc/{d.child.pid}/status") as f:
            peak = int(re.search(r"VmHWM:\s+(\d+)", f.read())[1])
        metrics = d.get("/metrics").decode()
        d.stop()
        d.remove()
        return cpu, wall, peak, j, metrics

    def bare(self, topic, count):
        """CPU seconds of a program that reads the topic and counts."""
        program = os.path.join(BUILD, "bench", "bare_reader")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, self.broker.address, topic, str(count)], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    # ---- claims ----

    def three_queries(self):
        """10 M words through the three queries: at least 3 M per CPU-second."""
        self.outputs()
        for fmt in ("json", "raw"):
            topic = f"words-{fmt}"
            self.topic(topic, WORDS, f"format={fmt}")
            script = experiment.script(self.broker.address, fmt, extra=BOUNDED).replace("'words'", f"'{topic}'", 1)
            script = script.replace("SET 'pipeline.name' = 'words'", "SET 'pipeline.name' = 'bench'")
            ours, bares, peaks = [], [], []
            for _ in range(RUNS):
                bares.append(self.bare(topic, WORDS))
                cpu, wall, peak, _, _ = self.drain(script, "bench")
                ours.append(cpu)
                peaks.append(peak)
            cpu, bare = statistics.median(ours), statistics.median(bares)
            print(f"three queries, {fmt}: {WORDS / cpu / 1e6:.2f} M words per CPU-second ({cpu:.2f} s; all {sorted(ours)}), "
                  f"peak memory {max(peaks) / 1024:.0f} MiB; bare reader {WORDS / bare / 1e6:.2f} M ({bare:.2f} s): "
                  f"{bare / cpu:.2f} of it", flush=True)

    def short_run(self):
        """`sluice run` on a bounded topic of 1 000 words: under 1 s."""
        self.topic("words-few", 1000, "format=json")
        path = "/tmp/sluice-bench-few.sql"
        with open(path, "w") as f:
            f.write(self.source("few", "words-few", "json")
                    + "SELECT message, COUNT(*) FROM few GROUP BY message;\n")
        took = []
        for _ in range(RUNS):
            began = time.monotonic()
            subprocess.run([os.path.join(BUILD, "sluice"), "run", path], check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL)
            took.append(time.monotonic() - began)
        os.unlink(path)
        print(f"sluice run on 1 000 words: {statistics.median(took):.2f} s", flush=True)

    def source(self, table, topic, fmt):
        return (f"CREATE TABLE {table} (message STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', "
                f"WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'kafka', 'topic' = '{topic}', "
                f"'properties.bootstrap.servers' = '{self.broker.address}', 'scan.startup.mode' = 'earliest-offset', "
                f"{BOUNDED}, 'format' = '{fmt}');\n")

    def into_blackhole(self, topic, fmt, slide, size):
        return (self.source("w", topic, fmt)
                + "CREATE TABLE hole (s TIMESTAMP(3), e TIMESTAMP(3), message STRING, n BIGINT) WITH ('connector' = 'blackhole');\n"
                + "SET 'pipeline.name' = 'bench';\nINSERT INTO hole SELECT window_start, window_end, message, COUNT(*) FROM "
                f"TABLE(HOP(TABLE w, DESCRIPTOR(ts), INTERVAL {slide}, INTERVAL {size})) "
                "GROUP BY window_start, window_end, message;\n")

    def median_cpu(self, script):
        return statistics.median(self.drain(script, "bench")[0] for _ in range(RUNS))

    def window_sizes(self):
        """1 h sliding by 1 s against 1 min by 5 s: at most 1.3 per row."""
        self.topic("words-raw-2", WORDS, "format=raw")
        small = self.median_cpu(self.into_blackhole("words-raw-2", "raw", "'5' SECOND", "'1' MINUTE"))
        large = self.median_cpu(self.into_blackhole("words-raw-2", "raw", "'1' SECOND", "'1' HOUR"))
        print(f"window of 1 h by 1 s against 1 min by 5 s: {large / small:.2f} times ({large:.2f} s, {small:.2f} s)", flush=True)

    def many_keys(self):
        """1 M different keys against 42, both into blackhole: at most 4."""
        self.topic("keys-few", WORDS, "format=raw")
        self.topic("keys-many", WORDS, "format=raw", "keys=1000000")
        few = self.median_cpu(self.into_blackhole("keys-few", "raw", "'5' SECOND", "'1' MINUTE"))
        many = self.median_cpu(self.into_blackhole("keys-many", "raw", "'5' SECOND", "'1' MINUTE"))
        print(f"1 M keys against 42: {many / few:.2f} times ({many:.2f} s, {few:.2f} s)", flush=True)

    def checkpoints(self):
        """10 000 dirty rows stop the pipeline for at most 20 ms; with 1 M keys
        and 10 touched a checkpoint writes under 100 rows."""
        self.topic("cp", 1_000_000, "format=raw", "keys=1000000")
        d = Daemon().start()
        src = self.source("c", "cp", "raw").replace(BOUNDED, "'scan.watermark.idle-timeout' = '0 s'")
        d.sql("SET 'execution.checkpointing.interval' = '500 ms';\n" + src
              + "CREATE TABLE hole (message STRING, n BIGINT) WITH ('connector' = 'blackhole');\n"
              "SET 'pipeline.name' = 'cp';\nINSERT INTO hole SELECT message, COUNT(*) FROM c GROUP BY message;\n")

        def settled(rows):
            return lambda: (j := d.job("cp"))["rows_in"] >= rows and j["lag"] == 0 and d.query_state(
                "cp", "select sum(rows_in) as n from (select max(rows_in) as rows_in from checkpoints)")[0]["n"] >= rows

        wait_for("1 M rows are in a checkpoint", settled(1_000_000), 120)
        first = d.query_state("cp", "select max(id) as id from checkpoints")[0]["id"]
        self.broker.feed("cp", 10_000, "format=raw", "keys=1000000", f"start-ms={experiment.START_MS}", "first=5000000")
        wait_for("10 000 more", settled(1_010_000), 60)
        self.broker.feed("cp", 1000, "format=raw", "keys=10", f"start-ms={experiment.START_MS}")
        wait_for("1 000 of 10 keys", settled(1_011_000), 60)
        dirty = d.job("cp")["checkpoint_rows"]
        rows = d.query_state("cp", f"select id, stop_ms, duration_ms from checkpoints where id > {first} order by id")
        for r in rows:
            print(f"  checkpoint {r['id']}: stop {r['stop_ms']:.2f} ms, commit {r['duration_ms']:.1f} ms")
        print(f"10 000 dirty rows: the pipeline stood {rows[0]['stop_ms']:.2f} ms; 1 M keys, 10 touched: {dirty} rows written",
              flush=True)
        d.stop()

    def idle(self):
        """An idle daemon with one job: under 1 % of a core and 32 MiB."""
        self.broker.create("quiet")
        d = Daemon().start()
        d.sql(self.source("q", "quiet", "json").replace(", " + BOUNDED, "")
              + "CREATE TABLE p (message STRING) WITH ('connector' = 'print');\nINSERT INTO p SELECT message FROM q;\n")
        d.wait_state("p", "RUNNING")
        time.sleep(3)
        before, began = d.cpu_seconds(), time.monotonic()
        time.sleep(10)
        share = (d.cpu_seconds() - before) / (time.monotonic() - began)
        print(f"idle with one job: {100 * share:.2f} % of a core, {d.rss_kib() / 1024:.1f} MiB", flush=True)
        d.stop()

    def restart(self):
        """READY with a hundred jobs of the catalog, after SIGKILL: under 2 s."""
        self.broker.create("silent")
        d = Daemon().start()
        d.sql(self.source("q", "silent", "json").replace(", " + BOUNDED, "")
              + "CREATE TABLE hole (message STRING, n BIGINT) WITH ('connector' = 'blackhole');\n")
        for i in range(100):
            d.sql(f"SET 'pipeline.name' = 'j{i}'; INSERT INTO hole SELECT message, COUNT(*) FROM q GROUP BY message;")

        def running():
            return sum(row[1] == "RUNNING" for row in d.rows("SHOW JOBS;")) == 100

        wait_for("all run", running, 120)
        d.kill()
        began = time.monotonic()
        d.start()
        ready = time.monotonic() - began
        wait_for("all run again", running, 120)
        print(f"100 jobs: ready after {ready:.2f} s, all of them run after {time.monotonic() - began:.2f} s", flush=True)
        d.stop()


def main():
    claims = ["idle", "restart", "short_run", "three_queries", "window_sizes", "many_keys", "checkpoints"]
    wanted = sys.argv[1:] or claims
    b = Bench()
    for name in wanted:
        print(f"- {getattr(Bench, name).__doc__.splitlines()[0]}", flush=True)
        getattr(b, name)()


main()

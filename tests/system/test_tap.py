#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TAP: looking on at the rows of a running job, which does not notice."""
import http.client
import json
import os
import shutil
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, SqlError, main, wait_for  # noqa: E402

NUMBERS = """CREATE TABLE numbers (id BIGINT, v INT) WITH ('connector' = 'datagen', 'rows-per-second' = '%d',
    'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '9000000000', 'fields.v.min' = '1', 'fields.v.max' = '9');\n"""
HOLE = "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"
WORDS = """CREATE TABLE words (w STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'words', 'format' = 'json',
    'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset');\n"""


class Tap:
    """A statement whose lines are read one by one."""

    def __init__(self, d, sql, receive_buffer=None):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(60)
        self.sock.connect(d.sock)
        body = sql.encode()
        self.sock.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        self.answer = http.client.HTTPResponse(self.sock)
        self.answer.begin()
        self.lines = []

    def line(self):
        text = self.answer.readline()
        line = json.loads(text) if text.strip() else None
        if line:
            self.lines.append(line)
        return line

    def until(self, condition):
        while True:
            line = self.line()
            assert line is not None, f"the answer ended: {self.lines[-3:]}"
            if condition(line):
                return line

    def header(self):
        return [c["name"] for c in self.until(lambda line: "columns" in line)["columns"]]

    def rows(self, n):
        return [self.until(lambda line: "row" in line)["row"] for _ in range(n)]

    def end(self):
        return self.until(lambda line: "end" in line)

    def close(self):
        self.answer.close()
        self.sock.close()


def refused(d, sql, code, *words):
    try:
        d.sql(sql)
    except SqlError as e:
        everything = " ".join(str(v) for v in e.end.values())
        assert e.code == code, e.end
        for w in words:
            assert w in everything, (w, e.end)
        return e.end
    raise AssertionError(f"not refused: {sql}")


def begin(rate=2000, query="SELECT id FROM numbers WHERE 20 / v > 2"):
    d = Daemon().start()
    d.sql(NUMBERS % rate + HOLE + f"INSERT INTO hole {query};")
    return d


def operators(d, job="hole"):
    return [row[1] for row in d.rows(f"DESCRIBE JOB '{job}';") if row[0] == "operator"]


def a_tap_shows_the_rows_as_they_pass():
    d = begin()
    # At once: the statement waits until the job has operators.
    t = Tap(d, "TAP 'hole' AT scan_1;")
    assert t.header() == ["id", "v"]
    ids = [row[0] for row in t.rows(500)]
    assert ids == list(range(ids[0], ids[0] + 500)), ids
    for name in operators(d):
        lines = d.sql(f"TAP 'hole' AT {name} LIMIT 20;")
        rows = [line["row"] for line in lines if "row" in line]
        assert len(rows) == 20 and "op" not in lines[1], lines
        assert lines[-1]["end"] == "ok" and lines[-1]["rows"] == 20, lines[-1]
    t.close()
    assert d.stop() == 0


def where_and_limit_choose():
    d = begin()
    rows = d.rows("TAP 'hole' AT 'scan_1' WHERE v = 3 AND MOD(id, 2) = 0 LIMIT 5;")
    assert len(rows) == 5 and all(id % 2 == 0 and v == 3 for id, v in rows), rows
    rows = d.rows("TAP 'hole' AT scan_1 LIMIT 3 WHERE v IN (1, 2);")
    assert len(rows) == 3 and all(v in (1, 2) for _, v in rows), rows
    assert d.rows("TAP 'hole' AT scan_1 LIMIT 0;") == []
    assert d.stop() == 0


def limit_0_waits_for_no_row():
    d = Daemon(embedded=True).start()
    d.sql("""CREATE TABLE lines (line STRING) WITH ('connector' = 'kafka', 'topic' = 'lines', 'properties.bootstrap.servers' =
               'embedded', 'scan.startup.mode' = 'latest-offset', 'format' = 'raw');
             CREATE TABLE quiet (line STRING) WITH ('connector' = 'blackhole');
             SET 'table.dml-sync' = 'true';
             INSERT INTO lines VALUES ('a');
             SET 'table.dml-sync' = 'false';
             INSERT INTO quiet SELECT line FROM lines;""")
    assert d.rows("TAP 'quiet' AT scan_1 LIMIT 0;") == []
    assert d.job("quiet")["rows_in"] == 0
    assert d.stop() == 0


def what_a_condition_cannot_be_asked_for_is_left_out():
    d = begin()
    lines = d.sql("TAP 'hole' AT scan_1 WHERE 10 / (v - 3) > 0 LIMIT 40;")
    assert [line for line in lines if "division" in line.get("notice", "")], lines[:5]
    assert lines[-1]["bad_records"] > 0 and lines[-1]["rows"] == 40, lines[-1]
    assert all(line["row"][1] > 3 for line in lines if "row" in line), lines
    assert d.stop() == 0


def changes_carry_their_kind():
    d = Daemon(embedded=True).start()
    d.sql(WORDS + """CREATE TABLE counts (w STRING PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'upsert-kafka',
        'topic' = 'counts', 'key.format' = 'raw', 'value.format' = 'json', 'properties.bootstrap.servers' = 'embedded');
        CREATE TABLE log (w STRING, n BIGINT) WITH ('connector' = 'print');
        SET 'pipeline.name' = 'count';
        EXECUTE STATEMENT SET BEGIN INSERT INTO counts SELECT w, COUNT(*) FROM words GROUP BY w;
        INSERT INTO log SELECT w, COUNT(*) FROM words GROUP BY w; END;""")
    d.wait_state("count", "RUNNING")
    names = operators(d, "count")
    assert len(set(names)) == len(names), names
    group = [n for n in names if n.startswith("group_aggregate")][0]
    t = Tap(d, f"TAP 'count' AT {group};")
    sinks = [Tap(d, f"TAP 'count' AT {n};") for n in names if n.startswith("sink")]
    scan = Tap(d, "TAP 'count' AT scan_1 WHERE w <> 'b' LIMIT 2;")
    for tap in [t, scan] + sinks:
        assert tap.header()[0] == "w"
    for w in ("a", "b", "a"):
        # One by one: rows of one step would be counted together.
        d.sql(f"SET 'table.dml-sync' = 'true'; INSERT INTO words VALUES ('{w}', 1);")
        t.until(lambda line: line.get("row", [None])[0] == w and line["op"] != "-U")
    seen = [(line["op"], *line["row"]) for line in t.lines if "row" in line]
    assert seen == [("+I", "a", 1), ("+I", "b", 1), ("-U", "a", 1), ("+U", "a", 2)], seen
    assert scan.rows(2) == [["a"], ["a"]]  # nobody reads n
    assert scan.end()["rows"] == 2, scan.lines
    kinds = set()
    for tap in sinks:
        tap.until(lambda line: line.get("row") == ["a", 2])
        kinds.add(tuple(line["op"] for line in tap.lines if "row" in line))
    assert ("+I", "+I", "-U", "+U") in kinds, kinds
    assert d.stop() == 0


def operators_of_shared_sources_have_names_of_their_own():
    d = Daemon().start()
    d.sql(NUMBERS % 1000 + HOLE + """CREATE TABLE hole2 (n BIGINT) WITH ('connector' = 'blackhole');
        CREATE TABLE hole3 (v INT, n BIGINT) WITH ('connector' = 'blackhole'); SET 'pipeline.name' = 'three';
        EXECUTE STATEMENT SET BEGIN INSERT INTO hole SELECT id FROM numbers WHERE v > 5;
        INSERT INTO hole2 SELECT id FROM numbers WHERE v < 5;
        INSERT INTO hole3 SELECT v, COUNT(*) FROM numbers GROUP BY v; END;""")
    d.wait_state("three", "RUNNING")
    names = operators(d, "three")
    assert len(names) == len(set(names)) and len(names) >= 7, names
    taps = [Tap(d, f"TAP 'three' AT {n};") for n in names] + [Tap(d, "TAP 'three' AT scan_1;") for _ in range(3)]
    for t in taps:
        t.rows(30)
    for t in taps:
        t.close()
    assert d.stop() == 0


def who_does_not_read_loses_rows_and_not_the_job():
    d = Daemon(sets=["client.tap-rows=2000", "client.buffer=64 kb"]).start()
    d.sql(NUMBERS % 20000 + HOLE + "INSERT INTO hole SELECT id FROM numbers WHERE v > 0;")
    d.wait_state("hole", "RUNNING")

    def rate():
        before, began = d.job("hole")["rows_in"], time.monotonic()
        wait_for("the job reads on", lambda: d.job("hole")["rows_in"] >= before + 20000)
        return (d.job("hole")["rows_in"] - before) / (time.monotonic() - began)

    alone = rate()
    t = Tap(d, "TAP 'hole' AT scan_1;", receive_buffer=4096)
    t.header()
    rss = d.rss_kib()
    # What it does not read has to fill buffers and ring first.
    beside = max(rate() for _ in range(3))
    assert beside > alone / 2, (alone, beside)
    assert d.rss_kib() < rss + 64 * 1024, (rss, d.rss_kib())
    notice = t.until(lambda line: "notice" in line)["notice"]
    assert notice.startswith("tap skipped ") and notice.endswith(" rows"), notice
    d.sql("DROP JOB 'hole';")
    end = t.end()
    assert end["skipped"] > 0 and "was dropped" in end["message"], end
    ids = [line["row"][0] for line in t.lines if "row" in line]
    told = sum(int(line["notice"].split()[2]) for line in t.lines if "notice" in line)
    assert told == end["skipped"], (told, end)
    assert ids == sorted(ids) and len(ids) == end["rows"]
    # All that passed while it looked was shown or counted.
    assert ids[-1] - ids[0] + 1 <= len(ids) + told, (ids[0], ids[-1], len(ids), told)
    assert d.stop() == 0


def a_client_that_dies_takes_its_tap_with_it():
    d = begin()
    tasks = f"/proc/{d.child.pid}/task"
    d.wait_state("hole", "RUNNING")
    before = len(os.listdir(tasks))
    taps = [Tap(d, "TAP 'hole' AT scan_1;") for _ in range(5)]
    for t in taps:
        t.rows(3)
    assert len(os.listdir(tasks)) >= before + 5
    for t in taps:
        t.close()
    wait_for("the taps are gone", lambda: len(os.listdir(tasks)) <= before)
    assert len(d.rows("TAP 'hole' AT scan_1 LIMIT 10;")) == 10
    assert d.job("hole")["state"] == "RUNNING"
    assert d.stop() == 0


def a_tap_ends_with_its_job_and_says_why():
    for command, words in (("PAUSE JOB 'hole'", "is PAUSED"), ("STOP JOB 'hole'", "is STOPPED"),
                           ("STOP JOB 'hole' WITH DRAIN", "is STOPPED"), ("DROP JOB 'hole'", "was dropped")):
        d = begin()
        taps = [Tap(d, f"TAP 'hole' AT {n};") for n in ("scan_1", "filter_2", "scan_1")]
        for t in taps:
            t.rows(1)
        d.sql(command + ";")
        for t in taps:
            end = t.end()
            assert end["end"] == "ok" and words in end["message"], end
        if not command.startswith("DROP"):
            refused(d, "TAP 'hole' AT scan_1;", "wrong_job_state", words.split()[-1], "RESUME JOB")
        assert d.stop() == 0


def a_bounded_job_is_seen_to_its_end():
    d = Daemon(embedded=True).start()
    path = os.path.join(d.dir, "in.json")
    with open(path, "w") as f:
        for i in range(3000):
            f.write(json.dumps({"i": i}) + "\n")
    d.sql(f"""CREATE TABLE f (i INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');
        {HOLE} INSERT INTO hole SELECT i FROM f;""")
    # It may be over before the tap is open; then there is nothing to tap.
    try:
        lines = d.sql("TAP 'hole' AT sink_3;")
        assert "is FINISHED" in lines[-1]["message"], lines[-1]
    except SqlError as e:
        assert e.code in ("wrong_job_state", "no_such_operator"), e.end
    assert d.stop() == 0


def a_tap_outlives_a_restart_of_its_job():
    d = Daemon(sets=["runtime.restart-backoff=500 ms", "runtime.checkpoint-interval=50 ms"]).start()
    path = os.path.join(d.dir, "rows")
    d.sql(NUMBERS % 500 + f"""CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{path}',
        'format' = 'json'); INSERT INTO files SELECT id FROM numbers;""")
    wait_for("files", lambda: d.job("files")["checkpoint"] > 1)
    t = Tap(d, "TAP 'files' AT scan_1;")
    t.rows(10)

    def fails():  # its directory is gone under it
        shutil.rmtree(path, ignore_errors=True)
        return d.job("files")["state"] == "RESTARTING"

    wait_for("it fails", fails)
    t.until(lambda line: "restarted" in line.get("notice", ""))
    t.rows(10)
    d.stop()
    end = t.end()
    assert end["end"] == "error" and end["code"] == "cancelled", end


def what_is_wrong_is_told_with_its_place():
    d = begin()
    d.wait_state("hole", "RUNNING")
    e = refused(d, "TAP 'hole' AT scan_9;", "no_such_operator", "did you mean scan_1?", ", ".join(operators(d)))
    assert (e["line"], e["column"]) == (1, 15), e
    refused(d, "TAP 'hold' AT scan_1;", "unknown_job", "did you mean 'hole'?")
    e = refused(d, "TAP 'hole' AT scan_1\nWHERE idd = 1;", "unknown_column", 'did you mean "id"?')
    assert (e["line"], e["column"]) == (2, 7), e
    refused(d, "TAP 'hole' AT scan_1 WHERE id;", "not_a_condition")
    refused(d, "TAP 'hole' AT scan_1 WHERE COUNT(*) > 1;", "misplaced_aggregate")
    refused(d, "TAP 'hole' AT scan_1 WHERE id > (SELECT MAX(id) FROM numbers);", "not_supported")
    assert d.stop() == 0


def taps_have_a_limit():
    d = Daemon(sets=["limits.taps=2"]).start()
    d.sql(NUMBERS % 1000 + HOLE + "INSERT INTO hole SELECT id FROM numbers;")
    taps = [Tap(d, "TAP 'hole' AT scan_1;") for _ in range(2)]
    for t in taps:
        t.rows(1)
    refused(d, "TAP 'hole' AT scan_1;", "too_many", "[limits] taps")
    taps[0].close()
    wait_for("there is room for one more", lambda: try_rows(d, "TAP 'hole' AT scan_1 LIMIT 1;"))
    assert d.stop() == 0


def try_rows(d, sql):
    try:
        return d.rows(sql)
    except SqlError:
        return None


def taps_come_and_go_under_a_busy_job():
    d = begin(rate=100000)
    d.wait_state("hole", "RUNNING")
    for i in range(60):
        t = Tap(d, f"TAP 'hole' AT {('scan_1', 'filter_2', 'sink_4')[i % 3]}{' LIMIT 100' if i % 2 else ''};")
        if i % 5:
            t.header()
        if i % 7 == 0:
            t.rows(50)
        t.close()
    rows = d.job("hole")["rows_in"]
    wait_for("the job goes on", lambda: d.job("hole")["rows_in"] > rows + 10000)
    assert d.stop() == 0


if __name__ == "__main__":
    main(a_tap_shows_the_rows_as_they_pass, where_and_limit_choose, limit_0_waits_for_no_row, what_a_condition_cannot_be_asked_for_is_left_out,
         changes_carry_their_kind, operators_of_shared_sources_have_names_of_their_own,
         who_does_not_read_loses_rows_and_not_the_job, a_client_that_dies_takes_its_tap_with_it,
         a_tap_ends_with_its_job_and_says_why, a_bounded_job_is_seen_to_its_end, a_tap_outlives_a_restart_of_its_job,
         what_is_wrong_is_told_with_its_place, taps_have_a_limit, taps_come_and_go_under_a_busy_job)

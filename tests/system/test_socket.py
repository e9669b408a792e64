#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The socket: what well-behaved, slow, broken and hostile clients get."""
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, Daemon, SqlError, UnixConnection, main, wait_for  # noqa: E402

NUMBERS = "CREATE TABLE numbers (id BIGINT, v STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '%d');\n"
HOLE = "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"
MIB = 1 << 20


def connect(d, timeout=60):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(timeout)
    s.connect(d.sock)
    return s


def post(body, path="/v1/sql", more=b"Host: x\r\n"):
    return b"POST %s HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n" % (path.encode(), more, len(body)) + body


def answer(s):
    """The whole answer of a connection: status and body."""
    r = http.client.HTTPResponse(s)
    r.begin()
    return r.status, r.read()


def ask(d, method, path, body=None, headers=None, seconds=60):
    c = UnixConnection(d.sock, seconds)
    c.request(method, path, body, headers or {})
    r = c.getresponse()
    text = r.read()
    c.close()
    return r.status, text


def threads(d):
    return len(os.listdir(f"/proc/{d.child.pid}/task"))


def files(d):
    return len(os.listdir(f"/proc/{d.child.pid}/fd"))


def error_of(body):
    lines = [json.loads(line) for line in body.splitlines()]
    assert lines and lines[-1]["end"] == "error", lines
    assert "statement" in lines[-1], lines
    return lines[-1]


# ---- requests that are not whole ----


def half_requests_hurt_nobody():
    d = Daemon().start()
    before = files(d)
    whole = post(b"SHOW TABLES;")
    cut = [0, 1, 4, 9, 20, len(whole) - 12, len(whole) - 1]
    for n in cut:
        s = connect(d)
        s.sendall(whole[:n])
        s.close()
    held = []
    for n in cut:
        s = connect(d)
        s.sendall(whole[:n])
        held.append(s)
    assert d.rows("SHOW TABLES;") == []
    for n, s in zip(cut, held):  # the rest comes later and is answered
        s.sendall(whole[n:])
        assert answer(s)[0] == 200
        s.close()
    wait_for("descriptors are closed", lambda: files(d) <= before, 5)
    assert d.stop() == 0


def who_never_sends_the_rest_is_put_out():
    d = Daemon(sets=["limits.request-timeout=1 s"]).start()
    held = []
    for text in (b"", b"GET /healthz HTTP/1.1\r\nHo", post(b"SHOW TABLES;")[:-3]):
        s = connect(d)
        s.sendall(text)
        held.append(s)
    began = time.monotonic()
    for s in held:
        try:
            while s.recv(4096):  # 408 or nothing, then the end
                pass
        except ConnectionResetError:
            pass
    assert time.monotonic() - began > 0.5
    assert d.get("/healthz") == b"ok\n"
    assert d.stop() == 0


def garbage_is_refused():
    d = Daemon(sets=["limits.request-timeout=1 s"]).start()
    for text in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, b"\r\n\r\n\r\n", b"GET\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200000 + b"\r\n\r\n",
                 b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                 b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                 b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"):
        s = connect(d, 5)
        try:
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
            got = s.recv(65536)
            assert not got or b" 4" in got.split(b"\r\n")[0], got
        except (BrokenPipeError, ConnectionResetError):
            pass
        s.close()
    assert d.get("/healthz") == b"ok\n"
    assert d.stop() == 0


def a_request_needs_a_host():
    d = Daemon().start()
    s = connect(d)
    s.sendall(post(b"SHOW TABLES;", more=b""))
    status, body = answer(s)
    assert status == 400 and "Host" in error_of(body)["message"], body
    s = connect(d)
    s.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")  # older than the header
    assert answer(s) == (200, b"ok\n")
    assert d.stop() == 0


# ---- sizes ----


def a_script_of_one_mib_is_taken_and_no_more():
    d = Daemon().start()
    begin, end = b"/* ", b" */ SHOW TABLES;"
    body = begin + b"x" * (MIB - len(begin) - len(end)) + end
    assert len(body) == MIB
    status, text = ask(d, "POST", "/v1/sql", body)
    assert status == 200 and b'"end":"ok"' in text, text[:300]
    for more in (1, 5 * MIB):
        status, text = ask(d, "POST", "/v1/sql", b"x" * more + body)
        assert status == 413, (status, text[:300])
        assert error_of(text)["code"] == "script_too_long"
    # Who asks before sending is told before sending.
    s = connect(d)
    s.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n")
    assert answer(s)[0] == 413
    # Chunks say no length beforehand.
    s = connect(d)
    s.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(33):
        s.sendall(b"8000\r\n" + b" " * 0x8000 + b"\r\n")
    s.sendall(b"0\r\n\r\n")
    assert answer(s)[0] == 413
    assert d.rss_kib() < 64 * 1024 or "address" in BUILD, d.rss_kib()
    assert d.stop() == 0


def headers_have_a_limit():
    d = Daemon().start()
    status, _ = ask(d, "GET", "/healthz", headers={"X-Long": "y" * 70000})
    assert status == 431, status
    assert d.stop() == 0


# ---- many of them ----


def the_65th_connection_is_told_so():
    d = Daemon().start()
    held = []
    for _ in range(64):
        s = connect(d)
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(s)[0] == 200
        held.append(s)  # kept alive
    for path, wanted in (("/v1/jobs", 429), ("/healthz", 200), ("/readyz", 200), ("/v1/jobs", 429)):
        status, body = ask(d, "GET", path)
        assert status == wanted, (path, status)
        if wanted == 429:
            assert error_of(body)["code"] == "too_many"
    # The 64 still are served.
    held[0].sendall(post(b"SHOW TABLES;"))
    assert answer(held[0])[0] == 200
    held.pop().close()
    wait_for("a place is free", lambda: ask(d, "GET", "/v1/jobs")[0] == 200, 5)
    for s in held:
        s.close()
    assert d.stop() == 0


def five_hundred_requests_one_after_the_other():
    d = Daemon().start()
    began = time.monotonic()
    c = UnixConnection(d.sock, 20)
    for i in range(500):
        c.request("POST", "/v1/sql", b"SET 'pipeline.name' = 'a'; SHOW TABLES;" if i % 2 else b"SELEC;")
        r = c.getresponse()
        assert r.status == 200 and r.read(), i
    c.close()
    print(f"500 requests on one connection: {time.monotonic() - began:.2f} s")
    files_before = files(d)
    for _ in range(200):
        ask(d, "GET", "/healthz")
    wait_for("descriptors are closed", lambda: files(d) <= files_before, 5)
    assert d.stop() == 0


def requests_in_one_packet_are_answered_in_order():
    d = Daemon().start()
    s = connect(d)
    s.sendall(post(b"SHOW TABLES;") + post(b"NONSENSE;") + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    while got.count(b"HTTP/1.1 ") < 3 or not got.endswith(b"ok\n"):
        more = s.recv(65536)
        assert more, got
        got += more
    assert got.index(b'"end":"ok"') < got.index(b'"syntax_error"') < got.index(b"ok\n", got.index(b"syntax_error"))
    assert d.stop() == 0


def twenty_clients_at_once():
    d = Daemon().start()
    d.sql(NUMBERS % 10)
    bad = []

    def client(i):
        for k in range(20):
            rows = d.rows(f"CREATE TEMPORARY TABLE t{i} (a INT) WITH ('connector' = 'blackhole'); SHOW TABLES;")
            if sorted(rows) != sorted([["numbers"], [f"t{i}"]]):
                bad.append((i, k, rows))

    all_of_them = [threading.Thread(target=client, args=(i,)) for i in range(20)]
    for t in all_of_them:
        t.start()
    for t in all_of_them:
        t.join()
    assert not bad, bad[:3]
    assert d.stop() == 0


# ---- clients of a SELECT ----


def a_client_that_stops_reading_slows_only_itself():
    d = Daemon(sets=["client.stall-timeout=3 s", "client.buffer=64 kb"]).start()
    d.sql(NUMBERS % 1000000)
    d.sql(HOLE + "SET 'execution.checkpointing.interval' = '100 ms'; INSERT INTO hole SELECT id FROM numbers;")
    wait_for("the job has all that it needs", lambda: d.job("hole")["checkpoint"] > 0)
    before, files_before = threads(d), files(d)
    s = connect(d)
    s.sendall(post(b"SELECT * FROM numbers;"))
    assert s.recv(1000)
    wait_for("the SELECT runs", lambda: threads(d) > before)

    def cpu_of_selects():  # ticks of all threads that are not older than it
        total = 0
        for t in os.listdir(f"/proc/{d.child.pid}/task"):
            with open(f"/proc/{d.child.pid}/task/{t}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            if int(t) in new:
                total += int(fields[11]) + int(fields[12])
        return total

    new = {int(t) for t in os.listdir(f"/proc/{d.child.pid}/task")}
    new = {t for t in new if t == max(new)}
    time.sleep(0.5)
    ticks = cpu_of_selects()
    rows = d.job("hole")["rows_in"]
    time.sleep(1)
    assert cpu_of_selects() - ticks <= 5, "a blocked SELECT should sleep"
    wait_for("the job goes on", lambda: d.job("hole")["rows_in"] > rows, 5)
    assert d.rss_kib() < 80 * 1024 or "address" in BUILD, d.rss_kib()
    assert len(d.rows("SELECT id FROM numbers LIMIT 10;")) == 10
    wait_for("the stalled one is ended", lambda: threads(d) <= before and files(d) <= files_before, 20)
    s.close()
    assert d.stop() == 0


def a_client_that_reads_slowly_gets_every_row():
    d = Daemon(sets=["client.stall-timeout=2 s", "client.buffer=64 kb"]).start()
    s = connect(d)
    s.sendall(post(b"""CREATE TEMPORARY TABLE n (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '60000'); SELECT id FROM n;"""))
    f = http.client.HTTPResponse(s)
    f.begin()
    want = 1
    pauses = 0
    while True:
        line = f.readline()
        if not line.startswith(b'{"row":['):
            continue
        assert line == b'{"row":[%d]}\n' % want, (line, want)
        want += 1
        if want % 10000 == 0:
            time.sleep(0.9)  # a pager
            pauses += 1
        if want > 60000:
            break
    assert want == 60001 and pauses == 6, (want, pauses)
    s.close()
    assert d.stop() == 0


def a_client_that_dies_takes_its_select_with_it():
    d = Daemon(sets=["client.buffer=64 kb"]).start()
    d.sql(NUMBERS % 1)
    d.sql((NUMBERS % 1000000).replace("numbers", "many"))
    ask(d, "GET", "/healthz")
    before = threads(d), files(d)
    # Suspended for want of rows, or blocked by a client that does not read.
    for query in (b"SELECT * FROM numbers;", b"SELECT * FROM many;"):
        held = []
        for _ in range(4):
            s = connect(d)
            s.sendall(post(query))
            assert s.recv(100)
            held.append(s)
        wait_for("they run", lambda: threads(d) >= before[0] + 4)
        time.sleep(0.3)
        for s in held:
            s.close()
        wait_for("nothing is left of them", lambda: threads(d) <= before[0] and files(d) <= before[1], 10)
    assert d.stop() == 0


def a_client_that_dies_while_it_waits_leaves_its_job_alone():
    d = Daemon().start()
    d.sql(NUMBERS % 100 + HOLE)
    before = files(d)
    s = connect(d)
    s.sendall(post(b"SET 'table.dml-sync' = 'true'; INSERT INTO hole SELECT id FROM numbers;"))
    d.wait_state("hole", "RUNNING")
    running = files(d)
    s.close()
    wait_for("its connection is closed", lambda: files(d) < running, 5)
    assert d.job("hole")["state"] == "RUNNING"
    d.sql("DROP JOB 'hole';")
    wait_for("descriptors are closed", lambda: files(d) <= before, 5)
    assert d.stop() == 0


def a_table_may_be_dropped_under_a_select():
    d = Daemon().start()
    d.sql(NUMBERS % 1000 + "CREATE VIEW w AS SELECT id, v FROM numbers WHERE v LIKE '%a%';")
    s = connect(d)
    s.sendall(post(b"SELECT id, v FROM w;"))
    f = http.client.HTTPResponse(s)
    f.begin()
    for _ in range(10):
        assert f.readline()
    d.sql("DROP VIEW w; DROP TABLE numbers;")
    for i in range(20):
        d.sql(f"CREATE TABLE other{i} (a STRING, b STRING) WITH ('connector' = 'blackhole');")
    for _ in range(500):
        assert f.readline().startswith(b'{"row":[')
    s.close()
    assert d.stop() == 0


def hostile_scripts_are_answered_soon():
    d = Daemon().start()
    d.sql(NUMBERS % 1000)
    # The measure: what a script of the same length costs that means no harm.
    began = d.cpu_seconds()
    assert ask(d, "POST", "/v1/sql", "-- a comment\n" * 80000 + "SET 'pipeline.name' = 'x';" * 100, seconds=120)[0] == 200
    honest = max(d.cpu_seconds() - began, 0.02)
    views = "CREATE TEMPORARY VIEW v0 AS SELECT id FROM numbers;" + "".join(
        f"CREATE TEMPORARY VIEW v{i} AS SELECT id FROM v{i - 1} UNION ALL SELECT id FROM v{i - 1};" for i in range(1, 30))
    for text, code in ((views, "limit_exceeded"), ("SELECT " + "(" * 500000, "nested_too_deep"),
                       ("SELECT " + "NOT " * 200000 + "TRUE;", "nested_too_deep"),
                       ("SELECT " + "1+" * 300000 + "1 FROM numbers;", "limit_exceeded"), ("SET;" * 2000, "too_many_statements"),
                       ("SELECT '" + "x" * 1000000 + "' FROM numbers;", "limit_exceeded"), ("/* " * 300000, "unterminated_comment"),
                       ("SELECT " + "a." * 300000 + "b FROM numbers;", "syntax_error")):
        began = d.cpu_seconds()
        status, body = ask(d, "POST", "/v1/sql", text, seconds=120)
        end = error_of(body)
        assert end["code"] == code, (text[:40], end)
        assert d.cpu_seconds() - began < 100 * honest, text[:40]
    assert d.stop() == 0


def descriptors_may_run_out():
    d = Daemon()
    # sluiced raises its own limit as far as it may: the hard one is lowered.
    d.wrap = ["/bin/sh", "-c", 'ulimit -n 80; exec "$@"', "sh"]
    d.start()
    d.sql(NUMBERS % 10 + HOLE)
    refusals = 0
    for i in range(20):
        try:
            d.sql(f"SET 'pipeline.name' = 'j{i}'; INSERT INTO hole SELECT id FROM numbers;")
        except SqlError:
            refusals += 1
    states = {row[1] for row in d.rows("SHOW JOBS;")}
    assert refusals or states - {"RUNNING"}, states
    for row in d.rows("SHOW JOBS;"):
        d.sql(f"DROP JOB '{row[0]}';")
    d.sql("INSERT INTO hole SELECT id FROM numbers;")
    d.wait_state("hole", "RUNNING")
    assert d.stop() == 0


def a_client_may_close_its_sending_side():
    d = Daemon().start()
    d.sql(NUMBERS % 100)
    for body in (b"SHOW TABLES;", b"SELECT id FROM numbers LIMIT 150;"):
        s = connect(d)
        s.sendall(post(body))
        s.shutdown(socket.SHUT_WR)
        status, text = answer(s)
        assert status == 200 and b'"end":"ok"' in text, (body, text[-300:])
    assert d.stop() == 0


# ---- sessions ----


def settings_live_in_a_session_and_not_across_requests():
    d = Daemon().start()
    d.sql("SET 'pipeline.name' = 'x';")
    assert ["pipeline.name", ""] in d.rows("SET;")
    status, body = ask(d, "POST", "/v1/sessions")
    mine = {"Sluice-Session": json.loads(body)["session"]}
    status, body = ask(d, "POST", "/v1/sessions")
    other = {"Sluice-Session": json.loads(body)["session"]}
    assert mine != other
    ask(d, "POST", "/v1/sql", "SET 'pipeline.name' = 'mine';", mine)
    ask(d, "POST", "/v1/sql", "CREATE TEMPORARY TABLE t (a INT) WITH ('connector' = 'blackhole');", mine)
    for headers, name, tables in ((mine, "mine", b'["t"]'), (other, "", None), ({}, "", None)):
        status, body = ask(d, "POST", "/v1/sql", "SET; SHOW TABLES;", headers)
        assert b'{"row":["pipeline.name","%b"]}' % name.encode() in body, body
        assert (b'["t"]' in body) == (tables is not None), body
    ask(d, "POST", "/v1/sql", "RESET 'pipeline.name'; DROP TEMPORARY TABLE t;", mine)
    status, body = ask(d, "POST", "/v1/sql", "SET; SHOW TABLES;", mine)
    assert b'{"row":["pipeline.name",""]}' in body and b'["t"]' not in body, body
    status, body = ask(d, "POST", "/v1/sql", "SHOW TABLES;", {"Sluice-Session": "0123"})
    assert status == 404 and "0123" in error_of(body)["message"], body
    assert d.stop() == 0


def sessions_have_a_limit():
    d = Daemon(sets=["limits.sessions=3"]).start()
    assert [ask(d, "POST", "/v1/sessions")[0] for _ in range(4)] == [200, 200, 200, 429]
    assert d.stop() == 0


# ---- paths ----


def unknown_jobs_and_paths_are_404():
    d = Daemon().start()
    d.sql(NUMBERS % 10 + HOLE + "SET 'pipeline.name' = 'clicks'; INSERT INTO hole SELECT id FROM numbers;")
    status, body = ask(d, "GET", "/v1/jobs/click")
    assert status == 404, status
    end = error_of(body)
    assert end["code"] == "unknown_job" and end["hint"] == "did you mean 'clicks'?", end
    status, body = ask(d, "GET", "/v1/jobs/CLICKS")
    assert status == 200 and json.loads(body)["name"] == "clicks"
    status, body = ask(d, "GET", "/v1/jobs/" + "x" * 3000)
    assert status == 404
    status, body = ask(d, "GET", "/v2/sql")
    assert status == 404 and "/v1/sql" in error_of(body)["note"]
    for method, path, allowed in (("GET", "/v1/sql", "POST"), ("PUT", "/v1/sql", "POST"), ("GET", "/v1/sessions", "POST"),
                                  ("DELETE", "/v1/jobs/clicks", "GET")):
        c = UnixConnection(d.sock, 20)
        c.request(method, path)
        r = c.getresponse()
        assert r.status == 405 and r.headers["Allow"] == allowed, (method, path, r.status, r.headers)
        assert allowed in error_of(r.read())["message"]
        c.close()
    assert d.job("clicks")["state"] in ("CREATED", "RUNNING", "CONNECTING", "RECOVERING")
    assert d.stop() == 0


def tcp_serves_its_three_paths_only():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    d = Daemon(sets=[f"metrics.listen=127.0.0.1:{port}"]).start()
    d.sql(NUMBERS % 10 + HOLE + "INSERT INTO hole SELECT id FROM numbers;")
    d.wait_state("hole", "RUNNING")

    def tcp(method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        c.request(method, path, body)
        r = c.getresponse()
        return r.status, r.read()

    assert tcp("GET", "/healthz") == (200, b"ok\n")
    assert tcp("GET", "/readyz") == (200, b"ready\n")
    status, text = tcp("GET", "/metrics")
    assert status == 200 and b'sluice_job_state{job="hole",state="RUNNING"} 1' in text, text[:500]
    for method, path in (("POST", "/v1/sql"), ("GET", "/v1/jobs"), ("GET", "/v1/jobs/hole"), ("POST", "/v1/sessions"),
                         ("GET", "/")):
        status, body = tcp(method, path, "SHOW TABLES;" if method == "POST" else None)
        assert status == 404, (path, status)
        assert "TCP has GET /metrics" in error_of(body)["note"]
    assert d.stop() == 0


# https://prometheus.io/docs/instrumenting/exposition_formats: names, labels with their three escapes, a number.
METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABELS = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({METRIC})(?:\{{({LABELS}(?:,{LABELS})*)\}})? (-?(?:[0-9.]+(?:e[+-]?[0-9]+)?|Inf)|NaN)")


def exposition(text):
    """{family: type} and {sample: value}; fails where Prometheus would."""
    families, samples, present = {}, {}, None
    assert text.endswith("\n") and "\n\n" not in text
    for line in text.splitlines():
        if line.startswith("# HELP "):
            present, about = line[7:].split(" ", 1)
            assert about.endswith(".") and re.fullmatch(r"(?:[^\\]|\\[\\n])*", about), line
            assert present not in families, f"{present} comes twice"
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == present and kind in ("counter", "gauge", "histogram"), line
            families[name] = kind
        else:
            m = SAMPLE.fullmatch(line)
            assert m, line
            base = re.sub("_(bucket|sum|count)$", "", m[1]) if families[present] == "histogram" else m[1]
            assert base == present, f"{line} stands in {present}"
            key = line.rsplit(" ", 1)[0]
            assert key not in samples, f"{key} comes twice"
            samples[key] = float(m[3].replace("Inf", "inf"))
    return families, samples


def metrics_are_prometheus_text():
    d = Daemon(embedded=True).start()
    where = os.path.join(d.dir, "back\\slash \"quote\" new\nline")
    os.mkdir(where)
    for name in ("one", "t\"w\\o"):
        with open(os.path.join(where, name), "w") as f:
            f.write('{"v": 1}\n')
    d.sql(NUMBERS % 100 + HOLE + "INSERT INTO hole SELECT COUNT(*) FROM numbers GROUP BY v;")
    # A topic that a job reads twice, and files whose names have everything in them.
    kafka = "CREATE TABLE %s (v BIGINT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json', " \
        "'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset');"
    d.sql(kafka % "a" + kafka.replace("earliest", "latest") % "b" + "SET 'pipeline.name' = 'twice'; "
          "INSERT INTO hole SELECT v FROM a UNION ALL SELECT v FROM b;")
    d.sql(f"CREATE TABLE files (v BIGINT) WITH ('connector' = 'filesystem', 'path' = '{where}', 'format' = 'json'); "
          "SET 'pipeline.name' = 'files'; INSERT INTO hole SELECT v FROM files;")
    wait_for("rows", lambda: d.job("hole")["rows_in"] > 10 and d.job("files")["rows_in"] == 2)
    wait_for("partitions", lambda: 'job="twice",topic="t",partition="3"' in d.get("/metrics").decode())
    families, samples = exposition(d.get("/metrics").decode())
    assert samples['sluice_job_rows_in_total{job="hole"}'] > 10
    assert samples["process_resident_memory_bytes"] > 1e6
    for name, kind in families.items():
        assert (kind == "counter") == name.endswith("_total"), (name, kind)
        if kind != "histogram":
            continue
        buckets = [(float(re.search('le="([^"]*)"', k)[1].replace("+Inf", "inf")), v) for k, v in samples.items()
                   if k.startswith(name + '_bucket{job="hole"')]
        assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), buckets
        assert [v for _, v in buckets] == sorted(v for _, v in buckets), buckets
        assert buckets[-1][1] == samples[name + '_count{job="hole"}']
    assert d.stop() == 0


# ---- curl ----


def curl_is_a_full_client():
    d = Daemon().start()

    def curl(*args, path="/v1/sql"):
        done = subprocess.run(["curl", "-sS", "--max-time", "20", "--unix-socket", d.sock, *args, "http://sluice" + path],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    out = curl("--data-binary", NUMBERS % 1000 + "SELECT id FROM numbers LIMIT 3;").splitlines()
    assert json.loads(out[0]) == {"statement": 1, "end": "ok", "ms": json.loads(out[0])["ms"]}, out
    assert json.loads(out[1]) == {"statement": 2, "kind": "rows", "columns": [{"name": "id", "type": "BIGINT"}],
                                  "updating": False, "bounded": False}, out
    assert len(out) == 6 and json.loads(out[5])["rows"] == 3, out
    bad = json.loads(curl("-d", "SELECT\n  idd FROM numbers").splitlines()[-1])
    assert (bad["code"], bad["line"], bad["column"], bad["statement"]) == ("unknown_column", 2, 3, 1), bad
    assert bad["hint"] == 'did you mean "id"?' and bad["excerpt"] == "  idd FROM numbers" and bad["caret"] == "  ^^^", bad
    # With a body of more than a mebibyte curl asks first.
    too_large = os.path.join(d.dir, "big.sql")
    with open(too_large, "w") as f:
        f.write(" " * (MIB + 1))
    assert json.loads(curl("--data-binary", "@" + too_large))["code"] == "script_too_long"
    assert json.loads(curl(path="/v1/jobs")) == {"jobs": []}
    assert curl(path="/healthz") == "ok\n"
    assert d.stop() == 0


def an_empty_script_is_no_error():
    d = Daemon().start()
    for text in ("", " \n", "-- nothing\n", ";", ";;"):
        status, body = ask(d, "POST", "/v1/sql", text)
        assert status == 200, (text, status)
        assert b"error" not in body, (text, body)
    assert d.stop() == 0


main(half_requests_hurt_nobody, who_never_sends_the_rest_is_put_out, garbage_is_refused, a_request_needs_a_host,
     a_script_of_one_mib_is_taken_and_no_more, headers_have_a_limit, the_65th_connection_is_told_so,
     five_hundred_requests_one_after_the_other, requests_in_one_packet_are_answered_in_order, twenty_clients_at_once,
     a_client_that_stops_reading_slows_only_itself, a_client_that_reads_slowly_gets_every_row,
     a_client_that_dies_takes_its_select_with_it, a_client_that_dies_while_it_waits_leaves_its_job_alone,
     a_table_may_be_dropped_under_a_select, hostile_scripts_are_answered_soon, descriptors_may_run_out, a_client_may_close_its_sending_side, settings_live_in_a_session_and_not_across_requests, sessions_have_a_limit,
     unknown_jobs_and_paths_are_404, tcp_serves_its_three_paths_only, metrics_are_prometheus_text, curl_is_a_full_client,
     an_empty_script_is_no_error)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the system refuses or does behind our back: rights, threads, a second
daemon, clocks that jump, clients that hold on, temporary directories of the
dead. Each gets a sentence with what to do, and nothing else suffers."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, Daemon, Skip, SqlError, main, run, wait_for  # noqa: E402

QUICK = "SET 'execution.checkpointing.interval' = '100 ms';\n"
NUMBERS = "CREATE TABLE numbers (id BIGINT, k INT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '%d');\n"
HOLE = "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"


def refused(d, text, code, *words):
    try:
        d.sql(text)
    except SqlError as e:
        everything = json.dumps(e.end)
        assert e.code == code and all(w in everything for w in words), (text, e.end)
        return
    raise AssertionError(f"not refused: {text}")


# ---- rights ----


class Nobody:
    """The programs as a user who may do little; root may do everything."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="sluice-test-")
        os.chmod(self.top, 0o755)
        self.options = {}
        self.program = os.path.join(BUILD, "sluiced")
        if os.getuid() == 0:
            self.options = {"user": 65534, "group": 65534, "extra_groups": []}
            self.program = shutil.copy(self.program, os.path.join(self.top, "sluiced"))
            os.chmod(self.program, 0o755)

    def own(self, path):
        os.makedirs(path, exist_ok=True)
        if os.getuid() == 0:
            os.chown(path, 65534, 65534)
        return path

    def run(self, state, sock, *args):
        return subprocess.run([self.program, "-c", "/dev/null", "--state-dir", state, "--socket", sock, *args],
                              capture_output=True, text=True, timeout=30, **self.options)

    def remove(self):
        subprocess.run(["chmod", "-R", "u+rwx", self.top])
        shutil.rmtree(self.top)


def what_may_not_be_used_is_named_with_its_remedy():
    n = Nobody()
    try:
        mine = n.own(os.path.join(n.top, "mine"))
        sock = os.path.join(mine, "sock")
        locked = n.own(os.path.join(n.top, "locked"))
        os.chmod(locked, 0o500)
        kept = os.path.join(n.top, "kept")
        os.makedirs(os.path.join(kept, "jobs"))
        open(os.path.join(kept, "LOCK"), "w").close()
        os.chmod(os.path.join(kept, "LOCK"), 0o400 if os.getuid() else 0o600)
        catalog = os.path.join(n.own(os.path.join(n.top, "catalog")), "catalog.db")
        open(catalog, "w").close()
        os.chmod(catalog, 0)
        secret = os.path.join(n.top, "secret.ini")
        with open(secret, "w") as f:
            f.write("[daemon]\n")
        os.chmod(secret, 0)
        for state, where, words in ((os.path.join(locked, "state"), sock, (os.path.join(locked, "state"), "--state-dir", "user")),
                                    (kept, sock, (os.path.join(kept, "LOCK"), "--state-dir", "user")),
                                    (os.path.dirname(catalog), sock, (catalog,)),
                                    (os.path.join(mine, "s1"), os.path.join(locked, "run", "sock"), (os.path.join(locked, "run"), "--socket")),
                                    (os.path.join(mine, "s2"), os.path.join(locked, "sock"), (os.path.join(locked, "sock"),))):
            done = n.run(state, where)
            assert done.returncode == 77, (state, where, done)
            for w in words + ("Permission denied",):
                assert w in done.stderr, (w, done.stderr)
        done = n.run(os.path.join(mine, "s3"), sock, "-c", secret)
        assert done.returncode in (77, 78) and secret in done.stderr and "Permission denied" in done.stderr, done
    finally:
        n.remove()


def a_state_file_of_others_fails_its_job_only():
    if os.getuid() != 0:
        raise Skip("only root can give files away")
    n = Nobody()
    d = Daemon()
    try:
        state = n.own(os.path.join(d.dir, "state"))
        os.chmod(d.dir, 0o755)
        sock_dir = n.own(os.path.join(d.dir, "run"))
        d.sock = os.path.join(sock_dir, "sock")
        d.wrap = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", n.program]
        # The wrapped program comes first; what start() adds is its argument 0.
        d.wrap = ["/bin/sh", "-c", f'shift; exec setpriv --reuid=65534 --regid=65534 --clear-groups {n.program} "$@"', "sh"]
        d.start(["-c", "/dev/null", "--state-dir", state, "--socket", d.sock])
        d.sql(NUMBERS % 100 + HOLE + QUICK + "SET 'pipeline.name' = 'a'; INSERT INTO hole SELECT COUNT(*) FROM numbers;"
              "SET 'pipeline.name' = 'b'; INSERT INTO hole SELECT MAX(id) FROM numbers;")
        wait_for("checkpoints", lambda: all(d.job(j)["checkpoint"] > 0 for j in "ab"))
        d.stop()
        os.chown(d.state_file("a"), 0, 0)
        os.chmod(d.state_file("a"), 0o600)
        d.start(["-c", "/dev/null", "--state-dir", state, "--socket", d.sock])
        j = d.wait_state("a", "FAILED")
        assert j["error"]["code"] == "permission" and d.state_file("a") in j["error"]["message"], j["error"]
        d.wait_state("b", "RUNNING")
        os.chown(d.state_file("a"), 65534, 65534)
        d.sql("RESUME JOB 'a';")
        d.wait_state("a", "RUNNING")
        assert d.stop() == 0
    finally:
        n.remove()


def a_second_daemon_is_told_who_is_there():
    d = Daemon().start()
    second = run("sluiced", "-c", "/dev/null", "--state-dir", d.dir + "/state", "--socket", d.dir + "/sock2")
    assert second.returncode == 74 and f"process {d.child.pid}" in second.stderr, second
    d.kill()
    d.start()  # the number in the file is of one that is gone
    second = run("sluiced", "-c", "/dev/null", "--state-dir", d.dir + "/state", "--socket", d.dir + "/sock2")
    assert f"process {d.child.pid}" in second.stderr, second
    assert d.stop() == 0


# ---- threads ----


def threads_may_run_out():
    d = Daemon()
    flag = os.path.join(d.dir, "no_threads")
    d.preload("no_threads", NO_THREADS=flag)
    d.start()
    away = "WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'format' = 'raw')"
    d.sql(NUMBERS % 500 + HOLE + f"CREATE TABLE away (m STRING) {away}; CREATE TABLE files (id BIGINT) WITH ("
          f"'connector' = 'filesystem', 'format' = 'json', 'path' = '{d.dir}/rows');")
    d.sql(QUICK + "SET 'pipeline.name' = 'good'; INSERT INTO hole SELECT COUNT(*) FROM numbers;"
          "SET 'pipeline.name' = 'kafka'; INSERT INTO hole SELECT COUNT(*) FROM away;"
          "SET 'pipeline.name' = 'files'; INSERT INTO files SELECT id FROM numbers;")
    wait_for("checkpoints", lambda: d.job("good")["checkpoint"] > 0 and d.job("files")["checkpoint"] > 0)
    open(flag, "w").close()
    refused(d, "SET 'pipeline.name' = 'more'; INSERT INTO hole SELECT COUNT(*) FROM numbers;", "no_thread", "ulimit -u")
    try:
        d.sql("SELECT id FROM numbers LIMIT 3;")
        raise AssertionError("a SELECT has a thread")
    except SqlError as e:
        assert "thread" in str(e), e.end
    assert sorted(row[0] for row in d.rows("SHOW JOBS;")) == ["files", "good", "kafka"]
    rows = d.job("good")["rows_in"]
    wait_for("others go on", lambda: d.job("good")["rows_in"] > rows)
    # What there is can be saved, paused and dropped without one more thread.
    d.sql(f"CREATE SAVEPOINT '{d.dir}/sp.db' FOR JOB 'good'; PAUSE JOB 'files'; DROP JOB 'kafka';")
    refused(d, "RESUME JOB 'files';", "no_thread", "RESUME JOB 'files'")
    assert d.job("files")["state"] == "PAUSED"
    os.unlink(flag)
    d.sql("RESUME JOB 'files';" + QUICK + "SET 'pipeline.name' = 'kafka'; INSERT INTO hole SELECT COUNT(*) FROM away;")
    d.wait_state("files", "RUNNING")
    assert d.stop() == 0
    open(flag, "w").close()
    done = subprocess.run([os.path.join(BUILD, "sluiced"), "-c", "/dev/null", "--state-dir", d.dir + "/state", "--socket", d.sock,
                           "--set", "daemon.log-level=warn"], capture_output=True, text=True, timeout=60, env=dict(os.environ, **d.env))
    assert done.returncode not in (0, -signal.SIGSEGV), done
    if done.returncode != -signal.SIGABRT:  # libuv's own threads end it so
        assert "thread" in done.stderr, done


# ---- clocks ----


def clocks_that_jump_move_nothing_but_themselves():
    for hours in (-1, 1):
        d = Daemon(sets=["limits.request-timeout=2 s"])
        offset = os.path.join(d.dir, "offset")
        d.preload("wall_clock", SLUICE_TEST_CLOCK=offset).start()
        d.sql(NUMBERS % 500 + """CREATE TABLE ends (e TIMESTAMP_LTZ(3), n BIGINT) WITH ('connector' = 'print');
            CREATE TABLE lines (id BIGINT, ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
            CREATE TABLE holes (e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'blackhole');""")
        d.sql(QUICK + "INSERT INTO ends SELECT CAST(window_end AS TIMESTAMP_LTZ(3)), COUNT(*) FROM TUMBLE(TABLE numbers, DESCRIPTOR(pt), "
              "INTERVAL '0.2' SECOND(1, 1)) GROUP BY window_start, window_end;"
              "SET 'pipeline.name' = 'sessions'; INSERT INTO holes SELECT window_end, COUNT(*) FROM SESSION(TABLE numbers PARTITION BY k, "
              "DESCRIPTOR(pt), INTERVAL '0.3' SECOND(1, 1)) GROUP BY window_start, window_end, k;"
              "SET 'pipeline.name' = 'count'; INSERT INTO holes SELECT MAX(ts), COUNT(*) FROM lines;")
        wait_for("windows close", lambda: d.job("ends")["rows_out"] > 3 and d.job("sessions")["rows_in"] > 100)
        kept = socket.socket(socket.AF_UNIX)  # an idle connection is put out by its time, not by the clock's
        kept.connect(d.sock)
        kept.settimeout(20)
        with open(offset, "w") as f:
            f.write(str(hours * 3600))
        began = time.monotonic()
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in kept.recv(1000), "the connection is there"
        kept.close()
        at = {name: d.job(name) for name in ("ends", "sessions", "count")}
        wait_for("rows and checkpoints go on", lambda: all(
            d.job(name)["rows_in"] > j["rows_in"] + 100 and d.job(name)["checkpoint"] > j["checkpoint"] + 2 for name, j in at.items()))
        # Back in time it is the clock's windows that were closed already; the next open hour is far.
        if hours > 0:
            wait_for("windows close", lambda: d.job("ends")["rows_out"] > at["ends"]["rows_out"] + 3)
        for name in at:
            for figure, value in d.job(name).items():  # -1: not known
                assert not isinstance(value, (int, float)) or value >= 0 or value == -1, (name, figure, value)
            d.sql(f"EXPLAIN STALL '{name}'; DESCRIBE JOB '{name}';")
        metrics = d.get("/metrics").decode()
        negative = re.findall(r"^sluice_\w+(?:\{[^}]*\})? -[\d.]+$", metrics, flags=re.M)
        assert not [line for line in negative if not line.endswith(" -1")], negative
        d.sql("PAUSE JOB 'ends'; RESUME JOB 'ends'; STOP JOB 'sessions'; DROP JOB 'count';")
        assert time.monotonic() - began < 300
        assert d.stop() == 0


# ---- clients ----


def post(body):
    return b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def hostile_clients_stall_no_job():
    """A job's rate beside half requests, as many connections as there may be,
    long scripts and readers that do not read, against its rate alone."""
    d = Daemon(sets=["client.buffer=64 kb"]).start()
    d.sql(NUMBERS % 20000 + HOLE + "CREATE TABLE flood (id BIGINT, v STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000');")
    d.sql(QUICK + "INSERT INTO hole SELECT COUNT(*) FROM numbers GROUP BY k;")
    wait_for("rows", lambda: d.job("hole")["rows_in"] > 20000)

    def rate(seconds=3):
        before, began = d.query_state("hole", "SELECT MAX(rows_in) AS n FROM checkpoints")[0]["n"], time.monotonic()
        time.sleep(seconds)
        wait_for("a checkpoint", lambda: d.query_state("hole", "SELECT MAX(rows_in) AS n FROM checkpoints")[0]["n"] > before)
        return (d.query_state("hole", "SELECT MAX(rows_in) AS n FROM checkpoints")[0]["n"] - before) / (time.monotonic() - began)

    alone = rate()
    held = []

    def hold(text):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(d.sock)
        s.sendall(text)
        held.append(s)

    for _ in range(8):
        hold(post(b"SELECT id, v FROM flood;"))  # and never reads
    for n in range(40):
        hold(post(b"SHOW TABLES;")[:n + 5])
    script = b"/* " + b"x" * ((1 << 20) - 40) + b" */ SHOW TABLES;"
    answers = []

    def scripts():
        end = time.monotonic() + 3
        while time.monotonic() < end:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(20)
            s.connect(d.sock)
            s.sendall(post(script))
            answers.append(s.recv(100))
            s.close()

    threads = [threading.Thread(target=scripts) for _ in range(4)]
    for t in threads:
        t.start()
    beside = rate()
    for t in threads:
        t.join()
    for _ in range(40):  # more than there may be
        try:
            hold(b"")
        except OSError:
            pass
    crowded = rate()
    print(f"  rows a second: {alone:.0f} alone, {beside:.0f} beside {len(answers)} scripts of 1 MiB, {crowded:.0f} beside {len(held)} "
          "clients that hold on", flush=True)
    assert len(answers) > 4 and all(b" 200 " in a for a in answers), answers[:3]
    assert beside > alone / 2 and crowded > alone / 2, (alone, beside, crowded)
    for s in held:
        s.close()

    def served():
        try:
            return d.rows("SHOW JOBS;")
        except SqlError as e:
            assert e.code == "too_many", e.end
            return None

    wait_for("there is room again", served)
    assert d.job("hole")["state"] == "RUNNING"
    assert d.stop() == 0


# ---- what the dead leave ----


def a_killed_run_is_cleared_by_the_next():
    tmp = tempfile.mkdtemp(prefix="sluice-test-")
    try:
        env = dict(os.environ, TMPDIR=tmp)
        script = os.path.join(tmp, "s.sql")
        with open(script, "w") as f:
            f.write(NUMBERS % 100 + HOLE + "INSERT INTO hole SELECT id FROM numbers;")
        sluice = os.path.join(BUILD, "sluice")

        def runs():
            return {name for name in os.listdir(tmp) if name.startswith("sluice-run-")}

        def begin():
            before = runs()
            child = subprocess.Popen([sluice, "run", script], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            mine = wait_for("it runs", lambda: runs() - before)
            wait_for("its socket", lambda: os.path.exists(os.path.join(tmp, *mine, "sock")))
            return child, mine

        killed, left = begin()
        killed.kill()
        killed.wait()
        alive, mine = begin()
        assert runs() == mine, (runs(), left, mine)
        foreign = os.path.join(tmp, "sluice-run-abcdef")  # without a lock: nobody's to clear
        os.mkdir(foreign)
        third = subprocess.run([sluice, "run", "-"], env=env, input="SHOW TABLES;", text=True, capture_output=True, timeout=60)
        assert third.returncode == 0, third
        assert runs() == mine | {"sluice-run-abcdef"}, "what lives is left alone"
        alive.send_signal(signal.SIGINT)
        alive.wait(60)
        wait_for("it has cleared up", lambda: runs() == {"sluice-run-abcdef"})
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


main(what_may_not_be_used_is_named_with_its_remedy, a_state_file_of_others_fails_its_job_only, a_second_daemon_is_told_who_is_there,
     threads_may_run_out, clocks_that_jump_move_nothing_but_themselves, hostile_clients_stall_no_job, a_killed_run_is_cleared_by_the_next)

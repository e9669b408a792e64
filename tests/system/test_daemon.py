#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The process sluiced: its command line, its configuration, its exit codes,
what it tells systemd, and what survives its end."""
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, TOP, Daemon, NotifySocket, Skip, main, run, wait_for  # noqa: E402

NUMBERS = "CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500');\n"
HOLE = "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"
COUNT = "INSERT INTO hole SELECT COUNT(*) FROM numbers;\n"
SETTINGS = ["daemon.state-dir=/var/tmp/s", "limits.jobs=7", "limits.script-bytes=64 kb", "client.stall-timeout=90 s",
            "runtime.checkpoint-interval=1500 ms", "runtime.pin-threads=off", "embedded-kafka.enabled=true",
            "metrics.listen=127.0.0.1:9464"]


def config(text, *args):
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
        f.write(text)
        f.flush()
        done = run("sluiced", "-c", f.name, "--check-config", *args)
        return done, f.name


def sockets_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


# ---- the command line ----


def help_and_version():
    done = run("sluiced", "--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: sluiced"), done
    for option in ("--state-dir", "--socket", "--set", "--check-config", "--print-config", "--version"):
        assert option in done.stdout, option
    done = run("sluiced", "--version")
    assert done.returncode == 0 and re.fullmatch(r"sluiced \d+\.\d+\.\d+\n", done.stdout), done


def usage_errors_end_with_64():
    for args in (["--no-such-option"], ["frobnicate"], ["check"], ["-c"]):
        done = run("sluiced", *args)
        assert done.returncode == 64 and "usage" in done.stderr, (args, done)


def the_configuration_printed_can_be_read_back():
    sets = [a for s in SETTINGS for a in ("--set", s)]
    first = run("sluiced", "-c", "/dev/null", *sets, "--print-config")
    assert first.returncode == 0 and "jobs = 7\n" in first.stdout, first
    assert "script-bytes = 64 kb\n" in first.stdout and "stall-timeout = 90 s\n" in first.stdout
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
        f.write(first.stdout)
        f.flush()
        second = run("sluiced", "-c", f.name, "--print-config")
    assert second.stdout == first.stdout, second.stderr


def the_sample_file_is_the_printed_one():
    printed = run("sluiced", "-c", "/dev/null", "--print-config").stdout
    with open(os.path.join(TOP, "etc", "sluice.ini")) as f:
        assert f.read() == printed, "etc/sluice.ini: sluiced -c /dev/null --print-config >etc/sluice.ini"


# ---- configuration ----


def errors_of_the_configuration_name_line_and_remedy():
    cases = [
        ("[daemon]\nstate-dir = /x\nsokcet = /y\n", [r":3: ", r"no setting daemon\.sokcet", r"did you mean daemon\.socket\?"]),
        ("[demon]\nsocket = /y\n", [r":2: ", r"no setting demon\.socket", r"daemon\.socket"]),
        ("[limits]\njobs = 0\n", [r":2: ", r"limits\.jobs = 0 is out of range: 1 to 10000"]),
        ("[limits]\n\n# many\njobs = many\n", [r":4: ", r"limits\.jobs = many is not a whole number"]),
        ("[limits]\nscript-bytes = 1 eb\n", [r":2: ", r"is not a size such as"]),
        ("[limits]\nscript-bytes = 100 gb\n", [r":2: ", r"out of range: 1024 to 67108864 bytes"]),
        ("[client]\nstall-timeout = soon\n", [r":2: ", r"is not a duration such as"]),
        ("[client]\nstall-timeout = 1 ms\n", [r":2: ", r"out of range: 1000 to \d+ ms"]),
        ("[daemon]\nlog-level = loud\n", [r":2: ", r"is not one of debug\|info\|warn\|error"]),
        ("[embedded-kafka]\nenabled = perhaps\n", [r":2: ", r"is not true or false"]),
        ("[daemon]\nthis is no setting\n", [r":2: ", r"expected \[section\], key = value or a comment"]),
        ("[daemon\n", [r":1: ", r"expected \[section\]"]),
        ("[files]\npaths = " + "/x" * 200 + "\n", [r":2: ", r"longer than \d+ bytes", r"--set"]),
    ]
    for text, wanted in cases:
        done, name = config(text)
        assert done.returncode == 78, (text, done)
        assert name in done.stderr, (text, done.stderr)
        for pattern in wanted:
            assert re.search(pattern, done.stderr), (text, pattern, done.stderr)


def set_options_are_checked_like_the_file():
    for arg, wanted in (("limits.jobs=0", "out of range"), ("nothing", r"expected section\.key=value"),
                        ("limits.job=3", r"did you mean limits\.jobs\?"), ("limits.jobs", "expected section")):
        done, _ = config("", "--set", arg)
        assert done.returncode == 78 and re.search(wanted, done.stderr), (arg, done)


def comments_blanks_and_indents_change_nothing():
    text = "# " + "x" * 400 + "\n; another\n\n[daemon]\n  state-dir = /a\n\tsocket = /b\n"
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
        f.write(text)
        f.flush()
        out = run("sluiced", "-c", f.name, "--print-config").stdout
    assert "\nstate-dir = /a\n" in out and "\nsocket = /b\n" in out, out


def a_missing_file_is_an_error_only_when_named():
    done = run("sluiced", "-c", "/no/such/file", "--check-config")
    assert done.returncode == 78 and "cannot read /no/such/file" in done.stderr, done


def long_values_come_by_set():
    paths = "/x" * 300
    out = run("sluiced", "-c", "/dev/null", "--set", "files.paths=" + paths, "--print-config").stdout
    assert "\n# In force by --set, since no line can say it: files.paths\n" in out, out
    assert config(out)[0].returncode == 0


def functions_and_columns_are_shown_and_described():
    d = Daemon().start()
    names = [row[0] for row in d.rows("SHOW FUNCTIONS;")]
    assert len(names) > 100 and names == sorted(names, key=str.lower) and "UPPER" in names and "+" not in names, names
    assert all(row[0].startswith("SHA") for row in d.rows("SHOW FUNCTIONS LIKE 'SHA%';"))
    told = dict(d.rows("DESCRIBE FUNCTION upper;"))
    assert told["name"] == "UPPER" and told["kind"] == "scalar" and told["forms"] == "UPPER(text)", told
    assert dict(d.rows("DESC FUNCTION EXTENDED `sum`;"))["kind"] == "aggregate"
    d.sql("CREATE TABLE t (id BIGINT, name STRING) WITH ('connector' = 'blackhole');")
    assert [row[0] for row in d.rows("SHOW COLUMNS FROM t LIKE 'n%';")] == ["name"]
    assert d.rows("SHOW CATALOGS;") == [["default_catalog"]] and d.rows("SHOW CURRENT DATABASE;") == [["default_database"]]
    assert d.stop() == 0


def a_daemon_runs_with_the_printed_file():
    d = Daemon()
    printed = run("sluiced", "-c", "/dev/null", "--set", "daemon.state-dir=" + d.dir + "/state", "--set",
                  "daemon.socket=" + d.sock, "--print-config").stdout
    path = os.path.join(d.dir, "sluice.ini")
    with open(path, "w") as f:
        f.write(printed)
    d.start(args=["-c", path])
    assert d.rows("SHOW TABLES;") == []
    assert d.stop() == 0


# ---- exit codes ----


def what_it_cannot_use_ends_it_with_the_right_code():
    top = tempfile.mkdtemp(prefix="sluice-test-")
    try:
        path = os.path.join(top, "file")
        with open(path, "w") as f:
            f.write("x")
        sock = os.path.join(top, "sock")
        cases = [
            (["--state-dir", path, "--socket", sock], 74, "file"),
            (["--state-dir", os.path.join(top, "s1"), "--socket", path], 74, "is no socket"),
            (["--state-dir", os.path.join(top, "s2"), "--socket", os.path.join(top, "x" * 120)], 78, "longer than"),
            (["--state-dir", os.path.join(top, "s3"), "--socket", sock, "--set", "metrics.listen=nowhere"], 78,
             "is not host:port"),
            (["--state-dir", os.path.join(top, "s4"), "--socket", sock, "--set", "metrics.listen=1.2.3.4:80"], 78,
             "cannot listen on"),
        ]
        for args, code, wanted in cases:
            done = run("sluiced", "-c", "/dev/null", *args)
            assert done.returncode == code and wanted in done.stderr, (args, done)
        os.makedirs(os.path.join(top, "s5"))
        with open(os.path.join(top, "s5", "catalog.db"), "w") as f:
            f.write("this is no database" * 100)
        done = run("sluiced", "-c", "/dev/null", "--state-dir", os.path.join(top, "s5"), "--socket", sock)
        assert done.returncode == 65 and "catalog.db" in done.stderr, done
    finally:
        shutil.rmtree(top)


def a_directory_of_others_ends_it_with_77():
    top = tempfile.mkdtemp(prefix="sluice-test-")
    options = {}
    program = os.path.join(BUILD, "sluiced")
    if os.getuid() == 0:  # root may do everything: be nobody
        options = {"user": 65534, "group": 65534}
        program = shutil.copy(program, "/tmp/sluiced-of-the-test-%d" % os.getpid())
        os.chmod(program, 0o755)
    os.chmod(top, 0o500)
    try:
        done = subprocess.run([program, "-c", "/dev/null", "--state-dir", top + "/state", "--socket", top + "/sock"],
                              capture_output=True, text=True, timeout=20, **options)
    finally:
        os.rmdir(top)
        if options:
            os.unlink(program)
    assert done.returncode == 77 and "cannot make" in done.stderr, done


def a_second_daemon_is_refused():
    d = Daemon().start()
    second = run("sluiced", "-c", "/dev/null", "--state-dir", d.dir + "/state", "--socket", d.dir + "/sock2")
    assert second.returncode == 74, second
    assert f"another sluiced (process {d.child.pid}) uses the state directory" in second.stderr and "--state-dir" in second.stderr, second
    third = run("sluiced", "-c", "/dev/null", "--state-dir", d.dir + "/state3", "--socket", d.sock)
    assert third.returncode == 74 and "another process listens on" in third.stderr, third
    assert d.get("/healthz") == b"ok\n"  # the first one keeps its socket
    assert d.stop() == 0


def a_stale_socket_is_taken_over():
    d = Daemon().start()
    d.kill()
    assert stat.S_ISSOCK(os.stat(d.sock).st_mode)
    d.start()
    assert d.stop() == 0
    assert not os.path.exists(d.sock)


def files_are_for_the_group_and_nobody_else():
    d = Daemon().start()
    d.sql(NUMBERS + HOLE + COUNT)
    d.wait_state("hole", "RUNNING")
    modes = {}
    for top, dirs, files in os.walk(d.dir + "/state"):
        for name in dirs + files + ["."]:
            path = os.path.normpath(os.path.join(top, name))
            modes[os.path.relpath(path, d.dir)] = stat.S_IMODE(os.stat(path).st_mode)
    assert modes["state"] == modes["state/jobs"] == 0o750, modes
    for name, mode in modes.items():
        if name not in ("state", "state/jobs"):
            assert mode == 0o640, (name, oct(mode))
    assert "state/jobs/hole.db-wal" in modes
    assert stat.S_IMODE(os.stat(d.sock).st_mode) == 0o660
    d.stop()


# ---- its end ----


def sigterm_leaves_a_last_checkpoint():
    d = Daemon(sets=["runtime.checkpoint-interval=1 h"]).start()
    d.sql(NUMBERS + HOLE + COUNT)
    wait_for("rows", lambda: d.job("hole")["rows_in"] > 50)
    assert d.job("hole")["checkpoint"] == 0
    assert d.stop() == 0
    last = d.query_state("hole", "SELECT id, rows_in FROM checkpoints ORDER BY id DESC LIMIT 1")[0]
    assert last["id"] == 1 and last["rows_in"] > 50, last
    d.start()
    wait_for("it goes on from there", lambda: d.job("hole")["rows_in"] > last["rows_in"])
    d.stop()


def a_select_does_not_hold_up_the_end():
    d = Daemon().start()
    d.sql(NUMBERS)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(d.sock)
        body = b"SELECT id FROM numbers;"
        s.sendall(b"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        s.settimeout(30)
        got = s.recv(65536)
        assert b"200 OK" in got, got
        d.child.send_signal(signal.SIGTERM)
        while True:
            more = s.recv(65536)
            if not more:
                break
            got += more
        assert d.child.wait(30) == 0
        assert b'"message":"sluiced is stopping"' in got, got[-300:]


def what_was_there_is_back_after_a_kill():
    d = Daemon(sets=["runtime.checkpoint-interval=100 ms"]).start()
    d.sql(NUMBERS + HOLE + "CREATE VIEW odd AS SELECT id FROM numbers WHERE id <> 2;" + COUNT)
    d.sql("CREATE TEMPORARY TABLE gone (a INT) WITH ('connector' = 'blackhole');")
    wait_for("a checkpoint", lambda: d.job("hole")["checkpoint"] > 2)
    before = d.job("hole")
    d.kill()
    d.start()
    assert d.rows("SHOW TABLES;") == [["numbers"], ["hole"], ["odd"]] or sorted(d.rows("SHOW TABLES;")) == [
        ["hole"], ["numbers"], ["odd"]], d.rows("SHOW TABLES;")
    d.wait_state("hole", "RUNNING")
    wait_for("it counts on", lambda: d.job("hole")["rows_in"] > before["rows_in"])
    assert d.job("hole")["created"] == before["created"]
    assert d.stop() == 0


def what_stood_still_stands_after_a_restart():
    d = Daemon().start()
    d.sql(NUMBERS + HOLE)
    for name in ("paused", "stopped"):
        d.sql(f"SET 'pipeline.name' = '{name}'; {COUNT}")
        d.wait_state(name, "RUNNING")
    d.sql("PAUSE JOB 'paused'; STOP JOB 'stopped';")
    d.sql("""CREATE TABLE few (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10');
             SET 'pipeline.name' = 'finished'; SET 'table.dml-sync' = 'true';
             INSERT INTO hole SELECT id FROM few;""")
    d.sql("""CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json',
             'path' = '/no/such/directory/at/all');
             SET 'pipeline.name' = 'failed'; INSERT INTO hole SELECT id FROM nowhere;""")
    before = {n: d.wait_state(n, n.upper()) for n in ("paused", "stopped", "finished", "failed")}
    assert before["failed"]["error"]["message"], before["failed"]
    for end in (d.stop, d.kill):
        end()
        d.start()
        for name, was in before.items():
            now = d.job(name)
            for key in ("state", "error", "created", "since"):
                assert now[key] == was[key], (name, key, was[key], now[key])
    d.sql("RESUME JOB 'paused';")
    d.wait_state("paused", "RUNNING")
    assert d.stop() == 0


def a_second_signal_ends_it_at_once():
    d = Daemon().start()
    d.sql(NUMBERS + HOLE + COUNT)
    d.child.send_signal(signal.SIGTERM)
    d.child.send_signal(signal.SIGTERM)
    assert d.child.wait(10) == 0


def it_stops_again_and_again():
    d = Daemon()
    for _ in range(5):
        d.start()
        assert d.stop() == 0
    assert "level=error" not in d.log(), d.log()


# ---- systemd ----


def systemd_hears_ready_watchdog_and_stopping():
    n = NotifySocket()
    d = Daemon(env={"NOTIFY_SOCKET": n.path, "WATCHDOG_USEC": "300000"})
    d.start()
    wait_for("READY=1", lambda: n.hears("READY=1"), 5)
    wait_for("STATUS=", lambda: n.hears("STATUS=0 jobs"), 5)
    n.heard.clear()
    for _ in range(2):
        wait_for("WATCHDOG=1", lambda: n.hears("WATCHDOG=1"), 5)
        n.heard.clear()
    assert d.stop() == 0
    assert n.hears("STOPPING=1")
    n.close()


def systemd_may_hand_over_the_socket():
    d = Daemon()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(d.sock)
    listener.listen(16)
    # LISTEN_PID must be the daemon's own: a shell says it, then becomes it.
    script = 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<&%d' % listener.fileno()
    d.wrap = ["/bin/sh", "-c", script, "sh"]
    d.start(pass_fds=[listener.fileno()])
    assert d.rows("SHOW JOBS;") == []
    assert d.stop() == 0
    assert os.path.exists(d.sock), "the socket is systemd's to remove"
    listener.close()


# ---- the log ----

FIELD = r'[a-z_0-9]+=(?:"(?:[^"\\]|\\.)*"|[^\s"=]*)'


def every_line_of_the_log_is_logfmt():
    d = Daemon(embedded=True, sets=["daemon.log-level=debug", "runtime.checkpoint-interval=50 ms"]).start()
    d.sql(NUMBERS + HOLE + COUNT)
    wait_for("a checkpoint", lambda: d.job("hole")["checkpoint"] > 1)
    d.sql("CREATE TABLE `x level=error event=forged \"a` (a INT) WITH ('connector' = 'blackhole');")
    d.sql("DROP JOB 'hole';")
    d.child.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert d.stop() == 0
    lines = d.log().splitlines()
    for line in lines:
        assert re.fullmatch(rf"{FIELD}(?: {FIELD})*", line), line
        assert re.match(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=(debug|info|warn|error) event=\w+", line), line
    events = [re.search(r"event=(\w+)", line)[1] for line in lines]
    for event in ("ready", "embedded_kafka", "create", "job_submitted", "checkpoint", "job_command", "reload", "stopping",
                  "stopped"):
        assert event in events, (event, events)
    assert f"uid={os.getuid()} pid={os.getpid()}" in d.log()


def under_journald_lines_have_priorities_instead_of_times():
    # systemd says which stream it has connected: here the test's file.
    d = Daemon()
    with open(d.log_path, "a"):
        st = os.stat(d.log_path)
    d.env = {"JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"}
    d.start()
    assert d.stop() == 0
    for line in d.log().splitlines():
        assert re.match(r"<[3-7]>level=\w+ event=\w+", line), line
    # What is redirected elsewhere only inherits the variable.
    d = Daemon(env={"JOURNAL_STREAM": "8:1234"}).start()
    assert d.stop() == 0
    assert all(line.startswith("time=") for line in d.log().splitlines()), d.log()


def a_log_that_nobody_reads_stalls_no_job():
    d = Daemon(sets=["daemon.log-level=debug", "runtime.checkpoint-interval=10 ms"])
    read, write = os.pipe()
    os.set_inheritable(write, True)
    d.wrap = ["/bin/sh", "-c", f'exec "$@" 2>&{write}', "sh"]
    d.start(pass_fds=[write])
    os.close(write)
    d.sql(NUMBERS + HOLE + COUNT)
    for i in range(700):  # a line each, more than the pipe holds
        d.sql(f"CREATE TABLE `{'x' * 100}{i}` (a INT) WITH ('connector' = 'blackhole');")
    was = d.job("hole")["checkpoint"]
    wait_for("more checkpoints", lambda: d.job("hole")["checkpoint"] > was + 5)
    assert d.stop() == 0
    os.close(read)


# ---- its size ----


def an_idle_daemon_is_small():
    if "address" in BUILD or "thread" in BUILD:
        raise Skip("sanitizers take memory and time of their own")
    d = Daemon().start()
    d.sql(NUMBERS.replace("500", "1") + HOLE + COUNT)
    d.wait_state("hole", "RUNNING")
    time.sleep(1)
    before = d.cpu_seconds()
    time.sleep(5)
    used = (d.cpu_seconds() - before) / 5
    rss = d.rss_kib()
    print(f"idle with one job: {100 * used:.2f} % of a core, {rss / 1024:.1f} MiB resident")
    assert used < 0.01, used
    assert rss < 32 * 1024, rss
    assert d.stop() == 0


def nothing_is_left_open_behind_jobs():
    d = Daemon().start()
    d.sql(NUMBERS + HOLE)

    def round_of_jobs():
        d.sql(COUNT)
        d.wait_state("hole", "RUNNING")
        d.sql("DROP JOB 'hole';")

    round_of_jobs()
    files, threads = sockets_of(d.child.pid), len(os.listdir(f"/proc/{d.child.pid}/task"))
    for _ in range(5):
        round_of_jobs()
    wait_for("descriptors are closed", lambda: sockets_of(d.child.pid) <= files, 5)
    wait_for("threads have ended", lambda: len(os.listdir(f"/proc/{d.child.pid}/task")) <= threads, 5)
    assert d.stop() == 0


main(help_and_version, usage_errors_end_with_64, the_configuration_printed_can_be_read_back,
     the_sample_file_is_the_printed_one, errors_of_the_configuration_name_line_and_remedy,
     set_options_are_checked_like_the_file, comments_blanks_and_indents_change_nothing,
     a_missing_file_is_an_error_only_when_named, long_values_come_by_set,
     functions_and_columns_are_shown_and_described, a_daemon_runs_with_the_printed_file,
     what_it_cannot_use_ends_it_with_the_right_code, a_directory_of_others_ends_it_with_77, a_second_daemon_is_refused,
     a_stale_socket_is_taken_over, files_are_for_the_group_and_nobody_else, sigterm_leaves_a_last_checkpoint,
     a_select_does_not_hold_up_the_end, what_was_there_is_back_after_a_kill, what_stood_still_stands_after_a_restart,
     a_second_signal_ends_it_at_once, it_stops_again_and_again, systemd_hears_ready_watchdog_and_stopping,
     systemd_may_hand_over_the_socket, every_line_of_the_log_is_logfmt,
     under_journald_lines_have_priorities_instead_of_times, a_log_that_nobody_reads_stalls_no_job, an_idle_daemon_is_small, nothing_is_left_open_behind_jobs)

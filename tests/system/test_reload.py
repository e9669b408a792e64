#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: each changed key has its answer, a mistake changes nothing, and jobs
of a changed connection begin again."""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, SqlError, main, run, wait_for  # noqa: E402

NUMBERS = "CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500');\n"
TOPIC = "CREATE TABLE %s (id BIGINT) WITH ('connector' = 'kafka', 'connection' = 'c', 'topic' = 't', 'format' = 'json');\n"
HOLE = "CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole');\n"


class Configured(Daemon):
    """A daemon with a configuration file of its own."""

    def __init__(self, text, **more):
        super().__init__(**more)
        self.ini = os.path.join(self.dir, "sluice.ini")
        self.write(text)

    def write(self, text):
        with open(self.ini, "w") as f:
            f.write(text)

    def start(self):
        return super().start(["-c", self.ini, "--state-dir", os.path.join(self.dir, "state"), "--socket", self.sock])

    def reload(self, text=None):
        """The lines of the log that the reload wrote."""
        if text is not None:
            self.write(text)
        before = len(self.log())
        self.child.send_signal(signal.SIGHUP)
        wait_for("the reload's end", lambda: re.search(r"event=reload(_failed)? ", self.log()[before:]))
        lines = self.log()[before:].splitlines()
        end = next(i for i, x in enumerate(lines) if re.search(r"event=reload(_failed)? ", x))
        return lines[:end + 1]


def answers(lines):
    """{key: answer} of all settings that are told of."""
    found = (re.search(r'event=setting_changed key="((?:\\.|[^"])*)" value="((?:\\.|[^"])*)" answer="([^"]*)"', x) for x in lines)
    return {m[1].replace("\\", ""): (m[2], m[3]) for m in found if m}


def each_changed_key_is_answered_and_no_other():
    d = Configured("[limits]\njobs = 5\nselects = 3\n").start()
    assert answers(d.reload()) == {}
    lines = d.reload("[limits]\njobs = 1\nselects = 3\nstate-bytes = 1 gb\n[daemon]\nlog-level = debug\n[client]\nbuffer = 2 mb\n")
    assert answers(lines) == {"limits.jobs": ("1", "applied"), "daemon.log-level": ("debug", "applied"),
                              "limits.state-bytes": ("1 gb", "applied to what begins from now on"),
                              "client.buffer": ("2 mb", "needs restart")}, lines
    assert "changed=4 need_restart=1 jobs_begin_again=0" in lines[-1], lines
    # What needs a restart is told of as long as it is so; the rest once.
    assert list(answers(d.reload())) == ["client.buffer"]
    # The new limit and level are in force.
    d.sql(NUMBERS + HOLE + "INSERT INTO hole SELECT id FROM numbers;")
    try:
        d.sql("SET 'pipeline.name' = 'two'; INSERT INTO hole SELECT id + 1 FROM numbers;")
        raise AssertionError("a second job was taken")
    except SqlError as e:
        assert e.code == "too_many", e
    wait_for("lines of level debug", lambda: "level=debug" in d.log())
    assert d.stop() == 0


def what_the_command_line_sets_stays_set():
    d = Configured("[limits]\njobs = 5\n", sets=["limits.jobs=7"]).start()
    assert answers(d.reload("[limits]\njobs = 6\nselects = 4\n")) == {"limits.selects": ("4", "applied")}
    assert d.stop() == 0


def a_file_with_a_mistake_changes_nothing():
    d = Configured("[limits]\njobs = 5\n").start()
    lines = d.reload("[limits]\njobs = 3\nselects = lots\nnonsense\n[kafka \"x\"]\nsasl.password = hunter2\nbootstrap.servers = h:1\n")
    text = "\n".join(lines)
    for wanted in (d.ini + ":3: limits.selects = lots is not a whole number", d.ini + ":4: expected", d.ini + ":6: ", "literal_secret"):
        assert wanted in text, (wanted, text)
    assert "hunter2" not in d.log()
    assert 'event=reload_failed effect="nothing has changed"' in lines[-1], lines
    # The same values once more: it is the running ones that count.
    assert answers(d.reload("[limits]\njobs = 5\n")) == {}
    os.remove(d.ini)
    assert "cannot read " + d.ini in "\n".join(d.reload())
    assert d.stop() == 0


def jobs_of_a_changed_connection_begin_again():
    one = "[kafka \"c\"]\nbootstrap.servers = embedded\n[kafka \"other\"]\nbootstrap.servers = h:1\n"
    d = Configured(one, embedded=True).start()
    d.sql(NUMBERS + HOLE + TOPIC % "t" + "INSERT INTO t SELECT id FROM numbers;")
    d.sql("SET 'pipeline.name' = 'reader'; INSERT INTO hole SELECT id FROM t;")
    d.sql("SET 'pipeline.name' = 'bystander'; INSERT INTO hole SELECT id FROM numbers;")
    wait_for("rows", lambda: d.job("reader")["rows_in"] > 100, 60)
    lines = d.reload(one.replace("h:1", "h:2"))
    assert "jobs_begin_again=0" in lines[-1], lines
    lines = d.reload(one.replace("embedded\n", "embedded\nlinger.ms = 7\n").replace("h:1", "h:2"))
    assert answers(lines) == {'kafka "c".linger.ms': ("7", "applied")}, lines
    assert "jobs_begin_again=2" in lines[-1], lines
    for name in ("t", "reader"):
        wait_for(f"{name} begins again", lambda: f"event=job_begins_again job={name} " in d.log(), 60)
        d.wait_state(name, "RUNNING", seconds=60)
    was = d.job("reader")["rows_in"]
    wait_for("more rows", lambda: d.job("reader")["rows_in"] > was, 60)
    assert "event=job_begins_again job=bystander" not in d.log()
    # One that is gone: its jobs go on until they begin anew; new ones do not begin.
    lines = d.reload("[kafka \"other\"]\nbootstrap.servers = h:2\n")
    assert any('event=connection_removed key="kafka \\"c\\""' in x for x in lines), lines
    was = d.job("reader")["rows_in"]
    wait_for("more rows", lambda: d.job("reader")["rows_in"] > was, 60)
    try:
        d.sql(TOPIC.replace("'c'", "'othr'") % "u")
        raise AssertionError("the connection was taken")
    except SqlError as e:
        assert e.code == "unknown_connection" and e.end["hint"] == "did you mean 'other'?", e.end
        assert e.end["note"] == ('add [kafka "othr"] to sluice.ini and reload the daemon (SIGHUP), '
                                 "or name one of those it has: other"), e.end
        assert e.end["caret"].strip() == "^^^^^^", e.end
    d.sql("PAUSE JOB 'reader'; RESUME JOB 'reader';")
    wait_for("it fails", lambda: d.job("reader")["state"] == "FAILED", 60)
    assert "no connection 'c'" in d.job("reader")["error"]["message"], d.job("reader")
    why = "\n".join(row[0] for row in d.rows("EXPLAIN STALL 'reader';"))
    assert 'what to do: add [kafka "c"] to sluice.ini and reload' in why and "RESUME JOB 'reader'" in why, why
    d.reload(one)
    d.sql("RESUME JOB 'reader';")
    d.wait_state("reader", "RUNNING", seconds=60)
    assert d.stop() == 0


def a_connection_stands_in_no_catalog_and_no_plan():
    d = Configured("[kafka \"c\"]\nbootstrap.servers = h:1\nsasl.username = somebody\n"
                   "[kafka \"d\"]\nbootstrap.servers = i:1\nsecurity.protocol = SASL_SSL\nsasl.password = ${env:NOWHERE}\n").start()
    d.sql(TOPIC % "t" + "CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO hole SELECT id FROM t;")
    assert d.rows("SHOW CONNECTIONS;") == [["c", "h:1", "PLAINTEXT", 1], ["d", "i:1", "SASL_SSL", 0]]
    assert d.rows("SHOW CONNECTIONS LIKE 'd%';") == [["d", "i:1", "SASL_SSL", 0]]
    assert d.rows("SHOW CREATE TABLE t;")[0][0].count("'connection' = 'c'") == 1
    for text in ("SHOW CREATE TABLE t;", "EXPLAIN SELECT id FROM t;", "DESCRIBE t;"):
        assert "somebody" not in str(d.rows(text)) and "h:1" not in str(d.rows(text)), text
    assert d.stop() == 0


def check_config_tells_everything_at_once():
    d = Configured("[limits]\njobs = 0\n[kafka \"x\"]\ndebug = all\n")
    done = run("sluiced", "-c", d.ini, "--set", "daemon.log-level=loud", "--check-config")
    assert done.returncode == 78, done
    assert done.stderr.count("sluiced: error[") == 4, done.stderr  # and x has no bootstrap.servers


main(each_changed_key_is_answered_and_no_other, what_the_command_line_sets_stays_set, a_file_with_a_mistake_changes_nothing,
     jobs_of_a_changed_connection_begin_again, a_connection_stands_in_no_catalog_and_no_plan,
     check_config_tells_everything_at_once)

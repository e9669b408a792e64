#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Statements about jobs in random order from eight clients at once, with the
daemon killed in the middle: no answer that the model does not expect, no job
lost or doubled, no file left over, no row lost or written twice."""
import http.client
import json
import os
import random
import shutil
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, Daemon, Skip, UnixConnection, main, run, wait_for  # noqa: E402

CLIENTS = 8
STATEMENTS = int(os.environ.get("SLUICE_STORM", "10000"))
ROUNDS = 4  # the daemon ends between them, by SIGKILL and by SIGTERM in turn
KINDS = ("count", "groups", "files", "bounded", "windows")

TABLES = """
CREATE TABLE ticks (id BIGINT, k INT, pt AS PROCTIME()) WITH ('connector' = 'datagen', 'rows-per-second' = '200',
  'fields.k.min' = '1', 'fields.k.max' = '50');
CREATE TABLE steps (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '300',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000');
CREATE TABLE few (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '300');
CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');
CREATE VIEW odd AS SELECT id, k FROM ticks WHERE MOD(id, 2) = 1;
"""
QUERIES = {
    "count": "INSERT INTO hole SELECT COUNT(*) FROM odd;",
    "groups": "INSERT INTO hole SELECT COUNT(*) FROM ticks GROUP BY k;",
    "files": "INSERT INTO {table} SELECT id FROM steps;",
    "bounded": "INSERT INTO {table} SELECT id FROM few;",
    "windows": "INSERT INTO hole SELECT COUNT(*) FROM TUMBLE(TABLE ticks, DESCRIPTOR(pt), INTERVAL '1' SECOND) "
               "GROUP BY window_start, window_end, k;",
}


class Gone(Exception):
    """The daemon ended while it was asked."""


class Job:
    """What one job may be: a set of states, more than one only where the
    clock or a kill decides; None: there is no such job."""

    def __init__(self, top, client, kind):
        self.name = f"c{client}_{kind}"
        self.kind = kind
        self.states = {None}
        self.kept = False   # a state file without its job: KEEP STATE
        self.murky = False  # rows may be written again behind those that are there
        self.doubt = None   # the verb that the daemon died over
        self.out = os.path.join(top, "rows", self.name)

    def script(self):
        text = QUERIES[self.kind].format(table=f"t_{self.name}")
        return f"SET 'pipeline.name' = '{self.name}'; {text}"

    def has_output(self):
        return self.kind in ("files", "bounded")

    def check_output(self, whole=False):
        """Rows 1 to n, each once. Nothing of a checkpoint that was not."""
        if self.murky or not self.has_output() or not os.path.isdir(self.out):
            return
        ids = []
        for name in os.listdir(self.out):
            assert name.startswith("part-"), (self.name, name)
            with open(os.path.join(self.out, name)) as f:
                ids += [json.loads(line)["id"] for line in f]
        assert sorted(ids) == list(range(1, len(ids) + 1)), (self.name, len(ids))
        assert not whole or len(ids) == 300, (self.name, len(ids))

    def forget_output(self):
        self.murky = False
        shutil.rmtree(self.out, ignore_errors=True)


RUNS = {"CONNECTING", "RECOVERING", "RUNNING", "CREATED"}


def after(job, verb, state):
    """(what the state may be then, codes of errors that may be answered);
    code None: no error. Errors change nothing."""
    ended = {"FINISHED"} if job.kind == "bounded" else set()
    no_error = {None, "wrong_job_state"} if ended else {None}  # it may end on its own before
    if verb == "start_other":
        return {state}, {"job_differs"}
    if verb == "start":
        return ({"PAUSED"} if state == "PAUSED" else {"RUNNING"} | ended), {None}
    if state is None:
        return {None}, {"unknown_job"}
    if verb in ("drop", "keep"):
        return {None}, {None}
    if verb in LOOKS:
        return {state} | (ended if state == "RUNNING" else set()), {None}
    if verb == "delete":  # refused where it is just coming or going
        return {state} | (ended if state == "RUNNING" else set()), {None} | (
            {"wrong_job_state"} if state in ("RUNNING", "FINISHED") else set())
    if verb == "replay":
        if state == "FINISHED":  # it runs once more for that
            return {"RUNNING", "FINISHED"}, {None, "wrong_job_state"}
        return {state} | (ended if state == "RUNNING" else set()), {"wrong_job_state"} | (
            {None} if state == "RUNNING" else set())
    if verb == "reset":
        if state in ("PAUSED", "STOPPED"):
            return {state}, {None}
        return {"STOPPED"}, {None, "wrong_job_state"} if ended else {"wrong_job_state"}
    if state == "FINISHED":  # its thread may just be on its way out
        return {state}, {"wrong_job_state"} | ({None} if verb in ("stop", "resume") else set())
    if verb == "resume":
        return {"RUNNING"} | ended, no_error
    if verb == "stop":
        return {"STOPPED"} | ended, no_error
    if verb == "pause" and state != "STOPPED":
        return {"PAUSED"} | ended, no_error
    if verb == "drain" and state == "RUNNING":
        return {"STOPPED"} | ended, no_error
    return {state}, {"wrong_job_state"}


LOOKS = ("savepoint", "describe", "stall", "show", "errors", "state", "watermarks")
VERBS = ("start", "start", "start", "reset", "pause", "pause", "resume", "resume", "stop", "drain", "drop", "keep", "start_other",
         "delete", "replay") + LOOKS


class Client:
    def __init__(self, d, number, seed):
        self.d = d
        self.number = number
        self.random = random.Random(f"{seed}-{number}")
        self.jobs = [Job(d.dir, number, kind) for kind in KINDS]
        self.connection = None
        self.done = 0
        self.failure = None

    def ask(self, text):
        """The code of the error that is answered, or None; its rows."""
        try:
            if not self.connection:
                self.connection = UnixConnection(self.d.sock, 120)
            self.connection.request("POST", "/v1/sql", text.encode())
            body = self.connection.getresponse().read()
        except (OSError, EOFError, ValueError, http.client.HTTPException):
            self.connection = None
            raise Gone
        lines = [json.loads(line) for line in body.splitlines()]
        ends = [line for line in lines if "end" in line]
        if not ends:
            self.connection = None
            raise Gone
        self.said = ends[-1]
        if ends[-1]["end"] != "error":
            return None, [line["row"] for line in lines if "row" in line]
        if ends[-1]["code"] in ("cancelled",):  # it is stopping
            raise Gone
        return ends[-1]["code"], []

    def text_of(self, job, verb):
        name = job.name
        return {
            "start": lambda: job.script(),
            "start_other": lambda: f"SET 'pipeline.name' = '{name}'; INSERT INTO hole SELECT MAX(id) FROM odd;",
            "pause": lambda: f"PAUSE JOB '{name}';", "resume": lambda: f"RESUME JOB '{name}';",
            "stop": lambda: f"STOP JOB '{name}';", "drain": lambda: f"STOP JOB '{name}' WITH DRAIN;",
            "drop": lambda: f"DROP JOB '{name}';", "keep": lambda: f"DROP JOB '{name}' KEEP STATE;",
            "delete": lambda: f"DELETE ERRORS FOR JOB '{name}';", "replay": lambda: f"REPLAY ERRORS FOR JOB '{name}';",
            "savepoint": lambda: f"CREATE SAVEPOINT '{self.d.dir}/sp_{name}_{self.done}' FOR JOB '{name}';",
            "reset": lambda: f"ALTER JOB '{name}' RESET OFFSETS TO EARLIEST;",
            "describe": lambda: f"DESCRIBE JOB '{name}';", "stall": lambda: f"EXPLAIN STALL '{name}';",
            "show": lambda: "SHOW JOBS;", "errors": lambda: f"SHOW ERRORS FOR JOB '{name}';",
            "state": lambda: f"SHOW STATE FOR JOB '{name}';", "watermarks": lambda: f"SHOW WATERMARKS FOR JOB '{name}';",
        }[verb]()

    def step(self):
        job = self.random.choice(self.jobs)
        verb = self.random.choice(VERBS)
        if verb == "start_other" and None in job.states:
            verb = "start"  # its text would be the job's
        expected = [after(job, verb, s) for s in job.states]
        try:
            code, rows = self.ask(self.text_of(job, verb))
        except Gone:
            for states, _ in expected:
                job.states = job.states | states
            job.doubt = verb if job.states != {None} else None
            job.murky = job.murky or verb == "reset"
            raise
        if verb == "show":
            self.check_shown(rows)
            return
        what = (job.name, verb, job.states, self.said)
        possible = set()
        for (states, codes), state in zip(expected, job.states):
            if code in codes:
                possible |= states if code is None else ({state} | (states & {"FINISHED"}))
        assert possible, what
        job.states = possible
        self.settle(job, verb, code)

    def settle(self, job, verb, code):
        if code:
            return
        if verb in ("start", "keep"):
            job.kept = verb == "keep"
        elif verb == "drop":
            job.check_output()
            job.forget_output()
        elif verb == "reset":  # it writes all of them again
            job.forget_output()
        elif verb == "savepoint":
            os.unlink(f"{self.d.dir}/sp_{job.name}_{self.done}")
        elif verb in ("pause", "stop", "drain") and job.states <= {"PAUSED", "STOPPED", "FINISHED"}:
            job.check_output()

    def check_shown(self, rows):
        shown = {row[0]: row[1] for row in rows}
        assert len(shown) == len(rows), rows
        for job in self.jobs:
            state = shown.get(job.name)
            state = "RUNNING" if state in RUNS else state
            may = set(job.states)
            if job.kind == "bounded" and "RUNNING" in may:
                may.add("FINISHED")
            assert state in may, (job.name, state, may, [row for row in rows if row[0] == job.name])
            job.states = {state} | ({"FINISHED"} if job.kind == "bounded" and state == "RUNNING" else set())

    def run_until(self, count):
        try:
            while self.done < count:
                self.step()
                self.done += 1
        except Gone:
            pass
        except BaseException as why:  # told by the main thread
            self.failure = why

    def recover(self):
        """The daemon is there again: what was under way has happened or not."""
        self.connection = None
        for job in self.jobs:
            if "FINISHED" in job.states:  # seen before the catalog knew
                job.states = job.states | {"RUNNING"}
        _, rows = self.ask("SHOW JOBS;")
        self.check_shown(rows)
        for job in self.jobs:
            if job.states != {None}:
                job.kept = False
            elif job.doubt == "drop":
                job.forget_output()
            elif job.doubt == "keep":
                job.kept = True
            job.doubt = None


def storm(clients, until):
    threads = [threading.Thread(target=c.run_until, args=(until,)) for c in clients]
    for t in threads:
        t.start()
    return threads


def check_failures(clients, seed):
    for c in clients:
        if c.failure:
            print(f"seed {seed}, client {c.number}, statement {c.done}", flush=True)
            raise c.failure


def check_files(d, clients):
    """The state directory holds what the model says and nothing else."""
    jobs = os.path.join(d.dir, "state", "jobs")
    there = {f for f in os.listdir(jobs) if not f.endswith(("-wal", "-shm"))}
    for c in clients:
        for job in c.jobs:
            file = job.name + ".db"
            assert (file in there) == (job.states != {None} or job.kept), (file, job.states, job.kept)
            there.discard(file)
    assert not there, there
    assert sorted(os.listdir(os.path.join(d.dir, "state"))) == sorted(
        f for f in os.listdir(os.path.join(d.dir, "state")) if f.startswith("catalog.db") or f in ("LOCK", "jobs"))
    for f in sorted(os.listdir(jobs)):
        if f.endswith(".db"):
            done = run("sluice", "state", "check", os.path.join(jobs, f))
            assert done.returncode == 0, (f, done)


def a_storm_of_statements_loses_no_job():
    if "thread" in BUILD:
        raise Skip("gcc 12's TSan takes descriptors that libuv closes by bare system calls for races when they come again")
    seed = int(os.environ.get("SLUICE_SEED", random.SystemRandom().randrange(1 << 31)))
    print(f"  seed {seed}, {STATEMENTS} statements", flush=True)
    d = Daemon(sets=["runtime.checkpoint-interval=500 ms"]).start()
    d.sql(TABLES)
    clients = [Client(d, i, seed) for i in range(CLIENTS)]
    for c in clients:
        for job in c.jobs:
            if job.has_output():
                d.sql(f"CREATE TABLE t_{job.name} (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{job.out}', "
                      "'format' = 'json');")
    whims = random.Random(f"{seed}-daemon")
    each = STATEMENTS // CLIENTS
    for r in range(ROUNDS):
        threads = storm(clients, each * (r + 1) // ROUNDS)
        if r + 1 < ROUNDS:
            # In the middle of it, from the last statement on.
            share = each * r // ROUNDS + whims.randrange(each // (2 * ROUNDS), each // ROUNDS)
            wait_for("a part of it is done", lambda: any(c.done >= share or c.failure for c in clients), 600)
            if r % 2:
                assert d.stop(60) == 0, d.log()[-3000:]
            else:
                d.kill()
        for t in threads:
            t.join()
        check_failures(clients, seed)
        if r + 1 < ROUNDS:
            d.start()
            for c in clients:
                c.recover()
    calm(d, clients)


def calm(d, clients):
    """All of them end; what is left is what the model says."""
    idle = None
    for c in clients:
        c.recover()
        for job in c.jobs:
            if job.states != {None}:
                d.wait_state(job.name, "RUNNING", "PAUSED", "STOPPED", "FINISHED", seconds=60)
            if job.kind == "bounded" and "RUNNING" in job.states:
                d.wait_state(job.name, "FINISHED", seconds=60)
    assert "level=error" not in d.log(), [line for line in d.log().splitlines() if "level=error" in line][:5]
    assert d.stop(60) == 0
    check_files(d, clients)
    for c in clients:
        for job in c.jobs:
            job.check_output(whole=job.kind == "bounded" and job.states == {"FINISHED"})
    d.start()
    for c in clients:
        c.recover()
        for job in c.jobs:
            if job.states != {None}:
                d.sql(f"DROP JOB '{job.name}';")
    assert d.rows("SHOW JOBS;") == []
    idle = len(os.listdir(f"/proc/{d.child.pid}/task")), len(os.listdir(f"/proc/{d.child.pid}/fd"))
    print(f"  threads and descriptors when all is over: {idle}")
    assert d.stop() == 0


main(a_storm_of_statements_loses_no_job)

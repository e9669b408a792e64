#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that are full or fail, under the real daemon (tests/lib/sick_disk.c):
who waits, who stops, what is said, and that no row is lost or comes twice."""
import errno
import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import Daemon, SqlError, main, wait_for  # noqa: E402

QUICK = "SET 'execution.checkpointing.interval' = '100 ms';\n"
STEPS = """CREATE TABLE steps (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '2000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000');
CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');
"""


class SickDaemon(Daemon):
    def __init__(self, *sets):
        super().__init__(sets=sets)
        self.rules = os.path.join(self.dir, "sick")
        self.preload("sick_disk", SICK_DISK=self.rules)

    def sick(self, *rules):
        """(verb, errno, part of a path) ...: nothing else is refused."""
        with open(self.rules + ".new", "w") as f:
            f.write("".join(f"{verb} {number} {part}\n" for verb, number, part in rules))
        os.rename(self.rules + ".new", self.rules)

    def begin_files(self, name, where="rows"):
        self.sql(f"""CREATE TABLE {name} (id BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json',
            'path' = '{self.dir}/{where}/{name}'); """ + QUICK + f"INSERT INTO {name} SELECT id FROM steps;")
        wait_for("a checkpoint", lambda: self.job(name)["checkpoint"] > 0)

    def check_files(self, name, where="rows"):
        """Rows 1 to n, each once, and nothing hidden: of a job that stands."""
        ids = []
        top = f"{self.dir}/{where}/{name}"
        for file in os.listdir(top):
            assert file.startswith("part-"), file
            with open(os.path.join(top, file)) as f:
                ids += [json.loads(line)["id"] for line in f]
        assert sorted(ids) == list(range(1, len(ids) + 1)), len(ids)
        return len(ids)


def refused(d, text, code, *words):
    try:
        d.sql(text)
    except SqlError as e:
        everything = json.dumps(e.end)
        assert e.code == code and all(w in everything for w in words), (text, e.end)
        return
    raise AssertionError(f"not refused: {text}")


def stands_still(d, name):
    """It reads no more: what it had on its way when it was blocked comes in."""
    seen = []

    def still():
        seen.append(d.job(name)["rows_in"])
        return len(seen) > 5 and seen[-1] == seen[-6]

    wait_for("the source stops", still, 60, 0.3)
    return seen[-1]


# ---- full disks ----


def a_job_waits_for_room_on_the_state_disk():
    d = SickDaemon().start()
    d.sql(STEPS)
    d.begin_files("files")
    d.sql(QUICK + "SET 'pipeline.name' = 'other'; INSERT INTO hole SELECT COUNT(*) FROM steps;")
    d.sick(("write", errno.ENOSPC, "/state/jobs/files.db"))
    j = d.wait_state("files", "BLOCKED")
    assert "disk full" in j["reason"] and d.state_file("files") in j["reason"], j
    at = stands_still(d, "files")
    assert any(row[0] == "files" and row[1] == "BLOCKED" for row in d.rows("SHOW JOBS;"))
    assert any("disk full" in " ".join(map(str, row)) for row in d.rows("EXPLAIN STALL 'files';")), d.rows("EXPLAIN STALL 'files';")
    rows = d.job("other")["rows_in"]
    wait_for("others go on", lambda: d.job("other")["rows_in"] > rows)
    d.sick()
    d.wait_state("files", "RUNNING")
    wait_for("it goes on", lambda: d.job("files")["rows_in"] > at)
    # A daemon that dies over a full disk goes on, too.
    d.sick(("write", errno.ENOSPC, "/state/jobs/files.db"))
    d.wait_state("files", "BLOCKED")
    d.kill()
    d.sick()
    d.start()
    d.wait_state("files", "RUNNING")
    wait_for("a checkpoint", lambda: d.job("files")["checkpoint"] > j["checkpoint"] + 2)
    d.sql("STOP JOB 'files';")
    assert d.check_files("files") == d.job("files")["rows_in"] > at
    assert "event=job_restarting" not in d.log()
    assert d.stop() == 0


def a_pause_without_room_says_so():
    d = SickDaemon().start()
    d.sql(STEPS + QUICK + "INSERT INTO hole SELECT COUNT(*) FROM steps;")
    wait_for("a checkpoint", lambda: d.job("hole")["checkpoint"] > 0)
    d.sick(("write", errno.ENOSPC, "/state/jobs/hole.db"))
    d.wait_state("hole", "BLOCKED")
    d.sql("PAUSE JOB 'hole';", timeout=90)
    j = d.job("hole")
    assert j["state"] == "PAUSED" and "without a last checkpoint" in j["notice"], j
    assert f"from checkpoint {j['checkpoint']}. disk full" in j["notice"] and "acknowledged" not in j["notice"], j
    d.sick()
    d.sql("RESUME JOB 'hole';")
    wait_for("it goes on", lambda: d.job("hole")["checkpoint"] > j["checkpoint"])
    assert d.stop() == 0


def files_wait_for_room_on_theirs():
    d = SickDaemon().start()
    d.sql(STEPS)
    d.begin_files("files")
    d.sick(("write", errno.ENOSPC, "/rows/files"))
    j = d.wait_state("files", "BLOCKED")
    assert "disk full" in j["reason"] and f"{d.dir}/rows/files" in j["reason"], j
    at = stands_still(d, "files")
    d.sick()
    wait_for("it goes on", lambda: d.job("files")["rows_in"] > at + 1000)
    j = d.wait_state("files", "RUNNING")
    assert j["error"] is None and "event=job_restarting" not in d.log(), j
    # It can be stopped while it waits; the rows on their way come again later.
    d.sick(("write", errno.ENOSPC, "/rows/files"))
    d.wait_state("files", "BLOCKED")
    d.sql("STOP JOB 'files';", timeout=90)
    assert "without a last checkpoint" in d.job("files")["notice"], d.job("files")
    d.sick()
    d.sql("RESUME JOB 'files';")
    wait_for("it goes on", lambda: d.job("files")["rows_in"] > at + 2000)
    d.sql("STOP JOB 'files';")
    assert d.check_files("files") == d.job("files")["rows_in"]
    assert d.stop() == 0


def statements_are_done_or_refused_when_the_catalog_is_full():
    d = SickDaemon().start()
    d.sql(STEPS + "CREATE VIEW v AS SELECT id FROM steps; CREATE FUNCTION loud AS 'UPPER';")
    d.begin_files("files")
    d.sql("SET 'pipeline.name' = 'paused'; INSERT INTO hole SELECT COUNT(*) FROM steps;")
    full = ("write", errno.ENOSPC, "/state/catalog.db")

    def whole():
        return (sorted(row[0] for row in d.rows("SHOW TABLES;")), [row[0] for row in d.rows("SHOW USER FUNCTIONS;")],
                sorted(row[0] for row in d.rows("SHOW JOBS;")), sorted(f for f in os.listdir(d.dir + "/state/jobs") if f.endswith(".db")))

    before = whole()
    statements = (
        "CREATE TABLE more (id BIGINT) WITH ('connector' = 'blackhole');", "CREATE VIEW w AS SELECT id FROM v;",
        "CREATE FUNCTION quiet AS 'LOWER';", "DROP JOB 'files';", "DROP JOB 'paused' KEEP STATE;",
        "SET 'pipeline.name' = 'j2'; INSERT INTO hole SELECT id FROM steps;",
        "CREATE TABLE made WITH ('connector' = 'blackhole') AS SELECT id FROM steps;", "DROP VIEW v;", "DROP FUNCTION loud;")
    d.sick(full)
    for text in statements:
        refused(d, text, "disk_full", "catalog.db")
        assert whole() == before, text
    assert d.job("files")["state"] == "RUNNING"
    d.sql("PAUSE JOB 'paused';")  # and kept when there is room again
    d.sick()
    wait_for("the pause is kept", lambda: "PAUSED" in str(
        catalog_rows(d, "SELECT state FROM jobs WHERE name = 'paused'")), 60)
    for end in (d.kill, d.stop):
        end()
        d.start()
        assert whole() == before
        assert d.job("paused")["state"] == "PAUSED"
    for text in statements:
        d.sql(text)
    assert d.stop() == 0


def catalog_rows(d, query):
    c = sqlite3.connect(f"file:{d.dir}/state/catalog.db?mode=ro", uri=True)
    rows = c.execute(query).fetchall()
    c.close()
    return rows


def a_savepoint_without_room_names_the_file_that_it_writes():
    d = SickDaemon().start()
    d.sql(STEPS)
    d.begin_files("files")
    copy = os.path.join(d.dir, "copies", "sp.db")
    os.mkdir(os.path.dirname(copy))
    for verb, number, code in (("write", errno.ENOSPC, "disk_full"), ("grow", errno.ENOSPC, "disk_full"),
                               ("write", errno.EIO, "file"), ("grow", errno.EIO, "state_file")):
        d.sick((verb, number, "/copies/"))
        refused(d, f"CREATE SAVEPOINT '{copy}' FOR JOB 'files';", code, copy)
        assert os.listdir(os.path.dirname(copy)) == []
    # The other way, into the state directory: no job comes to be of it.
    d.sick()
    d.sql(f"CREATE SAVEPOINT '{copy}' FOR JOB 'files';")
    again = f"SET 'pipeline.name' = 'again'; SET 'execution.state-recovery.path' = '{copy}'; INSERT INTO files SELECT id FROM steps;"
    for part, name in (("/state/jobs/again", "again.db"), ("/state/catalog.db", "catalog.db")):
        d.sick(("write", errno.ENOSPC, part))
        refused(d, again, "disk_full", name)
        left = [f for f in os.listdir(d.dir + "/state/jobs") if "again" in f]
        assert not left, (part, left)
    d.sick()
    d.sql(again)
    assert d.stop() == 0


def a_log_that_cannot_be_written_stops_nobody():
    d = Daemon()
    d.wrap = ["/bin/sh", "-c", 'exec "$@" 2>/dev/full', "sh"]
    d.start()
    d.sql(STEPS + QUICK + "INSERT INTO hole SELECT COUNT(*) FROM steps;")
    wait_for("checkpoints", lambda: d.job("hole")["checkpoint"] > 3)
    assert d.stop() == 0


# ---- failing disks ----


def an_io_error_at_a_commit_stops_that_job_alone():
    for verb in ("sync", "write"):
        d = SickDaemon().start()
        d.sql(STEPS)
        d.begin_files("files")
        d.begin_files("good")
        d.sick((verb, errno.EIO, "/state/jobs/files.db"))
        j = d.wait_state("files", "FAILED")
        assert j["error"]["code"] == "state_file" and "files.db" in j["error"]["message"], j["error"]
        assert "RESUME" in json.dumps(j["error"]), j["error"]
        rows = d.job("good")["rows_in"]
        wait_for("others go on", lambda d=d, rows=rows: d.job("good")["rows_in"] > rows)
        # Nothing of the epoch that could not be committed is to be seen.
        visible = [f for f in os.listdir(f"{d.dir}/rows/files") if not f.startswith(".")]
        d.sick()
        done = d.query_state("files", "SELECT MAX(rows_out) AS n FROM checkpoints")[0]["n"]
        lines = 0
        for f in visible:
            with open(f"{d.dir}/rows/files/{f}") as rows:
                lines += sum(1 for _ in rows)
        assert lines <= done, (lines, done)
        d.sql("RESUME JOB 'files';")
        wait_for("it goes on", lambda d=d, j=j: d.job("files")["checkpoint"] > j["checkpoint"] + 2)
        d.sql("STOP JOB 'files';")
        assert d.check_files("files") == d.job("files")["rows_in"]
        assert d.stop() == 0


def an_io_error_in_a_file_is_written_around():
    d = SickDaemon("runtime.restart-backoff=100 ms").start()
    d.sql(STEPS)
    d.begin_files("files")
    d.sick(("sync", errno.EIO, "/rows/files"))
    j = d.wait_state("files", "RESTARTING")
    assert f"cannot sync {d.dir}/rows/files" in j["reason"], j
    d.sick()
    wait_for("it goes on", lambda: d.job("files")["checkpoint"] > j["checkpoint"] + 2)
    d.sql("STOP JOB 'files';")
    assert d.check_files("files") == d.job("files")["rows_in"]
    assert d.stop() == 0


def an_io_error_in_the_catalog_refuses_statements_until_it_has_passed():
    d = SickDaemon().start()
    d.sql(STEPS)
    d.begin_files("files")
    d.sick(("sync", errno.EIO, "/state/catalog.db"))
    refused(d, "CREATE TABLE more (id BIGINT) WITH ('connector' = 'blackhole');", "state_file", "catalog.db")
    rows = d.job("files")["rows_in"]
    wait_for("jobs go on", lambda: d.job("files")["rows_in"] > rows)
    assert "more" not in str(d.rows("SHOW TABLES;"))
    d.sick()
    d.stop()
    d.start()
    assert "more" not in str(d.rows("SHOW TABLES;"))
    d.sql("CREATE TABLE more (id BIGINT) WITH ('connector' = 'blackhole');")
    assert d.stop() == 0


def a_state_file_that_cannot_be_read_fails_its_job_only():
    d = SickDaemon().start()
    d.sql(STEPS)
    d.begin_files("files")
    d.begin_files("good")
    d.stop()
    d.sick(("read", errno.EIO, "/state/jobs/files.db"))
    d.start()
    j = d.wait_state("files", "FAILED")
    assert j["error"]["code"] == "state_file" and "files.db" in j["error"]["message"], j["error"]
    d.wait_state("good", "RUNNING")
    assert not [f for f in os.listdir(d.dir + "/state/jobs") if "corrupt" in f], "what cannot be read is not damaged"
    d.sick()
    d.sql("RESUME JOB 'files';")
    wait_for("it goes on", lambda: d.job("files")["checkpoint"] > 0)
    d.sql("STOP JOB 'files';")
    assert d.check_files("files") == d.job("files")["rows_in"]
    assert d.stop() == 0


main(a_job_waits_for_room_on_the_state_disk, a_pause_without_room_says_so, files_wait_for_room_on_theirs,
     statements_are_done_or_refused_when_the_catalog_is_full, a_savepoint_without_room_names_the_file_that_it_writes,
     a_log_that_cannot_be_written_stops_nobody, an_io_error_at_a_commit_stops_that_job_alone,
     an_io_error_in_a_file_is_written_around, an_io_error_in_the_catalog_refuses_statements_until_it_has_passed,
     a_state_file_that_cannot_be_read_fails_its_job_only)

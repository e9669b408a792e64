#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that cannot be used, each with its own sentence wherever one meets them: at a job's start, in `sluice state`,
as a savepoint, and as the catalog."""
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, Daemon, Skip, SqlError, main, run, wait_for  # noqa: E402

JOB = """CREATE TABLE src (k STRING, v INT) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'csv');
CREATE TABLE dst (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
CREATE TABLE gen (k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.k.min' = '1', 'fields.k.max' = '99');
CREATE TABLE hole (k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
SET 'execution.checkpointing.interval' = '50 ms';
"""
COUNT = "INSERT INTO hole SELECT k, COUNT(*) FROM gen GROUP BY k;"


# ---- what happens to a file ----

def nothing_left(path):
    for part in ("", "-wal", "-shm"):
        if os.path.exists(path + part):
            os.unlink(path + part)


def flipped(path):
    with open(path, "r+b") as f:
        f.seek(2 * 16384 + 5000)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 8]))


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2 // 16384 * 16384)


def of_another_program(path):
    nothing_left(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA application_id = 0x12345678")
        db.execute("CREATE TABLE t (a)")
    db.close()


def no_database(path):
    nothing_left(path)
    with open(path, "w") as f:
        f.write("no database at all\n" * 2000)


def empty(path):
    nothing_left(path)
    open(path, "w").close()


def a_directory(path):
    nothing_left(path)
    os.mkdir(path)


def newer(path):
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


# What was done, the code, its sentence, and whether the file is moved away when its job starts.
CASES = (
    (flipped, "state_damaged", "is damaged: page 3 of ", True),
    (cut, "state_damaged", "is damaged: it is cut off: page ", True),
    (no_database, "state_damaged", "is no SQLite file: it does not begin as one does", True),
    (empty, "state_damaged", "is damaged: it is empty", True),
    (of_another_program, "state_damaged", "is an SQLite file of another program (application_id 0x12345678), not a ", False),
    (newer, "state_version", "was written by a newer sluice (schema version 99", False),
    (a_directory, "file", "is a directory, not a ", False),
)


# ---- the places ----

def a_stopped_job():
    """A daemon that has been stopped over a job, whose file is whole."""
    d = Daemon().start()
    with open(os.path.join(d.dir, "in.csv"), "w") as f:
        f.write("a,1\n")
    d.sql(JOB.format(path=os.path.join(d.dir, "in.csv")) + COUNT)
    wait_for("a checkpoint", lambda: d.job("hole")["checkpoint"] > 1)
    assert d.stop() == 0
    return d, d.state_file("hole")


def put(kept, path):
    if os.path.isdir(path):
        os.rmdir(path)
    for old in glob.glob(path + "*"):
        os.unlink(old)
    shutil.copy(kept, path)


def whole_copy(d, path):
    kept = os.path.join(d.dir, "kept.db")
    shutil.copy(path, kept)  # stopped: all is in it
    return kept


def start(d, args=None):
    """A job that had failed before is tried again."""
    with sqlite3.connect(f"file:{os.path.dirname(d.sock)}/state/catalog.db?mode=ro", uri=True) as db:
        failed = db.execute("SELECT state FROM jobs WHERE name = 'hole'").fetchone() == ("FAILED",)
    db.close()
    d.start(args)
    if failed:
        try:
            d.sql("RESUME JOB 'hole';")
        except SqlError:
            pass  # what its state tells as well


def each_is_told_at_the_start_of_its_job():
    d, path = a_stopped_job()
    kept = whole_copy(d, path)
    for harm, code, sentence, moved in CASES:
        put(kept, path)
        harm(path)
        start(d)
        j = d.wait_state("hole", "FAILED")
        error = j["error"]
        assert error["code"] == code and path in error["message"] and sentence in error["message"], (harm, error)
        assert d.rows("SHOW JOBS;")[0][-1] == error["message"], harm
        corrupt = glob.glob(path + ".corrupt-*")
        # The short choices stand where the cause does, in lists and in the log.
        short = "; RESET OFFSETS, a savepoint in its place, or DROP JOB"
        assert error["message"].endswith(short) == moved, (harm, error)
        assert not moved or short in d.log(), harm
        if moved:
            assert not os.path.exists(path) and corrupt, (harm, os.listdir(os.path.dirname(path)))
            for choice in ("savepoint", "RESET OFFSETS TO EARLIEST", "DROP JOB"):
                assert choice in error["note"], (harm, error)
            assert sorted(corrupt)[0] in error["note"], (harm, error)
        else:
            assert os.path.exists(path) and not corrupt, harm
        # Nor with the next try, and other jobs are none the worse.
        d.kill()
        start(d)
        error = d.wait_state("hole", "FAILED")["error"]
        assert code == error["code"] and (moved or sentence in error["message"]), (harm, error)
        d.sql(JOB.split(";")[0].format(path=os.path.join(d.dir, "in.csv")).replace("src", "other_src") + """;
            CREATE TABLE other WITH ('connector' = 'blackhole') AS SELECT k FROM other_src;""")
        d.wait_state("other", "FINISHED")
        d.sql("DROP JOB 'other'; DROP TABLE other; DROP TABLE other_src;")
        assert d.stop() == 0
    # A savepoint in its place is all that it takes.
    put(kept, path)
    start(d)
    d.wait_state("hole", "RUNNING")
    assert d.stop() == 0


def each_is_told_by_sluice_state():
    d, path = a_stopped_job()
    kept = whole_copy(d, path)
    for harm, code, sentence, _ in CASES:
        put(kept, path)
        harm(path)
        for verb in ("check", "show", "export"):
            done = run("sluice", "state", verb, path)
            if harm in (flipped, cut) and verb != "check":
                continue  # told where it is met
            assert done.returncode == (1 if code == "file" else 5), (harm, verb, done)
            assert code in done.stderr and sentence in done.stderr, (harm, verb, done)
            if code == "state_damaged" and harm is not of_another_program:
                assert "a savepoint or a backup of it can take its place" in done.stderr, (harm, verb, done)
        assert os.path.exists(path), harm  # nothing is moved


def each_is_told_as_a_savepoint():
    d, path = a_stopped_job()
    kept = whole_copy(d, path)
    savepoint = os.path.join(d.dir, "savepoint.db")
    d.start()
    d.sql("STOP JOB 'hole'; DROP JOB 'hole';")
    for harm, code, sentence, _ in CASES:
        put(kept, savepoint)
        harm(savepoint)
        try:
            d.sql(f"SET 'execution.state-recovery.path' = '{savepoint}'; {COUNT}")
            raise AssertionError(f"started from a file: {harm}")
        except SqlError as e:
            assert e.code == code and sentence in e.end["message"], (harm, e.end)
            assert code != "state_damaged" or "use another savepoint" in json.dumps(e.end), (harm, e.end)
        assert os.path.exists(savepoint), harm
        assert not d.rows("SHOW JOBS;"), harm
        assert not glob.glob(path + "*"), harm
    put(kept, savepoint)
    d.sql(f"SET 'execution.state-recovery.path' = '{savepoint}'; {COUNT}")
    d.wait_state("hole", "RUNNING")
    assert d.stop() == 0


def each_is_told_as_the_catalog():
    d, _ = a_stopped_job()
    path = os.path.join(d.dir, "state", "catalog.db")
    kept = whole_copy(d, path)
    for harm, code, sentence, _ in CASES:
        put(kept, path)
        harm(path)
        before = [] if harm is a_directory else open(path, "rb").read()
        done = subprocess.run([os.path.join(BUILD, "sluiced"), "-c", "/dev/null", "--state-dir", os.path.join(d.dir, "state"),
                               "--socket", d.sock], capture_output=True, text=True, timeout=60)
        assert done.returncode == (74 if code == "file" else 65), (harm, done)
        assert path in done.stderr and sentence in done.stderr, (harm, done.stderr)
        # It stays where it is: only its owner can say what was in it.
        assert harm is a_directory or open(path, "rb").read() == before, harm
    put(kept, path)
    d.start()
    d.wait_state("hole", "RUNNING")
    assert d.stop() == 0


# ---- copies that were moved away ----

def the_newest_copy_is_named():
    d, path = a_stopped_job()
    for suffix in ("20010101T000000Z", "99990101T000000Z-9", "99990101T000000Z-10", "99990101T000000Z-10-wal",
                   "99990101T000000Z-10-shm"):
        open(f"{path}.corrupt-{suffix}", "w").close()
    nothing_left(path)
    d.start()
    error = d.wait_state("hole", "FAILED")["error"]
    assert f"{path}.corrupt-99990101T000000Z-10;" in error["note"], error
    assert d.stop() == 0


def a_savepoint_of_a_damaged_file_is_refused_with_a_hint():
    d, path = a_stopped_job()
    d.start()
    d.sql("STOP JOB 'hole';")
    flipped(path)
    try:
        d.sql(f"CREATE SAVEPOINT '{d.dir}/sp.db' FOR JOB 'hole';")
        raise AssertionError("a savepoint of a damaged file")
    except SqlError as e:
        assert e.code == "state_damaged" and "RESET OFFSETS TO EARLIEST" in json.dumps(e.end), e.end
    assert d.stop() == 0


# ---- a lost catalog ----

def query(path, sql):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        rows = db.execute(sql).fetchall()
    db.close()
    return rows


def a_lost_catalog_is_told_and_its_jobs_are_taken_up():
    d = Daemon().start()
    source = os.path.join(d.dir, "in.csv")
    with open(source, "w") as f:
        f.write("a,1\nb,2\na,3\n")
    d.sql(JOB.format(path=source) + "INSERT INTO dst SELECT k, COUNT(*) FROM src GROUP BY k;")
    d.wait_state("dst", "FINISHED")
    path, catalog = d.state_file("dst"), os.path.join(d.dir, "state", "catalog.db")
    # A backup with the daemon running is a whole one.
    backup = os.path.join(d.dir, "backup.db")
    subprocess.run(["sqlite3", catalog, f".backup {backup}"], check=True)
    assert run("sluice", "state", "check", backup).returncode == 0
    assert d.stop() == 0
    assert "state_without_job" not in d.log()
    before = query(path, "SELECT max(id) FROM checkpoints")[0][0]
    nothing_left(catalog)
    d.start()
    wait_for("the warning", lambda: "event=state_without_job files=1" in d.log())
    assert "catalog.db" in d.log() and not d.rows("SHOW JOBS;")
    # What the file says of its own statements is all that it takes.
    sql = query(path, "SELECT sql FROM job")[0][0]
    assert "CREATE TABLE" in sql and "INSERT INTO" in sql, sql
    d.sql(sql)
    d.wait_state("dst", "FINISHED")
    assert query(path, "SELECT max(id) FROM checkpoints")[0][0] > before
    groups = query(path, "SELECT * FROM group_aggregate_1 ORDER BY 1")
    assert [r[:2] for r in groups] == [("a", 2), ("b", 1)], groups  # nothing was read twice
    assert d.stop() == 0
    # And the backup brings it all back.
    nothing_left(catalog)
    shutil.copy(backup, catalog)
    d.start()
    assert d.job("dst")["state"] == "FINISHED"
    assert d.stop() == 0


# ---- permissions ----

def files_that_may_not_be_opened_are_told():
    d = Daemon()
    if os.geteuid() == 0:
        os.chmod(d.dir, 0o755)
        os.mkdir(os.path.join(d.dir, "own"))
        os.chown(os.path.join(d.dir, "own"), 65534, 65534)
        d.sock = os.path.join(d.dir, "own", "sock")
        d.wrap = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run(d.wrap + [os.path.join(BUILD, "sluiced"), "--version"], capture_output=True).returncode:
            raise Skip("another user cannot run the programs here")
    else:
        os.mkdir(os.path.join(d.dir, "own"))
    state = os.path.join(d.dir, "own", "state")
    args = ["-c", "/dev/null", "--state-dir", state, "--socket", d.sock]
    path = os.path.join(state, "jobs", "hole.db")
    d.start(args)
    d.sql(JOB.format(path="/nowhere") + COUNT)
    wait_for("a checkpoint", lambda: d.job("hole")["checkpoint"] > 1)
    assert d.stop() == 0
    for mode in (0o000, 0o440):
        os.chmod(path, mode)
        start(d, args)
        error = d.wait_state("hole", "FAILED")["error"]
        assert error["code"] == "permission" and path in error["message"] and "Permission denied" in error["message"], error
        assert d.stop() == 0
        assert os.path.exists(path)
    done = subprocess.run(d.wrap + [os.path.join(BUILD, "sluiced"), "state", "check", path], capture_output=True, text=True)
    assert done.returncode == 0, done
    os.chmod(path, 0o000)
    done = subprocess.run(d.wrap + [os.path.join(BUILD, "sluiced"), "state", "check", path], capture_output=True, text=True)
    assert done.returncode == 77 and "Permission denied" in done.stderr, done
    os.chmod(path, 0o640)
    start(d, args)
    d.wait_state("hole", "RUNNING")
    assert d.stop() == 0


main(each_is_told_at_the_start_of_its_job, each_is_told_by_sluice_state, each_is_told_as_a_savepoint, each_is_told_as_the_catalog,
     the_newest_copy_is_named, a_savepoint_of_a_damaged_file_is_refused_with_a_hint, a_lost_catalog_is_told_and_its_jobs_are_taken_up,
     files_that_may_not_be_opened_are_told)

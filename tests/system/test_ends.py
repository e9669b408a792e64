#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The awkward moments: ends while a checkpoint is on its way, clocks that are
set, sinks that block, state files that somebody took away."""
import json
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from sluice import Daemon, SqlError, main, wait_for  # noqa: E402

HOLE = "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"
QUICK = "SET 'execution.checkpointing.interval' = '100 ms';\n"


def numbers(rate, last=None):
    end = f", 'fields.id.end' = '{last}'" if last else ", 'fields.id.end' = '1000000000'"
    return ("CREATE TABLE numbers (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id, 3), WATERMARK FOR ts AS ts) WITH"
            f" ('connector' = 'datagen', 'rows-per-second' = '{rate}', 'fields.id.kind' = 'sequence',"
            f" 'fields.id.start' = '1'{end});\n")


def with_slow_disk():
    d = Daemon()
    d.slow = os.path.join(d.dir, "slow")
    return d.preload("slow_sync", SLOW_SYNC=d.slow).start()


def a_commit_is_under_way(d, name):
    """From now on syncs take two seconds: one has begun when checkpoints, due
    every 100 ms, stand still."""
    wait_for("a checkpoint", lambda: d.job(name)["checkpoint"] > 0)
    open(d.slow, "w").close()

    def stands():
        before = d.job(name)["checkpoint"]
        time.sleep(0.4)
        return d.job(name)["checkpoint"] == before

    wait_for("a commit takes its time", stands)


def last_checkpoint(d, name):
    return d.query_state(name, "SELECT id, rows_in FROM checkpoints ORDER BY id DESC LIMIT 1")[0]


# ---- ends ----


def a_stop_cuts_once_more_when_a_checkpoint_is_under_way():
    d = with_slow_disk()
    d.sql(QUICK + numbers(1000) + HOLE + "INSERT INTO hole SELECT id FROM numbers;", timeout=60)
    a_commit_is_under_way(d, "hole")
    d.sql("STOP JOB 'hole';")
    assert d.job("hole")["rows_in"] == last_checkpoint(d, "hole")["rows_in"], "no row is read twice after a clean stop"


def a_drain_fires_its_windows_when_a_checkpoint_is_under_way():
    d = with_slow_disk()
    d.sql(QUICK + numbers(1000) + """CREATE TABLE paper (e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'print');
        INSERT INTO paper SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' DAY))
        GROUP BY window_start, window_end;""", timeout=60)
    a_commit_is_under_way(d, "paper")
    d.sql("STOP JOB 'paper' WITH DRAIN;")
    assert "1970-01-02" in d.printed(), f"the open window has fired: {d.printed()!r}"


def a_drop_under_way_does_not_change_its_mind():
    d = with_slow_disk()
    d.sql(QUICK + numbers(1000) + HOLE + "INSERT INTO hole SELECT id FROM numbers;", timeout=60)
    a_commit_is_under_way(d, "hole")
    first = threading.Thread(target=lambda: d.sql("DROP JOB 'hole' KEEP STATE;"))
    first.start()
    wait_for("it has begun", lambda: d.log().count("event=job_command"))
    try:
        d.sql("DROP JOB 'hole';")
        raise AssertionError("the second one was taken")
    except SqlError as e:
        assert e.code == "wrong_job_state" and "keeps its state" in str(e), e.end
    first.join()
    assert d.rows("SHOW JOBS;") == [] and os.path.exists(d.state_file("hole"))


def a_finish_keeps_the_last_rows_when_a_checkpoint_is_under_way():
    d = with_slow_disk()
    d.sql(QUICK + numbers(1000, 1500) + HOLE + "INSERT INTO hole SELECT id FROM numbers;")
    a_commit_is_under_way(d, "hole")
    d.wait_state("hole", "FINISHED", seconds=60)
    assert last_checkpoint(d, "hole")["rows_in"] == 1500
    assert d.query_state("hole", "SELECT next_offset FROM offsets") == [{"next_offset": 1500}]


def a_finished_job_without_a_broker_can_be_stopped():
    d = Daemon().start()
    d.sql(QUICK + numbers(100000, 1000) + """CREATE TABLE nowhere (e TIMESTAMP(3), n BIGINT) WITH ('connector' = 'kafka',
        'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'format' = 'json');
        INSERT INTO nowhere SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' DAY))
        GROUP BY window_start, window_end;""")
    wait_for("the final windows wait for the broker", lambda: d.job("nowhere")["rows_out"] == 1)
    try:
        d.sql("STOP JOB 'nowhere';")
    except SqlError as e:
        raise AssertionError(e.end)
    j = d.job("nowhere")
    assert j["state"] == "STOPPED", j
    assert "not acknowledged" in j["notice"], j


def a_script_under_way_starts_no_job_while_the_daemon_ends():
    d = with_slow_disk()
    d.sql(QUICK + numbers(1000) + HOLE + "INSERT INTO hole SELECT id FROM numbers;", timeout=120)
    a_commit_is_under_way(d, "hole")
    answer = []

    def script():
        try:
            answer.append(d.sql("STOP JOB 'hole'; RESUME JOB 'hole';"))
        except SqlError as e:
            answer.append(e.end)
        except (OSError, ValueError) as e:
            answer.append(e)

    t = threading.Thread(target=script)
    t.start()
    time.sleep(0.3)
    assert d.stop() == 0, "it ends"
    t.join()
    assert answer[0]["code"] == "cancelled" and "stopping" in answer[0]["message"], answer


# ---- clocks ----


def a_clock_that_is_set_back_stalls_nothing():
    for hours in (-2, 2):
        d = Daemon()
        offset = os.path.join(d.dir, "offset")
        d.preload("wall_clock", SLUICE_TEST_CLOCK=offset).start()
        d.sql(QUICK + numbers(1000) + HOLE + "INSERT INTO hole SELECT id FROM numbers;")
        wait_for("a checkpoint is committed", lambda: d.job("hole")["checkpoint"] >= 1)
        with open(offset, "w") as f:
            f.write(str(hours * 3600))
        time.sleep(0.3)
        before = d.job("hole")
        wait_for(f"checkpoints go on, {hours} h off", lambda: d.job("hole")["checkpoint"] > before["checkpoint"] + 2, 10)
        wait_for("rows go on", lambda: d.job("hole")["rows_in"] > before["rows_in"], 10)
        d.sql("STOP JOB 'hole';", timeout=10)
        assert "notice" not in d.job("hole") or "not acknowledged" not in (d.job("hole")["notice"] or "")
        d.kill()


# ---- blocked ----


def a_blocked_job_sleeps():
    """A step that waits for its sink halfway, later than the next checkpoint."""
    d = Daemon(sets=["kafka.inflight-bytes=1 mb"]).start()
    d.sql("""SET 'execution.checkpointing.interval' = '1 s';
        CREATE TABLE texts (k STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000',
        'fields.k.length' = '200');
        CREATE TABLE nowhere (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka',
        'topic' = 't', 'properties.bootstrap.servers' = '127.0.0.1:1', 'key.format' = 'raw', 'value.format' = 'json');
        INSERT INTO nowhere SELECT k, COUNT(*) FROM texts GROUP BY k;""")
    d.wait_state("nowhere", "BLOCKED")
    time.sleep(1.5)
    before = d.cpu_seconds()
    time.sleep(2)
    used = d.cpu_seconds() - before
    assert used < 0.4, f"{used:.2f} s of CPU in two seconds of waiting"
    d.kill()


# ---- files ----


def a_state_file_that_is_gone_does_not_start_empty():
    d = Daemon().start()
    text = QUICK + numbers(1000) + HOLE + "INSERT INTO hole SELECT COUNT(*) FROM numbers;"
    d.sql(text)
    wait_for("a checkpoint is committed", lambda: d.job("hole")["checkpoint"] >= 1)
    for take_away in (lambda: d.sql("STOP JOB 'hole';"), lambda: d.stop()):
        take_away()
        kept = os.path.join(d.dir, "kept.db")
        os.rename(d.state_file("hole"), kept)
        if d.child.poll() is None:
            d.sql("RESUME JOB 'hole';")
        else:
            d.start()
        j = d.wait_state("hole", "FAILED")
        assert j["error"]["code"] == "state_damaged" and "DROP JOB" in json.dumps(j["error"]), j["error"]
        assert not os.path.exists(d.state_file("hole")), "nothing was made in its place"
        for leftover in ("-wal", "-shm"):
            if os.path.exists(d.state_file("hole") + leftover):
                os.remove(d.state_file("hole") + leftover)
        os.rename(kept, d.state_file("hole"))
        d.sql("RESUME JOB 'hole';")
        d.wait_state("hole", "RUNNING")
    d.sql("DROP JOB 'hole';")
    d.sql(QUICK + "INSERT INTO hole SELECT COUNT(*) FROM numbers;")
    d.wait_state("hole", "RUNNING")


def files_of_a_job_that_begins_again_do_not_meet():
    d = Daemon()
    out = os.path.join(d.dir, "files")
    d.sets.append(f"files.paths={d.dir}")
    d.start()
    d.sql(QUICK + numbers(1000) + f"""CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{out}',
        'format' = 'json');
        INSERT INTO files SELECT id FROM numbers;""")
    for _ in range(6):
        j = d.wait_state("files", "RUNNING")
        wait_for("a checkpoint is committed", lambda: d.job("files")["checkpoint"] > j["checkpoint"])
        d.sql("PAUSE JOB 'files';")
        d.sql("RESUME JOB 'files';")
    d.sql("STOP JOB 'files';")
    ids = []
    for name in os.listdir(out):
        assert not name.startswith("."), f"{name} is left behind"
        with open(os.path.join(out, name)) as f:
            ids += [json.loads(line)["id"] for line in f]
    assert sorted(ids) == list(range(1, len(ids) + 1)), "each row once"


# ---- numbers ----


def totals_go_on_in_the_next_run():
    d = Daemon()
    d.sets.append(f"files.paths={d.dir}")
    d.start()
    lines = os.path.join(d.dir, "lines")
    os.mkdir(lines)
    for name, texts in (("a", ('{"ts":"2026-01-01 00:10:00"}', "{broken", '{"ts":"2026-01-01 00:00:00"}')),
                        ("b", ('{"ts":"2026-01-01 00:00:01"}',))):
        with open(os.path.join(lines, name + ".json"), "w") as f:
            f.write("".join(text + "\n" for text in texts))
    text = QUICK + f"""CREATE TABLE lines (ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem',
        'path' = '{lines}', 'format' = 'json', 'scan.watermark.emit.strategy' = 'on-event');""" + HOLE + """
        INSERT INTO hole SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE lines, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
        GROUP BY window_start, window_end;"""
    d.sql(text)
    first = d.wait_state("hole", "FINISHED")
    assert first["rows_in"] == 4 and first["rows_late"] > 0 and first["bad_records"] == 1, first
    d.stop()
    d.start()
    d.sql("SET 'table.dml-sync' = 'true';" + text)
    again = d.wait_state("hole", "FINISHED")
    for figure in ("rows_in", "rows_late", "bad_records"):
        assert again[figure] == first[figure], (figure, again[figure], first[figure])


main(a_stop_cuts_once_more_when_a_checkpoint_is_under_way, a_drop_under_way_does_not_change_its_mind, a_drain_fires_its_windows_when_a_checkpoint_is_under_way,
     a_finish_keeps_the_last_rows_when_a_checkpoint_is_under_way, a_finished_job_without_a_broker_can_be_stopped,
     a_script_under_way_starts_no_job_while_the_daemon_ends,
     a_clock_that_is_set_back_stalls_nothing, a_blocked_job_sleeps, a_state_file_that_is_gone_does_not_start_empty,
     files_of_a_job_that_begins_again_do_not_meet, totals_go_on_in_the_next_run)

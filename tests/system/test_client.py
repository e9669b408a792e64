#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program sluice: scripts, formats, exit codes, `run`, `check`, the shell."""
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, TOP, Daemon, main, run, wait_for  # noqa: E402
from terminal import Terminal  # noqa: E402

SLUICE = os.path.join(BUILD, "sluice")
NUMBERS = "CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500');\n"
HOLE = "CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');\n"
FEW = """CREATE TABLE few (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
         'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000');\n"""
# What programs must get out unharmed.
HARD = """
CREATE TABLE hard (s STRING, big BIGINT, d DECIMAL(18, 4), x DOUBLE, b BOOLEAN, t TIMESTAMP(3)) WITH (
  'connector' = 'filesystem', 'path' = '%s', 'format' = 'json');
"""
HARD_ROWS = [
    {"s": "plain", "big": 1, "d": 1.5, "x": 0.1, "b": True, "t": "2026-01-02 03:04:05.678"},
    {"s": 'quote " comma , tab \t back \\ newline \n end', "big": 9007199254740993, "d": 12345678901234.5678, "x": 1e300,
     "b": False, "t": "1969-12-31 23:59:59.999"},
    {"s": None, "big": None, "d": None, "x": None, "b": None, "t": None},
    {"s": "", "big": -9223372036854775808, "d": -0.0001, "x": -0.0, "b": True, "t": "0001-01-01 00:00:00"},
    {"s": "ünïcödé 字 \U0001f600", "big": 9223372036854775807, "d": 99999999999999.9999, "x": 5e-324, "b": False,
     "t": "9999-12-31 23:59:59"},
]


def sluice(d, *args, **options):
    return run("sluice", "-s", d.sock, *args, **options)


def script(d, name, text):
    path = os.path.join(d.dir, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def with_hard_rows():
    d = Daemon().start()
    path = os.path.join(d.dir, "hard.json")
    with open(path, "w") as f:
        for row in HARD_ROWS:
            text = json.dumps(row)
            # Python's floats do not hold these digits.
            text = text.replace("12345678901234.568", "12345678901234.5678").replace("99999999999999.98", "99999999999999.9999")
            text = text.replace("100000000000000.0", "99999999999999.9999")
            f.write(text + "\n")
    d.sql(HARD % path)
    return d


# ---- scripts ----


def scripts_come_by_argument_file_and_stdin():
    d = Daemon().start()
    path = script(d, "a.sql", HOLE + "SHOW TABLES;")
    done = sluice(d, "-e", FEW, "-f", path, "-e", "SELECT id FROM few LIMIT 1;")
    assert done.returncode == 0, done
    assert sorted(done.stdout.splitlines()) == ['{"id":1}', '{"table name":"few"}', '{"table name":"hole"}'], done
    assert done.stderr.count("ok\n") == 2, done.stderr
    done = sluice(d, stdin="SHOW TABLES;")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 2, done
    done = sluice(d, "-f", "-", stdin="SHOW VIEWS;")
    assert done.returncode == 0 and done.stdout == "", done
    # Several parts are one session.
    done = sluice(d, "-e", "SET 'pipeline.name' = 'kept';", "-e", "SET;")
    assert '{"key":"pipeline.name","value":"kept"}' in done.stdout, done
    # The socket's name may come from the environment.
    done = run("sluice", "-e", "SHOW TABLES;", env={"SLUICE_SOCKET": d.sock})
    assert done.returncode == 0 and "few" in done.stdout, done
    assert d.stop() == 0


def one_line_is_answered_without_a_table():
    d = Daemon().start()
    done = sluice(d, "-o", "csv", "-e", "SELECT 1 + 1")
    assert done.returncode == 0 and done.stdout.splitlines() == ["EXPR$0", "2"], done
    done = sluice(d, "-o", "csv", "-e", "WITH t (x, y) AS (VALUES (1, 'a'), (2, 'b')) SELECT y FROM t WHERE x = 2")
    assert done.returncode == 0 and done.stdout.splitlines() == ["y", "b"], done
    done = sluice(d, "-e", "VALUES (1), (1 / 0), (3)")
    assert sorted(done.stdout.splitlines()) == ['{"EXPR$0":1}', '{"EXPR$0":3}'] and "1 / 0" in done.stderr, done
    assert d.stop() == 0


def a_private_run_writes_values():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write(f"""CREATE TABLE t (x INT, y STRING) WITH ('connector' = 'filesystem', 'path' = '{dir}/out', 'format' = 'json');
INSERT INTO t VALUES (1, 'a'), (2, NULL);
INSERT INTO t (y) VALUES ('c');
""")
        done = run("sluice", "run", dir + "/a.sql")
        assert done.returncode == 0, done
        rows = []
        for name in os.listdir(dir + "/out"):
            with open(os.path.join(dir, "out", name)) as f:
                rows += f.read().splitlines()
        assert sorted(rows) == ['{"x":1,"y":"a"}', '{"x":2,"y":null}', '{"x":null,"y":"c"}'], rows


def json_keeps_every_digit():
    d = with_hard_rows()
    done = sluice(d, "-e", "SELECT * FROM hard;")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert len(lines) == len(HARD_ROWS), done
    for line, row in zip(lines, HARD_ROWS):
        got = json.loads(line)
        for key in ("s", "big", "b", "x"):
            assert got[key] == row[key], (key, got, row)
    assert '"d":12345678901234.5678' in lines[1] and '"d":99999999999999.9999' in lines[4], lines
    assert '"big":9007199254740993' in lines[1]
    assert d.stop() == 0


def csv_and_tsv_can_be_read_back():
    d = with_hard_rows()
    done = sluice(d, "-o", "csv", "-e", "SELECT * FROM hard;")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["s", "big", "d", "x", "b", "t"], rows
    assert [r[0] for r in rows[1:]] == [row["s"] or "" for row in HARD_ROWS], rows
    assert rows[2][1:3] == ["9007199254740993", "12345678901234.5678"] and rows[3] == [""] * 6, rows
    # The empty text is no NULL.
    assert done.stdout.splitlines()[-2].startswith('"",'), done.stdout
    done = sluice(d, "-o", "tsv", "-e", "SELECT s, big FROM hard;")
    lines = done.stdout.split("\n")
    assert lines[0] == "s\tbig" and lines[3] == "\\N\t\\N" and lines[4].startswith("\t-9223372036854775808"), lines
    assert lines[2] == 'quote " comma , tab \\t back \\\\ newline \\n end\t9007199254740993', lines
    assert d.stop() == 0


def an_empty_answer_still_has_its_header():
    d = Daemon().start()
    nothing = "SELECT x, 'a,b' AS `y,z` FROM (VALUES (1)) AS t(x) WHERE x > 5;"
    assert sluice(d, "-o", "csv", "-e", nothing).stdout == 'x,"y,z"\n'
    assert sluice(d, "-o", "tsv", "-e", nothing).stdout == "x\ty,z\n"
    assert sluice(d, "-o", "json", "-e", nothing).stdout == ""
    assert d.stop() == 0


def a_select_tells_why_its_source_gives_nothing():
    d = Daemon().start()
    d.sql("CREATE TABLE away (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = "
          "'127.0.0.1:9', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');")
    child = subprocess.Popen([SLUICE, "-s", d.sock, "-e", "SELECT * FROM away;"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    line = child.stderr.readline()
    assert "away: " in line and "127.0.0.1:9" in line, line
    child.send_signal(signal.SIGINT)
    child.wait(20)
    assert d.stop() == 0


def people_get_columns_in_line():
    d = with_hard_rows()
    done = sluice(d, "-o", "aligned", "-e", "SELECT s, big FROM hard WHERE big > 1 AND big < 9223372036854775807;")
    assert done.returncode == 0
    done = sluice(d, "-o", "aligned", "-e", "SELECT big, b, s FROM hard WHERE big = 1 OR big = 9223372036854775807;")
    # Two of the last row's characters are two columns wide.
    assert done.stdout == (" big                 | b     | s            \n"
                           "---------------------+-------+--------------\n"
                           "                   1 | true  | plain        \n"
                           " 9223372036854775807 | false | ünïcödé 字 \U0001f600\n"
                           "(2 rows)\n"), done.stdout
    done = sluice(d, "-o", "aligned", "-e", "SHOW JOBS;")
    assert done.stdout.splitlines()[0].startswith(" name | state | since") and done.stdout.endswith("(0 rows)\n"), done
    done = sluice(d, "-o", "vertical", "-e", "SELECT big, s FROM hard WHERE big = 1;")
    assert done.stdout == "-[ row 1 ]-\nbig | 1\ns   | plain\n", done.stdout
    done = sluice(d, "-o", "aligned", "-e", FEW + "SELECT COUNT(*) AS n FROM few;")
    assert re.match(r" op \| n +\n----\+-+\n \+I \| ", done.stdout), done.stdout
    assert d.stop() == 0


def cells_of_many_lines_are_as_wide_as_the_longest():
    d = Daemon().start()
    d.sql(NUMBERS)
    lines = sluice(d, "-o", "aligned", "-e", "SHOW CREATE TABLE numbers;").stdout.splitlines()
    assert {len(line) for line in lines[:-1]} == {len(lines[1])}, lines
    assert lines[-2].startswith(" );") and lines[-1] == "(1 row)", lines
    assert d.stop() == 0


def updates_have_their_kind_first():
    d = Daemon().start()
    done = sluice(d, "-e", FEW + "SELECT COUNT(*) AS n FROM few;")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["op"] == "+I" and lines[-1]["n"] == 1000 and lines[-1]["op"] in ("+I", "+U"), lines
    assert list(lines[0]) == ["op", "n"]
    for before, after in zip(lines[1::2], lines[2::2]):
        assert (before["op"], after["op"]) == ("-U", "+U")
    done = sluice(d, "-o", "csv", "-e", "SELECT COUNT(*) AS n FROM few;")
    assert done.stdout.startswith("op,n\n+I,"), done.stdout
    assert d.stop() == 0


def results_of_selects_come_while_they_run():
    d = Daemon().start()
    d.sql(NUMBERS)
    child = subprocess.Popen([SLUICE, "-s", d.sock, "-e", "SELECT id FROM numbers;"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert child.stdout.readline().startswith(b'{"id":')
    child.send_signal(signal.SIGINT)
    assert child.wait(10) == 130
    child.communicate()
    # A reader that has enough (head) is no failure of ours to report.
    done = subprocess.run(f"{SLUICE} -s {d.sock} -e 'SELECT id FROM numbers;' | head -n 3", shell=True, capture_output=True,
                          text=True, timeout=20)
    assert len(done.stdout.splitlines()) == 3, done
    assert d.stop() == 0


# ---- errors and exit codes ----


def errors_name_file_line_and_column():
    d = Daemon().start()
    path = script(d, "query.sql", FEW + "\nSELECT     mesage, COUNT(*) AS n\nFROM few GROUP BY id;\nSHOW TABLES;")
    done = sluice(d, "-f", path)
    assert done.returncode == 1, done
    line = (FEW.count("\n") + 2)
    assert f"  --> {path}:{line}:12\n" in done.stderr, done.stderr
    assert f"\n {line} | SELECT     mesage, COUNT(*) AS n\n" in done.stderr
    assert re.search(r"\n +\|            \^\^\^\^\^\^", done.stderr), done.stderr
    assert done.stdout == "" and "error[unknown_column]" in done.stderr
    done = sluice(d, "-e", "SELEC 1;")
    assert done.returncode == 1 and "error[syntax_error]" in done.stderr and "<sql>" not in done.stderr, done
    assert d.stop() == 0


def exit_codes_can_be_trusted():
    d = Daemon().start()
    assert sluice(d, "-e", "SHOW TABLES;").returncode == 0
    assert sluice(d, "-e", "NONSENSE;").returncode == 1
    assert sluice(d, "-f", "/no/such/file.sql").returncode == 1
    done = sluice(d, "-f", d.dir)
    assert done.returncode == 1 and f"cannot read {d.dir}: " in done.stderr, done
    for args in (["--no-such-option"], ["-o", "xml", "-e", ""], ["frobnicate"], ["run"], ["check"], ["run", "--nope"]):
        done = sluice(d, *args) if args[0] not in ("run", "check") else run("sluice", *args)
        assert done.returncode == 2, (args, done)
        assert len(done.stderr.splitlines()) == (1 if args[0] == "-o" else 2), done.stderr
    assert d.stop() == 0
    done = sluice(d, "-e", "SHOW TABLES;")
    assert done.returncode == 3, done
    assert f"no sluiced listens on {d.sock}" in done.stderr and "sluice run FILE.sql" in done.stderr, done.stderr
    done = run("sluice", "--version")
    assert done.returncode == 0 and re.fullmatch(r"sluice \d+\.\d+\.\d+\n", done.stdout)
    assert run("sluice", "--help").returncode == 0


def who_may_not_use_the_socket_is_told():
    d = Daemon().start()
    os.chmod(d.dir, 0o755)
    os.chmod(d.sock, 0)
    nobody = {} if os.geteuid() else {"user": 65534, "group": 65534, "extra_groups": []}
    done = subprocess.run([SLUICE, "-s", d.sock, "-e", "SHOW TABLES;"], capture_output=True, text=True, **nobody)
    assert done.returncode == 3, done
    assert f"permission denied on {d.sock}" in done.stderr and f"ls -l {d.sock}" in done.stderr, done.stderr
    assert "sluice run" not in done.stderr, done.stderr  # another daemon is no remedy
    assert d.stop() == 0


def a_daemon_that_dies_is_told():
    d = Daemon().start()
    d.sql(NUMBERS)
    child = subprocess.Popen([SLUICE, "-s", d.sock, "-e", "SELECT id FROM numbers;"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    child.stdout.readline()
    d.kill()
    _, errors = child.communicate(timeout=20)
    assert child.returncode == 3 and "broke" in errors, (child.returncode, errors)


def limits_are_told_as_errors():
    d = Daemon().start()
    done = sluice(d, stdin=" " * (1 << 20) + "SHOW TABLES;")
    assert done.returncode == 1 and "error[script_too_long]" in done.stderr, done
    assert d.stop() == 0


# ---- run ----


def private_daemons():
    out = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
    return [line for line in out.splitlines() if re.search(r"/sluiced .*--socket \S*/sluice-run-\w+/sock", line)
            and BUILD in line]


def the_first_example_runs():
    began = time.monotonic()
    done = run("sluice", "run", os.path.join(TOP, "etc", "examples", "first.sql"))
    assert done.returncode == 0, done
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(r["orders"] for r in rows) == 1000, rows
    assert {r["product"] for r in rows} == {1, 2, 3}
    print(f"first.sql: {time.monotonic() - began:.2f} s")
    assert not private_daemons()


def bounded_jobs_run_to_their_end():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/in.csv", "w") as f:
            f.write("".join(f"{i},{'ab'[i % 2]}\n" for i in range(1000)))
        with open(dir + "/a.sql", "w") as f:
            f.write(f"""CREATE TABLE src (id BIGINT, k STRING) WITH ('connector' = 'filesystem', 'path' = '{dir}/in.csv',
                'format' = 'csv');
                CREATE TABLE dst (k STRING, id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{dir}/out', 'format' = 'json');
                INSERT INTO dst SELECT k, id FROM src WHERE id >= 10;""")
        done = run("sluice", "run", dir + "/a.sql")
        assert done.returncode == 0, done
        rows = []
        for f in os.listdir(dir + "/out"):
            assert not f.startswith("."), f
            with open(os.path.join(dir, "out", f)) as lines:
                rows += [json.loads(line) for line in lines]
        assert sorted(r["id"] for r in rows) == list(range(10, 1000)), len(rows)
        assert done.stdout == "", done.stdout
    assert not private_daemons()


def a_failing_job_is_told_with_its_cause():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write(f"""CREATE TABLE src (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{dir}/none', 'format' = 'json');
                {HOLE} INSERT INTO hole SELECT id FROM src;""")
        done = run("sluice", "run", dir + "/a.sql")
        assert done.returncode == 4, done
        assert "job hole failed: error[" in done.stderr and f"{dir}/none" in done.stderr, done.stderr
        done = run("sluice", "run", dir + "/no.sql")
        assert done.returncode == 1 and "cannot read" in done.stderr, done
        with open(dir + "/a.sql", "w") as f:
            f.write("CREATE TABLE;")
        done = run("sluice", "run", dir + "/a.sql")
        assert done.returncode == 1 and f"--> {dir}/a.sql:1:13" in done.stderr, done
        done = run("sluice", "run", "--set", "no.such=1", dir + "/a.sql")
        assert done.returncode == 3 and "there is no setting no.such" in done.stderr, done
    assert not private_daemons()


def with_a_state_dir_the_next_run_goes_on():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/in.json", "w") as f:
            f.write("".join('{"id": %d}\n' % i for i in range(100)))
        with open(dir + "/a.sql", "w") as f:
            f.write(f"""CREATE TABLE src (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{dir}/in.json', 'format' = 'json');
                CREATE TABLE dst (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{dir}/out', 'format' = 'json');
                INSERT INTO dst SELECT id FROM src;""")
        for _ in range(3):
            done = run("sluice", "run", "--state-dir", dir + "/state", dir + "/a.sql")
            assert done.returncode == 0, done
        with open(dir + "/in.json", "a") as f:
            f.write("".join('{"id": %d}\n' % i for i in range(100, 130)))
        done = run("sluice", "run", "--state-dir", dir + "/state", dir + "/a.sql")
        assert done.returncode == 0, done
        rows = []
        for f in os.listdir(dir + "/out"):
            with open(os.path.join(dir, "out", f)) as lines:
                rows += [json.loads(line)["id"] for line in lines]
        assert sorted(rows) == list(range(130)), (len(rows), sorted(rows)[:20])


def ctrl_c_takes_a_checkpoint():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write(NUMBERS + HOLE + "INSERT INTO hole SELECT COUNT(*) FROM numbers;")
        args = [SLUICE, "run", "--state-dir", dir + "/state", "--set", "runtime.checkpoint-interval=1 h", dir + "/a.sql"]
        counts = []
        for _ in range(2):
            child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            wait_for("the private daemon", private_daemons)
            time.sleep(1)
            child.send_signal(signal.SIGINT)
            assert child.wait(20) == 130
            child.communicate()
            out = subprocess.run(["sqlite3", "-readonly", dir + "/state/jobs/hole.db",
                                  "SELECT rows_in FROM checkpoints ORDER BY id DESC LIMIT 1"], capture_output=True, text=True)
            counts.append(int(out.stdout))
            wait_for("it has ended", lambda: not private_daemons(), 5)
        assert 0 < counts[0] < counts[1], counts


def the_private_daemon_never_outlives_us():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write(NUMBERS + HOLE + "INSERT INTO hole SELECT COUNT(*) FROM numbers;")
        child = subprocess.Popen([SLUICE, "run", dir + "/a.sql"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=dict(os.environ, TMPDIR=dir))
        wait_for("the private daemon", private_daemons)
        time.sleep(0.5)
        child.kill()
        child.wait()
        child.communicate()
        wait_for("it has ended, too", lambda: not private_daemons(), 20)


def progress_is_shown_on_a_terminal():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write(FEW.replace("'1000000'", "'1000'") + HOLE + "INSERT INTO hole SELECT id FROM few;")
        t = Terminal([SLUICE, "run", dir + "/a.sql"])
        assert t.wait() == 0, t.text
        assert "hole: RUNNING" in t.text and "hole: FINISHED" in t.text and "1000 in, 1000 out" in t.text, t.text


# ---- check ----


def check_prints_every_error():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write("""CREATE TABLE t (id BIGINT, v INT) WITH ('connector' = 'datagen');
SELECT idd FROM t;
SELEC 1;
SELECT id FROM tt;
INSERT INTO t SELECT id, v FROM t;
SELECT id + 'x' FROM t WHERE (;
SET 'pipeline.nam' = 'x';
SELECT id FROM t;
""")
        done = run("sluice", "check", dir + "/a.sql")
        assert done.returncode == 1, done
        places = [int(n) for n in re.findall(r"--> \S+/a\.sql:(\d+):\d+", done.stderr)]
        assert places == [2, 3, 4, 5, 6, 7], (places, done.stderr)
        assert "8 statements, 6 errors" in done.stderr, done.stderr
        done = run("sluice", "check", dir)
        assert done.returncode == 1 and f"cannot read {dir}: " in done.stderr, done
        done = run("sluice", "check", os.path.join(TOP, "etc/examples/words.sql"), os.path.join(TOP, "etc/examples/first.sql"))
        assert done.returncode == 0 and done.stdout == "", done


def check_tells_a_failed_create_once():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write("""CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagenn');
CREATE TEMPORARY TABLE `the u` (id BIGINTT) WITH ('connector' = 'datagen');
CREATE VIEW v AS SELECT id FROM t;
SELECT id FROM v;
SELECT id FROM `the u`;
SELECT id FROM w;
CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen');
SELECT idd FROM t;
""")
        done = run("sluice", "check", dir + "/a.sql")
        places = [int(n) for n in re.findall(r"--> \S+/a\.sql:(\d+):\d+", done.stderr)]
        assert done.returncode == 1 and places == [1, 2, 6, 8], (places, done.stderr)
        assert "8 statements, 4 errors; 3 not checked" in done.stderr, done.stderr


# ---- the shell ----


def the_shell_talks_with_people():
    d = Daemon().start()
    d.sql(NUMBERS)
    t = Terminal([SLUICE, "-s", d.sock])
    t.until("sluice> ")
    t.type("SHOW\n")
    t.until("sluice[-(]> ")
    t.type("TABLES;\n")
    assert " numbers" in t.until(r"\(1 row\)")
    t.until("sluice> ")
    t.type("SELECT 'a;b' -- no; end\n")
    t.until("sluice[-(]> ")
    t.type(";\n")
    t.until("sluice> ")
    t.type("NONSENSE;\n")
    assert "error[syntax_error]" in t.until("sluice> ")
    t.type("SET 'pipeline.name' = 'kept';\n")
    t.until("sluice> ")
    t.type("SET;\n")
    t.until("kept")
    t.until("sluice> ")
    # Ctrl-C ends the query, not the shell.
    t.type("SELECT id FROM numbers;\n")
    t.until(r"\n +-?\d+\r\n")
    t.type("\x03")
    t.until("cancelled")
    t.until("sluice> ")
    # And on a line it throws away what was typed.
    t.type("SELECT half of\n")
    t.until("sluice[-(]> ")
    t.type("\x03")
    t.until("sluice> ")
    t.type("EXECUTE STATEMENT SET BEGIN\n")
    t.until("sluice[-(]> ")
    t.type("INSERT INTO nowhere SELECT id FROM numbers;\n")
    t.until("sluice[-(]> ")
    t.type("END;\n")
    assert "unknown_table" in t.until("sluice> ")
    t.type("\\q\n")
    assert t.wait() == 0
    t = Terminal([SLUICE, "-s", d.sock])
    t.until("sluice> ")
    t.type("\x04")
    assert t.wait() == 0
    assert d.stop() == 0
    t = Terminal([SLUICE, "-s", d.sock])
    assert t.wait() == 3 and "no sluiced listens" in t.text


def the_shell_completes_words():
    d = Daemon().start()
    d.sql(NUMBERS + "CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole'); "
          "SET 'pipeline.name' = 'a-job'; INSERT INTO hole SELECT id FROM numbers;")
    t = Terminal([SLUICE, "-s", d.sock])
    t.until("sluice> ")
    t.type("sel\t")
    t.until("ECT ")
    t.type("i\t\t")  # the function IF among others
    assert "INITCAP" in t.until("IS_ALPHA")
    t.type("\x15SELECT id FROM num\t")
    t.until("bers ")
    t.type("WHERE\x15DESCRIBE JOB 'a\t")
    t.until("-job' ")
    t.type("\x15SET 'table.local\t")
    t.until("-time-zone' ")
    t.type("\x15\\q\n")
    assert t.wait() == 0
    assert d.stop() == 0


def the_shell_remembers_statements():
    d = Daemon().start()
    history = os.path.join(d.dir, "history")
    t = Terminal([SLUICE, "-s", d.sock], history)
    t.until("sluice> ")
    t.type("SELECT 41 +\n")
    t.until("sluice[-(]> ")
    t.type("1 AS answer;\n")
    t.until("42")
    t.until("sluice> ")
    t.type("\x04")
    assert t.wait() == 0
    t = Terminal([SLUICE, "-s", d.sock], history)
    t.until("sluice> ")
    t.type("\x10\n")  # Ctrl-P: the one before
    t.until("42")
    t.until("sluice> ")
    t.type("\x04")
    assert t.wait() == 0
    assert d.stop() == 0


def the_shell_has_commands_of_its_own():
    d = Daemon().start()
    d.sql(NUMBERS)
    rows = os.path.join(d.dir, "rows")
    script_file = script(d, "more.sql", "SELECT 'from a file' AS x;")
    t = Terminal([SLUICE, "-s", d.sock])
    t.until("sluice> ")
    for typed, answer in (("\\?", r"\\watch"), ("\\dt", "numbers"), ("\\d numbers", "BIGINT"), ("\\df UP%", "UPPER"),
                          ("\\dj", r"\(0 rows\)"), ("\\timing", ""), ("SELECT 7 AS seven;", r"time: [0-9.]+ ms"),
                          ("\\x", ""), ("SELECT 8 AS eight;", r"eight +\|? *8"), ("\\x", ""),
                          (f"\\i {script_file}", "from a file"), (f"\\o {rows}", ""), ("SELECT 9 AS nine;", "time"),
                          ("\\o", ""), ("\\f csv", ""), ("SELECT 10 AS ten, 'a b' AS s;", "10,a b"),
                          ("\\f odd", "formats: "), ("\\nonsense", r"\\\? lists what there is")):
        t.type(typed + "\n")
        t.until(answer) if answer else None
        t.until("sluice> ")
    with open(rows) as f:
        assert "9" in f.read()
    t.type("\\watch 0.1\n")
    t.until("10,a b")
    t.until("10,a b")
    t.type("\x03")
    t.until("sluice> ")
    t.type("\\q\n")
    assert t.wait() == 0
    assert d.stop() == 0


def jobs_are_listed_once_and_live():
    d = Daemon().start()
    d.sql(NUMBERS + "CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO hole SELECT id FROM numbers;")
    d.wait_state("hole", "RUNNING")
    done = sluice(d, "jobs")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0].split()[:3] == ["NAME", "STATE", "IN/S"], done
    assert len(lines) == 2 and lines[1].split()[:2] == ["hole", "RUNNING"], done
    assert sluice(d, "top").returncode == 2  # no terminal
    assert sluice(d, "jobs", "5").returncode == 2
    t = Terminal([SLUICE, "-s", d.sock, "top", "0.1"])
    for _ in range(3):
        t.until(r"hole +RUNNING")
    d.sql("STOP JOB 'hole';")
    t.until(r"hole +STOPPED")
    t.type("q")
    assert t.wait() == 0
    t = Terminal([SLUICE, "-s", d.sock, "top", "0.1"])
    t.until("hole")
    assert d.stop() == 0
    t.until("no sluiced listens on .*trying again")
    d.start()
    t.until(r"1 job, 0 running[^\0]*hole +STOPPED")
    t.type("q")
    assert t.wait() == 0
    assert d.stop() == 0
    assert sluice(d, "jobs").returncode == 3
    t = Terminal([SLUICE, "-s", d.sock, "top"])
    assert t.wait() == 3 and "sluice: " in t.text


main(scripts_come_by_argument_file_and_stdin, one_line_is_answered_without_a_table, a_private_run_writes_values,
     json_keeps_every_digit, csv_and_tsv_can_be_read_back,
     an_empty_answer_still_has_its_header, a_select_tells_why_its_source_gives_nothing, people_get_columns_in_line, cells_of_many_lines_are_as_wide_as_the_longest,
     updates_have_their_kind_first, results_of_selects_come_while_they_run,
     errors_name_file_line_and_column, exit_codes_can_be_trusted, who_may_not_use_the_socket_is_told, a_daemon_that_dies_is_told, limits_are_told_as_errors,
     the_first_example_runs, bounded_jobs_run_to_their_end, a_failing_job_is_told_with_its_cause,
     with_a_state_dir_the_next_run_goes_on, ctrl_c_takes_a_checkpoint, the_private_daemon_never_outlives_us,
     progress_is_shown_on_a_terminal, check_prints_every_error, check_tells_a_failed_create_once,
     the_shell_talks_with_people, the_shell_completes_words, the_shell_remembers_statements,
     the_shell_has_commands_of_its_own, jobs_are_listed_once_and_live)

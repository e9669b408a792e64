#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program sluice at a terminal: live results, pager, colours, editing,
completion, its own commands in lines and scripts, top; and what scripts rely
on when it is not at one."""
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import termios
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, Daemon, main, run, wait_for  # noqa: E402
from terminal import Terminal  # noqa: E402

SLUICE = os.path.join(BUILD, "sluice")
TABLES = """
CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '500',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000');
CREATE TABLE few (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000');
CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');
"""


def daemon(sets=()):
    d = Daemon(sets).start()
    d.sql(TABLES)
    return d


def shell(d, **options):
    t = Terminal([SLUICE, "-s", d.sock], **options)
    t.until("sluice> ")
    return t


def leave(t):
    t.type("\\q\n")
    assert t.wait() == 0, t.text


def write(d, name, text):
    path = os.path.join(d.dir, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    return path


def sluice(d, *args, **options):
    return run("sluice", "-s", d.sock, *args, **options)


# ---- live results ----


def an_updating_result_is_a_table_redrawn_in_place():
    d = daemon()
    t = shell(d)
    t.type("SELECT id % 3 AS k, COUNT(*) AS n FROM numbers GROUP BY id % 3;\n")
    seen = t.until_seen(r"3 rows .* changes .*/s .*\(q ends\)")
    assert t.screen.kept, "it has a screen of its own"
    lines = seen.split("\n")
    assert lines[0].split() == ["k", "|", "n"] and len(lines) == 6, seen
    assert sorted(line.split()[0] for line in lines[2:5]) == ["0", "1", "2"], seen
    first = {line.split()[0]: int(line.split()[2]) for line in lines[2:5]}
    order = [line.split()[0] for line in lines[2:5]]

    def has_moved():
        t.read()
        rows = t.screen.text().split("\n")[2:5]
        # The rows stay where they are.
        assert [row.split()[0] for row in rows] == order, rows
        return all(int(row.split()[2]) > first[row.split()[0]] for row in rows)

    wait_for("the rows are counted on", has_moved)
    # How far it is comes about once a second.
    t.until_seen(r"  of \d+ read  \(q ends\)")
    t.type("q")
    t.until("sluice> ")
    assert not t.screen.kept
    left = t.screen.text()
    assert re.search(r"\(3 rows, \d+ changes\)\nsluice>$", left), left
    assert "SELECT id % 3" in left and "q ends" not in left, left
    assert "7" in t.ask("SELECT 7 AS seven;")
    # Ctrl-C does the same.
    t.type("SELECT COUNT(*) AS n FROM numbers;\n")
    t.until_seen(r"1 row .*q ends")
    t.type("\x03")
    t.until("cancelled")
    t.until("sluice> ")
    assert re.search(r"\(1 row, \d+ changes\)\ncancelled\nsluice>$", t.screen.text()), t.screen.text()
    leave(t)
    assert d.stop() == 0


def ctrl_z_gives_the_terminal_back():
    d = daemon()
    for args in (["-e", "SELECT COUNT(*) AS n FROM numbers;"], ["top", "0.1"]):
        t = Terminal([SLUICE, "-s", d.sock, *args])
        t.until_seen("q ends")
        before = termios.tcgetattr(t.fd)
        t.type("\x1a")

        def state():
            t.read(0.02)
            with open(f"/proc/{t.pid}/stat") as f:
                return f.read().rsplit(")", 1)[1].split()[0]

        wait_for("it is stopped", lambda: state() == "T")
        t.read()
        assert not t.screen.kept and termios.tcgetattr(t.fd)[3] & termios.ICANON
        os.kill(t.pid, signal.SIGCONT)
        t.until_seen("q ends")
        assert t.screen.kept and termios.tcgetattr(t.fd) == before
        t.type("q")
        assert t.wait() == 0
    assert d.stop() == 0


def what_there_is_no_room_for_is_counted():
    d = daemon()
    t = shell(d, rows=12, columns=70)
    t.type("SELECT id % 50 AS k, MAX(id) AS newest FROM numbers GROUP BY id % 50;\n")
    seen = t.until_seen(r"^… 42 rows more\n50 rows ")
    assert len(seen.split("\n")) == 12, seen
    # A smaller window: no line is longer, none runs off the top.
    t.resize(8, 20)
    wait_for("it has been drawn anew", lambda: t.read() and "… 46 rows more" in t.screen.text())
    wait_for("no line is longer", lambda: t.read() and all(len(s) < 20 for s in t.screen.text().split("\n")))
    assert t.screen.text().split("\n")[0].startswith(" k "), t.screen.text()
    t.resize(40, 90)
    t.until_seen(r"^… 14 rows more\n50 rows ")
    t.type("q")
    t.until("sluice> ")
    assert re.search(r"… 14 rows more\n\(50 rows, \d+ changes\)\nsluice>$", t.screen.text()), t.screen.text()
    leave(t)
    assert d.stop() == 0


def rows_that_only_come_run_up_the_screen():
    d = daemon()
    t = shell(d, rows=10)
    t.type("SELECT id, CASE WHEN id > 300 THEN 'a longer text' ELSE 'x' END AS s FROM numbers;\n")
    seen = t.until_seen(r"^\d+ rows  \d+/s  \d+ s  \(q ends\)$")
    assert not t.screen.kept
    wait_for("the column is wider", lambda: t.read() and "a longer text" in t.screen.text())
    wait_for("a header of that width", lambda: t.read() and re.search(r"^ id +\| s {12}$", "\n".join(t.screen.above), re.M),
             60)
    t.type("q")
    t.until("sluice> ")
    seen = t.screen.text()
    assert re.search(r"\n +(\d+) \| a longer text\n\(\1 rows\)\nsluice>$", seen), seen
    assert "q ends" not in "\n".join(t.screen.above) + seen, seen
    leave(t)
    assert d.stop() == 0


def changes_can_be_seen_one_by_one():
    d = daemon()
    t = shell(d, env={"NO_COLOR": ""})
    assert "their changes" in t.ask("\\changes")
    answer = t.ask("SELECT COUNT(*) AS n FROM few;")
    assert re.search(r" op \| .*\r\n.*\r\n \x1b\[32m\+I\x1b\[0m \| ", answer), answer
    t.type("SELECT COUNT(*) AS n FROM numbers;\n")
    t.until_seen(r"^ -U \| +(\d+) *\n \+U \| +\d+[^\0]*\(q ends\)")
    assert not t.screen.kept and "\x1b[31m-U\x1b[0m" in t.all and "\x1b[33m+U\x1b[0m" in t.all
    t.type("q")
    t.until("sluice> ")
    assert "a table" in t.ask("\\changes off")
    assert "op |" not in t.ask("SELECT COUNT(*) AS n FROM few;")
    leave(t)
    assert d.stop() == 0


def a_live_result_tells_its_watermark_and_why_nothing_comes():
    d = daemon()
    d.sql("CREATE TABLE timed (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id * 1000, 3), WATERMARK FOR ts AS ts) WITH ("
          "'connector' = 'datagen', 'rows-per-second' = '500', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', "
          "'fields.id.end' = '1000000000');"
          "CREATE TABLE away (a INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = "
          "'127.0.0.1:9', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');")
    t = shell(d, columns=200)
    t.type("SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE timed, DESCRIPTOR(ts), INTERVAL '60' SECOND)) "
           "GROUP BY window_start, window_end;\n")
    t.until_seen(r"rows  \d+/s .*of \d+ read  watermark 1970-01-01T\d\d:\d\d:\d\d.*  \(q ends\)")
    t.type("q")
    t.until("sluice> ")
    # Not one row, and yet there is something to see.
    t.type("SELECT a FROM away;\n")
    t.until_seen(r"notice: away: .*127\.0\.0\.1:9")
    t.until_seen(r"0 rows .*\(q ends\)")
    t.type("q")
    t.until("sluice> ")
    assert "(0 rows)" in t.screen.text() and "notice: away: " in t.screen.text(), t.screen.text()
    leave(t)
    # Programs are not told unless they ask.
    assert not [line for line in d.sql("SELECT COUNT(*) AS n FROM few;") if "progress" in line]
    assert d.stop() == 0


def a_result_that_ends_soon_is_shown_when_it_is_whole():
    d = daemon()
    t = shell(d)
    answer = t.ask("SELECT COUNT(*) AS n FROM few;").split("\r\n")[-5:-1]
    assert answer[:3] == [" n   ", "-----", " 1000"] and re.fullmatch(r"\(1 row, \d+ changes?\)", answer[3]), t.all
    assert "\x1b[?1049h" not in t.all
    # With no rows, and with NULLs.
    assert "(0 rows)" in t.ask("SELECT id FROM few WHERE id < 0;")
    assert " NULL\r\n" in t.ask("SELECT CAST(NULL AS INT) AS nothing;")
    # What the daemon tells of itself has no value there.
    assert "NULL" not in t.ask("DESCRIBE few;").replace("null", "").replace("NOT NULL", "")
    leave(t)
    # The same without a shell; and changes stay changes where rows are kept.
    t = Terminal([SLUICE, "-s", d.sock, "-e", "SELECT COUNT(*) AS n FROM few;"])
    assert t.wait() == 0 and re.search(r"\n 1000\r\n\(1 row, \d+ changes?\)", t.text), t.text
    assert sluice(d, "-o", "aligned", "-e", "SELECT COUNT(*) AS n FROM few;").stdout.startswith(" op | n")
    assert d.stop() == 0


def a_live_result_of_an_argument_ends_with_a_key():
    d = daemon()
    t = Terminal([SLUICE, "-s", d.sock, "-e", "SELECT COUNT(*) AS n FROM numbers;"])
    t.until_seen("q ends")
    t.type("q")
    assert t.wait() == 0 and "changes)" in t.screen.text(), t.screen.text()
    t = Terminal([SLUICE, "-s", d.sock, "-e", "SELECT id FROM numbers;"])
    t.until_seen("q ends")
    t.type("\x03")
    assert t.wait() == 130 and "rows)" in t.screen.text(), t.screen.text()
    assert d.stop() == 0


def a_live_result_tells_when_the_daemon_goes():
    d = daemon()
    t = shell(d)
    t.type("SELECT COUNT(*) AS n FROM numbers;\n")
    t.until_seen("q ends")
    d.kill()
    t.until("the connection to .* broke")
    t.until("sluice> ")
    assert not t.screen.kept and re.search(r"\(1 row, \d+ changes\)", t.screen.text()), t.screen.text()
    assert "no sluiced listens" in t.ask("SHOW TABLES;")
    d.start()
    answer = t.ask("SHOW TABLES;")
    assert "the daemon has forgotten what was SET" in answer and "numbers" in answer, answer
    assert "forgotten" not in t.ask("SHOW TABLES;")
    leave(t)
    assert d.stop() == 0


def a_restart_of_the_daemon_costs_the_session_only():
    d = daemon()
    t = shell(d)
    t.ask("SET 'pipeline.name' = 'the-old-one';")
    assert d.stop() == 0
    d.start()
    answer = t.ask("SHOW TABLES;")
    assert "forgotten what was SET" in answer and "numbers" in answer and "no_session" not in answer, answer
    assert "the-old-one" not in t.ask("SET;")
    leave(t)
    assert d.stop() == 0


# ---- the pager ----


def long_results_go_through_a_pager():
    d = daemon()
    values = "SELECT * FROM (VALUES " + ", ".join(f"({i})" for i in range(30)) + ") AS t(x);"
    t = shell(d, rows=12, env={"PAGER": "sed s/^/paged:/"})
    answer = t.ask(values)
    assert answer.count("paged:") == 33, answer
    assert "paged:" not in t.ask("SELECT 1 AS x;")
    t.ask("\\x")
    assert t.ask(values).count("paged:-[ row") == 30
    t.ask("\\x")
    assert "pager: off" in t.ask("\\pager off")
    answer = t.ask(values)
    assert "paged:" not in answer and "(30 rows)" in answer, answer
    t.ask("\\pager head -n 2")
    answer = t.ask(values)
    assert " x " in answer and "(30 rows)" not in answer, answer
    # One that is not there costs nothing but its complaint.
    t.ask("\\pager /no/such/pager")
    answer = t.ask(values)
    assert "not found" in answer and "(30 rows)" in answer, answer
    t.ask("\\pager on")
    # Live results, files and programs do without.
    t.type("SELECT id FROM numbers;\n")
    t.until_seen("q ends")
    t.type("q")
    assert "paged:" not in t.until("sluice> ")
    t.ask(f"\\o {d.dir}/rows")
    t.ask(values)
    t.ask("\\o")
    with open(f"{d.dir}/rows") as f:
        text = f.read()
    assert "(30 rows)" in text and "paged:" not in text, text
    # A full file is told, and is not the end of everything.
    t.ask("\\o /dev/full")
    assert "cannot write the rows: No space left" in t.ask(values)
    t.ask("\\o")
    assert "41" in t.ask("SELECT 41 AS x;")
    leave(t)
    done = sluice(d, "-o", "aligned", "-e", values, env={"PAGER": "sed s/^/paged:/"})
    assert "paged:" not in done.stdout and "(30 rows)" in done.stdout, done
    # less, if nothing else is said, with rows that are not broken.
    t = shell(d, rows=12, columns=40, env={"PAGER": "printf 'less is told: %s\\n' $LESS; cat >/dev/null"})
    assert "less is told: SRFX" in t.ask(values)
    leave(t)
    assert d.stop() == 0


# ---- colours, and what rows may not do ----


def colours_are_for_terminals():
    d = daemon()
    plain = {"NO_COLOR": ""}
    t = shell(d, env=plain)
    answer = t.ask("SELECT idd FROM numbers;")
    assert "\x1b[1;31merror[unknown_column]\x1b[0m" in answer and "\x1b[1;31m^^^ did you mean" in answer, answer
    assert "\x1b[2mNULL\x1b[0m" in t.ask("SELECT CAST(NULL AS STRING) AS x;")
    t.ask("\\colour off")
    assert "\x1b[" not in t.ask("SELECT idd FROM numbers;").split("numbers;", 1)[1]
    leave(t)
    for env in ({"NO_COLOR": "1"}, {"NO_COLOR": "", "TERM": "dumb"}):
        t = Terminal([SLUICE, "-s", d.sock, "-e", "SELECT CAST(NULL AS INT) AS x; SELECT idd FROM numbers;"], env=env)
        assert t.wait() == 1 and "NULL" in t.text and "\x1b" not in t.text, t.text
    done = sluice(d, "-o", "aligned", "-e", "SELECT CAST(NULL AS INT) AS x; SELECT idd FROM numbers;", env=plain)
    assert "NULL" in done.stdout and "\x1b" not in done.stdout + done.stderr, done
    assert d.stop() == 0


def no_row_can_command_the_terminal():
    d = daemon()
    path = write(d, "evil.json", json.dumps({"s": "\x1b]0;owned\x07\x1b[2J\x9b31m\r\x7f"}) + "\n" + '{"s": 5x\x1b[31m}\n')
    d.sql(f"CREATE TABLE evil (s STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json');")
    for f in ("aligned", "vertical", "csv", "tsv", "json"):
        t = Terminal([SLUICE, "-s", d.sock, "-o", f, "-e", "SELECT s FROM evil;"])
        assert t.wait() == 0, t.text
        assert "owned" in t.text and not re.search("[\x1b\x07\x7f\x9b]|\r[^\n]", t.text), (f, t.text)
    t = Terminal([SLUICE, "-s", d.sock, "-e", f"SELECT '{chr(27)}[2J' FROM no_such_table;"])
    assert t.wait() == 1 and "[2J" in t.text and "\x1b" not in t.text, t.text
    # Programs get what there is.
    done = subprocess.run([SLUICE, "-s", d.sock, "-o", "csv", "-e", "SELECT s FROM evil;"], capture_output=True)
    assert b"\x1b]0;owned\x07" in done.stdout, done
    assert d.stop() == 0


# ---- typing ----


def the_prompt_shows_what_is_open():
    d = daemon()
    t = shell(d)
    for typed, mark in (("SELECT 'a", "'"), ("b' AS `x y`, (1 +", "("), ("2) /*", "*"), ("*/ AS z", "-")):
        t.type(typed + "\n")
        t.until(re.escape(f"sluice{mark}> "))
    answer = t.ask(";")
    assert "a" in answer and re.search(r" a  \+\| 3\r\n b   \|", answer), answer
    leave(t)
    assert d.stop() == 0


def some_words_need_no_semicolon():
    d = daemon()
    for word in ("quit", "exit", " EXIT ; ", "\\q"):
        t = shell(d)
        t.type(word + "\n")
        assert t.wait() == 0, t.text
    t = shell(d)
    assert "\\watch" in t.ask("help") and "\\watch" in t.ask("\\?")
    # Within a statement they are words of it.
    t.type("SELECT 1 AS\n")
    t.until("sluice-> ")
    t.type("quit\n")
    t.until("sluice-> ")
    assert "quit" in t.ask(";")
    # A command is one even then.
    t.type("SELECT 1\n")
    t.until("sluice-> ")
    t.type("\\q\n")
    assert t.wait() == 0
    assert d.stop() == 0


def redrawn(t):
    """What was typed before has been read: a terminal forgets the rest at Ctrl-C."""
    t.text = ""
    for _ in range(3):
        t.until(r"\x1b\[H")


def what_is_typed_ahead_is_not_lost():
    d = daemon()
    t = shell(d)
    t.type("SHOW TABLES;\nSELECT 41 + 1 AS answer;\n\x04")
    assert t.wait() == 0 and "42" in t.text, t.text
    t = shell(d)
    t.type("SELECT COUNT(*) AS n FROM numbers;\n")
    t.until_seen("q ends")
    t.type("SELECT 'quite' AS q;\n")
    redrawn(t)
    t.type("\x03")
    t.until("cancelled")
    t.until("quite")
    t.until("sluice> ")
    t.type("SELECT COUNT(*) AS n FROM numbers;\n")
    t.until_seen(r"row .*q ends")
    t.type("\x04")
    redrawn(t)
    t.type("\x03")
    assert t.wait() == 0, t.text
    assert d.stop() == 0


def a_signal_ends_the_shell():
    d = daemon()
    t = shell(d)
    os.kill(t.pid, signal.SIGTERM)
    t.type("\n")
    assert t.wait() == 0
    assert d.stop() == 0


def history_keeps_statements_whole_and_secrets_out():
    d = daemon()
    history = os.path.join(d.dir, "history")
    t = shell(d, history=history)
    t.type("SELECT 40 +\n")
    t.until("sluice-> ")
    t.ask("  2 AS answer;")
    t.ask("CREATE TEMPORARY TABLE s (a INT) WITH ('connector' = 'kafka', 'properties.sasl.password' = 'hunter2');")
    assert stat.S_IMODE(os.stat(history).st_mode) == 0o600
    # It is there before the shell ends, however that is.
    os.kill(t.pid, signal.SIGKILL)
    os.waitpid(t.pid, 0)
    with open(history) as f:
        text = f.read()
    assert "hunter2" not in text and len(text.splitlines()) == 2, text
    other = shell(d, history=history)
    other.ask("SELECT 1 AS other;")
    t = shell(d, history=history)
    t.type("\x10\x10")  # Ctrl-P: the one before
    t.until("answer;")
    assert "42" in t.ask("")
    leave(t)
    leave(other)
    assert d.stop() == 0


def tab_completes_what_can_stand_there():
    d = daemon()
    d.sql("CREATE VIEW small AS SELECT id AS identity_of_it FROM few; SET 'pipeline.name' = 'the-job'; "
          "INSERT INTO hole SELECT id FROM numbers;")
    d.wait_state("the-job", "RUNNING")
    write(d, "dir of/script.sql", "SELECT 1;")
    t = shell(d, columns=200)
    for typed, answer in (
            ("CREATE TABLE t (colour INT) WITH ('conn\t", "ector' = "),
            ("CREATE TABLE t (colour INT) WITH ('connector' = 'upsert\t", "-kafka' "),
            ("CREATE TABLE t (colour INT) WITH ('connector' = 'kafka', 'scan.startup.m\t", "ode' = "),
            ("CREATE TABLE t (colour INT) WITH ('connector' = 'kafka', 'scan.startup.mode' = 'earl\t", "iest-offset' "),
            ("CREATE TABLE t (colour INT) WITH ('connector' = 'kafka', 'format' = 'debe\t", "zium-json' "),
            ("CREATE TABLE t (colour INT) WITH ('connector' = 'kafka', 'format' = 'csv', 'csv.field\t", "-delimiter' = "),
            ("CREATE TABLE t (colour INT) WITH ('connector' = 'datagen', 'fields.col\t", "our."),
            ("SELECT * FROM sma\t", "ll "),
            ("SELECT x.identi\t", ""),  # no table yet
            ("SELECT identi\x01\x0bINSERT INTO hole SELECT y FROM small y WHERE y.ident\t", "ity_of_it "),
            ("SELECT INITC\t", "AP "),
            ("SELECT 1 UNIO\t", "N "),
            ("PAUSE JOB 'the\t", "-job' "),
            ("TAP 'the-job' AT sc\t", "an_1 "),
            ("SET 'table.exec.state\t", ".ttl' "),
            ("\\wat\t", "ch "),
            ("\\d sma\t", "ll "),
            (f"\\i {d.dir}/dir\t", " of/"),
            (f"\\i {d.dir}/dir of/scr\t", "ipt.sql")):
        t.type(typed)
        if answer:
            t.until_seen(re.escape(answer.rstrip()) + "$")
        t.type("\x01\x0b")  # wipes the line
        t.until_seen("^sluice>$")
    # What is not known is not made up: keywords are the parser's.
    words = json.loads(d.get("/v1/words"))
    assert "STALL" in words["keywords"] and "BIGINT" in words["keywords"] and len(words["keywords"]) > 100
    assert {"kafka", "datagen"} <= {c["name"] for c in words["connectors"]}
    leave(t)
    assert d.stop() == 0


# ---- commands ----


def statements_are_edited_and_repeated():
    d = daemon()
    t = shell(d, env={"VISUAL": "", "EDITOR": "sed -i s/41/42/"})
    assert "there is no statement" in t.ask("\\g")
    t.ask("SELECT 41 AS x;")
    assert "41" in t.ask("\\g").split("\\g")[1]
    answer = t.ask("\\e")
    assert "SELECT 42 AS x;" in answer and re.search(r"\n +42 *\r\n", answer), answer
    t.type("SELECT 41 AS y\n")
    t.until("sluice-> ")
    assert re.search(r"\n +42 *\r\n", t.ask("\\e"))
    t.type("SELECT 43 AS z\n")
    t.until("sluice-> ")
    t.type("\\watch 0.1\n")
    for _ in range(2):
        t.until("43")
    t.type("\x03")
    t.until("sluice> ")
    leave(t)
    t = shell(d, env={"VISUAL": "false", "EDITOR": "true"})
    t.ask("SELECT 41 AS x;")
    answer = t.ask("\\e")
    assert "did not end well: nothing is run" in answer and " 41" not in answer, answer
    leave(t)
    assert d.stop() == 0


def what_an_editor_leaves_as_it_was_is_not_run_again():
    d = daemon()
    for editor, told in (
            ("true", "not changed: nothing is run"),  # :q!
            ("false", "did not end well: nothing is run"),  # :cq
            ("cp /dev/null", "the file is empty: nothing is run"),
            ("rm", "cannot be read: nothing is run")):
        t = shell(d, env={"VISUAL": "", "EDITOR": editor})
        t.ask("CREATE VIEW gone AS SELECT 1 AS x;")
        t.ask("DROP VIEW gone;")
        t.ask("CREATE VIEW gone AS SELECT 1 AS x;")
        t.ask("DROP VIEW IF EXISTS other;")
        answer = t.ask("\\e")
        assert told in answer and "DROP" not in answer, (editor, answer)
        # What was typed half is not run either, and \g still can.
        t.type("SELECT 40 + 1\n")
        t.until("sluice-> ")
        answer = t.ask("\\e")
        assert told in answer and " 41" not in answer, (editor, answer)
        assert re.search(r"\n +41 *\r\n", t.ask("\\g"))
        t.ask("DROP VIEW gone;")
        leave(t)
    # Who saves it has said that it is to run; so has who changes it.
    edited = write(d, "edited.sql", "SELECT 41 AS x;\n")
    os.utime(edited, (1, 1))
    for editor, first in (("touch", "SELECT 40 + 1 AS x;"), (f"cp -p {edited}", "SELECT 5 AS x;")):
        t = shell(d, env={"VISUAL": "", "EDITOR": editor})
        t.ask(first)
        assert re.search(r"\n +41 *\r\n", t.ask("\\e")), editor
        leave(t)
    assert d.stop() == 0


def scripts_run_scripts():
    d = daemon()
    top = write(d, "a/top.sql", "SELECT 'top' AS x;\n\\i sub/one.sql\nSELECT 'end' AS x;\n")
    write(d, "a/sub/one.sql", "\\i two.sql\nSELECT 'one' AS x;\n")
    write(d, "a/sub/two.sql", "-- only this\n\nSELECT 'two' AS x;\n")
    done = sluice(d, "-f", top)
    assert done.returncode == 0 and re.findall(r'"x":"(\w+)"', done.stdout) == ["top", "two", "one", "end"], done
    # Errors name the file that has them, by its own lines.
    two = write(d, "a/sub/two.sql", "SELECT 1 AS x;\n\\f csv\n\nSELECT\n  y AS x FROM few;\n")
    done = sluice(d, "-f", top)
    assert done.returncode == 1 and f"  --> {two}:5:3\n" in done.stderr, done.stderr
    assert '"end"' not in done.stdout, done.stdout
    write(d, "a/sub/two.sql", "\\i ../sub/two.sql\n")
    done = sluice(d, "-f", top)
    assert done.returncode == 1 and "scripts run each other more than 16 deep" in done.stderr, done
    done = sluice(d, "-f", write(d, "b.sql", "\\i no/such.sql\nSELECT 1;"))
    assert done.returncode == 1 and f"cannot read {d.dir}/no/such.sql" in done.stderr and not done.stdout, done
    done = sluice(d, "-f", write(d, "b.sql", "SELECT 1 AS x;\n\\nonsense\nSELECT 2 AS x;\n"))
    assert done.returncode == 1 and "there is no \\nonsense" in done.stderr and done.stdout == '{"x":1}\n', done
    # SET is kept from piece to piece, \q ends it, and a backslash in a text is none of ours.
    done = sluice(d, "-f", write(d, "b.sql", "SET 'pipeline.name' = 'kept';\n\\f csv\nSET;\nSELECT '\n\\q' AS x;\n\\q\nSELECT 5;"))
    assert done.returncode == 0 and "pipeline.name,kept" in done.stdout and '"\n\\q"' in done.stdout, done
    assert "5" not in done.stdout.split("\\q")[1], done
    done = run("sluice", "run", write(d, "c.sql", "\\i a/sub/three.sql\n"), timeout=60)
    assert done.returncode == 1, done
    write(d, "a/sub/three.sql", "SELECT 3 AS x;")
    done = run("sluice", "run", os.path.join(d.dir, "c.sql"), timeout=60)
    assert done.returncode == 0 and done.stdout == '{"x":3}\n', done
    assert d.stop() == 0


def standard_input_has_a_name():
    d = daemon()
    for args in ([], ["-f", "-"]):
        done = sluice(d, *args, stdin="SELECT 1 AS x;\n\nSELECT idd\nFROM few;\n")
        assert done.returncode == 1 and "  --> <stdin>:3:8\n" in done.stderr and done.stdout == '{"x":1}\n', done
    done = sluice(d, "-e", "SELECT 1 AS a;", "-f", "-", "-e", "SELECT 3 AS c;", stdin="SELECT 2 AS b;")
    assert done.returncode == 0 and done.stdout == '{"a":1}\n{"b":2}\n{"c":3}\n', done
    done = sluice(d, "-e", "SELECT 1 AS a;", "-e", "NONSENSE;", "-e", "SELECT 3 AS c;")
    assert done.returncode == 1 and done.stdout == '{"a":1}\n', done
    assert d.stop() == 0


def every_exit_code_is_as_the_manual_says():
    d = daemon()
    broken = write(d, "broken.db", "no database")
    failing = write(d, "failing.sql", f"CREATE TABLE src (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{d.dir}/none', "
                    "'format' = 'json'); CREATE TABLE h (n BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO h SELECT id FROM src;")
    for code, args in ((0, ["-s", d.sock, "-e", "SHOW TABLES;"]), (1, ["-s", d.sock, "-e", "SELECT;"]),
                       (1, ["-s", d.sock, "-f", d.dir + "/none.sql"]), (2, ["--nonsense"]), (2, ["-o", "xml"]),
                       (3, ["-s", d.dir + "/nobody", "-e", "SHOW TABLES;"]), (4, ["run", failing]),
                       (5, ["state", "check", broken]), (0, ["check", write(d, "good.sql", TABLES)]),
                       (1, ["check", write(d, "bad.sql", "SELECT x;")])):
        done = run("sluice", *args)
        assert done.returncode == code, (code, args, done)
        assert (code == 0) or done.stderr, done
    for args in (["-s", d.sock, "-e", "SELECT id FROM numbers;"],
                 ["run", write(d, "endless.sql", TABLES + "INSERT INTO hole SELECT id FROM numbers;")]):
        child = subprocess.Popen([SLUICE, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=dict(os.environ, TMPDIR=d.dir))
        if args[0] == "-s":
            child.stdout.readline()
        else:
            wait_for("its daemon", lambda: any(os.path.exists(os.path.join(d.dir, n, "sock")) for n in os.listdir(d.dir)))
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        assert child.returncode == 130, (args, child.returncode)
    # A reader that has had enough is no failure, whatever the format.
    for f in ("json", "csv", "aligned", "vertical"):
        done = subprocess.run(["bash", "-c", f"{SLUICE} -s {d.sock} -o {f} -e 'SELECT id FROM numbers;' | head -n 3; "
                               "exit ${PIPESTATUS[0]}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and done.stdout.count("\n") == 3 and not done.stderr, (f, done)
    assert d.stop() == 0


# ---- elsewhere ----


class Relay:
    """TCP to a Unix socket, as a tunnel would do it."""

    def __init__(self, path):
        self.path = path
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.server.accept()
            far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            far.connect(self.path)
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.copy, args=(a, b), daemon=True).start()

    @staticmethod
    def copy(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def a_url_takes_the_place_of_a_socket():
    d = daemon(["metrics.listen=127.0.0.1:0"])
    url = f"http://127.0.0.1:{Relay(d.sock).port}"
    for where in (url, url + "/"):
        done = run("sluice", "-s", where, "-e", "SELECT COUNT(*) AS n FROM few;", "-e", "SELECT 2 AS two;")
        assert done.returncode == 0 and done.stdout.endswith('"n":1000}\n{"two":2}\n'), done
    done = run("sluice", "-e", "SELECT 1 AS x;", env={"SLUICE_SOCKET": url})
    assert done.returncode == 0 and done.stdout == '{"x":1}\n', done
    assert run("sluice", "-s", url, "jobs").returncode == 0
    t = Terminal([SLUICE, "-s", url])
    t.until("sluice> ")
    assert "numbers" in t.ask("SHOW TABLES;")
    leave(t)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    done = run("sluice", "-s", f"http://127.0.0.1:{port}", "-e", "SELECT 1;")
    assert done.returncode == 3 and f"no sluiced listens on http://127.0.0.1:{port}" in done.stderr, done
    assert d.stop() == 0


# ---- top and run ----


def top_sorts_and_fits():
    d = daemon()
    for i, rate in enumerate((10, 1000, 100)):
        d.sql(f"CREATE TABLE n{i} (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}'); "
              f"SET 'pipeline.name' = 'job-{'bca'[i]}'; INSERT INTO hole SELECT id FROM n{i};")
    t = Terminal([SLUICE, "-s", d.sock, "top", "0.1"], rows=9, columns=80)
    t.until_seen(r"^3 jobs, 3 running, by NAME .*\n.*\njob-a .*\njob-b .*\njob-c ")
    t.type("r")
    t.until_seen(r"by ROWS IN .*\n.*\njob-c .*\njob-a .*\njob-b ")
    t.type("r")
    t.until_seen(r"by ROWS IN .*\n.*\njob-b .*\njob-a .*\njob-c ")
    d.sql("STOP JOB 'job-c';")
    t.type("s")
    t.until_seen(r"2 running, by STATE .*\n.*\njob-a +RUNNING.*\njob-b +RUNNING.*\njob-c +STOPPED")
    t.resize(6, 30)
    t.until_seen(r"^and 1 more")
    wait_for("no line is longer", lambda: t.read() and all(len(s) < 30 for s in t.screen.text().split("\n")))
    t.resize(3, 12)
    t.until_seen(r"\Ajob-a|\ANAME")
    t.type("q")
    assert t.wait() == 0
    assert not t.screen.kept
    assert d.stop() == 0


def more_jobs_than_lines_are_counted():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write("""CREATE TABLE source (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000',
                'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1500');""")
            for i in range(8):
                f.write(f"CREATE TABLE hole{i} (n BIGINT) WITH ('connector' = 'blackhole');"
                        f"INSERT INTO hole{i} SELECT id FROM source;")
        t = Terminal([SLUICE, "run", dir + "/a.sql"], rows=6)
        t.until_seen(r"\Ahole0: RUNNING.*\nhole1: .*\nhole2: .*\nhole3: .*\nand 4 more\Z")
        assert t.wait() == 0, t.text
        assert not t.screen.above, t.screen.above
        assert re.search(r"\Ahole0: FINISHED.*\n.*\n.*\n.*\nand 4 more\Z", t.screen.text()), t.screen.text()


def a_run_shows_how_far_it_is():
    with tempfile.TemporaryDirectory() as dir:
        with open(dir + "/a.sql", "w") as f:
            f.write("""CREATE TABLE source (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000',
                'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '3000');
                CREATE TABLE hole (n BIGINT) WITH ('connector' = 'blackhole');
                CREATE TABLE other_hole_with_a_long_name (n BIGINT) WITH ('connector' = 'blackhole');
                INSERT INTO hole SELECT id FROM source; INSERT INTO other_hole_with_a_long_name SELECT id FROM source;""")
        t = Terminal([SLUICE, "run", dir + "/a.sql"], columns=60)
        t.until_seen(r"^hole: RUNNING, .* rows/s, .* in, .* out, lag \d+, \d+ %")
        assert t.wait() == 0, t.text
        lines = t.screen.text().split("\n")
        assert lines[0].startswith("hole: FINISHED, 0 rows/s, 3000 in, 3000 out"), lines
        # Cut, or they could not have been drawn over.
        assert len(lines) == 2 and lines[1].startswith("other_hole_with_a_long_name: FINISHED"), lines


main(an_updating_result_is_a_table_redrawn_in_place, ctrl_z_gives_the_terminal_back, what_there_is_no_room_for_is_counted,
     rows_that_only_come_run_up_the_screen, changes_can_be_seen_one_by_one, a_live_result_tells_its_watermark_and_why_nothing_comes,
     a_result_that_ends_soon_is_shown_when_it_is_whole,
     a_live_result_of_an_argument_ends_with_a_key, a_live_result_tells_when_the_daemon_goes,
     a_restart_of_the_daemon_costs_the_session_only, long_results_go_through_a_pager, colours_are_for_terminals,
     no_row_can_command_the_terminal, the_prompt_shows_what_is_open, some_words_need_no_semicolon,
     what_is_typed_ahead_is_not_lost, a_signal_ends_the_shell, history_keeps_statements_whole_and_secrets_out,
     tab_completes_what_can_stand_there, statements_are_edited_and_repeated,
     what_an_editor_leaves_as_it_was_is_not_run_again, scripts_run_scripts, standard_input_has_a_name,
     every_exit_code_is_as_the_manual_says, a_url_takes_the_place_of_a_socket, top_sorts_and_fits, more_jobs_than_lines_are_counted, a_run_shows_how_far_it_is)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of the manual and the README, run as a reader would run them.

A block of the language `console` is a session: what follows `$ ` goes to a shell (lines with `> ` go on with it), the lines
below it are what has to come out; `...` stands for any text, on a line of its own for any lines. `sql` blocks are run against a
daemon, each page's in their order. What is neither is named here with how it is checked; a block of another kind fails.
"""
import glob
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
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, TOP, Broker, Daemon, UnixConnection, main  # noqa: E402

PAGES = sorted(glob.glob(os.path.join(TOP, "docs", "manual", "*.md"))) + [os.path.join(TOP, "README.md")]
# errors.md is made of a table whose examples tests/unit/test_error_examples.c runs; sqlite blocks: tests/system/test_state.py.
ELSEWHERE = {"sqlite"}
# Commands that need root, a network or Kafka's own tools; what they set up is set up by these tests.
SH = {"sudo": "tests/system/test_deb.py", "make": "tests/run", "install": "tests/kafka/test_security.py",
      "kafka-configs.sh": "tests/kafka/test_security.py"}
the_broker = []


def broker():
    if not the_broker:
        the_broker.append(Broker())
    return the_broker[0]


def name(page):
    return os.path.relpath(page, TOP)


def blocks(page):
    """(line, language, text) of each block."""
    out, began, language, text = [], 0, None, []
    with open(page) as f:
        for n, line in enumerate(f, 1):
            if not line.startswith("```"):
                text.append(line)
            elif language is None:
                began, language, text = n, line[3:].strip(), []
            else:
                out.append((began, language, "".join(text)))
                language = None
    assert language is None, f"{name(page)}:{began}: the block has no end"
    return out


def make_topics(text, known=set()):
    for topic in re.findall(r"'topic'\s*=\s*'([^']+)'", text):
        if topic not in known:
            known.add(topic)
            broker().create(topic)


# ---- sessions ----


class Shell:
    """A shell in a directory of its own, with a broker and, unless the page starts one, a daemon."""

    def __init__(self, page):
        self.dir = tempfile.mkdtemp(prefix="sluice-manual-")
        os.symlink(BUILD, os.path.join(self.dir, "build"))
        os.symlink(os.path.join(TOP, "etc"), os.path.join(self.dir, "etc"))
        env = dict(os.environ, HOME=self.dir, PATH=BUILD + ":" + os.environ["PATH"], LC_ALL="C.UTF-8", TZ="UTC", NO_COLOR="1")
        env.pop("SLUICE_SOCKET", None)
        self.daemon = None
        if not any(re.search(r"^\$ (build/)?sluiced .*&", text, re.M) for _, kind, text in blocks(page) if kind == "console"):
            self.daemon = Daemon().start()
            env["SLUICE_SOCKET"] = self.daemon.sock
        self.child = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True, cwd=self.dir, env=env, start_new_session=True)

    def run(self, command):
        """The lines that a command prints."""
        command = command.replace("localhost:9092", broker().address)
        if self.daemon:
            command = command.replace("/run/sluice/sluice.sock", self.daemon.sock)
            command = command.replace("/var/lib/sluice", os.path.join(self.daemon.dir, "state"))
        end = uuid.uuid4().hex
        self.child.stdin.write(f"{{ {command}\n}} </dev/null; echo; echo {end}\n")
        self.child.stdin.flush()
        lines = []
        patience = threading.Timer(60, self.kill)
        patience.start()
        for line in self.child.stdout:
            if line.strip() == end:
                break
            lines.append(line.rstrip("\n").replace(broker().address, "localhost:9092"))
        else:
            raise AssertionError(f"the shell ended, or waited a minute in vain: {command}\n" + "\n".join(lines))
        patience.cancel()
        if lines and lines[-1] == "":
            lines.pop()
        return lines

    def kill(self):
        os.killpg(self.child.pid, signal.SIGKILL)

    def close(self):
        if self.child.poll() is None:
            self.kill()
            self.child.wait()
        if self.daemon:
            assert self.daemon.stop() == 0
        shutil.rmtree(self.dir, ignore_errors=True)


def session(text):
    """[command, expected lines] of a console block."""
    out = []
    for line in text.splitlines():
        if line.startswith("$ "):
            out.append([line[2:], []])
        elif line.startswith(">") and not out[-1][1]:
            out[-1][0] += "\n" + line[2:]
        else:
            out[-1][1].append(line)
    return out


def matches(expected, got):
    """Whether the lines are what was expected, `...` standing for anything."""
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        elif re.fullmatch(r"-[-+]*", line):
            pattern += r"[-+]+\n"
        else:
            # The width of a column may differ with its values.
            words = [".*".join(re.escape(part) for part in word.split("...")) for word in line.split()]
            pattern += r"[ |]*" + r"[ |]+".join(words) + r"[ |]*\n" if words else r"\s*\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def run_sessions(page):
    found = [(line, text) for line, kind, text in blocks(page) if kind == "console"]
    if not found:
        return 0
    shell = Shell(page)
    try:
        make_topics("".join(text for _, text in found))
        for line, text in found:
            for command, expected in session(text):
                got = shell.run(command)
                assert matches(expected, got), f"{name(page)}:{line}: $ {command}\n" + "\n".join(got)
    finally:
        shell.close()
    return len(found)


def the_sessions_of_the_manual_print_what_it_says():
    n = 0
    for page in PAGES:
        n += run_sessions(page)
    print(f"{n} sessions")
    assert n > 5


# ---- SQL ----


def statements(text):
    """A script's statements; BEGIN ... END stays together."""
    out, now, depth = [], "", 0
    for token in re.findall(r"--[^\n]*\n|/\*.*?\*/|'(?:[^']|'')*'|`[^`]*`|\w+|\s+|.", text, re.S):
        if token.startswith("--"):
            continue
        if token.upper() in ("BEGIN", "CASE"):
            depth += 1
        elif token.upper() == "END":
            depth -= 1
        now += token
        if token == ";" and depth == 0:
            out.append(now.strip())
            now = ""
    assert not now.strip(), now
    return out


def run_statement(d, session_id, text, seconds=30):
    """Its last line; a query that does not end is left at its columns' line."""
    c = UnixConnection(d.sock, seconds)
    c.request("POST", "/v1/sql", text.encode(), {"Sluice-Session": session_id})
    answer = c.getresponse()
    last = {}
    while line := answer.readline():
        last = json.loads(line)
        if last.get("kind") == "rows":
            break
    c.close()
    return last


def run_sql(page):
    found = [(line, text) for line, kind, text in blocks(page) if kind == "sql"]
    if not found:
        return 0
    d = Daemon().start()
    c = UnixConnection(d.sock, 10)
    c.request("POST", "/v1/sessions")
    session_id = json.loads(c.getresponse().read())["session"]
    n = 0
    for line, block in found:
        make_topics(block)
        for text in statements(block):
            end = run_statement(d, session_id, text.replace("localhost:9092", broker().address))
            assert end.get("end") != "error", f"{name(page)}:{line}: {text}\n{end}"
            n += 1
    assert d.stop() == 0
    return n


def the_sql_of_the_manual_runs():
    n = sum(run_sql(page) for page in PAGES)
    print(f"{n} statements")
    assert n > 50


# ---- the rest ----


def every_block_says_what_it_is():
    for test in SH.values():
        assert os.path.exists(os.path.join(TOP, test)), test
    for page in PAGES:
        if name(page) == "docs/manual/errors.md":
            continue
        for line, kind, text in blocks(page):
            where = f"{name(page)}:{line}"
            if kind == "json":
                for part in text.splitlines():
                    json.loads(part)
            elif kind == "ini":
                check_config(where, text)
            elif kind == "sh":
                for command in text.replace("\\\n", "").splitlines():
                    assert command.split()[0] in SH, f"{where}: {command}: nobody runs this"
            else:
                assert kind in ELSEWHERE | {"console", "sql", "text", "yaml"}, f"{where}: a block of the language {kind!r}"


def check_config(where, text):
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
        f.write(text)
        f.flush()
        out = subprocess.run([os.path.join(BUILD, "sluiced"), "--check-config", "-c", f.name], capture_output=True, text=True)
        assert out.returncode == 0, f"{where}: {out.stderr}"


# ---- man pages ----

# What stands for the files that the examples name, and for commands that do not end by themselves.
MAN_FILES = {"queries.sql": "SELECT 1 AS x;\n", "new.ini": "[daemon]\nlog-level = warn\n"}
MAN_JOB = """CREATE TABLE rows_in (id BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '5');
    CREATE TABLE words (n BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO words SELECT COUNT(*) FROM rows_in;"""
MAN_ELSEWHERE = {"systemctl": "tests/system/test_deb.py"}


def man_examples(page):
    """The literal blocks of a page's EXAMPLES, as they are read."""
    with open(page) as f:
        text = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", f.read(), re.S | re.M)[1]
    return [block.replace("\\-", "-").replace("\\e", "\\")
            for block in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", text, re.S | re.M)]


def run_man_command(shell, command, port):
    command = command.replace("/usr/share/doc/sluice/", "etc/").replace("/tmp/sluice", "own").replace("9464", port)
    if command.split()[0] in MAN_ELSEWHERE:
        return
    if command.startswith("sluiced --state-dir"):
        command = f"{{ {command} 2> own.log & }}; until sluice -s own/sock -e 'SHOW JOBS'; do sleep 0.1; done 2> /dev/null"
    elif "words.sql" in command:
        command = f"timeout --preserve-status -s INT 5 {command}; [ $? = 130 ]"
    got = shell.run(command + "\necho status $?")
    assert got[-1] == "status 0", f"$ {command}\n" + "\n".join(got)


def the_examples_of_the_man_pages_run():
    pages = sorted(glob.glob(os.path.join(TOP, "docs", "man", "*.[158]")))
    assert len(pages) == 3
    for page in pages:
        shell = Shell(page)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        try:
            shell.daemon.sql(MAN_JOB)
            shell.daemon.wait_state("words", "FINISHED")
            for path, text in MAN_FILES.items():
                with open(os.path.join(shell.dir, path), "w") as f:
                    f.write(text)
            for n, block in enumerate(man_examples(page)):
                if block.startswith("["):
                    check_config(f"{name(page)}, example {n + 1}", block)
                    continue
                for command in block.replace("\\\n", "").splitlines():
                    run_man_command(shell, command, port)
        finally:
            shell.close()


main(every_block_says_what_it_is, the_sql_of_the_manual_runs, the_sessions_of_the_manual_print_what_it_says,
     the_examples_of_the_man_pages_run)

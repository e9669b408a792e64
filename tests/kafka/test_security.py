#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connections to a real broker with TLS and SASL; what is told when the broker
does not let sluice in; and that no secret is ever written anywhere."""
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, Broker, Daemon, SqlError, main, run, wait_for  # noqa: E402

DIR = tempfile.mkdtemp(prefix="sluice-test-")
PASSWORD = "canary-" + secrets.token_hex(12)
KEY_PASSWORD = "canary-" + secrets.token_hex(12)
WRONG = "wrong-" + secrets.token_hex(12)
JAAS = "org.apache.kafka.common.security.%s required%s;"


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=DIR, stdin=subprocess.DEVNULL)


def make_keys():
    """Two authorities; the broker's and a client's certificate by the first."""
    for ca in ("ca", "other-ca"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + ca, "-keyout", ca + ".key",
                "-out", ca + ".pem")
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=sluice")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", name + ".key", "-out", name + ".csr")
        with open(os.path.join(DIR, "san"), "w") as f:
            f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "san", "-out", name + ".crt")
    openssl("rsa", "-aes256", "-in", "client.key", "-out", "client-locked.key", "-passout", "pass:" + KEY_PASSWORD)
    with open(os.path.join(DIR, "server.pem"), "w") as out:
        for part in ("server.key", "server.crt"):
            with open(os.path.join(DIR, part)) as f:
                out.write(f.read())


def write(name, text):
    path = os.path.join(DIR, name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o600)
    return path


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start_broker():
    make_keys()
    tls, sasl = free_ports(2)
    users = f'user_sluice="{PASSWORD}"'
    b = Broker(
        f"listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CONTROLLER@,TLS://127.0.0.1:{tls},SASL://127.0.0.1:{sasl}",
        f"advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,TLS://localhost:{tls},SASL://localhost:{sasl}",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,SASL:SASL_SSL",
        "ssl.keystore.type=PEM", f"ssl.keystore.location={DIR}/server.pem", "ssl.truststore.type=PEM",
        f"ssl.truststore.location={DIR}/ca.pem", "listener.name.tls.ssl.client.auth=required",
        "listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.sasl.plain.sasl.jaas.config=" + JAAS % ("plain.PlainLoginModule", " " + users),
        "listener.name.sasl.scram-sha-256.sasl.jaas.config=" + JAAS % ("scram.ScramLoginModule", ""),
        "listener.name.sasl.scram-sha-512.sasl.jaas.config=" + JAAS % ("scram.ScramLoginModule", ""),
        f"scram:SCRAM-SHA-256=[name=sluice,password={PASSWORD}]", f"scram:SCRAM-SHA-512=[name=sluice,password={PASSWORD}]")
    b.tls, b.sasl = f"localhost:{tls}", f"localhost:{sasl}"
    return b


def sasl(name, mechanism="PLAIN", password="password", ca="ca.pem"):
    return (f"[kafka \"{name}\"]\nbootstrap.servers = {BROKER.sasl}\nsecurity.protocol = SASL_SSL\n"
            f"ssl.ca.location = {DIR}/{ca}\nsasl.mechanism = {mechanism}\nsasl.username = sluice\n"
            f"sasl.password = ${{file:{DIR}/{password}}}\n")


def mutual(name, key):
    return (f"[kafka \"{name}\"]\nbootstrap.servers = {BROKER.tls}\nsecurity.protocol = SSL\nssl.ca.location = {DIR}/ca.pem\n"
            f"ssl.certificate.location = {DIR}/client.crt\n{key}")


class Configured(Daemon):
    def __init__(self, text, **more):
        super().__init__(**more)
        self.ini = os.path.join(self.dir, "sluice.ini")
        self.write(text)

    def write(self, text):
        with open(self.ini, "w") as f:
            f.write(f"[secrets]\npaths = {DIR}\n[daemon]\nlog-level = debug\n[runtime]\ncheckpoint-interval = 200 ms\n" + text)

    def start(self):
        return super().start(["-c", self.ini, "--state-dir", os.path.join(self.dir, "state"), "--socket", self.sock])

    def reload(self, text=None):
        if text is not None:
            self.write(text)
        before = len(self.log())
        self.child.send_signal(signal.SIGHUP)
        wait_for("the reload's end", lambda: re.search(r"event=reload(_failed)? ", self.log()[before:]))
        return self.log()[before:]


def table(name, topic, more):
    return (f"CREATE TABLE {name} (id BIGINT) WITH ('connector' = 'kafka', 'topic' = '{topic}', 'format' = 'json', "
            f"'scan.startup.mode' = 'earliest-offset', {more});\n")


def reason_of(d, name):
    return d.job(name).get("reason") or ""


# ---- let in ----


def rows_go_in_and_out_through_every_way_of_being_let_in():
    ways = {
        "plain": sasl("plain"),
        "mutual": mutual("mutual", f"ssl.key.location = {DIR}/client.key\n"),
        "locked": mutual("locked", f"ssl.key.location = {DIR}/client-locked.key\nssl.key.password = ${{env:KEY_PW}}\n"),
        "pem": mutual("pem", f"ssl.key.pem = ${{file:{DIR}/client.key}}\n").replace(
            f"ssl.ca.location = {DIR}/ca.pem", f"ssl.ca.pem = ${{file:{DIR}/ca.pem}}"),
    }
    d = Configured("".join(ways.values()), env={"KEY_PW": KEY_PASSWORD, "CREDENTIALS_DIRECTORY": DIR}).start()
    # The table's own properties do as well, by a credential of systemd.
    ways["own"] = None
    own = (f"'properties.bootstrap.servers' = '{BROKER.sasl}', 'properties.security.protocol' = 'SASL_SSL', "
           f"'properties.ssl.ca.location' = '{DIR}/ca.pem', 'properties.sasl.mechanism' = 'PLAIN', "
           "'properties.sasl.username' = 'sluice', 'properties.sasl.password' = '${cred:password}'")
    for way in ways:
        BROKER.create("from-" + way)
        BROKER.create("to-" + way)
        BROKER.put("from-" + way, ['{"id": %d}' % i for i in range(5)])
        with_what = own if way == "own" else f"'connection' = '{way}', 'properties.fetch.max.wait.ms' = '100'"
        d.sql(table("f_" + way, "from-" + way, with_what) + table("t_" + way, "to-" + way, with_what))
        d.sql(f"SET 'pipeline.name' = '{way}'; INSERT INTO t_{way} SELECT id + 1 FROM f_{way};")
    for way in ways:
        wait_for(f"the rows of {way}", lambda: len(BROKER.read("to-" + way)) >= 5, 60)
        assert sorted(BROKER.read("to-" + way)) == ['{"id":%d}' % i for i in range(1, 6)], way
    # A SELECT goes the same way.
    assert sorted(r[0] for r in d.rows("SELECT id FROM f_plain LIMIT 5;")) == list(range(5))
    assert d.stop() == 0


def scram_gets_in_or_says_why_it_cannot():
    """librdkafka before 2.6.1 writes a nonce twice, which Kafka 4 takes for a wrong password."""
    out = subprocess.run(["kcat", "-V"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    version = tuple(map(int, re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", out.stdout + out.stderr).groups()))
    d = Configured(sasl("s256", "SCRAM-SHA-256") + sasl("s512", "SCRAM-SHA-512")).start()
    BROKER.create("scram")
    BROKER.put("scram", ['{"id": 1}'])
    d.sql("CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole');")
    for name in ("s256", "s512"):
        d.sql(table(name, "scram", f"'connection' = '{name}'"))
        d.sql(f"SET 'pipeline.name' = '{name}'; INSERT INTO hole SELECT id FROM {name};")
        if version >= (2, 6, 1):
            wait_for("a row", lambda: d.job(name).get("rows_in") == 1, 60)
        else:
            wait_for("the reason", lambda: "no SCRAM from librdkafka before 2.6.1" in reason_of(d, name), 60)
    assert d.stop() == 0


# ---- not let in ----


def a_wrong_password_is_told_in_the_clients_words_and_mended_by_a_reload():
    write("changing", WRONG + "\n")
    text = sasl("prod", password="changing")
    d = Configured(text).start()
    d.sql(table("t", "late", "'connection' = 'prod'") + "CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole');\n"
          "SET 'pipeline.name' = 'reader'; INSERT INTO hole SELECT id FROM t;")
    why = wait_for("the client's reason", lambda: re.search("[Aa]uthentication failed", reason_of(d, "reader")) and
                   reason_of(d, "reader"), 60)
    assert d.job("reader")["state"] == "CONNECTING", d.job("reader")
    assert "sasl.username" in why and "sasl.password" in why and "\n" not in why, why
    wait_for("a line in the log", lambda: re.search(r'event=job_connecting job=reader reason="[^\n]*uthentication failed', d.log()))
    assert WRONG not in d.log() and d.log().count("event=job_connecting job=reader") < 10
    # The right one comes; nothing in the configuration has changed but what it refers to.
    write("changing", PASSWORD + "\n")
    log = d.reload()
    assert 'key="kafka \\"prod\\".sasl.password"' in log and PASSWORD not in log, log
    wait_for("a row", lambda: d.job("reader")["rows_in"] == 1, 60)
    wait_for("no reason", lambda: d.job("reader")["state"] == "RUNNING" and not reason_of(d, "reader"), 60)
    assert d.stop() == 0


def a_wrong_authority_or_protocol_is_told_in_the_clients_words():
    plain = f"[kafka \"plaintext\"]\nbootstrap.servers = {BROKER.sasl}\n"
    d = Configured(sasl("other", ca="other-ca.pem") + plain + mutual("nobody", "").replace(
        f"ssl.certificate.location = {DIR}/client.crt\n", "")).start()
    d.sql("CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole');")
    wanted = {"other": ("certificate verify failed", "ssl.ca.location"), "plaintext": ("", "security.protocol"),
              "nobody": ("", "ssl.certificate.location")}
    for name in wanted:
        d.sql(table("t_" + name, "late", f"'connection' = '{name}'"))
        d.sql(f"SET 'pipeline.name' = '{name}'; INSERT INTO hole SELECT id FROM t_{name};")
    for name, (words, remedy) in wanted.items():
        why = wait_for("the client's reason", lambda: remedy in reason_of(d, name) and reason_of(d, name), 60)
        assert words in why, (name, why)
        assert d.job(name)["state"] == "CONNECTING", d.job(name)
    assert d.stop() == 0


def a_secret_that_is_not_there_fails_the_job_and_not_the_daemon():
    d = Configured(sasl("prod", password="absent")).start()
    assert "event=secret_not_read" in d.log()
    d.sql(table("t", "late", "'connection' = 'prod'") + "CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole');\n"
          "SET 'pipeline.name' = 'reader'; INSERT INTO hole SELECT id FROM t;")
    wait_for("it fails", lambda: d.job("reader")["state"] == "FAILED", 60)
    error = d.job("reader")["error"]
    assert error["code"] == "secret_not_found" and "absent" in error["message"], error
    write("absent", PASSWORD)
    d.sql("RESUME JOB 'reader';")
    wait_for("a row", lambda: d.job("reader").get("rows_in") == 1, 60)
    # A key that its password does not open is told in the client's words.
    write("absent", WRONG)
    d.reload(sasl("prod") + mutual("locked", f"ssl.key.location = {DIR}/client-locked.key\n"
                                   f"ssl.key.password = ${{file:{DIR}/absent}}\n"))
    d.sql(table("l", "late", "'connection' = 'locked'") + "SET 'pipeline.name' = 'locked'; INSERT INTO hole SELECT id FROM l;")
    wait_for("it fails", lambda: d.job("locked")["state"] in ("FAILED",), 60)
    told = str(d.job("locked")["error"]) + reason_of(d, "locked")
    assert "ssl.key" in told and WRONG not in told, told
    # A file outside of [secrets] paths is none.
    try:
        d.rows("SELECT id FROM t /*+ OPTIONS('properties.sasl.password' = '${file:/etc/passwd}') */;")
        raise AssertionError("it was taken")
    except SqlError as e:
        assert e.code == "refused_property", e.end
    own = sasl("x").split("\n")[1:-1]
    options = ", ".join("'properties.%s' = '%s'" % tuple(x.split(" = ", 1)) for x in own).replace(DIR + "/password", "/etc/passwd")
    d.sql(table("elsewhere", "late", options))
    try:
        d.rows("SELECT id FROM elsewhere;")
        raise AssertionError("it was read")
    except SqlError as e:
        assert e.code == "secret_not_found" and "secrets.paths" in e.end["note"], e.end
    assert d.stop() == 0
    os.remove(os.path.join(DIR, "absent"))


# ---- the canary ----

LOOKS = """SHOW CONNECTIONS; SHOW TABLES; SHOW VIEWS; SHOW JOBS; SHOW WATERMARKS; SHOW ERRORS; SHOW FUNCTIONS; SET; DESCRIBE f; DESCRIBE g;
SHOW CREATE TABLE f; SHOW CREATE TABLE g; SHOW CREATE VIEW v; DESCRIBE JOB 'canary'; SHOW STATE FOR JOB 'canary';
SHOW ERRORS FOR JOB 'canary'; EXPLAIN SELECT id FROM f; EXPLAIN INSERT INTO t SELECT id FROM g; EXPLAIN STALL 'canary';
EXPLAIN STALL 'wrong'; SHOW COLUMNS FROM f; SHOW CREATE JOB 'canary'; DESCRIBE TABLE f FROM SAMPLE; SELECT id FROM f LIMIT 1"""


def answer_of(d, statement):
    """Whatever the daemon says, error or not."""
    c = subprocess.run([os.path.join(BUILD, "sluice"), "-s", d.sock, "-e", statement + ";"], capture_output=True, timeout=120,
                       stdin=subprocess.DEVNULL)
    return c.stdout + c.stderr


def tapped(d, job):
    """What a TAP of the job's scan shows of rows that come meanwhile."""
    child = subprocess.Popen([os.path.join(BUILD, "sluice"), "-s", d.sock, "-e", f"TAP '{job}' AT scan_1 LIMIT 1;"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ended():
        BROKER.put("late", ['{"id": 2}'])
        return child.poll() is not None

    try:
        wait_for("a row passes", ended, 60, every=0.3)
        return child.stdout.read()
    finally:
        child.kill()
        child.wait()


def every_file_below(top):
    for where, _, files in os.walk(top):
        for f in files:
            path = os.path.join(where, f)
            if os.path.isfile(path):
                with open(path, "rb") as x:
                    yield path, x.read()


def no_secret_is_written_anywhere():
    own = ", ".join("'properties.%s' = '%s'" % tuple(x.split(" = ", 1)) for x in sasl("x").split("\n")[1:-1])
    write("bad", WRONG)
    d = Configured(sasl("prod") + sasl("bad", password="bad") + mutual(
        "locked", f"ssl.key.location = {DIR}/client-locked.key\nssl.key.password = ${{file:{DIR}/key-password}}\n")).start()
    write("key-password", KEY_PASSWORD)
    BROKER.create("canary")
    said = [d.reload().encode()]
    d.sql(table("f", "late", "'connection' = 'prod'") + table("g", "late", own) + table("l", "late", "'connection' = 'locked'") +
          table("t", "canary", "'connection' = 'prod'") + table("w", "late", "'connection' = 'bad'") +
          "CREATE VIEW v AS SELECT id FROM g;\nCREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole');")
    for name, text in (("canary", "INSERT INTO t SELECT id FROM v"), ("locked", "INSERT INTO hole SELECT id FROM l"),
                       ("wrong", "INSERT INTO hole SELECT id FROM w")):
        d.sql(f"SET 'pipeline.name' = '{name}'; {text};")
    for name in ("canary", "locked"):
        wait_for("a checkpoint", lambda: d.job(name)["checkpoint"] > 0, 60)
    wait_for("the reason", lambda: "uthentication failed" in reason_of(d, "wrong"), 60)
    said += [answer_of(d, s.strip()) for s in LOOKS.split(";")]
    said.append(tapped(d, "canary"))
    # Written out by mistake, spelt wrong, on a line with another mistake: refused, and not repeated.
    for key in ("properties.sasl.password", "properties.sasl.pasword", "properties.sasl.jaas.config", "properties.ssl.key.password"):
        text = answer_of(d, table("bad", "late", own.split(", 'properties.sasl.password'")[0] + f", '{key}' = '{PASSWORD}'")[:-2])
        assert b"error[" in text, text
        said.append(text)
    said += [d.get(path) for path in ("/metrics", "/v1/jobs", "/v1/jobs/canary", "/v1/jobs/wrong")]
    answer_of(d, f"CREATE SAVEPOINT '{d.dir}/savepoint.db' FOR JOB 'canary'")
    assert os.path.exists(d.dir + "/savepoint.db")
    for verb in ("show", "export", "check"):
        said.append(run("sluiced", "state", verb, d.state_file("canary")).stdout.encode())
    printed = run("sluiced", "-c", d.ini, "--print-config").stdout
    assert "sasl.password = ${file:" in printed
    said.append(printed.encode())
    said.append(run("sluiced", "-c", d.ini, "--set", f'kafka "prod".sasl.password={PASSWORD}', "--check-config").stderr.encode())
    with open(f"/proc/{d.child.pid}/cmdline", "rb") as f:
        said.append(f.read())
    with open(f"/proc/{d.child.pid}/limits") as f:
        assert re.search(r"^Max core file size +0 ", f.read(), flags=re.M)
    answer_of(d, "DROP JOB 'wrong'")
    assert d.stop() == 0
    assert sum(len(s) for s in said) > 10000
    canaries = [s.encode() for s in (PASSWORD, KEY_PASSWORD, WRONG)]
    for i, text in enumerate(said):
        assert not any(c in text for c in canaries), (i, text)
    files = list(every_file_below(d.dir))
    assert len(files) > 5, files
    for path, text in files:
        assert not any(c in text for c in canaries), path


BROKER = start_broker()
write("password", PASSWORD + "\n")
BROKER.create("late")
BROKER.put("late", ['{"id": 1}'])
try:
    main(rows_go_in_and_out_through_every_way_of_being_let_in, scram_gets_in_or_says_why_it_cannot,
         a_wrong_password_is_told_in_the_clients_words_and_mended_by_a_reload,
         a_wrong_authority_or_protocol_is_told_in_the_clients_words,
         a_secret_that_is_not_there_fails_the_job_and_not_the_daemon, no_secret_is_written_anywhere)
finally:
    shutil.rmtree(DIR)

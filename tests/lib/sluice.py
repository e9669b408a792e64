# SPDX-License-Identifier: Apache-2.0
"""What tests of the real programs share: a daemon, a broker, a runner.

Everything that a test starts is ended by its pid, on every way out.
"""
import atexit
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(TOP, os.environ.get("SLUICE_BUILD", "build"))
LONG = bool(os.environ.get("SLUICE_LONG"))


class SqlError(Exception):
    def __init__(self, end):
        super().__init__(f"{end.get('code')}: {end.get('message')}")
        self.end = end
        self.code = end.get("code")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("sluice", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def wait_for(what, condition, seconds=30, every=0.02):
    """Waits until condition() is true and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(every)


def run(program, *args, stdin="", timeout=60, env=None):
    """Runs one of the built programs to its end."""
    return subprocess.run([os.path.join(BUILD, program), *args], input=stdin, capture_output=True, text=True,
                          timeout=timeout, env=dict(os.environ, **(env or {})))


class Daemon:
    """A sluiced of the test's own, on a directory of its own."""

    def __init__(self, sets=(), embedded=False, env=None):
        self.dir = tempfile.mkdtemp(prefix="sluice-test-")
        self.sock = os.path.join(self.dir, "sock")
        self.log_path = os.path.join(self.dir, "log")
        self.out_path = os.path.join(self.dir, "out")
        self.sets = list(sets)
        self.env = env
        self.wrap = []  # what the program is started through
        if embedded:
            self.sets.append("embedded-kafka.enabled=true")
        self.child = None
        atexit.register(self.remove)

    def start(self, args=None, pass_fds=()):
        if args is None:
            args = ["-c", "/dev/null", "--state-dir", os.path.join(self.dir, "state"), "--socket", self.sock]
        args = self.wrap + [os.path.join(BUILD, "sluiced")] + args
        for s in self.sets:
            args += ["--set", s]
        env = dict(os.environ, **(self.env or {}))
        with open(self.log_path, "a") as log, open(self.out_path, "a") as out:
            self.child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=env,
                                          pass_fds=pass_fds)
        wait_for("the daemon is ready", self.is_ready)
        return self

    def preload(self, name, **env):
        """Runs it under one of tests/lib's shims."""
        shim = os.path.join(self.dir, name + ".so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", shim, os.path.join(TOP, "tests", "lib", name + ".c")], check=True)
        self.env = dict(self.env or {}, LD_PRELOAD=shim, **env)
        if "address" in BUILD:  # which wants to be the first
            self.env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return self

    def is_ready(self):
        if self.child.poll() is not None:
            raise AssertionError(f"sluiced ended with {self.child.returncode}:\n{self.log()}")
        try:
            return self.get("/readyz") == b"ready\n"
        except OSError:
            return False

    def log(self):
        with open(self.log_path) as f:
            return f.read()

    def printed(self):
        with open(self.out_path) as f:
            return f.read()

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self, seconds=30):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(seconds)
        return self.child.returncode

    def remove(self):
        if self.child and self.child.poll() is None:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def get(self, path):
        c = UnixConnection(self.sock, 10)
        c.request("GET", path)
        r = c.getresponse()
        body = r.read()
        c.close()
        return body

    def sql(self, text, timeout=60):
        """Runs a script; its lines as objects; SqlError for its first error."""
        c = UnixConnection(self.sock, timeout)
        c.request("POST", "/v1/sql", text.encode())
        lines = [json.loads(line) for line in c.getresponse().read().splitlines()]
        c.close()
        for line in lines:
            if line.get("end") == "error":
                raise SqlError(line)
        return lines

    def rows(self, text, timeout=60):
        return [line["row"] for line in self.sql(text, timeout) if "row" in line]

    def job(self, name):
        return json.loads(self.get("/v1/jobs/" + name))

    def wait_state(self, name, *states, seconds=30):
        def reached():
            j = self.job(name)
            if j.get("state") == "FAILED" and "FAILED" not in states:
                raise AssertionError(f"job {name} failed: {j['error']}")
            return j if j.get("state") in states else None

        return wait_for(f"job {name} is {' or '.join(states)}", reached, seconds)

    def state_file(self, name):
        return os.path.join(self.dir, "state", "jobs", name + ".db")

    def query_state(self, name, query):
        """Rows of a job's file by the sqlite3 program, read-only."""
        out = subprocess.run(["sqlite3", "-readonly", "-json", self.state_file(name), query], capture_output=True,
                             text=True, check=True).stdout
        return json.loads(out) if out.strip() else []

    def rss_kib(self):
        with open(f"/proc/{self.child.pid}/status") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])

    def threads(self):
        return len(os.listdir(f"/proc/{self.child.pid}/task"))

    def cpu_seconds(self):
        with open(f"/proc/{self.child.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class NotifySocket:
    """Where a daemon believes to find systemd."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="sluice-test-")
        self.path = os.path.join(self.dir, "notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.sock.setblocking(False)
        self.heard = []

    def hears(self, word):
        try:
            while True:
                self.heard.append(self.sock.recv(4096).decode())
        except BlockingIOError:
            pass
        return any(h.startswith(word) for h in self.heard)

    def close(self):
        self.sock.close()
        shutil.rmtree(self.dir)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    """A real Kafka of the test's own (tests/kafka/broker)."""

    SCRIPT = os.path.join(TOP, "tests", "kafka", "broker")

    def __init__(self, *properties, via=None):
        if via:  # a KafkaProxy: its address is another way to this broker
            via.target = free_port()
            properties = (f"via={via.port}:{via.target}", *properties)
        out = subprocess.run([self.SCRIPT, "start", *properties], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, env={**os.environ, "SLUICE_BROKER_OWNER": str(os.getpid())})
        if out.returncode == 77:  # no jars to be had: the script says why
            raise Skip((out.stdout + out.stderr).strip().splitlines()[-1])
        if out.returncode:
            raise AssertionError(out.stderr)
        self.address = out.stdout.strip().splitlines()[-1]
        self.port = self.address.rsplit(":", 1)[1]
        atexit.register(self.stop)

    def command(self, verb):
        subprocess.run([self.SCRIPT, verb, self.port], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def stop(self):
        self.command("stop")

    def kill(self):
        self.command("kill")

    def resume(self):
        self.command("resume")

    def feed(self, topic, count, *options, background=False):
        args = [os.path.join(BUILD, "bench", "feed_words"), self.address, topic, str(count), *options]
        child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(lambda: child.poll() is None and child.kill())
        if background:
            return child
        if child.wait(120):
            raise AssertionError("the feeder failed")

    def create(self, topic, partitions=1, *config):
        self.admin("create", topic, str(partitions), *config)

    def admin(self, verb, *args):
        """create, delete, partitions, trim, deny, allow: tests/kafka/admin.c."""
        out = subprocess.run([os.path.join(BUILD, "tests", "kafka", "admin"), self.address, verb, *map(str, args)],
                             capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if out.returncode:
            raise AssertionError(out.stderr)

    def recreate(self, topic, partitions=1):
        """Deletes the topic and makes it anew, as soon as the name is free."""
        def made():
            try:
                self.create(topic, partitions)
                return True
            except AssertionError:
                return False

        self.admin("delete", topic)
        wait_for(f"topic {topic} can be made anew", made)

    def put(self, topic, values, partition=0):
        """Writes values (bytes or str; None: a tombstone) to one partition."""
        frames = []
        for v in values:
            data = b"" if v is None else v if isinstance(v, bytes) else v.encode()
            frames.append(b"%d\n" % (-1 if v is None else len(data)) + data)
        subprocess.run([os.path.join(BUILD, "tests", "kafka", "put_records"), self.address, topic, str(partition)],
                       input=b"".join(frames), check=True, capture_output=True)

    def put_lines(self, topic, lines, partition=0):
        """Writes one record a line: quick, for many of them."""
        subprocess.run(["kcat", "-b", self.address, "-t", topic, "-P", "-p", str(partition)],
                       input="\n".join(lines).encode() + b"\n", check=True, capture_output=True)

    def topic_bytes(self, topic):
        """What the topic's segments take on the broker's disk."""
        home = os.environ.get("SLUICE_KAFKA_HOME") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sluice-kafka")
        log = os.path.join(home, "run", self.port, "log")
        return sum(os.path.getsize(os.path.join(log, d, f)) for d in os.listdir(log) if d.rsplit("-", 1)[0] == topic
                   for f in os.listdir(os.path.join(log, d)) if f.endswith(".log"))

    def read(self, topic, keys=False):
        """All committed records: values, or (key, value) pairs; None for NULL."""
        out = subprocess.run(["kcat", "-b", self.address, "-t", topic, "-C", "-o", "beginning", "-e", "-q", "-J"],
                             capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
        records = [json.loads(line) for line in out.splitlines()]
        return [(r["key"], r["payload"]) for r in records] if keys else [r["payload"] for r in records]


class Skip(Exception):
    pass


def word_at(i):
    """The feeder's word number i (bench/feed_words.c)."""
    mask = (1 << 64) - 1
    z = ((i + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return WORDS[(z ^ (z >> 31)) % 42]


WORDS = ("Porro labore velit tempora dolorem numquam Numquam numquam quaerat etincidunt voluptatem modi Dolorem sit sit "
         "ut sit dolorem. Modi numquam est dolorem voluptatem modi. Eius porro magnam ut. Modi aliquam est ipsum aliquam "
         "sit modi dolor. Dolor quaerat voluptatem neque aliquam quaerat.").split()


def main(*tests):
    """Runs the test functions named on the command line, or all; prints lines."""
    wanted = sys.argv[1:]
    failed = 0
    for test in tests:
        name = test.__name__
        began = time.monotonic()
        if wanted and not any(w in name for w in wanted):
            continue
        try:
            test()
            print(f"ok {name}", flush=True)
            if os.environ.get("SLUICE_TIMES"):
                print(f"  {time.monotonic() - began:.1f} s", flush=True)
        except Skip as why:
            print(f"skip {name}: {why}", flush=True)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            print(f"not ok {name}", flush=True)
            failed += 1
    sys.exit(1 if failed else 0)

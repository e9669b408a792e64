# SPDX-License-Identifier: Apache-2.0
"""A bad network between a job and its broker.

Forwards TCP bytes and rewrites no Kafka message: a broker that was started
with Broker(via=proxy) advertises the proxy's address to whoever comes through
it. A test changes what happens at any time; the fields hold for connections
that are open, too.
"""
import random
import socket
import struct
import threading
import time


class KafkaProxy:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.target = None
        self.changed = threading.Condition()
        self.links = set()
        self.frozen = False       # connections are accepted, nothing passes
        self.swallowing = False   # requests pass, replies are lost
        self.delay = (0.0, 0.0)   # of each piece of a reply, in seconds
        self.rate = 0             # bytes a second of replies; 0: no limit
        self.halves = 0           # so many replies more end in their middle
        self.damage = None        # (bytes, bytes of that length)
        self.damages = 0          # so many times more
        self.reply_bytes = 0      # that have passed
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, **fields):
        with self.changed:
            for name, value in fields.items():
                assert hasattr(self, name), name
                setattr(self, name, value)
            self.changed.notify_all()

    def cut(self):
        """Resets all connections."""
        with self.changed:
            links, self.links = self.links, set()
            self.cuts += len(links)
            self.changed.notify_all()
        for link in links:
            for s in link:
                _reset(s)

    def cut_every(self, least, most, seconds):
        """Cuts at random times for so long; in the caller's thread."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(random.uniform(least, most))
            self.cut()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 5)
                server.settimeout(None)
            except OSError:
                _reset(client)
                continue
            link = (client, server)
            with self.changed:
                self.links.add(link)
            for args in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(link, *args), daemon=True).start()

    def _open(self, link):
        """Waits while frozen; whether the link is still there."""
        with self.changed:
            self.changed.wait_for(lambda: not self.frozen or link not in self.links)
            return link in self.links

    def _drop(self, link):
        with self.changed:
            self.links.discard(link)
            self.changed.notify_all()
        for s in link:
            _reset(s)

    def _pump(self, link, source, target, is_reply):
        try:
            while data := source.recv(1 << 16):
                if not self._open(link):
                    return
                if is_reply:
                    data = self._reply(link, target, data)
                target.sendall(data)
        except OSError:
            pass
        self._drop(link)

    def _reply(self, link, target, data):
        """What of it passes, after its delay."""
        if self.delay[1]:
            time.sleep(random.uniform(*self.delay))
        if self.rate:
            time.sleep(len(data) / self.rate)
        with self.changed:
            if self.swallowing:
                return b""
            if self.damages and self.damage[0] in data:
                self.damages -= 1
                data = data.replace(self.damage[0], self.damage[1], 1)
            half = self.halves > 0 and len(data) > 8
            self.halves -= half
            self.reply_bytes += len(data)
        if half:
            target.sendall(data[:len(data) // 2])
            self._drop(link)
            raise ConnectionResetError
        return data


def _reset(s):
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
    except OSError:
        pass
    s.close()

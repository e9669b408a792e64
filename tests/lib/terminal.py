# SPDX-License-Identifier: Apache-2.0
"""A program on a pseudo-terminal, and what a person would see there."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata


class Screen:
    """Enough of a terminal for what our programs send; anything else fails."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [""] * rows
        self.kept = None      # of the normal screen, while the other is shown
        self.above = []       # what has run off the top
        self.row = self.column = 0
        self.pending = ""     # the beginning of a sequence

    def resize(self, rows, columns):
        def fitted(lines, row):
            gone = max(0, row + 1 - rows)  # what scrolls off, to keep the cursor's line
            return (lines[gone:] + [""] * rows)[:rows], row - gone

        self.lines, self.row = fitted(self.lines, self.row)
        if self.kept:
            self.kept = (*fitted(*self.kept[:2]), self.kept[2])
        self.rows, self.columns = rows, columns

    def put(self, char):
        if unicodedata.combining(char):
            return
        if self.column >= self.columns:
            self.new_line()
            self.column = 0
        # A wide character is followed by a place that nobody sees.
        cell = char + "\u200b" if unicodedata.east_asian_width(char) in "WF" else char
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + cell + line[self.column + len(cell):]
        self.column += len(cell)

    def new_line(self):
        if self.row + 1 < self.rows:
            self.row += 1
            return
        self.above.append(self.lines[0])
        self.lines = self.lines[1:] + [""]

    def control(self, private, numbers, final):
        n = numbers[0] if numbers else 0
        if final == "m":
            return
        if final == "A":
            self.row = max(0, self.row - max(n, 1))
        elif final == "C":
            self.column = min(self.columns - 1, self.column + max(n, 1))
        elif final == "D":
            self.column = max(0, self.column - max(n, 1))
        elif final == "G":
            self.column = max(n, 1) - 1
        elif final == "H":
            self.row = max(n, 1) - 1
            self.column = max(numbers[1] if len(numbers) > 1 else 1, 1) - 1
        elif final == "K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif final == "J" and n == 0:
            self.lines[self.row] = self.lines[self.row][: self.column]
            self.lines[self.row + 1:] = [""] * (self.rows - self.row - 1)
        elif final == "J":
            self.lines = [""] * self.rows
        elif final == "P":
            line = self.lines[self.row]
            self.lines[self.row] = line[: self.column] + line[self.column + max(n, 1):]
        elif final == "@":
            line = self.lines[self.row]
            self.lines[self.row] = line[: self.column] + " " * max(n, 1) + line[self.column:]
        elif private and n == 1049 and final == "h":
            self.kept = (self.lines, self.row, self.column)
            self.lines = [""] * self.rows
        elif private and n == 1049 and final == "l":
            self.lines, self.row, self.column = self.kept
            self.kept = None
        elif not private or final not in "hl":
            raise AssertionError(f"a sequence that the screen does not know: {private}{numbers}{final}")

    def feed(self, text):
        text = self.pending + text
        self.pending = ""
        i = 0
        while i < len(text):
            c = text[i]
            if c == "\033":
                m = re.match(r"\033(?:\[(\??)([0-9;]*)([@-~])|[=>78M]|\([B0])", text[i:])
                if not m:
                    self.pending = text[i:]
                    assert len(self.pending) < 20, repr(self.pending)
                    return
                if m[3]:
                    self.control(m[1], [int(n or 0) for n in m[2].split(";")] if m[2] else [], m[3])
                i += len(m[0])
                continue
            if c == "\n":
                self.new_line()
            elif c == "\r":
                self.column = 0
            elif c == "\b":
                self.column = max(0, self.column - 1)
            elif c == "\t":
                self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
            elif c >= " ":
                self.put(c)
            elif c != "\a":
                raise AssertionError(f"a control character: {c!r}")
            i += 1

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n").replace("\u200b", "")


class Terminal:
    """A program on a pseudo-terminal; without colours unless said otherwise."""

    def __init__(self, args, history="", rows=24, columns=100, env=None):
        self.screen = Screen(rows, columns)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ.update({"TERM": "xterm", "SLUICE_HISTORY": history, "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
                               "PAGER": "", **(env or {})})
            os.execv(args[0], args)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.text = ""
        self.all = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def read(self, seconds=0.1):
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        text = data.decode("utf-8", "replace")
        self.text += text
        self.all += text
        self.screen.feed(text)
        return bool(data)

    def until(self, pattern, seconds=30):
        """Waits for something new; returns what came up to its end."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            if not self.read() or time.monotonic() > end:
                raise AssertionError(f"no {pattern!r} in {self.text[-1000:]!r}")
        self.text, found = self.text[re.search(pattern, self.text).end():], self.text
        return found

    def until_seen(self, pattern, seconds=30):
        """Waits until it stands on the screen; returns the screen."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.screen.text(), re.M):
            if not self.read() or time.monotonic() > end:
                raise AssertionError(f"no {pattern!r} on the screen:\n{self.screen.text()}")
        return self.screen.text()

    def type(self, text):
        os.write(self.fd, text.encode())

    def ask(self, text, prompt="sluice> "):
        """Types a line and returns what came before the next prompt."""
        self.type(text + "\n")
        return self.until(re.escape(prompt))

    def wait(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.read(0.02)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError(f"it does not end: {self.text[-1000:]!r}")

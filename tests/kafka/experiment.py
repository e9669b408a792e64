# SPDX-License-Identifier: Apache-2.0
"""The experiment on a real broker: its script, and what must come out of it.

The feeder's words and timestamps are a function of their number, so the right
answer of every window can be computed here, independently of sluice.
"""
import collections
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from sluice import TOP, word_at  # noqa: E402

START_MS = 1767225600000  # 2026-01-01 00:00:00, a multiple of the slide
SLIDE_MS, SIZE_MS, DELAY_MS = 5000, 60000, 5000
TOPICS = ("words", "words-total", "words-dolorem", "words-by-word")


def script(address, fmt="json", settings="", extra=""):
    with open(os.path.join(TOP, "etc", "examples", "words.sql")) as f:
        text = f.read()
    text = text.replace("'embedded'", f"'{address}'")
    if fmt == "raw":
        text = re.sub(r"'format' = 'json'", "'format' = 'raw'", text, count=1)
    if extra:  # more options of the source
        text = text.replace("'scan.startup.mode' = 'earliest-offset'",
                            f"'scan.startup.mode' = 'earliest-offset', {extra}", 1)
    return settings + text


def text_of(ms):
    """A window's bound as the JSON format writes it."""
    import datetime

    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


class Answer:
    """Counts per window end, for windows that the watermark has closed."""

    def __init__(self, count, step_us, all_windows=False, rows=None):
        panes = collections.defaultdict(collections.Counter)
        for at, word in rows or ((START_MS + i * step_us // 1000, word_at(i)) for i in range(count)):
            panes[at - at % SLIDE_MS][word] += 1
        last = START_MS + (count - 1) * step_us // 1000
        self.wm_ms = last - DELAY_MS
        self.total, self.dolorem, self.by_word = {}, {}, {}
        end = START_MS + SLIDE_MS
        while all_windows and end < last + SIZE_MS + SLIDE_MS or end - 1 <= self.wm_ms:
            counts = collections.Counter()
            for start in range(end - SIZE_MS, end, SLIDE_MS):
                counts.update(panes.get(start, {}))
            if counts:
                self.total[end] = sum(counts.values())
                if counts["dolorem"]:
                    self.dolorem[end] = counts["dolorem"]
                for word, n in counts.items():
                    self.by_word[(end, word)] = n
            end += SLIDE_MS


def rows_of(address, topic):
    """(time in ms, word) of each record that the topic really has."""
    out = subprocess.run(["kcat", "-b", address, "-t", topic, "-C", "-o", "beginning", "-e", "-q", "-f", "%T %s\n"],
                         capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    for line in out.splitlines():
        at, value = line.split(" ", 1)
        yield int(at), json.loads(value)["message"]


def append_rows(values):
    """[(window_end text, n)] of an append topic."""
    return [(r["window_end"], r["n"]) for r in map(json.loads, values)]


def check_append(values, want):
    """Each window at least once, each time with the right count. Returns how
    often each came."""
    seen = collections.Counter()
    right = {text_of(end): n for end, n in want.items()}
    for end, n in append_rows(values):
        assert end in right, f"window ending {end} should not be there"
        assert n == right[end], f"window ending {end}: {n}, not {right[end]}"
        seen[end] += 1
    missing = sorted(set(right) - set(seen))
    assert not missing, f"{len(missing)} windows missing, the first ends {missing[0]}"
    return seen


def check_upserts(records, want):
    """The last value of each key is exactly right, and no key is too many."""
    state = {}
    for key, value in records:
        k = json.loads(key)
        v = json.loads(value) if value else None
        if v is None:
            state.pop((k["window_end"], k["message"]), None)
        else:
            assert all(v[c] == k[c] for c in k), f"key {key} beside value {value}"
            state[(k["window_end"], k["message"])] = v["n"]
    right = {(text_of(end), word): n for (end, word), n in want.items()}
    wrong = {k: (state.get(k), right.get(k)) for k in set(state) | set(right) if state.get(k) != right.get(k)}
    assert not wrong, f"{len(wrong)} wrong of {len(right)}, such as {sorted(wrong.items())[:3]} (got, wanted)"

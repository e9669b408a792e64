#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make install, the systemd unit, the tables of the manual, the man pages, the dashboard."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, TOP, Skip, main, run  # noqa: E402

UNIT = os.path.join(TOP, "systemd", "sluiced.service")


def systemd_analyze(*args):
    program = shutil.which("systemd-analyze")
    if not program:
        raise Skip("there is no systemd-analyze here")
    done = subprocess.run([program, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


def unit_with(program, top):
    path = os.path.join(top, "sluiced.service")
    with open(UNIT) as f, open(path, "w") as out:
        out.write(re.sub(r"^ExecStart=\S+", "ExecStart=" + program, f.read(), flags=re.M))
    return path


def plain_build():
    if os.path.basename(BUILD) != "build":
        raise Skip("it is the plain build that is installed")


def make_install_puts_everything_in_its_place():
    plain_build()
    top = tempfile.mkdtemp(prefix="sluice-test-")
    try:
        done = subprocess.run(["make", "-s", "-C", TOP, "install", "DESTDIR=" + top], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        installed = {os.path.relpath(os.path.join(d, f), top) for d, _, files in os.walk(top) for f in files}
        for path in ("usr/sbin/sluiced", "usr/bin/sluice", "etc/sluice/sluice.ini", "usr/lib/sysusers.d/sluice.conf",
                     "usr/lib/systemd/system/sluiced.service", "usr/lib/systemd/system/sluiced.socket", "usr/lib/tmpfiles.d/sluice.conf", "usr/share/doc/sluice/README.md",
                     "usr/share/doc/sluice/manual/connectors.md", "usr/share/doc/sluice/examples/words.sql",
                     "usr/share/doc/sluice/grafana/sluice.json", "usr/share/man/man1/sluice.1", "usr/share/man/man5/sluice.ini.5", "usr/share/man/man8/sluiced.8"):
            assert path in installed, (path, sorted(installed))
        with open(top + "/usr/lib/systemd/system/sluiced.service") as f:
            assert "ExecStart=/usr/sbin/sluiced\n" in f.read()
        done = subprocess.run([top + "/usr/sbin/sluiced", "-c", top + "/etc/sluice/sluice.ini", "--check-config"],
                              capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), done
        # sluice finds its sluiced beside itself or in PATH.
        done = subprocess.run([top + "/usr/bin/sluice", "run", top + "/usr/share/doc/sluice/examples/first.sql"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, PATH=top + "/usr/sbin:" + os.environ["PATH"]))
        assert done.returncode == 0 and '"orders"' in done.stdout, done
        code, text = systemd_analyze("verify", "--man=no", unit_with(top + "/usr/sbin/sluiced", top))
        assert code == 0 and text == "", text
    finally:
        shutil.rmtree(top)


def the_unit_gives_next_to_no_rights():
    top = tempfile.mkdtemp(prefix="sluice-test-")
    try:
        code, text = systemd_analyze("security", "--offline=true", unit_with("/bin/true", top))
    finally:
        shutil.rmtree(top)
    level = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", text)[1])
    assert level <= 1.5, text


def the_manual_is_current():
    done = subprocess.run([os.path.join(TOP, "scripts", "manual"), "--check"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr


def the_manuals_links_lead_somewhere():
    pages = [os.path.join(d, f) for d, _, files in os.walk(os.path.join(TOP, "docs")) for f in files if f.endswith(".md")]
    pages += [os.path.join(TOP, f) for f in os.listdir(TOP) if f.endswith(".md")]
    broken = []
    for page in pages:
        with open(page) as f:
            text = re.sub(r"```.*?```", "", f.read(), flags=re.S)
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in link and not os.path.exists(os.path.join(os.path.dirname(page), link)):
                broken.append((os.path.relpath(page, TOP), link))
    assert not broken, broken


def the_manuals_configurations_are_good():
    blocks = []
    for page in os.listdir(os.path.join(TOP, "docs", "manual")):
        with open(os.path.join(TOP, "docs", "manual", page)) as f:
            blocks += [(page, b) for b in re.findall(r"```ini\n(.*?)```", f.read(), flags=re.S)]
    blocks += [("sluice.ini.5", b) for b in re.findall(r"^\.Bd -literal[^\n]*\n(\[kafka .*?)^\.Ed", man_page("sluice.ini.5"),
                                                        flags=re.S | re.M)]
    assert len(blocks) >= 3, blocks
    for page, block in blocks:
        with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
            f.write(block)
            f.flush()
            done = run("sluiced", "-c", f.name, "--check-config")
        assert done.returncode == 0, (page, done.stderr)


PAGES = ("sluice.1", "sluiced.8", "sluice.ini.5")


def man_page(name):
    with open(os.path.join(TOP, "docs", "man", name)) as f:
        return f.read()


def mandoc_finds_nothing_in_the_man_pages():
    if not shutil.which("mandoc"):
        raise Skip("there is no mandoc here")
    paths = [os.path.join(TOP, "docs", "man", p) for p in PAGES]
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *paths], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done


def usage_of(program):
    done = run(program, "--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: "), done
    return done.stdout.split("\n\n")[0]


def every_option_and_command_stands_in_its_man_page():
    for program, page in (("sluice", "sluice.1"), ("sluiced", "sluiced.8")):
        usage, text = usage_of(program), man_page(page)
        items = [line for line in text.splitlines() if line.startswith(".It ")]
        options = set(re.findall(r"(?<![\w-])-(-?[a-z][a-z-]*)", usage))
        assert len(options) >= 6, usage
        for option in options | {"-help", "-version"}:
            assert any(re.search(rf"\bFl ([a-zA-Z] , Fl )?{option}( |$)", i) for i in items), (page, option)
            # The synopsis of sluice leaves out what usage does.
            assert option not in options or re.search(rf"^\.Op Fl \w*{option}\b", text, flags=re.M), (page, option)
        for command in re.findall(rf"^(?:usage:)? +{program} ([a-z]+) ", usage, flags=re.M):
            assert any(i.startswith(f".It Cm {command} ") for i in items), (page, command)
        for verb in ("check", "show", "export"):
            assert f".It Cm state Cm {verb} Ar file.db" in items, (page, verb)


def the_man_page_has_every_setting():
    printed = run("sluiced", "-c", "/dev/null", "--print-config").stdout
    keys = re.findall(r"^([a-z-]+) =", printed, flags=re.M)
    items = re.findall(r"^\.It Cm (\S+) No = ", man_page("sluice.ini.5"), flags=re.M)
    assert len(keys) > 20 and [i.replace("\\-", "-") for i in items] == keys, (keys, items)


def exit_statuses_are_the_manuals():
    for page, manual in (("sluice.1", "client.md"), ("sluiced.8", "operations.md")):
        section = man_page(page).split(".Sh EXIT STATUS")[1].split(".Sh")[0]
        with open(os.path.join(TOP, "docs", "manual", manual)) as f:
            rows = re.search(r"\| exit \| \|\n\|---\|---\|\n((?:\|.*\n)+)", f.read())[1]
        assert re.findall(r"^\.It (\d+)", section, flags=re.M) == re.findall(r"^\| (\d+) ", rows, flags=re.M), page


# ---- the dashboard ----


def dashboard():
    with open(os.path.join(TOP, "etc", "grafana", "sluice.json")) as f:
        return json.load(f)


def documented_metrics():
    """Names as they stand in expressions: a histogram has three."""
    with open(os.path.join(TOP, "docs", "manual", "metrics.md")) as f:
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", f.read(), flags=re.M)
    assert len(rows) > 20, rows
    return {n for name, kind in rows for n in ([name + s for s in ("_bucket", "_sum", "_count")] if kind == "histogram" else [name])}


def metrics_of(expression):
    """The names of metrics in an expression of PromQL."""
    bare = re.sub(r"\[[^\]]*\]", "", re.sub(r"\{[^}]*\}", "", expression))
    bare = re.sub(r"\bby \([^)]*\)", "", re.sub(r"\b(label_values\([^,]*),[^)]*\)", r"\1)", bare))
    words = re.findall(r"(?<![\w.])[a-z_]\w*(?!\w*\()", bare)
    return {w for w in words if w not in ("or", "sum", "max")}


def expressions(board):
    return [t["expr"] for p in board["panels"] for t in p.get("targets", [])]


def the_dashboard_is_over_the_documented_metrics():
    board, known = dashboard(), documented_metrics()
    used = set()
    for e in expressions(board):
        assert metrics_of(e) and metrics_of(e) <= known, (e, metrics_of(e) - known)
        assert 'instance="$instance"' in e, e
        used |= metrics_of(e)
        for name, labels in re.findall(r"\b(\w+)(\{[^}]*\})?", e):
            if re.match("sluice_(job|operator|partition)_", name):
                assert 'job=~"$job"' in labels, (e, name)
    for v in board["templating"]["list"]:
        if v["type"] == "query":
            assert metrics_of(v["definition"]) <= known and v["query"]["query"] == v["definition"], v
    assert not known - used, known - used
    assert [v["name"] for v in board["templating"]["list"]] == ["datasource", "instance", "job"]


def the_dashboards_panels_stand_side_by_side():
    panels = dashboard()["panels"]
    assert len({p["id"] for p in panels}) == len(panels)
    taken = {}
    for p in panels:
        g = p["gridPos"]
        assert g["x"] + g["w"] <= 24, p["title"]
        assert p["type"] == "row" or p["description"] and p["datasource"]["uid"] == "${datasource}", p["title"]
        for cell in ((x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])):
            assert cell not in taken, (p["title"], taken[cell])
            taken[cell] = p["title"]


def the_dashboard_knows_every_state_of_a_job():
    with open(os.path.join(TOP, "daemon", "job_info.c")) as f:
        states = re.findall(r'"([A-Z]+)"', re.search(r"job_state_text\[\] = \{(.*?)\};", f.read(), flags=re.S)[1])
    panel = next(p for p in dashboard()["panels"] if p["type"] == "state-timeline")
    shown = {n: m["text"] for n, m in panel["fieldConfig"]["defaults"]["mappings"][0]["options"].items()}
    numbers = {s: n for s, n in re.findall(r'state="([A-Z]+)"\} \* (\d+)', panel["targets"][0]["expr"])}
    assert sorted(numbers) == sorted(states) and shown == {n: s for s, n in numbers.items()}, (states, shown, numbers)


main(the_manuals_configurations_are_good, make_install_puts_everything_in_its_place, the_unit_gives_next_to_no_rights, the_manual_is_current,
     the_manuals_links_lead_somewhere, mandoc_finds_nothing_in_the_man_pages,
     every_option_and_command_stands_in_its_man_page, the_man_page_has_every_setting, exit_statuses_are_the_manuals,
     the_dashboard_is_over_the_documented_metrics, the_dashboards_panels_stand_side_by_side,
     the_dashboard_knows_every_state_of_a_job)

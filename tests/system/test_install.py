#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make install, the systemd unit, the tables of the manual."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, TOP, Skip, main  # noqa: E402

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
                     "usr/share/doc/sluice/manual/options.md", "usr/share/doc/sluice/examples/words.sql"):
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
        code, text = systemd_analyze("verify", unit_with(top + "/usr/sbin/sluiced", top))
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


main(make_install_puts_everything_in_its_place, the_unit_gives_next_to_no_rights, the_manual_is_current,
     the_manuals_links_lead_somewhere)

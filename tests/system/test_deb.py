#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make deb: what is in the package, and, with SLUICE_LONG, its life in a bare
Debian of its own: installed, run, upgraded, removed, purged."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from sluice import BUILD, TOP, Skip, main  # noqa: E402


def sh(*args, fails=False, **more):
    done = subprocess.run(args, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    assert fails or done.returncode == 0, (args, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def a_package(where):
    if os.path.basename(BUILD) != "build":
        raise Skip("it is the plain build that is packed")
    for tool in ("dpkg-deb", "dpkg-shlibdeps"):
        if not shutil.which(tool):
            raise Skip(f"there is no {tool} here")
    return sh(os.path.join(TOP, "scripts", "deb"), where).strip()


def the_package_has_everything_and_says_what_it_needs():
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as where:
        path = a_package(where)
        assert re.fullmatch(r"sluice_\d+\.\d+\.\d+_\w+\.deb", os.path.basename(path)), path
        files = sh("dpkg-deb", "-c", path)
        for f in ("./usr/sbin/sluiced", "./usr/bin/sluice", "./etc/sluice/sluice.ini", "./usr/lib/sysusers.d/sluice.conf",
                  "./usr/lib/tmpfiles.d/sluice.conf", "./usr/lib/systemd/system/sluiced.service",
                  "./usr/lib/systemd/system/sluiced.socket", "./usr/share/man/man1/sluice.1.gz",
                  "./usr/share/man/man5/sluice.ini.5.gz", "./usr/share/man/man8/sluiced.8.gz"):
            assert re.search(r"^\S+ root/root .* " + re.escape(f) + "$", files, flags=re.M), (f, files)
        needs = sh("dpkg-deb", "-f", path, "Depends")
        for library in ("librdkafka1", "libsqlite3-0", "libuv1", "libmicrohttpd12", "libc6"):
            assert library in needs, needs
        assert os.path.getsize(path) < 5 << 20
        for script in ("postinst", "prerm", "postrm"):
            sh("sh", "-n", os.path.join(TOP, "systemd", "deb." + script))


def mirror():
    """Where apt takes Debian from here."""
    for line in sh("apt-cache", "policy").splitlines():
        m = re.match(r"\s+\d+ (http\S+) bookworm/main", line)
        if m:
            return m[1]
    raise Skip("apt knows no Debian 12")


def it_installs_runs_and_goes_in_a_bare_debian():
    if not os.environ.get("SLUICE_LONG"):
        raise Skip("takes minutes: only with SLUICE_LONG")
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise Skip("needs root and debootstrap")
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as where:
        path, root = a_package(where), os.path.join(where, "root")
        sh("debootstrap", "--variant=minbase", "bookworm", root, mirror(), timeout=900)
        name = os.path.basename(path)
        shutil.copy(path, os.path.join(root, "root", name))
        for conf in ("apt.conf.d", "sources.list.d", "sources.list", "trusted.gpg.d"):
            source = os.path.join("/etc/apt", conf)
            if os.path.isdir(source):
                shutil.copytree(source, os.path.join(root, "etc/apt", conf), dirs_exist_ok=True)
            elif os.path.exists(source):
                shutil.copy(source, os.path.join(root, "etc/apt", conf))

        def inside(command, **more):
            return sh("chroot", root, "/bin/sh", "-ec", "export DEBIAN_FRONTEND=noninteractive\n" + command, timeout=600, **more)

        inside(f"apt-get update -qq && apt-get install -y -qq --no-install-recommends /root/{name}")
        assert inside("sluice --version").startswith("sluice ")
        assert inside("stat -c '%U %a' /var/lib/sluice").strip() == "sluice 750"
        assert '"orders"' in inside("sluice run /usr/share/doc/sluice/examples/first.sql")
        inside("touch /var/lib/sluice/kept; echo '# mine' >>/etc/sluice/sluice.ini")
        inside(f"dpkg -i --force-confold /root/{name} && dpkg -r sluice")
        assert inside("ls /var/lib/sluice /etc/sluice").split() == ["/etc/sluice:", "sluice.ini", "/var/lib/sluice:", "kept"]
        assert inside("command -v sluiced || echo gone").strip() == "gone"
        inside("dpkg -P sluice")
        assert inside("ls -d /var/lib/sluice /etc/sluice 2>/dev/null || echo gone").strip() == "gone"


main(the_package_has_everything_and_says_what_it_needs, it_installs_runs_and_goes_in_a_bare_debian)

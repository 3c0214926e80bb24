#!/usr/bin/env python3
"""The life of the package in a clean root: installed, configured, started, talked to, backed up, upgraded, restored, removed.

    debootstrap --variant=minbase bookworm ROOT        # as root, once
    cargo build -p e2e --bin fake-telegram
    cargo deb -p sessionsd --strip                     # the package; and, to upgrade from:
    cargo deb -p sessionsd --strip --no-build --deb-version 0.0.1-1 --output OLD.deb
    python3 tests/package/life.py ROOT OLD.deb NEW.deb target/debug/fake-telegram

systemd does not run in such a root: this plays its part, as far as the daemon can tell. It gives it a user of its own that
nobody knows, a state folder, credentials, the notify socket and a watchdog, and holds it to what it promises there.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT, OLD, NEW, FAKE = sys.argv[1:5]
# Nobody's, as DynamicUser= would draw it.
USER = 61234
STATE = "/var/lib/private/sessionsd"
CREDENTIALS = "/run/credentials/sessionsd.service"
PATIENCE = 20


def inside(path):
    return ROOT + path


def run(*command, **options):
    """Runs something in the root; it must end well."""
    ended = subprocess.run(["chroot", ROOT, *command], capture_output=True, text=True, **options)
    print("$", *command, "\n" + (ended.stdout + ended.stderr).rstrip())
    assert ended.returncode == 0, ended.returncode
    return ended.stdout


class Fake:
    """The fake Telegram, asked line by line."""

    def __init__(self):
        self.child = subprocess.Popen([FAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.at = json.loads(self.child.stdout.readline())
        self.ask("people 1")

    def ask(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def talk(self, line):
        """Says a line, and waits for its answer."""
        before, began = self.ask("count 1")["count"], time.monotonic()
        self.ask("say 1 " + line)
        while self.ask("count 1")["count"] == before:
            assert time.monotonic() - began < PATIENCE, f"no answer to {line}"
        answer = self.ask("said 1")["said"][-1]
        print(">", line, "\n" + answer)
        return answer


class Manager:
    """The service manager."""

    def __init__(self, environment):
        self.environment = environment
        os.makedirs(inside("/run/notify"), exist_ok=True)
        path = inside("/run/notify/socket")
        if os.path.exists(path):
            os.remove(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        os.chmod(path, 0o666)
        os.makedirs(inside(STATE), exist_ok=True)
        # Root's alone, as systemd makes it.
        os.chmod(inside("/var/lib/private"), 0o700)
        os.chmod(inside(STATE), 0o700)
        os.chown(inside(STATE), USER, USER)
        if not os.path.islink(inside("/var/lib/sessionsd")):
            os.symlink("private/sessionsd", inside("/var/lib/sessionsd"))

    def hears(self, words):
        while words not in (told := self.socket.recv(4096).decode()):
            pass
        print("notify:", told.strip().replace("\n", " | "))

    def start(self):
        """LoadCredential=sessionsd:/etc/sessionsd/credentials, DynamicUser=, Type=notify, WatchdogSec=."""
        shutil.rmtree(inside(CREDENTIALS), ignore_errors=True)
        os.makedirs(inside(CREDENTIALS))
        for name in os.listdir(inside("/etc/sessionsd/credentials")):
            copy = inside(f"{CREDENTIALS}/sessionsd_{name}")
            shutil.copy(inside(f"/etc/sessionsd/credentials/{name}"), copy)
            os.chown(copy, USER, USER)
            os.chmod(copy, 0o400)
        os.chown(inside(CREDENTIALS), USER, USER)
        given = {
            "CREDENTIALS_DIRECTORY": CREDENTIALS,
            "STATE_DIRECTORY": "/var/lib/sessionsd",
            "NOTIFY_SOCKET": "/run/notify/socket",
            "WATCHDOG_USEC": "2000000",
        }
        # For the service alone systemd lays a folder over it that lets everybody through to this one state.
        state, private = inside(STATE), inside("/var/lib/private")
        lay = f"mount --bind {state} /mnt && mount -t tmpfs -o mode=0755 private {private}"
        lay += f" && mkdir {state} && mount --move /mnt {state}"
        as_user = f"exec chroot --userspec={USER}:{USER} {ROOT} /usr/bin/sessionsd run"
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", f"{lay} && {as_user}"]
        self.child = subprocess.Popen(command, env={**self.environment, **given})
        self.hears("READY=1")
        self.hears("WATCHDOG=1")

    def stop(self):
        began = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        code = self.child.wait()
        took = time.monotonic() - began
        print(f"stopped with {code} in {took:.2f} s")
        assert code == 0 and took < 10
        self.hears("STOPPING=1")


def assert_owned():
    """Nothing of root's is left where the daemon writes."""
    for name in os.listdir(inside(STATE)):
        found = os.lstat(inside(f"{STATE}/{name}"))
        assert found.st_uid == USER and found.st_mode & 0o077 == 0, (name, found)


def main():
    for package in (OLD, NEW):
        shutil.copy(package, inside("/root/"))
    fake = Fake()
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "SESSIONSD__TELEGRAM__API_URL": fake.at["url"],
        "SESSIONSD__TELEGRAM__PACING": "false",
        "SESSIONSD__ACCESS__DIRECT": "open",
    }
    run("dpkg", "-i", f"/root/{os.path.basename(OLD)}")
    init = ["sessionsd", "init", "--no-questions", "--telegram-token", "-", "--owner", "telegram:77"]
    run(*init, input=fake.at["token"] + "\n")
    manager = Manager(environment)
    sessionsd = lambda *words: run("sessionsd", *words, env=environment)

    manager.start()
    fake.talk("hello")
    fake.talk("/checkpoint save first")
    sessionsd("status", "--once")
    sessionsd("doctor")
    sessionsd("backup", "/var/backups/sessionsd", "--keep", "14")
    sessionsd("key", "rotate")
    assert "hello" in fake.talk("/history")

    run("dpkg", "-i", f"/root/{os.path.basename(NEW)}")
    manager.stop()
    assert_owned()
    sessionsd("verify")
    sessionsd("backup", "/var/backups/sessionsd/by-hand.db")
    assert_owned()
    manager.start()
    fake.talk("said after the backup")
    # What Telegram does not know to be stored it brings again, also to a database that is restored.
    fake.ask("drained")
    manager.stop()

    run("sh", "-c", "mkdir /root/before && mv /var/lib/sessionsd/sessions.db* /root/before/")
    sessionsd("restore", "/var/backups/sessionsd/by-hand.db")
    assert_owned()
    manager.start()
    history = fake.talk("/history")
    assert "hello" in history and "said after" not in history
    manager.stop()

    run("dpkg", "--purge", "sessionsd")
    left = run("sh", "-c", "find /etc /usr /var -xdev -path '*sessionsd*' | sort").split()
    kept = ("/etc/sessionsd", "/var/backups/sessionsd", "/var/lib/private/sessionsd", "/var/lib/sessionsd")
    assert all(path.startswith(kept) for path in left), left
    fake.child.stdin.close()
    print("all is well")


main()

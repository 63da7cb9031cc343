# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""Processes that a test starts, kills and starts again; all of them end with the test."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PATIENCE = 60  # seconds, for whatever should take one


class NotHere(Exception):
    """A program that a test needs is not installed."""


def find_program(name, *places):
    """Returns the path of a program; looks into `places` first."""
    for place in places:
        path = os.path.join(place, name)
        if os.access(path, os.X_OK):
            return path
    found = shutil.which(name)
    if not found:
        raise NotHere(f"{name} is not installed")
    return found


def free_port():
    """Returns a port of the loopback on which nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def temporary_folder(owner=None):
    """Returns a new folder, which is removed in the end."""
    folder = tempfile.mkdtemp(prefix="resil-services-")
    if owner:
        shutil.chown(folder, owner)
        os.chmod(folder, 0o700)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def unprivileged():
    """Returns the user under whom servers run that refuse to run as root; None if this one will do."""
    return "nobody" if os.getuid() == 0 else None


def wait_until(is_so, what, patience=PATIENCE):
    """Waits until `is_so()`; raises if it takes too long."""
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come about within {patience} s")
        time.sleep(0.02)


def is_listening(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def http_status(port, path):
    """Returns the status of a GET; 0 if there is no answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
        return 0


class Process:
    """A program that can be killed and started again, with the same arguments and environment."""

    def __init__(self, command, environment=None, user=None, folder=None):
        self.command = command
        self.environment = {**os.environ, **(environment or {})}
        self.user = user
        self.folder = folder
        self.log = tempfile.NamedTemporaryFile(prefix="resil-services-", suffix=".log", delete=True)
        self.process = None
        atexit.register(self.kill)

    def start(self):
        self.process = subprocess.Popen(
            self.command, env=self.environment, user=self.user, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)
        return self

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """Ends it and its children at once."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def stop(self, patience=PATIENCE):
        """Asks it to end; returns its exit code."""
        if self.is_running():
            self.process.terminate()
        return self.process.wait(patience)

    def wait(self, patience=PATIENCE):
        return self.process.wait(patience)

    def output(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as text:
            return text.read()

    def memory_kb(self):
        """Returns the memory that it has in use, without its children."""
        return memory_field(self.pid, "VmRSS")

    def peak_memory_kb(self):
        """Returns the most memory that it ever had in use."""
        return memory_field(self.pid, "VmHWM")

    def children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as text:
            return [int(pid) for pid in text.read().split()]


def memory_field(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise LookupError(name)

# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""A PostgreSQL of the test's own, on the loopback."""

import glob
import os
import subprocess

import processes


def program(name):
    versions = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2]), reverse=True)
    return processes.find_program(name, *versions)


class Postgres:
    """A cluster that can be killed and started again; trusts everybody on the loopback."""

    def __init__(self, max_connections=100):
        self.user = processes.unprivileged()
        self.port = processes.free_port()
        self.folder = processes.temporary_folder(self.user)
        data = os.path.join(self.folder, "data")
        subprocess.run([program("initdb"), "--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
                        "--locale=C", "--no-sync"], check=True, user=self.user, cwd=self.folder,
                       stdout=subprocess.DEVNULL, env={**os.environ, "HOME": self.folder})
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
                    "max_connections": max_connections}
        options = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        self.process = processes.Process([program("postgres"), "-D", data, *options], user=self.user,
                                         folder=self.folder)

    def start(self):
        self.process.start()
        processes.wait_until(lambda: self.try_query("select 1") == "1", "PostgreSQL")
        return self

    def kill(self):
        """SIGKILL, for the server and every session."""
        self.process.kill()

    def conninfo(self):
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def try_query(self, sql):
        """Returns the answer as text, or None if there is none."""
        asked = subprocess.run([program("psql"), "-X", "-At", "-c", sql, self.conninfo()], capture_output=True,
                               text=True, check=False)
        return asked.stdout.strip() if asked.returncode == 0 else None

    def query(self, sql):
        answer = self.try_query(sql)
        if answer is None:
            raise RuntimeError(f"PostgreSQL did not answer: {sql}")
        return answer

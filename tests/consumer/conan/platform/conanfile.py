# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""The libraries of this machine as packages of Conan: with the components that those of ConanCenter have.

    conan export . --name=boost --version=1.88.0 --user=platform
"""

import os
from pathlib import Path

from conan import ConanFile

COMPONENTS = {
    "boost": {"headers": [], "charconv": ["boost_charconv"]},
    "fmt": {"fmt": ["fmt"]},
    "openssl": {"ssl": ["ssl"], "crypto": ["crypto"]},
    "libpq": {"pq": ["pq"]},
    "opentelemetry-cpp": {"opentelemetry_common": []},
}
ROOTS = {"boost": "RESIL_BOOST_ROOT", "opentelemetry-cpp": "RESIL_OPENTELEMETRY_ROOT"}
INCLUDES = {"libpq": ["/usr/include/postgresql"]}


class Platform(ConanFile):
    package_type = "unknown"
    settings = "os", "arch"

    def package_info(self):
        root = os.environ[ROOTS[self.name]] if self.name in ROOTS else "/usr"
        libraries = [str(folder) for folder in Path(root).glob("lib/*-linux-gnu")]
        for name, links in COMPONENTS[self.name].items():
            component = self.cpp_info.components[name]
            component.includedirs = [f"{root}/include"] if root != "/usr" else INCLUDES.get(self.name, [])
            component.libdirs = libraries if root != "/usr" else []
            component.bindirs = []
            component.system_libs = links
        if root != "/usr":
            self.runenv_info.append_path("LD_LIBRARY_PATH", os.pathsep.join(libraries))

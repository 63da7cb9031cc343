# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Builds and runs a program against the package of resil.

CMake finds it through the files of CMakeDeps, or of what `-c user.resil:generator=CMakeConfigDeps` names.
"""

from pathlib import Path

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeConfigDeps, CMakeDeps, CMakeToolchain, cmake_layout

# The programs of consumer.cmake, and the options that each needs.
PROGRAMS = {"adapters": ("http_tls", "postgres", "mysql"), "redis": ("redis",), "opentelemetry": ("opentelemetry",)}
GENERATORS = {"CMakeDeps": CMakeDeps, "CMakeConfigDeps": CMakeConfigDeps}


class ResilTest(ConanFile):
    settings = "os", "arch", "compiler", "build_type"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        GENERATORS[self.conf.get("user.resil:generator", default="CMakeDeps")](self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["PROGRAMS"] = ";".join(self._programs())
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for program in ["consumer", *self._programs()]:
                self.run(str(Path(self.cpp.build.bindir).resolve() / program), env="conanrun")

    def _programs(self):
        options = self.dependencies["resil"].options
        return [name for name, needed in PROGRAMS.items()
                if all(options.get_safe(adapter) == "True" for adapter in needed)]

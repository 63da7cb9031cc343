# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

import re
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy
from conan.tools.scm import Version

required_conan_version = ">=2.0.9"

# What is linked where the platform has the package.
PLATFORM_LIBRARIES = {"boost::headers": [], "boost::charconv": ["boost_charconv"], "fmt::fmt": ["fmt"],
                      "openssl::openssl": ["ssl", "crypto"], "libpq::libpq": ["pq"],
                      "opentelemetry-cpp::opentelemetry_common": []}


class Resil(ConanFile):
    name = "resil"
    description = "Resilience policies for any Boost.Asio asynchronous operation"
    license = "BSL-1.0"
    topics = ("asio", "resilience", "retry", "circuit-breaker", "timeout", "connection-pool", "header-only")

    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"http_tls": [True, False], "postgres": [True, False], "mysql": [True, False],
               "redis": [True, False], "opentelemetry": [True, False]}
    default_options = {"http_tls": False, "postgres": False, "mysql": False, "redis": False, "opentelemetry": False}
    implements = ["auto_header_only"]

    exports_sources = "include/*", "LICENSE"
    exports = "include/resil/version.hpp"
    no_copy_source = True
    test_package_folder = "tests/consumer/conan"

    def set_version(self):
        header = (Path(self.recipe_folder) / "include/resil/version.hpp").read_text(encoding="utf-8")
        self.version = ".".join(re.search(rf"define RESIL_VERSION_{part} (\d+)", header)[1]
                                for part in ("MAJOR", "MINOR", "PATCH"))

    def requirements(self):
        oldest = "1.85" if self.options.mysql else "1.84" if self.options.redis else "1.83"
        self.requires(f"boost/[>={oldest}]", transitive_headers=True)
        self.requires("fmt/[>=9]", transitive_headers=True)
        if self.options.http_tls or self.options.mysql or self.options.redis:
            self.requires("openssl/[>=1.1]", transitive_headers=True)
        if self.options.postgres:
            self.requires("libpq/[>=14]", transitive_headers=True)
        if self.options.opentelemetry:
            self.requires("opentelemetry-cpp/[>=1.19]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)
        compiler, version = self.settings.get_safe("compiler"), Version(self.settings.compiler.version)
        oldest = {"gcc": "12", "clang": "16"}.get(compiler)
        if oldest and version < oldest:
            raise ConanInvalidConfiguration(f"resil needs {compiler} {oldest} or newer; this is {version}")

    def package(self):
        copy(self, "*", Path(self.source_folder) / "include", Path(self.package_folder) / "include")
        copy(self, "LICENSE", self.source_folder, Path(self.package_folder) / "licenses")

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "resil")
        self._add_component("resil", ["boost::headers", "fmt::fmt"])
        self._add_component("http", ["resil"])
        if self.options.http_tls:
            self._add_component("http_tls", ["http", "openssl::openssl"])
        if self.options.postgres:
            self._add_component("postgres", ["resil", "libpq::libpq"])
        if self.options.mysql:
            self._add_component("mysql", ["resil", "boost::charconv", "openssl::openssl"])
        if self.options.redis:
            self._add_component("redis", ["resil", "openssl::openssl"])
        if self.options.opentelemetry: # the API is headers; this component has their folder, and their macros
            self._add_component("opentelemetry", ["resil", "opentelemetry-cpp::opentelemetry_common"])

    def _add_component(self, name, requires):
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", f"resil::{name}")
        component.set_property("pkg_config_name", f"resil-{name.replace('_', '-')}" if name != "resil" else name)
        component.bindirs = component.libdirs = []
        component.system_libs = ["pthread"] if name == "resil" and self.settings.os in ("Linux", "FreeBSD") else []
        for required in requires:
            if self._is_of_the_platform(required):
                component.system_libs += PLATFORM_LIBRARIES[required]
            else:
                component.requires.append(required)

    def _is_of_the_platform(self, required):
        """What a profile declares in [platform_requires] is no dependency that a component could name."""
        package, of_another_package, _ = required.partition("::")
        return bool(of_another_package) and package not in self.dependencies

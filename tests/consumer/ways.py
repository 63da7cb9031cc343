# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""How resil is consumed: each way as its users go it, with the projects of this folder.

scripts/consume runs them. A way gets a Place: a clean folder with a copy of the tree, and the commands of one
compiler, one Boost and one CMake.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Callable, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DEPS = ROOT / ".deps"
OLDEST, NEWEST = "1.83", "1.88"
# Debian's next release: the newest GCC, Boost and CMake that can be had; `scripts/consume --all` unpacks it.
NEXT_DEBIAN = DEPS / "debian-forky"
OURS_ALONE = ["-DRESIL_BUILD_TESTS=OFF", "-DRESIL_BUILD_EXAMPLES=OFF"]


class Missing(Exception):
    """What a way needs is not on this machine; it is skipped."""


class Failed(Exception):
    pass


class Way(NamedTuple):
    name: str
    consume: Callable
    compiler: str = "g++-12"
    standard: int = 20
    boost: str = OLDEST
    flags: str = ""
    cmake: str = "cmake"
    next_debian: bool = False


def need(there, what):
    if not there:
        raise Missing(what)


def boost_root(version):
    """The folder above include/ of a Boost, unpacked or installed."""
    roots = [DEPS / f"boost-{version}/usr", Path("/usr")]
    wanted = f'BOOST_LIB_VERSION "{version.replace(".", "_")}"'
    for root in roots:
        header = root / "include/boost/version.hpp"
        if header.exists() and wanted in header.read_text(encoding="utf-8"):
            return root
    raise Missing(f"Boost {version}")


class Place:
    """A clean folder: source/ is a copy of the tree; other folders are a way's own."""

    def __init__(self, way, folder, log):
        self.way, self.folder, self.log = way, folder, log
        self.jail = ["chroot", str(NEXT_DEBIAN)] if way.next_debian else []
        self.environment = {**os.environ, "CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1"}
        if shutil.which("ccache") and not self.jail:
            self.environment["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
        self.source = folder / "source"
        copy_tree(self.source)

    def name_of(self, path):
        """A path as the commands see it, who may be in a jail."""
        return "/" + str(Path(path).relative_to(NEXT_DEBIAN)) if self.jail else str(path)

    def run(self, *command, cwd=None, **environment):
        """Runs a command; its output goes to the log and is returned."""
        line = [self.name_of(part) if isinstance(part, Path) else str(part) for part in command]
        self.log.write("$ " + " ".join(line) + "\n")
        done = subprocess.run([*self.jail, *line], cwd=cwd or self.folder, env={**self.environment, **environment},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False)
        self.log.write(done.stdout)
        if done.returncode != 0:
            raise Failed(f"{line[0]} ended with {done.returncode}")
        return done.stdout

    def configure(self, project, build, *options):
        way = self.way
        settings = [f"-DCMAKE_CXX_COMPILER={way.compiler}", f"-DCMAKE_CXX_STANDARD={way.standard}",
                    "-DCMAKE_CXX_EXTENSIONS=OFF", f"-DCMAKE_CXX_FLAGS={way.flags}"]
        if not self.jail:
            settings += [f"-DCMAKE_PREFIX_PATH={boost_root(way.boost)}"]
        return self.cmake("-G", "Ninja", "-S", project, "-B", build, *settings, *options)

    def cmake(self, *arguments):
        return self.run(cmake_command(self.way.cmake), *arguments)

    @staticmethod
    def expect(output, program):
        if program == "consumer" and "hello at attempt 2 by deadline(" not in output:
            raise Failed(f"the program said: {output}")

    def consumer(self, project, *options, programs=("consumer",)):
        """Configures, builds and runs one of the projects of this folder."""
        build = self.folder / "build" / project
        self.configure(self.source / "tests/consumer" / project, build, *options)
        self.cmake("--build", build)
        for program in programs:
            self.expect(self.run(build / program), program)

    def installed(self, *options):
        """Installs resil, and moves what is installed elsewhere: it must bear that."""
        self.configure(self.source, self.folder / "resil", *OURS_ALONE, "-DCMAKE_INSTALL_MESSAGE=NEVER",
                       *options)
        self.cmake("--build", self.folder / "resil")
        self.cmake("--install", self.folder / "resil", "--prefix", self.folder / "installed")
        return (self.folder / "installed").rename(self.folder / "moved")

    def repository(self):
        """A bare clone of the tree as it is, also where it is no checkout."""
        git = ["git", "-c", "user.name=resil", "-c", "user.email=resil@localhost", "-c", "init.defaultBranch=main"]
        for step in (["init", "-q"], ["add", "-A", "--force"], ["commit", "-qm", "The tree under test"]):
            self.run(*git, "-C", self.source, *step)
        self.run(*git, "clone", "-q", "--bare", self.source, self.folder / "resil.git")
        return self.folder / "resil.git"


def copy_tree(target):
    """Copies what git tracks, or would; all but what is built where there is no git."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns("build", ".deps", ".git"))
        return
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def cmake_command(which):
    """CMake as it is installed, or of a version that scripts/setup has fetched."""
    if which == "cmake":
        return "cmake"
    folder = DEPS / f"cmake-{which}"
    need((folder / ".complete").exists(), f"CMake {which}")
    return str(folder / "bin/cmake")


# --- the ways -------------------------------------------------------------------------------------

def add_subdirectory(place):
    place.consumer("add_subdirectory", f"-DRESIL_SOURCE={place.name_of(place.source)}", programs=("consumer", "program"))


def own_fmt(place):
    """With another standard library than fmt was compiled for."""
    need(list(Path("/usr/lib").glob("llvm-19/lib/libc++.*")), "libc++")
    place.consumer("add_subdirectory", f"-DRESIL_SOURCE={place.name_of(place.source)}", "-DRESIL_FMT_HEADER_ONLY=ON")


def fetch_content(place):
    place.consumer("fetch_content", f"-DRESIL_REPOSITORY=file://{place.repository()}")


def fetch_boost(place):
    place.consumer("fetch_boost", f"-DRESIL_REPOSITORY=file://{place.repository()}",
                   f"-DBOOST_VERSION={place.way.boost}.0", f"-DBOOST_INCLUDE={boost_root(place.way.boost)}/include")


def find_package(place):
    place.consumer("find_package", f"-Dresil_ROOT={place.name_of(place.installed())}")


def compiled(place):
    place.consumer("compiled", f"-Dresil_ROOT={place.installed('-DRESIL_COMPILED=ON')}")


def adapters(place):
    place.consumer("adapters", f"-Dresil_ROOT={place.installed()}", programs=("consumer", "adapters"))


def redis(place):
    place.consumer("redis", f"-Dresil_ROOT={place.installed()}", programs=("consumer", "redis"))


def opentelemetry_root():
    """The folder above include/ of OpenTelemetry's headers."""
    folder = next((root for root in (DEPS / "opentelemetry/usr", Path("/usr"))
                   if (root / "include/opentelemetry/trace/tracer.h").exists()), None)
    need(folder, "OpenTelemetry's headers")
    return folder


def opentelemetry(place):
    """An adapter whose headers are where nobody looks by himself."""
    there = f"-DRESIL_OPENTELEMETRY_INCLUDE_DIR={opentelemetry_root() / 'include'}"
    place.consumer("opentelemetry", f"-Dresil_ROOT={place.installed(there)}", there, programs=("consumer", "opentelemetry"))


def cps(place):
    """CMake must have found the file of the Common Package Specification, for there is no other."""
    moved = place.installed("-DRESIL_INSTALL_CPS=ON")
    shutil.rmtree(moved / "share/cmake")
    place.consumer("find_package", f"-Dresil_ROOT={moved}")


def pkg_config(place):
    moved = place.installed()
    found = place.run("pkg-config", "--cflags", "--libs", "resil-http",
                      PKG_CONFIG_PATH=str(moved / "share/pkgconfig")).split()
    program = place.source / "tests/consumer/program"
    root = boost_root(place.way.boost)
    boost = [] if root == Path("/usr") else [f"-I{root}/include"]
    place.run(place.way.compiler, f"-std=c++{place.way.standard}", program / "main.cpp", program / "other.cpp",
              *boost, *found, "-o", place.folder / "consumer")
    place.expect(place.run(place.folder / "consumer"), "consumer")


def vcpkg_port(place, *settings):
    """Installs the port, with the few functions of vcpkg that it calls."""
    folder = place.source / "tests/consumer/vcpkg"
    place.run("python3", folder / "check_port.py", folder / "ports/resil")
    packages = place.folder / "packages"
    place.cmake(f"-DPORT={folder / 'ports/resil'}", f"-DPACKAGES={packages}", f"-DWORK={place.folder / 'port'}",
                f"-DCXX={place.way.compiler}", f"-DBOOST={boost_root(place.way.boost)}", *settings,
                "-P", folder / "run_port.cmake")
    return packages


def vcpkg(place):
    place.consumer("find_package", f"-Dresil_ROOT={vcpkg_port(place)}")


def vcpkg_features(place):
    """Every feature, and programs that need them."""
    there = f"-DRESIL_OPENTELEMETRY_INCLUDE_DIR={opentelemetry_root() / 'include'}"
    packages = vcpkg_port(place, "-DFEATURES=http-tls;mysql;opentelemetry;postgres;redis", f"-DOPTIONS={there}")
    for project, *more in (("adapters",), ("redis",), ("opentelemetry", there)):
        place.consumer(project, f"-Dresil_ROOT={packages}", *more, programs=("consumer", project))


def conan_profile(place, *lines, build_type="Debug"):
    compiler = place.way.compiler
    name, version = re.fullmatch(r"(\D+?)(?:\+\+)?-(\d+)", compiler).groups()
    c = {"g": "gcc", "clang": "clang"}[name]
    settings = ["[settings]", "os=Linux", "arch=x86_64", f"compiler={c}", f"compiler.version={version}",
                "compiler.libcxx=libstdc++11", f"compiler.cppstd={place.way.standard}", f"build_type={build_type}", "[conf]",
                "tools.cmake.cmaketoolchain:generator=Ninja",
                f'tools.build:compiler_executables={{"c": "{c}-{version}", "cpp": "{compiler}"}}', *lines]
    (place.folder / "profile").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return place.folder / "profile"


def boost_and_fmt_of_the_platform(place):
    need(boost_root(place.way.boost) == Path("/usr"), f"Boost {place.way.boost}, installed")
    header = Path("/usr/include/fmt/core.h").read_text(encoding="utf-8")
    fmt = int(re.search(r"#\s*define FMT_VERSION (\d+)", header)[1])
    return ["[platform_requires]", f"boost/{place.way.boost}.0",
            f"fmt/{fmt // 10000}.{fmt // 100 % 100}.{fmt % 100}"]


def conan(place):
    """The platform has Boost and fmt; the test package is built by the files of both generators."""
    profile = conan_profile(place, *boost_and_fmt_of_the_platform(place))
    run_conan(place, "create", place.source, "-pr:a", profile, "--build=missing")
    run_conan(place, "test", place.source / "tests/consumer/conan", "resil/0.1.0", "-pr:a", profile,
              "-c", "user.resil:generator=CMakeConfigDeps")


def conan_adapters(place):
    """Every adapter, and requirements that are packages with components: those of this machine, wrapped."""
    there = {"RESIL_OPENTELEMETRY_ROOT": str(opentelemetry_root())}
    recipe = place.source / "tests/consumer/conan/platform"
    versions = {"boost": f"{place.way.boost}.0", "fmt": "9.1.0", "openssl": "3.0.0", "libpq": "15.0",
                "opentelemetry-cpp": "1.19.0"}
    for name, version in versions.items():
        run_conan(place, "export", recipe, f"--name={name}", f"--version={version}", "--user=platform", **there)
    profile = conan_profile(place, "[replace_requires]",
                            *(f"{name}/*: {name}/{version}@platform" for name, version in versions.items()))
    run_conan(place, "create", place.source, "-pr:a", profile, "--build=missing",
              *(f"-o=resil/*:{adapter}=True" for adapter in ("http_tls", "postgres", "mysql", "redis", "opentelemetry")), **there)


def need_conan():
    need((DEPS / "conan/.complete").exists(), "Conan")


def run_conan(place, *arguments, **environment):
    need_conan()
    remote = [] if arguments[0] == "export" else ["-nr"]
    output = place.run(str(DEPS / "conan/bin/conan"), arguments[0], *remote, *arguments[1:],
                       CONAN_HOME=str(place.folder / "conan"), RESIL_BOOST_ROOT=str(boost_root(place.way.boost)), **environment)
    if arguments[0] != "export":
        place.expect(output, "consumer")


def start_page(place):
    """What docs/start.md tells to do, as it stands there; all but vcpkg, which is not to be had here."""
    need_conan()
    page = (place.source / "docs/start.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    first = dict(reversed(blocks))
    repository = f"file://{place.repository()}"
    home = place.folder / "home"
    conan_profile(place, *boost_and_fmt_of_the_platform(place), build_type="Release")
    (home / ".conan2/profiles").mkdir(parents=True)
    (place.folder / "profile").rename(home / ".conan2/profiles/default")
    environment = {"HOME": str(home), "CXX": place.way.compiler,
                   "PATH": f"{DEPS / 'conan/bin'}{os.pathsep}{os.environ['PATH']}"}
    place.run("conan", "remote", "disable", "*", **environment)
    for number, commands in enumerate(text for kind, text in blocks if kind == "sh" and "VCPKG" not in text):
        folder = place.folder / f"start{number}"
        folder.mkdir()
        for name, kind in (("main.cpp", "cpp"), ("CMakeLists.txt", "cmake"), ("conanfile.txt", "ini")):
            (folder / name).write_text(first[kind].replace("<this repository>", repository), encoding="utf-8")
        said = place.run("sh", "-ec", commands.replace("<this repository>", str(place.source)), cwd=folder, **environment)
        if not said.endswith(first["output"]):
            raise Failed(f"the page says that it prints: {first['output']}")


# --- which ways there are -------------------------------------------------------------------------

LIBCXX = "-stdlib=libc++"
SHORT = [
    Way("the start page", start_page),
    Way("find_package", find_package),
    Way("compiled", compiled),
    Way("add_subdirectory", add_subdirectory, "clang++-19", boost=NEWEST, standard=23),
    Way("FetchContent", fetch_content),
    Way("FetchContent, Boost too", fetch_boost, boost=NEWEST),
    Way("CMake 3.24", find_package, cmake="3.24"),
    Way("newest CMake, CPS", cps, boost=NEWEST, cmake="newest"),
    Way("pkg-config", pkg_config),
    Way("Conan", conan),
    Way("vcpkg", vcpkg),
    Way("adapters", adapters, boost=NEWEST),
    Way("Redis", redis, boost=NEWEST),
    Way("OpenTelemetry", opentelemetry),
    Way("libc++", own_fmt, "clang++-19", boost=NEWEST, flags=LIBCXX),
]
WHOLE = [
    Way("vcpkg, features", vcpkg_features, boost=NEWEST),
    Way("Conan, adapters", conan_adapters, boost=NEWEST),
    *(Way(f"find_package, C++{standard}", find_package, compiler, standard, boost)
      for compiler in ("g++-12", "clang++-16", "clang++-19") for standard in (20, 23) for boost in (OLDEST, NEWEST)),
    *(Way(f"libc++, C++{standard}", own_fmt, "clang++-19", standard, boost, LIBCXX)
      for standard in (20, 23) for boost in (OLDEST, NEWEST)),
    Way("find_package, newest CMake", find_package, cmake="newest", boost=NEWEST),
    Way("FetchContent, CMake 3.24", fetch_content, cmake="3.24"),
    Way("FetchContent, newest CMake", fetch_content, cmake="newest", boost=NEWEST),
    Way("FetchContent, oldest Boost too", fetch_boost),
    *(Way(f"next Debian, C++{standard}", find_package, "g++", standard, "its own", next_debian=True)
      for standard in (20, 23, 26)),
]

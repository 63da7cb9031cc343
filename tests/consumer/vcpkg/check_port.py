# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Checks a port of vcpkg as far as this can be without vcpkg: the manifest, and that the portfile fits it.

    python3 check_port.py <folder of the port>
"""

import json
import re
import sys
from pathlib import Path

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MANIFEST = ["name", "version", "description", "license", "dependencies", "features"]  # in vcpkg's order
HELPERS = {"vcpkg_cmake_configure": "vcpkg-cmake", "vcpkg_cmake_install": "vcpkg-cmake",
           "vcpkg_cmake_config_fixup": "vcpkg-cmake-config"}


def name_of(dependency):
    return dependency if isinstance(dependency, str) else dependency["name"]


def check_dependencies(dependencies, where):
    names = [name_of(d) for d in dependencies]
    if names != sorted(names):
        yield f"{where}: dependencies stand in the order of their names"
    yield from (f"{where}: no port can be named '{name}'" for name in names if not NAME.fullmatch(name))
    for dependency in dependencies:
        unknown = set() if isinstance(dependency, str) else set(dependency) - {"name", "version>=", "host"}
        yield from (f"{where}: {name_of(dependency)} has no member '{member}'" for member in sorted(unknown))


def check_manifest(manifest, name, version):
    if list(manifest) != [key for key in MANIFEST if key in manifest]:
        yield f"the manifest's members are {', '.join(MANIFEST)}, in this order"
        return
    if manifest["name"] != name:
        yield f"the port is named {manifest['name']}, its folder {name}"
    if manifest["version"] != version:
        yield f"the port is of version {manifest['version']}, version.hpp of {version}"
    yield from check_dependencies(manifest["dependencies"], name)
    for feature, of in manifest["features"].items():
        if not NAME.fullmatch(feature) or not of.get("description"):
            yield f"a feature has a name like a-b and a description: {feature}"
        yield from check_dependencies(of["dependencies"], f"{name}[{feature}]")


def check_portfile(text, manifest):
    hosts = {name_of(d) for d in manifest["dependencies"] if not isinstance(d, str) and d.get("host")}
    needed = {port for function, port in HELPERS.items() if f"{function}(" in text}
    if hosts != needed:
        yield f"the portfile needs {sorted(needed)} of the host, the manifest names {sorted(hosts)}"
    mapped = re.search(r"vcpkg_check_features\(.*?FEATURES\s+(.*?)\)", text, re.DOTALL)[1].split()[::2]
    if sorted(mapped) != sorted(manifest["features"]):
        yield f"the portfile maps the features {sorted(mapped)}, the manifest has {sorted(manifest['features'])}"


def version_of(tree):
    header = (tree / "include/resil/version.hpp").read_text(encoding="utf-8")
    return ".".join(re.findall(r"define RESIL_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))


def main(port):
    manifest = json.loads((port / "vcpkg.json").read_text(encoding="utf-8"))
    portfile = (port / "portfile.cmake").read_text(encoding="utf-8")
    wrong = [*check_manifest(manifest, port.name, version_of(port.parents[4])), *check_portfile(portfile, manifest)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))

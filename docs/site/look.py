# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0
"""Looks at the built site with Chromium, as readers do; for scripts/docs --look.

Prints the pages that are wider than a phone, and leaves pictures of some pages in build/docs-look.
"""

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PHONE = 390
PAGES = ["index.html", "tour.html", "policies/circuit_breaker.html", "connection_pool.html", "benchmarks.html",
         "reference/connection_pool.html"]
SIZES = {"phone": (PHONE, 1600), "desktop": (1280, 1600), "wide": (1920, 1600)}
SCHEMES = {"light": "1", "dark": "0"}
# Opens each page in a frame as wide as a phone, and writes down those that are wider.
MEASURE = """<!doctype html><pre id="found"></pre><iframe width="%d" height="900"></iframe><script>
(async () => {
  const frame = document.querySelector("iframe"), wider = [];
  for (const page of %s) {
    await new Promise(done => { frame.onload = done; frame.src = page; });
    const root = frame.contentDocument.documentElement;
    if (root.scrollWidth > root.clientWidth) wider.push(`${page}: ${root.scrollWidth}`);
  }
  document.querySelector("#found").textContent = JSON.stringify(wider);
})();
</script>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def browser(*options):
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        sys.exit("docs: cannot look at the site without chromium")
    with tempfile.TemporaryDirectory() as profile:
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   f"--user-data-dir={profile}", *options]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def wider_than_a_phone(site, address):
    pages = sorted(p.relative_to(site).as_posix() for p in site.rglob("*.html"))
    measure = site / "measure.html"
    measure.write_text(MEASURE % (PHONE, json.dumps(pages)), encoding="utf-8")
    try:
        text = browser("--virtual-time-budget=600000", "--dump-dom", f"{address}/measure.html")
    finally:
        measure.unlink()
    return json.loads(html.unescape(re.search(r'<pre id="found">(.*?)</pre>', text, re.DOTALL)[1]))


def take_pictures(address, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for page in PAGES:
        for size, (width, height) in SIZES.items():
            for scheme, preferred in SCHEMES.items():
                name = f"{page.removesuffix('.html').replace('/', '-')}-{size}-{scheme}.png"
                browser(f"--window-size={width},{height}", "--virtual-time-budget=5000",
                        f"--blink-settings=preferredColorScheme={preferred}", f"--screenshot={folder / name}",
                        f"{address}/{page}")


def main():
    site = Path("build/docs")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    wider = wider_than_a_phone(site, address)
    for page in wider:
        print(f"docs: wider than {PHONE} pixels: {page}")
    take_pictures(address, Path("build/docs-look"))
    print("docs: pictures of the site are in build/docs-look")
    return 1 if wider else 0


if __name__ == "__main__":
    sys.exit(main())

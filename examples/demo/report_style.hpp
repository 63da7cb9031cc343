// Copyright (c) 2026 The resil authors
// SPDX-License-Identifier: BSL-1.0

#ifndef RESIL_EXAMPLES_DEMO_REPORT_STYLE_HPP
#define RESIL_EXAMPLES_DEMO_REPORT_STYLE_HPP

#include <string_view>

namespace demo {

/// The page up to its table: one file, without anything from elsewhere; light and dark.
inline constexpr std::string_view report_head = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>resil: one outage, without and with policies</title>
<style>
:root { color-scheme: light dark; --page: #ffffff; --ink: #1c1c1a; --soft: #5f5e5a;
  --line: #dddbd4; --shade: #f0eee8; --full: #2a78d6; --degraded: #eda100; --error: #c93434;
  --second: #9b4fc0; --rest: #b9b6ad; --good: #1a7f37; }
@media (prefers-color-scheme: dark) {
  :root { --page: #191918; --ink: #ecebe6; --soft: #a9a79f; --line: #3a3936; --shade: #282725;
    --full: #4c93e6; --degraded: #e0a11b; --error: #ea6a66; --second: #c389e0; --rest: #6d6b65;
    --good: #57b870; } }
body { margin: 0 auto; max-width: 1080px; padding: 20px 16px 48px; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5em 0; }
h2 { font-size: 1.05rem; margin: 2em 0 0.2em; }
p, li { max-width: 72ch; }
a { color: var(--full); }
table { border-collapse: collapse; width: 100%; max-width: 620px; margin: 1.2em 0;
  font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 3px 0 3px 10px; border-bottom: 1px solid var(--line);
  vertical-align: bottom; }
th { font-weight: 600; }
td:first-child { text-align: left; padding-left: 0; }
td.part { color: var(--soft); }
td.part:first-child { padding-left: 1.4em; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 4px 24px; }
@media (max-width: 760px) { .pair { grid-template-columns: minmax(0, 1fr); } }
figure { margin: 0; }
figcaption { font-weight: 600; margin-top: 0.5em; }
.keys { margin: 0; color: var(--soft); display: flex; flex-wrap: wrap; gap: 0 16px; }
.keys i { display: inline-block; width: 11px; height: 11px; border-radius: 2px;
  margin-right: 6px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
@media (max-width: 760px) { svg { font-size: 14px; } }
text { fill: var(--soft); }
.phase, .second { text-anchor: middle; }
.tick { text-anchor: end; }
.outage { fill: var(--shade); stroke: var(--page); }
.grid { stroke: var(--line); }
.mark { stroke: var(--soft); stroke-dasharray: 4 4; }
.hint { fill: transparent; }
.hint:hover { fill: color-mix(in srgb, var(--ink) 12%, transparent); }
.full, .call { fill: var(--full); background: var(--full); }
.degraded { fill: var(--degraded); background: var(--degraded); }
.error, .open { fill: var(--error); background: var(--error); }
.refused { fill: var(--rest); background: var(--rest); }
.half_open { fill: var(--degraded); background: var(--degraded); }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.median { stroke: var(--full); }
.worst { stroke: var(--second); }
i.median { background: var(--full); }
i.worst { background: var(--second); }
b.kept { color: var(--good); }
b.broken { color: var(--error); }
</style></head><body>
<h1>One outage, without and with resil's policies</h1>
<p>A storefront renders each page by calling a recommendations service, which plays the same
script twice: healthy, slow, failing, refusing, hanging, healthy again. The program and its
code are the same in both runs; the first has an empty pipeline. The load generator sends at
a fixed rate, measures from when a page was due, and never retries. Shaded: the outage.</p>
)html";

inline constexpr std::string_view report_foot =
    R"html(<section><h2>How to read the numbers</h2><ul>
<li>A degraded page shows best sellers instead of recommendations; an error is a page that
was not shown, or not within the five seconds that a shopper waits.</li>
<li>A call has reached the recommendations service when it has read the request, by its own
count, whatever it did then. While it refuses, nobody is there to be reached: those connects
are counted by the storefront, and stand apart.</li>
<li>Full pages are back when the first page was there of a second in which every page was
full.</li>
</ul></section></body></html>
)html";

} // namespace demo

#endif // RESIL_EXAMPLES_DEMO_REPORT_STYLE_HPP

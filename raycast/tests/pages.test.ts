import { describe, expect, it } from "vitest";

import { parseReport } from "../src/daemon/messages";
import { DaemonMissing, describeError, ServerMissing } from "../src/errors";
import { Benchmark, Performance } from "../src/server/figures";
import { progress } from "../src/queue";
import { bar, clock, milliseconds, percent, sparkline, timeOfDay } from "../src/view/figures";
import { menuBarState } from "../src/view/menu-bar-state";
import { performanceFacts, performanceMarkdown } from "../src/view/performance-page";
import { goldenPerformance, goldenReport } from "./fakes/golden";

describe("figures", () => {
  it("say what was not measured, and never 0 for it", () => {
    expect([milliseconds(null), percent(null)]).toEqual(["not measured", "not measured"]);
    expect([milliseconds(0), percent(0)]).toEqual(["0.0 ms", "0 %"]);
  });

  it("are as precise as they are large", () => {
    expect([milliseconds(3.14159), milliseconds(162.4), milliseconds(1240)]).toEqual(["3.1 ms", "162 ms", "1.24 s"]);
    expect([percent(1), percent(0.995), percent(0.5)]).toEqual(["100 %", "99.5 %", "50 %"]);
    expect([clock(0), clock(75.9), clock(-1)]).toEqual(["0:00", "1:15", "0:00"]);
    expect(timeOfDay(new Date(2026, 0, 1, 7, 5))).toBe("07:05");
  });

  it("are drawn from 0 on, and what was not measured as a dot", () => {
    expect(sparkline([100, 50, null, 1, 0])).toBe("█▄·▁▁");
    expect(sparkline([0, 0])).toBe("▁▁");
    expect(sparkline([])).toBe("");
    expect([bar(10, 10, 4), bar(5, 10, 4), bar(0.01, 10, 4), bar(0, 10, 4), bar(1, 0, 4)]).toEqual([
      "████",
      "██",
      "▏",
      "",
      "",
    ]);
  });
});

const RUNNING: Benchmark = {
  id: "b1",
  scenario: "quick",
  state: "running",
  progress: { scenario: "streaming", scenarios_done: 2, scenarios: 3 },
  result: null,
  detail: null,
};

/** A server that has just started. */
function unmeasured(): Performance {
  const now = goldenPerformance();
  const nothing = (figures: object) => Object.fromEntries(Object.keys(figures).map((name) => [name, null]));
  return {
    ...now,
    ttfa: { ...now.ttfa, ...nothing(now.ttfa), target_ms: 800, trend: "unknown", n: 0, unmeasured: 0 },
    pipeline: nothing(now.pipeline),
    pipeline_p95: nothing(now.pipeline),
    probe: { off: "the machine is busy", n: 0, first_audio_ms: null },
    flow: nothing(now.flow) as unknown as Performance["flow"],
    system: { ...now.system, pace: null, listeners: null, cpu_ratio: null },
    heard: { n: 0, heard_ms: null, latency_ms: null },
    recent: [],
    alerts: now.alerts.map((alert) => ({ ...alert, state: "insufficient" })),
    recommendations: [],
  };
}

describe("the performance page", () => {
  const page = performanceMarkdown(goldenPerformance(), RUNNING);

  it.each([
    "# First Sound After 162 ms",
    "median           172 ms        within the target",
    "95th percentile  912 ms        BEYOND THE TARGET",
    "heard            243 ms        at the device, median of 12",
    "## Trend: steady",
    "the newest 5: 150 ms to 912 ms",
    "## Where the time of a typical answer goes",
    "**late-device**: Players tell that speech is heard late",
    "310 ms, median of 10 reports. Check: `onset say --timing`",
    "Use a wired output: wireless ones hold sound back. *Because latency 310 ms",
    "Scenario 3 of 3: `streaming`.",
  ])("has %j", (text) => expect(page).toContain(text));

  it("draws users' answers only, a failed one as a dot", () => {
    expect(page).toMatch(/\n▂▂█·▂\n/);
  });

  it("draws each stage that was measured, the longest widest", () => {
    const [typical, slow] = page.split("## And of a slow one");
    expect(slow).toMatch(/queue +█{28} +501 ms/);
    const stages = typical.split("\n").filter((line) => /^[a-z]+ +[█▏▎▍▌▋▊▉]+ /.test(line));
    expect(stages.map((line) => line.split(" ")[0])).toEqual([
      "text",
      "queue",
      "phonemes",
      "front",
      "trunk",
      "statistics",
      "step",
      "encode",
      "other",
    ]);
    const widths = stages.map((line) => line.split(/ +/)[1].length);
    expect(Math.max(...widths)).toBe(widths[6]);
  });

  it("leaves out what there is nothing to say of", () => {
    const empty = performanceMarkdown(unmeasured(), null);
    expect(empty).toContain("# Nothing Has Been Spoken Yet");
    expect(empty).toContain("now              not measured\n");
    expect(empty).not.toMatch(/Trend|Alerts|Recommendations|Benchmark|NaN|null|undefined|Infinity/);
    expect(page).not.toMatch(/NaN|null|undefined|Infinity/);
  });

  it("says that a server is not ready", () => {
    expect(performanceMarkdown({ ...unmeasured(), ready: false }, null)).toContain("Not Ready");
  });

  it.each(["pass", "fail", "inconclusive", "invalid", "broken"] as const)("tells a benchmark's end: %s", (state) => {
    const end = performanceMarkdown(unmeasured(), { ...RUNNING, state, progress: null, detail: "the last words" });
    expect(end.toLowerCase()).toContain(`**${state}`.slice(0, 6));
    expect(end).toContain("the last words");
  });

  it("has the figures of the machine beside it", () => {
    expect(Object.fromEntries(performanceFacts(goldenPerformance()))).toEqual({
      "Within 800 ms": "98 % of 40, 87 % at least",
      Pace: "0.52 s of work a second",
      Listeners: "1 of 1",
      "Answers without a stall": "95 %",
      Stalls: "2",
      Memory: "612 MB",
      Processor: "0.84 cores",
      "Measured by itself": "148 ms",
      Alerts: "1",
      Version: goldenPerformance().version,
    });
    const unknown = Object.fromEntries(performanceFacts(unmeasured()));
    expect([unknown.Pace, unknown.Alerts]).toEqual(["not measured", "too little is known"]);
    expect(unknown["Measured by itself"]).toBe("the machine is busy");
  });
});

describe("the menu bar", () => {
  const busy = parseReport(goldenReport("report"));
  const idle = parseReport(goldenReport("report-idle"));
  const now = goldenPerformance();
  const noDaemon = describeError(new DaemonMissing("No."));
  const noServer = describeError(new ServerMissing("No."));

  it("shows who is spoken for, and how long it takes still", () => {
    expect(menuBarState(busy, now)).toEqual({
      face: "speaking",
      title: "raycast",
      lines: ["Speaking for raycast, 1 waiting", "First sound: 162 ms", "Alert: late-device"],
      commands: [],
    });
    const known = { ...busy, speed: 2, playing: { caller: "agent", position_s: 10, received_s: 40, length_s: 40 } };
    expect(menuBarState(known, now).title).toBe("0:15");
  });

  it.each([
    ["paused", { ...busy, state: "paused" as const }, now, "paused", []],
    ["idle", idle, now, "idle", []],
    ["without a server", idle, noServer, "missing", ["onset serve"]],
    ["speaking though the server is gone", busy, noServer, "speaking", ["onset serve"]],
    ["without a daemon", noDaemon, now, "missing", ["onset service install"]],
    ["without both", noDaemon, noServer, "missing", ["onset service install", "onset serve"]],
  ] as const)("%s", (_, report, performance, face, commands) => {
    const state = menuBarState(report, performance);
    expect([state.face, state.commands]).toEqual([face, commands]);
    expect(new Set(state.lines).size).toBe(state.lines.length);
  });
});

describe("the queue", () => {
  it("shows how much was heard of what there is", () => {
    const item = { caller: "a", position_s: 4.2, received_s: 12.5, length_s: null };
    expect(progress(item)).toBe("0:04 of 0:12+");
    expect(progress({ ...item, length_s: 15 })).toBe("0:04 of 0:15");
  });
});

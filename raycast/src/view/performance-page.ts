/** The Performance view's page, as Markdown, from what the server tells. No Raycast in here. */

import { Advice, Alert, Benchmark, Performance } from "../server/figures";
import { bar, megabytes, milliseconds, NOT_MEASURED, percent, sparkline } from "./figures";

/** Characters of the longest bar of a stage. */
const BAR = 28;

const TRENDS: Record<string, string> = {
  improving: "getting faster",
  stable: "steady",
  degrading: "getting slower",
  unknown: "not known yet",
};

export function performanceMarkdown(now: Performance, benchmark: Benchmark | null): string {
  const parts = [
    headline(now),
    quantiles(now),
    trend(now),
    stages("Where the time of a typical answer goes", now.pipeline),
    stages("And of a slow one, at the 95th percentile", now.pipeline_p95),
    alerts(now.alerts),
    recommendations(now.recommendations),
    benchmark === null ? "" : benchmarkText(benchmark),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function headline({ ttfa, ready }: Performance): string {
  if (!ready) {
    return "# The Server Is Not Ready Yet";
  }
  return ttfa.current_ms === null
    ? "# Nothing Has Been Spoken Yet"
    : `# First Sound After ${milliseconds(ttfa.current_ms)}`;
}

/** As fixed text: CommonMark, which Raycast renders, has no tables. */
function quantiles({ ttfa, heard }: Performance): string {
  const verdict = (value: number | null) =>
    value === null ? "" : value <= ttfa.target_ms ? "within the target" : "BEYOND THE TARGET";
  const rows: [string, number | null, string][] = [
    ["now", ttfa.current_ms, verdict(ttfa.current_ms)],
    ["median", ttfa.p50_ms, verdict(ttfa.p50_ms)],
    ["95th percentile", ttfa.p95_ms, verdict(ttfa.p95_ms)],
    ["target", ttfa.target_ms, ""],
    ["heard", heard.heard_ms, `at the device, median of ${heard.n}`],
  ];
  return fenced(
    rows.map(([name, value, says]) => `${name.padEnd(16)} ${milliseconds(value).padEnd(13)} ${says}`.trimEnd()),
  );
}

function trend({ ttfa, recent }: Performance): string {
  const users = recent.filter((answer) => answer.purpose === "user" && answer.way === "http");
  if (users.length === 0) {
    return "";
  }
  const measured = users.flatMap((answer) => (answer.ttfa_ms === null ? [] : [answer.ttfa_ms]));
  const range =
    measured.length === 0
      ? NOT_MEASURED
      : `${milliseconds(Math.min(...measured))} to ${milliseconds(Math.max(...measured))}`;
  const line = sparkline(users.map((answer) => answer.ttfa_ms));
  return `## Trend: ${TRENDS[ttfa.trend]}\n\n${fenced([line, `the newest ${users.length}: ${range}`])}`;
}

function stages(title: string, pipeline: Record<string, number | null>): string {
  const known = Object.entries(pipeline).flatMap(([name, value]) =>
    value === null ? [] : [{ name: name.replace(/_ms$/, ""), value }],
  );
  if (known.length === 0) {
    return "";
  }
  const most = Math.max(...known.map((stage) => stage.value));
  const wide = Math.max(...known.map((stage) => stage.name.length));
  const lines = known.map(
    ({ name, value }) => `${name.padEnd(wide)}  ${bar(value, most, BAR).padEnd(BAR)}  ${milliseconds(value)}`,
  );
  return `## ${title}\n\n${fenced(lines)}`;
}

function alerts(all: Alert[]): string {
  const firing = all.filter((alert) => alert.state === "firing" || alert.state === "clearing");
  if (firing.length === 0) {
    return "";
  }
  const lines = firing.map(
    ({ name, says, evidence, check }) => `- **${name}**: ${says}${evidence && ` ${evidence}.`} Check: \`${check}\``,
  );
  return `## Alerts\n\n${lines.join("\n")}`;
}

function recommendations(all: Advice[]): string {
  if (all.length === 0) {
    return "";
  }
  const lines = all.map(
    ({ suggestion, evidence, check }) => `- ${suggestion} *Because ${evidence}.* Check: \`${check}\``,
  );
  return `## Recommendations\n\n${lines.join("\n")}`;
}

function benchmarkText({ scenario, state, progress, detail }: Benchmark): string {
  return `## Benchmark “${scenario}”\n\n${benchmarkState(state, progress, detail)}`;
}

const STATES: Record<Benchmark["state"], string> = {
  running: "It runs; the figures above count none of its answers.",
  pass: "**Passed**: every promise was kept.",
  fail: "**Failed**: a promise was missed.",
  inconclusive: "**Inconclusive**: too little was measured to tell.",
  invalid: "**Invalid**: the machine was too busy to measure on.",
  broken: "**Broken**: it ended by itself.",
};

function benchmarkState(state: Benchmark["state"], progress: Benchmark["progress"], detail: string | null): string {
  const done =
    progress === null
      ? ""
      : ` Scenario ${progress.scenarios_done + 1} of ${progress.scenarios}: \`${progress.scenario}\`.`;
  return `${STATES[state]}${done}${detail === null ? "" : ` ${detail}`}`;
}

/** The panel beside the page. */
export function performanceFacts({ ttfa, flow, system, probe, alerts: all, version }: Performance): [string, string][] {
  const { achievement_rate: rate, interval } = ttfa;
  const sure = interval === null ? "" : `, ${percent(interval[0])} at least`;
  const firing = all.filter((alert) => alert.state === "firing").length;
  const enough = all.some((alert) => alert.state !== "insufficient");
  return [
    [`Within ${milliseconds(ttfa.target_ms)}`, `${percent(rate)} of ${ttfa.n}${sure}`],
    ["Pace", system.pace === null ? NOT_MEASURED : `${system.pace.toFixed(2)} s of work a second`],
    ["Listeners", `${system.active} of ${system.listeners ?? "?"}`],
    ["Answers without a stall", percent(flow.smooth_ratio)],
    ["Stalls", flow.stalls === null ? NOT_MEASURED : String(flow.stalls)],
    ["Memory", megabytes(system.rss_bytes)],
    ["Processor", system.cpu_ratio === null ? NOT_MEASURED : `${system.cpu_ratio.toFixed(2)} cores`],
    ["Measured by itself", probe?.off ?? milliseconds(probe?.first_audio_ms ?? null)],
    ["Alerts", firing > 0 ? String(firing) : enough ? "none" : "too little is known"],
    ["Version", version],
  ];
}

function fenced(lines: string[]): string {
  return ["```", ...lines, "```"].join("\n");
}

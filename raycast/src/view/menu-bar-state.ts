/** What the menu bar shows, as data. No Raycast in here. */

import { Report } from "../daemon/messages";
import { ErrorDescriptor } from "../errors";
import { Performance } from "../server/figures";
import { clock, milliseconds } from "./figures";

/** `face`: which icon. `title`: beside it, none while nothing is spoken. `lines`: what is so. */
export interface MenuBarState {
  face: "idle" | "speaking" | "paused" | "missing";
  title?: string;
  lines: string[];
  /** Commands that start what is missing. */
  commands: string[];
}

/** `report` and `performance` are errors where the daemon or the server did not answer. */
export function menuBarState(
  report: Report | ErrorDescriptor,
  performance: Performance | ErrorDescriptor,
): MenuBarState {
  const problems = [report, performance].filter(isError);
  const lines = problems.map((problem) => problem.title);
  if (!isError(report)) {
    lines.push(...playing(report));
  }
  if (!isError(performance)) {
    lines.push(`First sound: ${milliseconds(performance.ttfa.current_ms)}`);
    const firing = performance.alerts.filter((alert) => alert.state === "firing");
    lines.push(...firing.map((alert) => `Alert: ${alert.name}`));
  }
  const commands = problems.flatMap((problem) => (problem.command === undefined ? [] : [problem.command]));
  const face = isError(report) ? "missing" : FACES[report.state];
  const gone = face === "idle" && isError(performance);
  const title = isError(report) ? undefined : remaining(report);
  return { face: gone ? "missing" : face, title, lines, commands };
}

export function isError(value: object): value is ErrorDescriptor {
  return "kind" in value;
}

const FACES = { idle: "idle", playing: "speaking", paused: "paused" } as const;

function playing({ state, playing: item, waiting }: Report): string[] {
  if (item === null) {
    return ["Nothing is being spoken"];
  }
  const verb = state === "paused" ? "Paused" : "Speaking";
  const queue = waiting.length === 0 ? "" : `, ${waiting.length} waiting`;
  return [`${verb} for ${item.caller || "a caller without a name"}${queue}`];
}

/** What is left of what is spoken; who asked for it while its length is not known. */
function remaining({ playing: item, speed }: Report): string | undefined {
  if (item === null) {
    return undefined;
  }
  return item.length_s === null ? item.caller : clock((item.length_s - item.position_s) / speed);
}

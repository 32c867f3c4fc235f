/** What a person does about what is spoken. Each returns what they are told. */

import { DaemonClient } from "../daemon/daemon-client";
import { nextSpeed, SPEEDS } from "../daemon/messages";
import { Outcome } from "./speak";
import { FoundText } from "./texts";

export const NOTHING = "Nothing Is Being Spoken";

export async function stop(daemon: DaemonClient): Promise<string> {
  await daemon.control("stop");
  return "Stopped";
}

export async function pauseOrResume(daemon: DaemonClient): Promise<string> {
  switch ((await daemon.control("status")).state) {
    case "playing":
      await daemon.control("pause");
      return "Paused";
    case "paused":
      await daemon.control("resume");
      return "Resumed";
    default:
      return NOTHING;
  }
}

export async function skip(daemon: DaemonClient): Promise<string> {
  if ((await daemon.control("status")).state === "idle") {
    return NOTHING;
  }
  const { playing } = await daemon.control("skip");
  return playing === null ? "Skipped: Nothing Waits" : "Skipped to the Next";
}

export async function back(daemon: DaemonClient): Promise<string> {
  const { state } = await daemon.control("back");
  return state === "idle" ? "There Is Nothing to Go Back To" : "Back a Sentence";
}

export async function replay(daemon: DaemonClient): Promise<string> {
  const { state } = await daemon.control("replay");
  return state === "idle" ? "There Is Nothing to Replay" : "From the Beginning";
}

export async function changeSpeed(daemon: DaemonClient, direction: 1 | -1): Promise<string> {
  const before = (await daemon.control("status")).speed;
  const { speed } = await daemon.control("speed", nextSpeed(before, direction));
  const end = speed === SPEEDS.fastest ? " (Fastest)" : speed === SPEEDS.slowest ? " (Slowest)" : "";
  return `Speed ${speed}×${end}`;
}

/** What came of a request to speak, and of which text if that is not obvious. */
export function outcomeMessage(outcome: Outcome, from: FoundText["from"] | null): string {
  const clipboard = from === "clipboard" ? ": Clipboard" : "";
  switch (outcome.state) {
    case "speaking":
      return outcome.audible ? `Speaking${clipboard}` : `Speaking${clipboard}, but There Is No Sound Device`;
    case "queued":
      return `Queued${clipboard}: ${outcome.ahead} Before It`;
    case "waiting":
      return `Not Heard Yet${clipboard}: The Server Takes Its Time`;
    default:
      return `Stopped${clipboard}`;
  }
}

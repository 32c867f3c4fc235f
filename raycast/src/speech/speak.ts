import { DaemonClient } from "../daemon/daemon-client";
import { CALLER, DaemonEvent, Say } from "../daemon/messages";
import { DaemonGone, SpeechFailed } from "../errors";
import { ServerClient } from "../server/server-client";

/**
 * Milliseconds until it should be heard. A daemon asks a server that is loading or full for two
 * seconds; a slow machine needs one more.
 */
const START_MS = 5000;

/** What came of a request to speak: it is heard now, waits behind others, or is not heard yet. */
export type Outcome =
  | { state: "speaking"; audible: boolean; event: DaemonEvent }
  | { state: "queued"; ahead: number }
  | { state: "ended" }
  | { state: "waiting" };

/** Have a text spoken, and wait until it is heard. Throws what the daemon or the server refuse. */
export async function speak(daemon: DaemonClient, what: Say): Promise<Outcome> {
  const utterance = await daemon.say(what);
  const { ahead = 0 } = await utterance.until(["queued"], START_MS);
  if (ahead > 0) {
    return { state: "queued", ahead };
  }
  try {
    const event = await utterance.until(["started", "failed", "stopped", "complete"], START_MS);
    switch (event.event) {
      case "started":
        return { state: "speaking", audible: event.audible !== false, event };
      case "failed":
        throw await failure(event, what);
      default:
        return { state: "ended" };
    }
  } catch (error) {
    if (error instanceof DaemonGone) {
      return { state: "waiting" };
    }
    throw error;
  }
}

/** Whether the daemon speaks something of ours, so that asking again means to stop. */
export async function speaksForUs(daemon: DaemonClient): Promise<boolean> {
  const { playing, waiting } = await daemon.control("status");
  return playing?.caller === CALLER || waiting.some((item) => item.caller === CALLER);
}

/** Why a server failed: where it gave no answer to the daemon, it is asked by us. */
async function failure(event: DaemonEvent, what: Say): Promise<unknown> {
  const failed = new SpeechFailed(event.status ?? null, event.message ?? "The server failed.");
  if (failed.status !== null) {
    return failed;
  }
  try {
    await new ServerClient(what.url, what.key).health();
    return failed;
  } catch (error) {
    return error;
  }
}

import { describe, expect, it } from "vitest";

import { FrameError } from "../src/daemon/frames";
import {
  DaemonForbidden,
  DaemonGone,
  DaemonMissing,
  DaemonRefusal,
  describeError,
  ErrorKind,
  NothingToSpeak,
  ServerMissing,
  ServerRefusal,
  ServerSilent,
  SpeechFailed,
} from "../src/errors";
import { failureMarkdown } from "../src/view/commands";

const CASES: [unknown, ErrorKind, string | undefined, boolean][] = [
  [new DaemonMissing("No."), "daemon-missing", "onset service install", false],
  [new DaemonGone("It left."), "daemon-gone", "onset service install", false],
  [new DaemonForbidden("Not yours."), "daemon-forbidden", undefined, true],
  [new DaemonRefusal("invalid", "The speed is odd."), "daemon-refusal", undefined, false],
  [new FrameError("No frame."), "daemon-refusal", undefined, false],
  [new ServerMissing("No server answers."), "server-missing", "onset serve", true],
  [new ServerSilent("It is silent."), "server-silent", "onset doctor", false],
  [new ServerRefusal(401, "The key is wrong."), "server-key", undefined, true],
  [new ServerRefusal(403, "Not by that name."), "server-name", undefined, true],
  [new ServerRefusal(429, "All places are taken."), "server-full", undefined, false],
  [new ServerRefusal(503, "It loads."), "server-loading", undefined, false],
  [new ServerRefusal(400, "Choices: a, b."), "server-refusal", undefined, false],
  [new SpeechFailed(401, "The key is wrong."), "server-key", undefined, true],
  [new SpeechFailed(null, "Nothing came."), "server-silent", "onset doctor", false],
  [new NothingToSpeak("Nothing is selected."), "nothing-to-speak", undefined, false],
  [new TypeError("odd"), "unexpected", undefined, false],
  ["a string", "unexpected", undefined, false],
];

describe("descriptors", () => {
  it.each(CASES)("%s", (error, kind, command, preferences) => {
    const told = describeError(error);
    expect([told.kind, told.command, told.preferences ?? false]).toEqual([kind, command, preferences]);
    expect(told.title).not.toBe("");
    expect(told.message).not.toBe("");
  });

  it("keep what the server and the daemon say", () => {
    expect(describeError(new ServerRefusal(400, "Choices: a, b.")).message).toBe("Choices: a, b.");
    expect(describeError(new DaemonRefusal("invalid", "The speed is odd.")).message).toBe("The speed is odd.");
  });

  it("are pages that tell the command, if there is one", () => {
    const missing = failureMarkdown(describeError(new ServerMissing("No server answers at http://x.")));
    expect(missing).toContain("# Onset Server Not Running");
    expect(missing).toContain("http://x");
    expect(missing).toContain("```sh\nonset serve\n```");
    expect(failureMarkdown(describeError(new ServerRefusal(429, "Full.")))).not.toContain("```");
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import back from "../src/back";
import faster from "../src/faster";
import pauseResume from "../src/pause-resume";
import { server, setDefaultVoice } from "../src/preferences";
import skip from "../src/skip";
import slower from "../src/slower";
import speakClipboard from "../src/speak-clipboard";
import speakSelection from "../src/speak-selection";
import stop from "../src/stop";
import { FakeDaemon } from "./fakes/daemon";
import { goldenConstants, goldenReport } from "./fakes/golden";
import { raycast, resetRaycast } from "./fakes/raycast-api";

let daemon: FakeDaemon;

beforeEach(async () => {
  resetRaycast();
  daemon = await new FakeDaemon().listen();
  raycast.preferences = { speed: "1.25", when: "queue", socketPath: daemon.path, apiKey: "secret" };
});

afterEach(async () => {
  await daemon.close();
});

describe("Speak Selection", () => {
  it("speaks what is selected, as the preferences say", async () => {
    raycast.selection = "Selected words.";
    raycast.clipboard = "Copied words.";
    await speakSelection();
    const url = goldenConstants().server;
    expect(daemon.said).toEqual([{ text: "Selected words.", url, key: "secret", speed: 1.25, policy: "queue" }]);
    expect(raycast.huds).toEqual(["Speaking"]);
    expect(raycast.launched).toEqual([{ name: "menu-bar", type: "background" }]);
  });

  it("speaks with the default voice once there is one", async () => {
    raycast.selection = "Selected words.";
    await setDefaultVoice("bf_emma");
    await speakSelection();
    expect(daemon.said[0].voice).toBe("bf_emma");
    await setDefaultVoice(undefined);
    await speakSelection();
    expect(daemon.said[1].voice).toBeUndefined();
  });

  it.each([undefined, "", "  \n"])(
    "speaks the clipboard where nothing is selected (%j), and says so",
    async (selected) => {
      raycast.selection = selected;
      raycast.clipboard = "Copied words.";
      await speakSelection();
      expect(daemon.said[0].text).toBe("Copied words.");
      expect(raycast.huds).toEqual(["Speaking: Clipboard"]);
    },
  );

  it("says so where there is nothing at all", async () => {
    raycast.clipboard = " ";
    await speakSelection();
    expect(daemon.said).toEqual([]);
    expect(raycast.toasts).toMatchObject([{ style: "FAILURE", title: "Nothing to Speak" }]);
    expect(raycast.huds).toEqual([]);
  });

  it("stops while something of ours is spoken", async () => {
    daemon.report = goldenReport("report");
    raycast.selection = "Selected words.";
    await speakSelection();
    expect([daemon.actions, daemon.said, raycast.huds]).toEqual([["status", "stop"], [], ["Stopped"]]);
    await speakSelection();
    expect(daemon.said).toHaveLength(1);
  });

  it("speaks while something of others is spoken", async () => {
    const { playing, waiting } = goldenReport("report") as { playing: object; waiting: object[] };
    daemon.report = { ...goldenReport("report"), playing: { ...playing, caller: "agent" }, waiting };
    daemon.script = [{ event: "queued", ahead: 2 }];
    raycast.selection = "Selected words.";
    await speakSelection();
    expect(raycast.huds).toEqual(["Queued: 2 Before It"]);
  });

  it("says that there is no sound device", async () => {
    raycast.selection = "Selected words.";
    daemon.script = [
      { event: "queued", ahead: 0 },
      { event: "started", audible: false },
    ];
    await speakSelection();
    expect(raycast.huds).toEqual(["Speaking, but There Is No Sound Device"]);
  });

  it("tells what to type where no daemon runs, and can copy it", async () => {
    raycast.preferences.socketPath = `${daemon.path}.none`;
    raycast.selection = "Selected words.";
    await speakSelection();
    const [toast] = raycast.toasts;
    expect(toast.title).toBe("Playback Daemon Not Running: onset service install");
    await toast.primaryAction?.onAction();
    expect(raycast.copied).toEqual(["onset service install"]);
  });

  it("tells what to type where no server runs, and opens the preferences", async () => {
    raycast.preferences.serverUrl = "http://127.0.0.1:9/v1";
    raycast.selection = "Selected words.";
    daemon.script = [
      { event: "queued", ahead: 0 },
      { event: "failed", message: "Connection refused" },
    ];
    await speakSelection();
    const [toast] = raycast.toasts;
    expect([toast.title, toast.message]).toEqual([
      "Onset Server Not Running: onset serve",
      "No server answers at http://127.0.0.1:9.",
    ]);
    await toast.secondaryAction?.onAction();
    expect(raycast.preferencesOpened).toBe(1);
  });

  it("never shows or keeps the text", async () => {
    const words = "Words that nobody else should see.";
    raycast.selection = words;
    daemon.script = [
      { event: "queued", ahead: 0 },
      { event: "failed", message: "400: odd", status: 400 },
    ];
    await speakSelection();
    raycast.selection = `${words}${"x".repeat(1 << 20)}`;
    await speakSelection();
    expect(raycast.toasts).toHaveLength(2);
    const shown = JSON.stringify([raycast.toasts, raycast.huds, [...raycast.storage], raycast.copied]);
    expect(shown).not.toContain("nobody else");
  });
});

describe("Speak Clipboard", () => {
  it("speaks it, or says that there is none", async () => {
    raycast.selection = "Selected words.";
    raycast.clipboard = "Copied words.";
    await speakClipboard();
    raycast.clipboard = undefined;
    await speakClipboard();
    expect(daemon.said.map((body) => body.text)).toEqual(["Copied words."]);
    expect([raycast.huds, raycast.toasts.length]).toEqual([["Speaking"], 1]);
  });
});

describe("what a person does about what is spoken", () => {
  it.each([
    ["Stop", stop, ["stop"], "Stopped"],
    ["Pause", pauseResume, ["status", "pause"], "Paused"],
    ["Skip", skip, ["status", "skip"], "Skipped to the Next"],
    ["Back", back, ["back"], "Back a Sentence"],
    ["Faster", faster, ["status", "speed"], "Speed 1.25×"],
    ["Slower", slower, ["status", "speed"], "Speed 0.75×"],
  ])("%s", async (_, command, actions, hud) => {
    daemon.report = goldenReport("report");
    await command();
    expect([daemon.actions, raycast.huds]).toEqual([actions, [hud]]);
  });

  it("pauses and resumes in turn", async () => {
    daemon.report = goldenReport("report");
    await pauseResume();
    await pauseResume();
    expect(raycast.huds).toEqual(["Paused", "Resumed"]);
  });

  it.each([
    ["Pause", pauseResume, "Nothing Is Being Spoken"],
    ["Skip", skip, "Nothing Is Being Spoken"],
    ["Back", back, "There Is Nothing to Go Back To"],
  ])("%s says that nothing is spoken", async (_, command, hud) => {
    await command();
    expect(raycast.huds).toEqual([hud]);
  });

  it("says where the speed ends", async () => {
    daemon.report = { ...goldenReport("report-idle"), speed: 2.75 };
    await faster();
    await faster();
    daemon.report = { ...daemon.report, speed: 0.5 };
    await slower();
    expect(raycast.huds).toEqual(["Speed 3× (Fastest)", "Speed 3× (Fastest)", "Speed 0.5× (Slowest)"]);
    expect(daemon.controls.filter((body) => body.action === "speed").map((body) => body.value)).toEqual([3, 3, 0.5]);
  });

  it("says that a daemon is missing, whatever was wanted", async () => {
    raycast.preferences.socketPath = `${daemon.path}.none`;
    for (const command of [stop, pauseResume, skip, back, faster, slower, speakClipboard]) {
      raycast.clipboard = "Copied words.";
      await command();
    }
    expect(raycast.toasts.map((toast) => toast.title.includes("onset service install"))).toEqual(Array(7).fill(true));
    expect(raycast.huds).toEqual([]);
  });

  it("needs no menu bar", async () => {
    raycast.hasMenuBar = false;
    await stop();
    expect(raycast.huds).toEqual(["Stopped"]);
  });
});

describe("preferences", () => {
  it("fall back on the server's usual address where a field was emptied", () => {
    raycast.preferences.serverUrl = " ";
    expect(server().page).toBe(`${goldenConstants().server}/`);
  });
});

import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DaemonClient, withDaemon } from "../src/daemon/daemon-client";
import { FrameKind, jsonFrame } from "../src/daemon/frames";
import { socketPath } from "../src/daemon/socket-path";
import { DaemonGone, DaemonMissing, DaemonRefusal } from "../src/errors";
import { speak, speaksForUs } from "../src/speech/speak";
import { FakeDaemon } from "./fakes/daemon";
import { goldenReport } from "./fakes/golden";
import { FakeServer } from "./fakes/server";

const REQUEST = { text: "Hello.", url: "http://127.0.0.1:9" };

let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await new FakeDaemon().listen();
});

afterEach(async () => {
  await daemon.close();
});

describe("connecting", () => {
  it("tells where there is no daemon, and where its socket is left over", async () => {
    const folder = mkdtempSync(join(tmpdir(), "onset-none-"));
    await expect(DaemonClient.connect(join(folder, "none.sock"))).rejects.toThrow(DaemonMissing);
    writeFileSync(join(folder, "file"), "");
    await expect(DaemonClient.connect(join(folder, "file"))).rejects.toThrow(DaemonMissing);
    chmodSync(folder, 0o700);
  });

  it("refuses another protocol", async () => {
    daemon.welcome = jsonFrame(FrameKind.WELCOME, { protocol: 2, version: "9" });
    await expect(DaemonClient.connect(daemon.path)).rejects.toThrow("protocol 2");
  });

  it("passes on a refusal", async () => {
    daemon.welcome = jsonFrame(FrameKind.ERROR, { code: "protocol", message: "The token is wrong." });
    await expect(DaemonClient.connect(daemon.path)).rejects.toThrow("The token is wrong.");
  });

  it("gives up on one that does not answer", async () => {
    daemon.welcome = null;
    const begin = Date.now();
    await expect(DaemonClient.connect(daemon.path)).rejects.toThrow(DaemonGone);
    expect(Date.now() - begin).toBeLessThan(4000);
  });

  it("is told of something else than a daemon", async () => {
    daemon.welcome = { ...jsonFrame(FrameKind.WELCOME, {}), kind: 99 as FrameKind };
    await expect(DaemonClient.connect(daemon.path)).rejects.toThrow("kind 99");
  });
});

describe("control", () => {
  it("gives the report after each command", async () => {
    daemon.report = goldenReport("report");
    const states = await withDaemon(daemon.path, async (client) => [
      (await client.control("status")).state,
      (await client.control("pause")).state,
      (await client.control("stop")).state,
    ]);
    expect(states).toEqual(["playing", "paused", "idle"]);
    expect(daemon.actions).toEqual(["status", "pause", "stop"]);
  });

  it("passes on a refusal, and goes on", async () => {
    await withDaemon(daemon.path, async (client) => {
      daemon.refusal = { code: "invalid", message: "The speed must be within 0.5 and 3." };
      await expect(client.control("speed", 9)).rejects.toThrow(DaemonRefusal);
      daemon.refusal = null;
      expect((await client.control("status")).state).toBe("idle");
    });
  });

  it("tells a daemon that leaves", async () => {
    const client = await DaemonClient.connect(daemon.path);
    daemon.hangUp();
    await expect(client.control("status")).rejects.toThrow(DaemonGone);
    await expect(client.control("status")).rejects.toThrow(DaemonGone);
    client.close();
  });
});

describe("speaking", () => {
  async function outcome(script: FakeDaemon["script"], request = REQUEST) {
    daemon.script = script;
    return await withDaemon(daemon.path, (client) => speak(client, request));
  }

  it("is heard once the daemon says so", async () => {
    const heard = await outcome([
      { event: "queued", ahead: 0 },
      { event: "started", audible: false, heard_ns: 5 },
    ]);
    expect(heard).toMatchObject({ state: "speaking", audible: false, event: { heard_ns: 5 } });
    expect(daemon.said).toEqual([REQUEST]);
  });

  it("does not wait where others come before", async () => {
    expect(await outcome([{ event: "queued", ahead: 2 }])).toEqual({ state: "queued", ahead: 2 });
  });

  it("tells what the server refused", async () => {
    const failed = { event: "failed", message: "400: The voice is unknown.", status: 400 };
    await expect(outcome([{ event: "queued", ahead: 0 }, failed])).rejects.toMatchObject({ status: 400 });
  });

  it("asks the server where the daemon got no answer", async () => {
    const failed = { event: "failed", message: "It failed." };
    const script = [{ event: "queued", ahead: 0 }, failed];
    await expect(outcome(script)).rejects.toMatchObject({ name: "ServerMissing" });
    const server = await new FakeServer().listen();
    await expect(outcome(script, { ...REQUEST, url: server.url })).rejects.toMatchObject({ name: "SpeechFailed" });
    server.refuse(503, "The model is loading.");
    await expect(outcome(script, { ...REQUEST, url: server.url })).rejects.toMatchObject({ status: 503 });
    await server.close();
  });

  it("is over where somebody stops it before it is heard", async () => {
    expect(await outcome([{ event: "queued", ahead: 0 }, { event: "stopped" }])).toEqual({ state: "ended" });
  });

  it("is not heard yet after some seconds", async () => {
    expect(await outcome([{ event: "queued", ahead: 0 }])).toEqual({ state: "waiting" });
  }, 10_000);

  it("is refused where the daemon refuses", async () => {
    daemon.refusal = { code: "unavailable", message: "32 utterances are waiting already." };
    await expect(outcome([])).rejects.toThrow("32 utterances");
  });

  it("is ours while something of ours plays or waits", async () => {
    const ours = () => withDaemon(daemon.path, speaksForUs);
    expect(await ours()).toBe(false);
    daemon.report = goldenReport("report");
    expect(await ours()).toBe(true);
    const playing = { caller: "agent", position_s: 0, received_s: 1, length_s: 1 };
    daemon.report = { ...goldenReport("report-idle"), state: "playing", playing };
    expect(await ours()).toBe(false);
    daemon.report = { ...daemon.report, waiting: [{ ...playing, caller: "raycast" }] };
    expect(await ours()).toBe(true);
  });
});

describe("the socket", () => {
  it("is where it was told, else where Onset puts it", () => {
    expect(socketPath("/a/b.sock", {})).toBe("/a/b.sock");
    expect(socketPath(" ", { ONSET_SOCKET: "/c.sock" })).toBe("/c.sock");
    expect(socketPath(undefined, { XDG_RUNTIME_DIR: "/run/user/7" })).toBe("/run/user/7/onset/play.sock");
    expect(socketPath(undefined, {})).toBe(join(tmpdir(), `onset-${userInfo().uid}`, "play.sock"));
  });
});

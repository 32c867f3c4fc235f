import { describe, expect, it } from "vitest";

import {
  encode,
  Frame,
  FrameError,
  FrameKind,
  FrameReader,
  HEADER_BYTES,
  jsonFrame,
  LARGEST_BODY,
  parseBody,
} from "../src/daemon/frames";
import { control, hello, nextSpeed, parseReport, Say, say, SPEEDS } from "../src/daemon/messages";
import { GoldenFrame, goldenConstants, goldenFrames, goldenReport } from "./fakes/golden";

const frames = goldenFrames();

function read(row: GoldenFrame): Frame {
  return new FrameReader().push(Buffer.from(row.hex, "hex"))[0];
}

function named(name: string): GoldenFrame {
  const row = frames.find((candidate) => candidate.name === name);
  expect(row, name).toBeDefined();
  return row as GoldenFrame;
}

describe("golden frames", () => {
  it.each(frames)("$name is read and written", (row) => {
    const frame = read(row);
    expect([frame.kind, frame.stream, frame.sequence, frame.position]).toEqual([
      row.kind,
      row.stream,
      row.sequence,
      row.position,
    ]);
    if (row.body !== undefined) {
      expect(parseBody(frame)).toEqual(row.body);
    }
    expect(frame.kind === FrameKind.AUDIO ? frame.body.toString("hex") : undefined).toBe(row.samples);
    expect(encode(frame).toString("hex")).toBe(row.hex);
  });

  const made: [string, Frame][] = [
    ["hello", hello("raycast")],
    ["status", control(1, "status")],
    ["stop", control(2, "stop")],
    ["speed", control(3, "speed", 1.25)],
    ["say", say(1, named("say").body as unknown as Say)],
    ["say with everything", say(4294967295, named("say with everything").body as unknown as Say)],
  ];

  it.each(made)("%s is made as it is", (name, frame) => {
    expect(encode(frame).toString("hex")).toBe(named(name).hex);
  });

  it("has every kind of frame that the extension sends or reads", () => {
    const kinds = new Set(frames.map((row) => row.kind));
    const { HELLO, SAY, CONTROL, WELCOME, EVENT, ERROR } = FrameKind;
    expect([HELLO, SAY, CONTROL, WELCOME, EVENT, ERROR].filter((kind) => !kinds.has(kind))).toEqual([]);
  });
});

describe("reading", () => {
  const all = Buffer.concat(frames.map((row) => Buffer.from(row.hex, "hex")));

  it.each([1, 7, 24, 1000])("does not depend on how bytes are cut: %i at a time", (size) => {
    const reader = new FrameReader();
    const came: Frame[] = [];
    for (let begin = 0; begin < all.length; begin += size) {
      came.push(...reader.push(all.subarray(begin, begin + size)));
    }
    expect(came.map((frame) => encode(frame).toString("hex"))).toEqual(frames.map((row) => row.hex));
  });

  it("refuses an unknown kind and a body beyond the limit", () => {
    const unknown = Buffer.alloc(HEADER_BYTES);
    unknown.writeUInt8(99, 0);
    expect(() => new FrameReader().push(unknown)).toThrow(FrameError);
    const large = Buffer.alloc(HEADER_BYTES);
    large.writeUInt8(FrameKind.EVENT, 0);
    large.writeUInt32LE(LARGEST_BODY + 1, 20);
    expect(() => new FrameReader().push(large)).toThrow(String(LARGEST_BODY));
  });

  it.each(["", "no JSON", "[1]", "null"])("refuses a body that is no object: %j", (body) => {
    const frame = { ...jsonFrame(FrameKind.EVENT, {}), body: Buffer.from(body) };
    expect(() => parseBody(frame)).toThrow(FrameError);
  });

  it("refuses to write a text that the daemon would not take", () => {
    const text = "x".repeat(LARGEST_BODY);
    expect(() => encode(say(1, { text, url: "" }))).toThrow(FrameError);
  });
});

describe("messages", () => {
  it("keep the daemon's limits", () => {
    const constants = goldenConstants();
    expect([SPEEDS.slowest, SPEEDS.fastest]).toEqual(constants.playback_speeds);
    expect(LARGEST_BODY).toBe(constants.largest_body);
  });

  it("step the speed, and stop at both ends", () => {
    expect(nextSpeed(1, 1)).toBe(1.25);
    expect(nextSpeed(1, -1)).toBe(0.75);
    expect(nextSpeed(1.1, 1)).toBe(1.25);
    expect(nextSpeed(3, 1)).toBe(3);
    expect(nextSpeed(0.5, -1)).toBe(0.5);
  });

  it("read a report, where the daemon leaves out what is null", () => {
    const idle = parseReport(goldenReport("report-idle"));
    expect(idle.playing).toBeNull();
    const { playing, waiting } = parseReport(goldenReport("report"));
    expect([playing?.caller, waiting[0].caller]).toEqual(["raycast", "agent"]);
    expect(parseReport({ state: "idle" })).toMatchObject({ device: null, audible: null, latency_ms: null });
  });
});

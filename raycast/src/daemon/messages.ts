/** Bodies of the daemon's frames, as far as the extension sends or reads them. */

import { Frame, FrameKind, jsonFrame, PROTOCOL } from "./frames";

/** The name under which the daemon lists what this extension speaks. */
export const CALLER = "raycast";

/** When something is playing: wait for it, or stop it. */
export type Policy = "queue" | "interrupt";

export type Action = "pause" | "resume" | "stop" | "skip" | "back" | "replay" | "speed" | "status";

/** The daemon's limits of `speed`, and the step of Faster and Slower. */
export const SPEEDS = { slowest: 0.5, fastest: 3, step: 0.25 } as const;

/** What the daemon is to fetch from the server and speak. What is not given is the server's choice. */
export interface Say {
  text: string;
  url: string;
  key?: string;
  voice?: string;
  speed?: number;
  lang?: string;
  policy?: Policy;
}

/** Something that is spoken or waits. Seconds; `length_s` is null until all of it has come. */
export interface QueueItem {
  caller: string;
  position_s: number;
  received_s: number;
  length_s: number | null;
  dry_s?: number;
}

/** The daemon's answer to a CONTROL. What is not known is null. */
export interface Report {
  pid: number;
  state: "idle" | "playing" | "paused";
  device: string | null;
  audible: boolean | null;
  latency_ms: number | null;
  speed: number;
  volume: number;
  playing: QueueItem | null;
  waiting: QueueItem[];
  counters: { played: number; stopped: number; stalls: number; stalled_s: number; xruns: number };
}

/** A report as it came, where the daemon leaves out what is null. */
export function parseReport(body: Record<string, unknown>): Report {
  const absent = { device: null, audible: null, latency_ms: null, playing: null, waiting: [] };
  return { ...absent, ...body } as unknown as Report;
}

/** What happened to an utterance; fields by the kind of event. */
export interface DaemonEvent {
  event: string;
  ahead?: number;
  audible?: boolean;
  heard_ns?: number;
  heard_ms?: number;
  lead_ms?: number | null;
  message?: string;
  status?: number | null;
  reason?: string;
  samples?: number;
  stalls?: number;
}

/** The first frame of a connection. */
export function hello(caller: string): Frame {
  return jsonFrame(FrameKind.HELLO, { protocol: PROTOCOL, caller });
}

/** Have the daemon fetch and speak a text, as stream `stream` of the connection. */
export function say(stream: number, what: Say): Frame {
  return jsonFrame(FrameKind.SAY, what, { stream });
}

/** A command of the listener. `value` is for `speed`. */
export function control(sequence: number, action: Action, value?: number): Frame {
  return jsonFrame(FrameKind.CONTROL, { action, value }, { sequence });
}

/** A speed one step faster or slower, within what the daemon allows. */
export function nextSpeed(speed: number, direction: 1 | -1): number {
  const stepped = (Math.round(speed / SPEEDS.step) + direction) * SPEEDS.step;
  return Math.min(SPEEDS.fastest, Math.max(SPEEDS.slowest, stepped));
}

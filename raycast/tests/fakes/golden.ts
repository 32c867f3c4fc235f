import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Performance, Voice } from "../../src/server/figures";

/** The folder that the tests of the server and the daemon read too. */
const FOLDER = join(__dirname, "..", "..", "..", "tests", "data", "golden");

export interface GoldenFrame {
  name: string;
  from: "caller" | "daemon";
  kind: number;
  stream: number;
  sequence: number;
  position: number;
  body?: Record<string, unknown>;
  samples?: string;
  hex: string;
}

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as T;
}

export const goldenFrames = () => golden<GoldenFrame[]>("frames");
export const goldenPerformance = () => golden<Performance>("performance");
export const goldenVoices = () => golden<{ voices: Voice[] }>("voices");
export const goldenReport = (name: "report" | "report-idle") => golden<Record<string, unknown>>(name);
export const goldenConstants = () =>
  golden<{
    server: string;
    speech_speeds: [number, number];
    playback_speeds: [number, number];
    largest_body: number;
    languages: string[];
  }>("constants");

/**
 * Runs commands of the extension as they are, for the tests in `tests/clients/test_raycast.py`.
 *
 * Each line on standard input names a command and what is selected, copied and preferred; each line
 * on standard output tells what a person was shown, and between which moments (monotonic, in ns).
 */

import { createInterface } from "node:readline";

import back from "../../src/back";
import faster from "../../src/faster";
import pauseResume from "../../src/pause-resume";
import { server } from "../../src/preferences";
import skip from "../../src/skip";
import slower from "../../src/slower";
import speakClipboard from "../../src/speak-clipboard";
import speakSelection from "../../src/speak-selection";
import stop from "../../src/stop";
import { performanceMarkdown } from "../../src/view/performance-page";
import { raycast } from "../fakes/raycast-api";

const COMMANDS: Record<string, () => Promise<unknown>> = {
  "speak-selection": speakSelection,
  "speak-clipboard": speakClipboard,
  stop,
  "pause-resume": pauseResume,
  skip,
  back,
  faster,
  slower,
  voices: () => server().voices(),
  performance: async () => performanceMarkdown(await server().performance(), null),
};

interface Order {
  command: string;
  selection?: string;
  clipboard?: string;
  voice?: string;
  preferences: Record<string, string>;
}

async function obey({ command, selection, clipboard, voice, preferences }: Order): Promise<void> {
  Object.assign(raycast, { selection, clipboard, preferences, huds: [], toasts: [] });
  raycast.storage.clear();
  if (voice !== undefined) {
    raycast.storage.set("voice", voice);
  }
  const begin = process.hrtime.bigint();
  const value = await COMMANDS[command]();
  const end = process.hrtime.bigint();
  const told = { begin_ns: Number(begin), end_ns: Number(end), huds: raycast.huds, toasts: raycast.toasts, value };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    await obey(JSON.parse(line) as Order);
  }
}

void main();

import { createServer, Server } from "node:http";
import { AddressInfo } from "node:net";

import { goldenPerformance, goldenVoices } from "./golden";

interface Answer {
  status: number;
  body: unknown;
}

const BENCHMARK = { id: "b1", scenario: "quick", progress: null, result: null, detail: null };

/** A speech server that is scripted: it notes what it was asked and speaks nothing. */
export class FakeServer {
  readonly asked: { path: string; key?: string; body: string }[] = [];
  readonly answers: Record<string, Answer> = {
    "GET /health": { status: 200, body: { status: "ready" } },
    "GET /v1/audio/voices": { status: 200, body: goldenVoices() },
    "POST /v1/audio/speech/prepare": { status: 200, body: { languages: ["en-us"] } },
    "GET /performance/ttfa": { status: 200, body: goldenPerformance() },
    "POST /performance/benchmark": { status: 200, body: { ...BENCHMARK, state: "running" } },
    "GET /performance/benchmark/b1": {
      status: 200,
      body: {
        ...BENCHMARK,
        state: "running",
        progress: { scenario: "ttfa-short", scenarios_done: 0, scenarios: 3 },
      },
    },
  };
  /** Whether it answers at all. */
  silent = false;
  private server?: Server;

  async listen(): Promise<this> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const path = `${request.method} ${request.url}`;
        this.asked.push({ path, key: request.headers.authorization, body: Buffer.concat(parts).toString() });
        const { status, body } = this.answers[path] ?? { status: 404, body: { error: { message: "No such thing" } } };
        if (!this.silent) {
          response.writeHead(status, { "Content-Type": "application/json" });
          response.end(typeof body === "string" ? body : JSON.stringify(body));
        }
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}`;
  }

  refuse(status: number, message: string): void {
    for (const path of Object.keys(this.answers)) {
      this.answers[path] = { status, body: { error: { message } } };
    }
  }

  count(path: string): number {
    return this.asked.filter((request) => request.path === path).length;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.server === undefined ? resolve() : this.server.close(() => resolve())));
  }
}

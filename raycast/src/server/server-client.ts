import { ServerMissing, ServerRefusal, ServerSilent } from "../errors";
import { Benchmark, Performance, Voice } from "./figures";

/** Milliseconds for an answer; all of them are made of what the server has in memory. */
const ANSWER_MS = 5000;

/** The scenario that Run Benchmark asks for: about three minutes. */
export const BENCHMARK_SCENARIO = "quick";

/** Asks Onset's server. Every method throws ServerMissing, ServerSilent or ServerRefusal. */
export class ServerClient {
  private readonly base: string;

  /** `url`: the server's own address, with or without the `/v1` that OpenAI's clients want. */
  constructor(
    url: string,
    private readonly key?: string,
  ) {
    this.base = serverBase(url);
  }

  /** The server's own page, with the same figures and a box to speak from. */
  get page(): string {
    return `${this.base}/`;
  }

  async voices(signal?: AbortSignal): Promise<Voice[]> {
    return (await this.ask<{ voices: Voice[] }>("GET", "/v1/audio/voices", undefined, signal)).voices;
  }

  async performance(signal?: AbortSignal): Promise<Performance> {
    return await this.ask<Performance>("GET", "/performance/ttfa", undefined, signal);
  }

  /**
   * Say that speech in a voice will be asked for (none: the server's own), so that its language is
   * there. Never throws: it would only be sooner.
   */
  async prepare(voice?: string): Promise<void> {
    try {
      await this.ask<unknown>("POST", "/v1/audio/speech/prepare", { voice });
    } catch {
      // A server that is busy, away or of an earlier version.
    }
  }

  async startBenchmark(): Promise<Benchmark> {
    return await this.ask<Benchmark>("POST", "/performance/benchmark", { scenario: BENCHMARK_SCENARIO });
  }

  async benchmark(id: string, signal?: AbortSignal): Promise<Benchmark> {
    return await this.ask<Benchmark>("GET", `/performance/benchmark/${encodeURIComponent(id)}`, undefined, signal);
  }

  /** Whether there is a server that is ready; throws why not. */
  async health(signal?: AbortSignal): Promise<void> {
    await this.ask<unknown>("GET", "/health", undefined, signal);
  }

  private async ask<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (this.key) {
      headers.Authorization = `Bearer ${this.key}`;
    }
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    const timeout = AbortSignal.timeout(ANSWER_MS);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const answer = await fetch(this.base + path, { method, headers, body: sent, signal: either });
      if (!answer.ok) {
        throw new ServerRefusal(answer.status, refusalMessage(await answer.text(), answer.status));
      }
      return (await answer.json()) as T;
    } catch (error) {
      throw this.told(error);
    }
  }

  private told(error: unknown): unknown {
    if (!(error instanceof Error) || error instanceof ServerRefusal || error.name === "AbortError") {
      return error;
    }
    if (error.name === "TimeoutError") {
      return new ServerSilent(`${this.base} did not answer within ${ANSWER_MS / 1000} s.`);
    }
    if (error instanceof SyntaxError) {
      return new ServerSilent(`${this.base} answered something else than an Onset server does.`);
    }
    return new ServerMissing(`No server answers at ${this.base}.`);
  }
}

/** The address that paths are appended to, and that the daemon is given. */
export function serverBase(url: string): string {
  return url.trim().replace(/\/+$/, "").replace(/\/v1$/, "");
}

/** The message of an error body in OpenAI's shape. */
function refusalMessage(text: string, status: number): string {
  try {
    const body = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof body.error?.message === "string") {
      return body.error.message;
    }
  } catch {
    // It is no error of ours: a proxy's page, say.
  }
  return `The server answered with status ${status}.`;
}

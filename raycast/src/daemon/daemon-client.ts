import { createConnection, Socket } from "node:net";

import { DaemonForbidden, DaemonGone, DaemonMissing, DaemonRefusal } from "../errors";
import { encode, Frame, FrameKind, FrameReader, parseBody, PROTOCOL } from "./frames";
import { Action, CALLER, control, DaemonEvent, hello, parseReport, Report, Say, say } from "./messages";

/** Milliseconds for an answer that the daemon gives at once. */
const ANSWER_MS = 2000;

type FrameTest = (frame: Frame) => boolean;

interface Waiter {
  wants: FrameTest;
  resolve: (frame: Frame) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/**
 * A connection to the playback daemon.
 *
 * What was asked for by `say` is heard to its end even after `close`: the daemon fetches it itself.
 */
export class DaemonClient {
  private readonly reader = new FrameReader();
  private readonly waiters = new Set<Waiter>();
  private readonly events = new Map<number, DaemonEvent[]>();
  private failure: Error | null = null;
  private sequence = 0;
  private streams = 0;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (bytes) => this.receive(bytes));
    socket.on("error", (error) => this.fail(connectionError(error)));
    socket.on("close", () => this.fail(new DaemonGone("The playback daemon has left.")));
  }

  /** A connection that the daemon has welcomed. Throws DaemonMissing, DaemonForbidden, DaemonGone. */
  static async connect(path: string, caller: string = CALLER): Promise<DaemonClient> {
    const client = new DaemonClient(createConnection(path));
    try {
      const welcome = client.next((frame) => frame.kind === FrameKind.WELCOME);
      client.send(hello(caller));
      const spoken = parseBody(await welcome).protocol;
      if (spoken !== PROTOCOL) {
        throw new DaemonRefusal("protocol", `The daemon speaks protocol ${String(spoken)}, not ${PROTOCOL}.`);
      }
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Send a command of the listener; the daemon's report after it. Throws DaemonRefusal, DaemonGone. */
  async control(action: Action, value?: number): Promise<Report> {
    const sequence = ++this.sequence;
    const answer = this.next((frame) => frame.kind === FrameKind.REPORT && frame.sequence === sequence);
    this.send(control(sequence, action, value));
    return parseReport(parseBody(await answer));
  }

  /** Have a text spoken; once the daemon has taken it in. Throws DaemonRefusal, DaemonGone. */
  async say(what: Say): Promise<Utterance> {
    const stream = ++this.streams;
    this.events.set(stream, []);
    const utterance = new Utterance((names, timeout) => this.event(stream, names, timeout));
    this.send(say(stream, what));
    await utterance.until(["queued"], ANSWER_MS);
    return utterance;
  }

  /** End the connection. */
  close(): void {
    this.fail(new DaemonGone("The connection was closed."));
    this.socket.destroy();
  }

  private send(frame: Frame): void {
    this.socket.write(encode(frame));
  }

  /** The first event of one of these names, also one that came before. */
  private async event(stream: number, names: string[], timeout: number): Promise<DaemonEvent> {
    const seen = this.events.get(stream) ?? [];
    const wanted = () => seen.find((event) => names.includes(event.event));
    if (wanted() === undefined) {
      await this.next(() => wanted() !== undefined, timeout);
    }
    return wanted() as DaemonEvent;
  }

  private next(wants: FrameTest, timeout = ANSWER_MS): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      const late = () => {
        this.waiters.delete(waiter);
        reject(new DaemonGone(`The playback daemon did not answer within ${timeout / 1000} s.`));
      };
      const waiter: Waiter = { wants, resolve, reject, timer: setTimeout(late, timeout) };
      this.waiters.add(waiter);
    });
  }

  private receive(bytes: Buffer): void {
    try {
      for (const frame of this.reader.push(bytes)) {
        this.take(frame);
      }
    } catch (error) {
      this.fail(error as Error);
      this.socket.destroy();
    }
  }

  private take(frame: Frame): void {
    if (frame.kind === FrameKind.ERROR) {
      const { code, message } = parseBody(frame);
      this.settle(new DaemonRefusal(String(code), String(message)));
      return;
    }
    if (frame.kind === FrameKind.EVENT) {
      this.events.get(frame.stream)?.push(parseBody(frame) as unknown as DaemonEvent);
    }
    for (const waiter of [...this.waiters]) {
      if (waiter.wants(frame)) {
        this.drop(waiter).resolve(frame);
      }
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.settle(this.failure);
  }

  private settle(error: Error): void {
    for (const waiter of [...this.waiters]) {
      this.drop(waiter).reject(error);
    }
  }

  private drop(waiter: Waiter): Waiter {
    clearTimeout(waiter.timer);
    this.waiters.delete(waiter);
    return waiter;
  }
}

/** Something that the daemon was asked to speak. */
export class Utterance {
  constructor(
    /** The first event of one of these names. Throws DaemonGone after so many milliseconds. */
    readonly until: (names: string[], timeout: number) => Promise<DaemonEvent>,
  ) {}
}

/** Do something with a connection, and close it. */
export async function withDaemon<T>(path: string, work: (daemon: DaemonClient) => Promise<T>): Promise<T> {
  const daemon = await DaemonClient.connect(path);
  try {
    return await work(daemon);
  } finally {
    daemon.close();
  }
}

function connectionError(error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
    case "ENOTSOCK":
      return new DaemonMissing("No playback daemon runs.");
    case "EACCES":
    case "EPERM":
      return new DaemonForbidden("Its socket may not be opened. Set the path of your own in the preferences.");
    default:
      return new DaemonGone(`The playback daemon is gone: ${error.code ?? error.message}.`);
  }
}

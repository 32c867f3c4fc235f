import { mkdtempSync, rmSync } from "node:fs";
import { createServer, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { encode, Frame, FrameKind, FrameReader, jsonFrame, parseBody } from "../../src/daemon/frames";
import { goldenReport } from "./golden";

type Body = Record<string, unknown>;

/** What a SAY is answered by: events in order. */
export type Script = Body[];

export const HEARD: Script = [
  { event: "queued", ahead: 0 },
  { event: "started", audible: true, heard_ns: 1 },
];

/** A daemon that is scripted: it notes what it was told and plays nothing. */
export class FakeDaemon {
  readonly said: Body[] = [];
  readonly controls: Body[] = [];
  /** The report that every CONTROL is answered by. */
  report: Body = goldenReport("report-idle");
  script: Script = HEARD;
  /** What comes in place of everything else; null: nothing at all. */
  welcome: Frame | null = jsonFrame(FrameKind.WELCOME, { protocol: 1, version: "0.1.0" });
  refusal: { code: string; message: string } | null = null;
  private server?: Server;
  private readonly sockets = new Set<Socket>();
  private readonly folder = mkdtempSync(join(tmpdir(), "onset-fake-"));
  readonly path = join(this.folder, "play.sock");

  async listen(): Promise<this> {
    this.server = createServer((socket) => this.connected(socket));
    await new Promise<void>((resolve) => this.server?.listen(this.path, resolve));
    return this;
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise<void>((resolve) => (this.server === undefined ? resolve() : this.server.close(() => resolve())));
    rmSync(this.folder, { recursive: true, force: true });
  }

  hangUp(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  get actions(): unknown[] {
    return this.controls.map((body) => body.action);
  }

  private connected(socket: Socket): void {
    const reader = new FrameReader();
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (bytes) => {
      for (const frame of reader.push(bytes)) {
        this.answer(socket, frame);
      }
    });
  }

  private answer(socket: Socket, frame: Frame): void {
    const body = parseBody(frame);
    if (frame.kind === FrameKind.HELLO) {
      if (this.welcome !== null) {
        socket.write(encode(this.welcome));
      }
    } else if (this.refusal !== null) {
      socket.write(encode(jsonFrame(FrameKind.ERROR, this.refusal, frame)));
    } else if (frame.kind === FrameKind.CONTROL) {
      this.control(body);
      socket.write(encode(jsonFrame(FrameKind.REPORT, this.report, { sequence: frame.sequence })));
    } else {
      this.said.push(body);
      for (const event of this.script) {
        socket.write(encode(jsonFrame(FrameKind.EVENT, event, { stream: frame.stream })));
      }
    }
  }

  private control(body: Body): void {
    this.controls.push(body);
    switch (body.action) {
      case "stop":
        this.report = goldenReport("report-idle");
        break;
      case "pause":
        this.report = { ...this.report, state: "paused" };
        break;
      case "resume":
        this.report = { ...this.report, state: "playing" };
        break;
      case "speed":
        this.report = { ...this.report, speed: body.value };
    }
  }
}

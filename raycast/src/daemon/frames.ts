/**
 * The playback daemon's binary protocol, version 1: a header of 24 bytes, little-endian, and a body.
 *
 * Over the Unix socket frames follow each other. A body is JSON, but for the samples of AUDIO.
 * `docs/protocol.md` of Onset describes it; `tests/data/golden/frames.json` holds both sides to it.
 */

export const PROTOCOL = 1;

export const HEADER_BYTES = 24;

/** Bytes. A header that announces more is not of this protocol. */
export const LARGEST_BODY = 1 << 20;

/** What a frame is. Below 64 it goes to the daemon, above it comes from there. */
export const FrameKind = {
  HELLO: 1,
  OPEN: 2,
  AUDIO: 3,
  MARK: 4,
  END: 5,
  SAY: 6,
  CONTROL: 7,
  WELCOME: 65,
  CREDIT: 66,
  EVENT: 67,
  REPORT: 68,
  ERROR: 69,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

const KNOWN: ReadonlySet<number> = new Set(Object.values(FrameKind));

/** `stream`: whose, 0 none. `sequence`: of a CONTROL, repeated in its answer. */
export interface Frame {
  kind: FrameKind;
  stream: number;
  sequence: number;
  position: number;
  body: Buffer;
}

/** Bytes that are no frame of this protocol, or a frame that would be too large. */
export class FrameError extends Error {
  override name = "FrameError";
}

/** A frame as it is sent. Throws FrameError where the body is too large for the daemon. */
export function encode(frame: Frame): Buffer {
  if (frame.body.length > LARGEST_BODY) {
    throw new FrameError(`A frame of ${frame.body.length} bytes; the most is ${LARGEST_BODY}.`);
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(frame.kind, 0);
  header.writeUInt32LE(frame.stream, 4);
  header.writeUInt32LE(frame.sequence, 8);
  header.writeBigUInt64LE(BigInt(frame.position), 12);
  header.writeUInt32LE(frame.body.length, 20);
  return Buffer.concat([header, frame.body]);
}

/** A frame with a JSON body. */
export function jsonFrame(kind: FrameKind, body: object, numbers: { stream?: number; sequence?: number } = {}): Frame {
  const { stream = 0, sequence = 0 } = numbers;
  return { kind, stream, sequence, position: 0, body: Buffer.from(JSON.stringify(body), "utf8") };
}

/** A frame's JSON body. Throws FrameError where it is no object. */
export function parseBody(frame: Frame): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(frame.body.toString("utf8"));
  } catch {
    throw new FrameError("A body is no JSON.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new FrameError("A body is no JSON object.");
  }
  return body as Record<string, unknown>;
}

/** Makes frames of bytes that come in pieces. It never holds more than one frame that is not whole. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);

  /** The frames that are whole with these bytes. Throws FrameError, after which it is of no use. */
  push(bytes: Buffer): Frame[] {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    const frames: Frame[] = [];
    for (let frame = this.take(); frame !== null; frame = this.take()) {
      frames.push(frame);
    }
    return frames;
  }

  private take(): Frame | null {
    if (this.pending.length < HEADER_BYTES) {
      return null;
    }
    const size = this.pending.readUInt32LE(20);
    if (size > LARGEST_BODY) {
      throw new FrameError(`A frame of ${size} bytes; the most is ${LARGEST_BODY}.`);
    }
    if (!KNOWN.has(this.pending.readUInt8(0))) {
      throw new FrameError(`Frame kind ${this.pending.readUInt8(0)} is unknown.`);
    }
    const end = HEADER_BYTES + size;
    if (this.pending.length < end) {
      return null;
    }
    const frame: Frame = {
      kind: this.pending.readUInt8(0) as FrameKind,
      stream: this.pending.readUInt32LE(4),
      sequence: this.pending.readUInt32LE(8),
      position: Number(this.pending.readBigUInt64LE(12)),
      body: this.pending.subarray(HEADER_BYTES, end),
    };
    this.pending = this.pending.subarray(end);
    return frame;
  }
}

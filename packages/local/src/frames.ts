/** The frames of a link between two processes: a size, a head in JSON, and bytes. All sizes are big-endian. */
import { Buffer } from 'node:buffer';
import { type Envelope, isEnvelope, type NodeCode, TALK_BYTES_MAX } from 'naru/backplane';
import { type Bytes, ProtocolError } from 'naru/base';

/**
 * The head of a frame. `nodes` comes first on a link and whenever the nodes of its process change. `say` is a message
 * to all nodes of the process, from a process that may have none.
 */
export type FrameHead =
  | { readonly kind: 'nodes'; readonly version: number; readonly name: string; readonly nodes: readonly NodeCode[] }
  | { readonly kind: 'talk'; readonly to: NodeCode; readonly envelope: Envelope }
  | { readonly kind: 'say'; readonly namespace: string; readonly isBroadcast?: boolean };

/** A frame. */
export interface Frame {
  readonly head: FrameHead;
  readonly body: Bytes;
}

const SIZES_BYTES = 8;
const HEAD_BYTES_MAX = 1024 * 1024;
const NONE: Bytes = new Uint8Array(0);
const NOTHING: Buffer = Buffer.alloc(0);

/** Returns the parts of a frame, which are to be written one after the other. */
export function encodeFrame(head: FrameHead, body: Bytes = NONE): readonly Bytes[] {
  const text = JSON.stringify(head);
  const start = Buffer.allocUnsafe(SIZES_BYTES + Buffer.byteLength(text));
  start.writeUInt32BE(start.length - SIZES_BYTES, 0);
  start.writeUInt32BE(body.byteLength, 4);
  start.write(text, SIZES_BYTES);
  return body.byteLength > 0 ? [start, body] : [start];
}

/** Reads frames from the chunks of a link. Its memory grows with the bytes that came, whatever size a frame claims. */
export class FrameReader {
  /** Bytes that a body may have. */
  bodyBytesMax: number;
  /** The bytes of a frame that is not complete. Those after `#size` are free. */
  #kept: Buffer = NOTHING;
  #size = 0;
  #wanted = SIZES_BYTES;

  constructor(bodyBytesMax: number = TALK_BYTES_MAX) {
    this.bodyBytesMax = bodyBytesMax;
  }

  /**
   * Takes a chunk and calls `onFrame` for each frame that it completes, except for kinds that this version does not
   * know. Throws ProtocolError (LINK_BAD_FRAME) for anything else.
   */
  read(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    const bytes = this.#size === 0 ? chunk : this.#join(chunk);
    if (bytes.length < this.#wanted) {
      this.#keep(bytes);
      return;
    }
    let at = 0;
    this.#wanted = SIZES_BYTES;
    while (bytes.length - at >= SIZES_BYTES) {
      const headSize = bytes.readUInt32BE(at);
      const bodySize = bytes.readUInt32BE(at + 4);
      if (headSize > HEAD_BYTES_MAX || bodySize > this.bodyBytesMax) throw badLink('is too large');
      const end = at + SIZES_BYTES + headSize + bodySize;
      if (end > bytes.length) {
        this.#wanted = end - at;
        break;
      }
      const bodyAt = at + SIZES_BYTES + headSize;
      const head = readHead(bytes.toString('utf8', at + SIZES_BYTES, bodyAt));
      if (head) onFrame({ head, body: bytes.subarray(bodyAt, end) });
      at = end;
    }
    this.#kept = NOTHING;
    this.#size = 0;
    this.#keep(bytes.subarray(at));
  }

  #keep(bytes: Buffer): void {
    if (this.#size === 0) this.#kept = bytes;
    this.#size = bytes.length;
  }

  /** Returns what is kept, with a chunk after it. */
  #join(chunk: Buffer): Buffer {
    const size = this.#size + chunk.length;
    if (size > this.#kept.length) {
      // Twice the room each time, so that many small chunks are not copied again and again.
      const grown = Buffer.allocUnsafe(Math.max(size, Math.min(2 * this.#kept.length, this.#wanted)));
      this.#kept.copy(grown, 0, 0, this.#size);
      this.#kept = grown;
    }
    chunk.copy(this.#kept, this.#size);
    return this.#kept.subarray(0, size);
  }
}

/** Reads a head. Returns `undefined` for a kind that this version does not know. */
function readHead(text: string): FrameHead | undefined {
  const head = parse(text);
  if (head?.kind === 'nodes') {
    if (typeof head.version === 'number' && typeof head.name === 'string' && isTexts(head.nodes)) return head;
  } else if (head?.kind === 'talk') {
    if (typeof head.to === 'string' && isEnvelope(head.envelope)) return head;
    if (isUnknown(head.envelope, ENVELOPES)) return undefined;
  } else if (head?.kind === 'say') {
    if (typeof head.namespace === 'string') return head;
  } else if (isUnknown(head, HEADS)) {
    return undefined;
  }
  throw badLink('has no valid head');
}

const HEADS: ReadonlySet<unknown> = new Set<FrameHead['kind']>(['nodes', 'talk', 'say']);
const ENVELOPES: ReadonlySet<unknown> = new Set<Envelope['kind']>(['say', 'ask', 'answer', 'fail']);

function isUnknown(value: unknown, known: ReadonlySet<unknown>): boolean {
  const { kind } = (value ?? {}) as Record<string, unknown>;
  return typeof kind === 'string' && !known.has(kind);
}

function parse(text: string): FrameHead | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as FrameHead) : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** Returns the error for a frame that another version, or another program, has written. */
export function badLink(problem: string): ProtocolError {
  return new ProtocolError('LINK_BAD_FRAME', `a frame of a link between processes ${problem}`);
}

/** The frames of a link between two processes: a size, a head in JSON, and bytes. All sizes are big-endian. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { type Envelope, TALK_BYTES_MAX } from './exchange.js';
import type { NodeCode } from './talk.js';

/** The version of the frames. A process closes a link of another version. */
export const LINK_VERSION = 1;

/** The head of a frame. `nodes` comes first on a link and whenever the nodes of its process change. */
export type FrameHead =
  | { readonly kind: 'nodes'; readonly version: number; readonly name: string; readonly nodes: readonly NodeCode[] }
  | { readonly kind: 'talk'; readonly to: NodeCode; readonly envelope: Envelope };

/** A frame. */
export interface Frame {
  readonly head: FrameHead;
  readonly body: Bytes;
}

const SIZES_BYTES = 8;
const HEAD_BYTES_MAX = 1024 * 1024;
const NONE: Bytes = new Uint8Array(0);

/** Returns the parts of a frame, which are to be written one after the other. */
export function encodeFrame(head: FrameHead, body: Bytes = NONE): readonly Bytes[] {
  const text = JSON.stringify(head);
  const start = Buffer.allocUnsafe(SIZES_BYTES + Buffer.byteLength(text));
  start.writeUInt32BE(start.length - SIZES_BYTES, 0);
  start.writeUInt32BE(body.byteLength, 4);
  start.write(text, SIZES_BYTES);
  return body.byteLength > 0 ? [start, body] : [start];
}

/** Reads frames from the chunks of a link. */
export class FrameReader {
  #parts: Buffer[] = [];
  #size = 0;
  #wanted = SIZES_BYTES;

  /** Takes a chunk and returns the frames that it completes. Throws ProtocolError (LINK_BAD_FRAME) for anything else. */
  read(chunk: Buffer): Frame[] {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return [];
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const frames: Frame[] = [];
    let at = 0;
    this.#wanted = SIZES_BYTES;
    while (bytes.length - at >= SIZES_BYTES) {
      const headSize = bytes.readUInt32BE(at);
      const bodySize = bytes.readUInt32BE(at + 4);
      if (headSize > HEAD_BYTES_MAX || bodySize > TALK_BYTES_MAX) throw badLink('is too large');
      const end = at + SIZES_BYTES + headSize + bodySize;
      if (end > bytes.length) {
        this.#wanted = end - at;
        break;
      }
      const bodyAt = at + SIZES_BYTES + headSize;
      frames.push({
        head: readHead(bytes.toString('utf8', at + SIZES_BYTES, bodyAt)),
        body: bytes.subarray(bodyAt, end),
      });
      at = end;
    }
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#size = bytes.length - at;
    return frames;
  }
}

function readHead(text: string): FrameHead {
  const head = parse(text);
  if (head?.kind === 'nodes') {
    if (typeof head.version === 'number' && typeof head.name === 'string' && isTexts(head.nodes)) return head;
  } else if (head?.kind === 'talk' && typeof head.to === 'string' && isEnvelope(head.envelope)) {
    return head;
  }
  throw badLink('has no valid head');
}

function parse(text: string): FrameHead | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as FrameHead) : undefined;
  } catch {
    return undefined;
  }
}

function isEnvelope(value: unknown): value is Envelope {
  const { kind, from, namespace, id } = (value ?? {}) as Record<string, unknown>;
  if (typeof from !== 'string') return false;
  if (kind === 'say') return typeof namespace === 'string';
  if (kind === 'ask') return typeof namespace === 'string' && typeof id === 'number';
  return (kind === 'answer' || kind === 'fail') && typeof id === 'number';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** Returns the error for a frame that another version, or another program, has written. */
export function badLink(problem: string): ProtocolError {
  return new ProtocolError('LINK_BAD_FRAME', `a frame of a link between processes ${problem}`);
}

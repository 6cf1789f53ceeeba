/**
 * The frames that a process says over a home: a version, the size of the head, the head in JSON, and bytes. The size is
 * big-endian.
 */
import { Buffer } from 'node:buffer';
import type { NodeCode } from 'naru/backplane';
import {
  type Envelope,
  FORMATS,
  isEnvelope,
  isReadable,
  NOBODY,
  NODE_CHARACTERS,
  SAID_BYTES_MAX,
} from 'naru/backplane';
import type { Bytes } from 'naru/base';

/** The head of a frame. */
export type SaidHead =
  /** The first piece of a message, or all of it. A message without `to` is for all nodes that hear the channel. */
  | { readonly kind: 'talk'; readonly to?: NodeCode; readonly envelope: Envelope; readonly pieces: number }
  /** A later piece of a message. */
  | { readonly kind: 'piece'; readonly index: number }
  /**
   * Nodes of the sender that take part, or do not any more. A process that finds the others in no table says so again
   * and again (`isBeat`).
   */
  | { readonly kind: 'here' | 'gone'; readonly nodes: readonly NodeCode[]; readonly isBeat?: boolean };

/**
 * The source of a frame: a run of a process, the number of its uplink, and the number of the frame. Frames of an
 * earlier uplink are outdated.
 */
export interface SaidFrom {
  readonly run: string;
  readonly uplink: number;
  readonly number: number;
}

/** A frame. */
export interface Said {
  readonly from: SaidFrom;
  readonly head: SaidHead;
  readonly body: Bytes;
}

/** Bytes of a message in one frame. The rest of the frame is for the head. */
export const PIECE_BYTES_MAX = SAID_BYTES_MAX - 64 * 1024;
/** Nodes in one frame. */
export const SAID_NODES_MAX = 1_000;

/** The version, and the size of the head. */
const START_BYTES = 5;
const NODE = new RegExp(`^[\\w-]{${NODE_CHARACTERS}}$`);
const RUN_CHARACTERS_MAX = 100;
const KINDS: ReadonlySet<unknown> = new Set<SaidHead['kind']>(['talk', 'piece', 'here', 'gone']);
const NONE: Bytes = new Uint8Array(0);

/** Whether a text has the form of a node code. */
export function isNodeCode(text: unknown): text is NodeCode {
  return typeof text === 'string' && NODE.test(text);
}

/** Returns a frame. Returns `undefined` if its head is too large. */
export function encodeSaid({ run, uplink, number }: SaidFrom, head: SaidHead, body: Bytes = NONE): Bytes | undefined {
  const text = Buffer.from(JSON.stringify({ run, link: uplink, frame: number, ...head }));
  const frame = Buffer.allocUnsafe(START_BYTES + text.length + body.byteLength);
  if (frame.length > SAID_BYTES_MAX) return undefined;
  frame.writeUInt8(FORMATS.frame.written, 0);
  frame.writeUInt32BE(text.length, 1);
  frame.set(text, START_BYTES);
  frame.set(body, START_BYTES + text.length);
  return frame;
}

/** Reads a frame. Returns `'later'` for one of a later version, and `'unreadable'` for anything else. */
export function decodeSaid(bytes: Bytes): Said | 'later' | 'unreadable' {
  if (bytes.byteLength < START_BYTES || bytes.byteLength > SAID_BYTES_MAX) return 'unreadable';
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = frame.readUInt8(0);
  if (!isReadable(FORMATS.frame, version)) return version > 0 ? 'later' : 'unreadable';
  const bodyAt = START_BYTES + frame.readUInt32BE(1);
  if (bodyAt > frame.length) return 'unreadable';
  const head = parse(frame.toString('utf8', START_BYTES, bodyAt));
  if (!head) return 'unreadable';
  const { run, link: uplink, frame: number = 0, kind } = head;
  const isFrom = typeof run === 'string' && run.length <= RUN_CHARACTERS_MAX && isNumber(uplink) && isNumber(number);
  if (!isFrom || typeof kind !== 'string') return 'unreadable';
  if (!KINDS.has(kind)) return 'later';
  if (!isHead(head)) return 'unreadable';
  return { from: { run, uplink: uplink as number, number: number as number }, head, body: frame.subarray(bodyAt) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isHead(head: Record<string, unknown>): head is Record<string, unknown> & SaidHead {
  const { kind, to, envelope, pieces, index, nodes } = head;
  if (kind === 'piece') return isNumber(index);
  if (kind !== 'talk') return Array.isArray(nodes) && nodes.length <= SAID_NODES_MAX && nodes.every(isNodeCode);
  const isTo = to === undefined || isNodeCode(to);
  if (!isTo || !isNumber(pieces) || !isEnvelope(envelope)) return false;
  // A process without nodes speaks to all nodes at once.
  const isFromNobody = envelope.from === NOBODY && envelope.kind === 'say' && to === undefined;
  return isFromNobody || isNodeCode(envelope.from);
}

function isNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * The message of a page to the server, in each tick: what its player does. It repeats the inputs before the newest one,
 * so a lost datagram costs nothing. All integers are big-endian.
 *
 * These are the fields with their bytes.
 *
 * ```text
 * 4: the tick of the newest snapshot that the page has, or 0
 * 4: the sequence number of the newest input; those before it have the numbers before it
 * 1: the count of inputs, 1 to 8
 * 8 each: the inputs, newest first: direction 1, magnitude and flags 1, aim 2, view 4
 * ```
 */
import { LIMITS } from '../limits.js';
import type { Walk } from '../world/step.js';

/** The action of a player in one tick. */
export interface Input extends Walk {
  /** Counts the inputs of one place, from 1. */
  readonly seq: number;
  /** The direction of the lamp in 65,536 parts of a turn: 0 is right, and a quarter is down. */
  readonly aim: number;
  readonly isFiring: boolean;
  /** The time of the others that the page shows, in sixteenths of a tick. */
  readonly view: number;
}

/** A message with inputs. */
export interface InputMessage {
  /** The tick of the newest snapshot that the page has, or 0. */
  readonly ack: number;
  /** Newest first, without a gap. */
  readonly inputs: readonly Input[];
}

/** Parts of a tick in which `view` counts. */
export const VIEW_PARTS = 16;

/** Writes a message. It takes at most `LIMITS.inputsPerMessage` of the inputs, which are newest first. */
export function encodeInputs({ ack, inputs }: InputMessage): Uint8Array {
  const count = Math.min(inputs.length, LIMITS.inputsPerMessage);
  const bytes = new Uint8Array(HEAD_SIZE + count * INPUT_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ack);
  view.setUint32(4, inputs[0]?.seq ?? 0);
  bytes[8] = count;
  for (let index = 0, at = HEAD_SIZE; index < count; index++, at += INPUT_SIZE) {
    const input = inputs[index];
    if (!input) break;
    bytes[at] = input.direction;
    bytes[at + 1] = input.magnitude | (input.isFiring ? FIRING : 0);
    view.setUint16(at + 2, input.aim);
    view.setUint32(at + 4, input.view);
  }
  return bytes;
}

/** Reads a message. Returns undefined if any byte is wrong. */
export function decodeInputs(bytes: Uint8Array): InputMessage | undefined {
  if (bytes.length < HEAD_SIZE + INPUT_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint8(8);
  if (count > LIMITS.inputsPerMessage || bytes.length !== HEAD_SIZE + count * INPUT_SIZE) return undefined;
  const newest = view.getUint32(4);
  if (newest < count) return undefined;
  const inputs: Input[] = [];
  for (let index = 0, at = HEAD_SIZE; index < count; index++, at += INPUT_SIZE) {
    const flags = view.getUint8(at + 1);
    if (flags > (FIRING | MAGNITUDE)) return undefined;
    inputs.push({
      seq: newest - index,
      direction: view.getUint8(at),
      magnitude: flags & MAGNITUDE,
      isFiring: (flags & FIRING) !== 0,
      aim: view.getUint16(at + 2),
      view: view.getUint32(at + 4),
    });
  }
  return { ack: view.getUint32(0), inputs };
}

const HEAD_SIZE = 9;
const INPUT_SIZE = 8;
const MAGNITUDE = 0x0f;
const FIRING = 0x10;

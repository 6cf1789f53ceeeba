/** The JSON of one event on plain wires: `{"event":"say","args":["hi"],"room":"lobby","id":7}`, its ack, and requests about rooms. */
import { ConfigError, ProtocolError } from '../../base/errors.js';
import { isDeeper } from '../socket-io/depth.js';
import { markBytes, unmarkBytes } from './bytes.js';

/** An event. With a room it is meant for the room, without one for the other end's listeners; with an id its sender waits for an ack. */
export interface JsonEvent {
  readonly type: 'event';
  readonly event: string;
  readonly args: unknown[];
  readonly room: string | undefined;
  readonly id: number | undefined;
}

/** The answer to an event that had an id. */
export interface JsonAck {
  readonly type: 'ack';
  readonly id: number;
  readonly args: unknown[];
}

/** A wish to enter a room, to leave it, or to see who is in it. */
export interface JsonRoomRequest {
  readonly type: 'join' | 'leave' | 'presence';
  readonly room: string;
  readonly id: number | undefined;
}

/** Which part of what was sent to a room is wanted; each as it came, for whoever reads it to check. */
export interface JsonHistoryQuery {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly limit?: unknown;
}

/** A wish to see what was sent to a room. */
export interface JsonHistoryRequest {
  readonly type: 'history';
  readonly room: string;
  readonly query: JsonHistoryQuery;
  readonly id: number | undefined;
}

/** What one JSON text says. */
export type JsonMessage = JsonEvent | JsonAck | JsonRoomRequest | JsonHistoryRequest;

/** Members of a message beside its name and arguments; those that are undefined are left out. */
export interface JsonEventMore {
  readonly room?: string | undefined;
  readonly id?: number | undefined;
  /** Where the event stands in the log of its namespace. */
  readonly offset?: string | undefined;
}

/** The levels of arrays and objects that a message may have, unless its reader says otherwise. */
const DEPTH_MAX = 2_000;

/** Which members stand beside the one that says what a message is. */
const MEMBERS: Readonly<Record<JsonMessage['type'], ReadonlySet<string>>> = {
  event: new Set(['event', 'args', 'room', 'id']),
  ack: new Set(['ack', 'args']),
  join: new Set(['join', 'id']),
  leave: new Set(['leave', 'id']),
  history: new Set(['history', 'before', 'after', 'limit', 'id']),
  presence: new Set(['presence', 'id']),
};

const REQUESTS = ['join', 'leave', 'history', 'presence'] as const;

/** JSON of any data, bytes included. Throws NOT_ENCODABLE for what JSON cannot hold. */
export function encodeValue(value: unknown): string {
  try {
    return JSON.stringify(markBytes(value)) ?? 'null';
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('NOT_ENCODABLE', `data cannot be written as JSON: ${(error as Error).message}`);
  }
}

/** An event as JSON; `args` is the JSON array of its arguments, as `encodeValue` gives it, so that it can be shared. */
export function encodeEventMessage(event: string, args: string, { room, id, offset }: JsonEventMore = {}): string {
  let text = `{"event":${JSON.stringify(event)},"args":${args}`;
  if (room !== undefined) text += `,"room":${JSON.stringify(room)}`;
  if (id !== undefined) text += `,"id":${id}`;
  if (offset !== undefined) text += `,"offset":${JSON.stringify(offset)}`;
  return `${text}}`;
}

/** An acknowledgement as JSON. Throws NOT_ENCODABLE for what JSON cannot hold. */
export function encodeAckMessage(id: number, args: readonly unknown[]): string {
  return `{"ack":${id},"args":${encodeValue(args)}}`;
}

/** The answer to a request about a room as JSON; to one with an id, it is an acknowledgement. Throws as `encodeValue`. */
export function encodeRoomAnswer(
  type: JsonMessage['type'],
  room: string,
  answer: object,
  id: number | undefined,
): string {
  return id === undefined ? encodeValue({ [type]: room, ...answer }) : encodeAckMessage(id, [answer]);
}

/** Reads JSON in which bytes may stand. Throws JSON_BAD_TEXT for what is no JSON, JSON_TOO_DEEP beyond `depthMax` levels. */
export function decodeValue(text: string, depthMax = DEPTH_MAX): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('JSON_BAD_TEXT', 'this is no JSON');
  }
  // A level takes two characters, so short text needs no look.
  if (text.length > 2 * depthMax && isDeeper(value, depthMax)) {
    throw new ProtocolError('JSON_TOO_DEEP', `data has more than ${depthMax} levels`);
  }
  // The sign may also stand there as an escape.
  return text.includes('$') || text.includes('\\u0024') ? unmarkBytes(value) : value;
}

/** Reads one message. Throws as `decodeValue`, and JSON_BAD_EVENT for JSON that is no message. */
export function decodeMessage(text: string, depthMax = DEPTH_MAX): JsonMessage {
  const value = decodeValue(text, depthMax);
  const message = readMessage(value);
  if (!message) {
    throw new ProtocolError(
      'JSON_BAD_EVENT',
      'a message is {"event":"name","args":[...]}, {"ack":id,"args":[...]}, {"join":"room"}, {"leave":"room"}, {"history":"room"} or {"presence":"room"}',
    );
  }
  return message;
}

/**
 * The message that a value is; `undefined` when it has none of the members `event`, `ack`, `join`, `leave`, `history` and `presence` that
 * say so. Throws JSON_BAD_EVENT when it has one, and is wrong otherwise.
 */
export function readMessage(value: unknown): JsonMessage | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const object = value as Record<string, unknown>;
  if (typeof object.event === 'string') {
    checkMembers(object, 'event');
    const { event } = object;
    return { type: 'event', event, args: readArgs(object), room: readRoom(object, 'room'), id: readId(object, 'id') };
  }
  if (object.ack !== undefined) {
    checkMembers(object, 'ack');
    return { type: 'ack', id: readId(object, 'ack') as number, args: readArgs(object) };
  }
  const type = REQUESTS.find((name) => object[name] !== undefined);
  if (!type) return undefined;
  checkMembers(object, type);
  const request = { room: readRoom(object, type) as string, id: readId(object, 'id') };
  if (type !== 'history') return { type, ...request };
  const { before, after, limit } = object;
  return { type, ...request, query: { before, after, limit } };
}

/** Nobody guesses what a member that means nothing was meant for. */
function checkMembers(object: Record<string, unknown>, type: JsonMessage['type']): void {
  for (const name in object) {
    if (!MEMBERS[type].has(name))
      throw bad(`"${name}" has no meaning beside "${type}"; what an event brings are "args"`);
  }
}

function readArgs({ args }: Record<string, unknown>): unknown[] {
  if (args === undefined) return [];
  if (!Array.isArray(args)) throw bad('"args" is no array');
  return args;
}

function readRoom(object: Record<string, unknown>, member: string): string | undefined {
  const room = object[member];
  if (room === undefined) return undefined;
  if (typeof room !== 'string') throw bad(`"${member}" is no string`);
  return room;
}

function readId(object: Record<string, unknown>, member: string): number | undefined {
  const id = object[member];
  if (id === undefined) return undefined;
  if (!Number.isSafeInteger(id) || (id as number) < 0) throw bad(`"${member}" is no whole number from 0 to 2^53-1`);
  return id as number;
}

function bad(message: string): ProtocolError {
  return new ProtocolError('JSON_BAD_EVENT', message);
}

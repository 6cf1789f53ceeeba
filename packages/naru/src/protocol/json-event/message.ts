/**
 * The JSON messages of plain wires: events (`{"event":"say","args":["hi"],"room":"lobby","id":7}`), acks, and requests
 * about rooms.
 */
import { ConfigError, ProtocolError } from '../../base/errors.js';
import { ARGUMENTS_MAX, isDeeper } from '../socket-io/depth.js';
import { markBytes, unmarkBytes } from './bytes.js';

/**
 * An event for a room, or for the other end's listeners if it names no room. The sender of an event with an id waits
 * for an ack.
 */
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

/** A request to join a room, to leave it, or to list its members. */
export interface JsonRoomRequest {
  readonly type: 'join' | 'leave' | 'presence';
  readonly room: string;
  readonly id: number | undefined;
}

/** The part of a room's history that is wanted. The values are not checked yet. */
export interface JsonHistoryQuery {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly limit?: unknown;
}

/** A request for the history of a room. */
export interface JsonHistoryRequest {
  readonly type: 'history';
  readonly room: string;
  readonly query: JsonHistoryQuery;
  readonly id: number | undefined;
}

/** The content of one JSON text. */
export type JsonMessage = JsonEvent | JsonAck | JsonRoomRequest | JsonHistoryRequest;

/** The members of an event besides its name and arguments. Undefined members are left out. */
export interface JsonEventMore {
  readonly room?: string | undefined;
  readonly id?: number | undefined;
  /** The offset of the event in the log of its namespace. */
  readonly offset?: string | undefined;
}

/** The default maximum depth of arrays and objects in a message. */
const DEPTH_MAX = 2_000;

/** The allowed members of each type of message. */
const MEMBERS: Readonly<Record<JsonMessage['type'], ReadonlySet<string>>> = {
  event: new Set(['event', 'args', 'room', 'id']),
  ack: new Set(['ack', 'args']),
  join: new Set(['join', 'id']),
  leave: new Set(['leave', 'id']),
  history: new Set(['history', 'before', 'after', 'limit', 'id']),
  presence: new Set(['presence', 'id']),
};

const REQUESTS = ['join', 'leave', 'history', 'presence'] as const;

/** Encodes any data as JSON, bytes included. Throws NOT_ENCODABLE for data that JSON cannot hold. */
export function encodeValue(value: unknown): string {
  try {
    return JSON.stringify(markBytes(value)) ?? 'null';
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('NOT_ENCODABLE', `data cannot be written as JSON: ${(error as Error).message}`);
  }
}

/**
 * Encodes an event as JSON. `args` is the JSON array of its arguments from `encodeValue`, so that several messages can
 * share it.
 */
export function encodeEventMessage(event: string, args: string, { room, id, offset }: JsonEventMore = {}): string {
  let text = `{"event":${JSON.stringify(event)},"args":${args}`;
  if (room !== undefined) text += `,"room":${JSON.stringify(room)}`;
  if (id !== undefined) text += `,"id":${id}`;
  if (offset !== undefined) text += `,"offset":${JSON.stringify(offset)}`;
  return `${text}}`;
}

/** Encodes an acknowledgement as JSON. Throws NOT_ENCODABLE for data that JSON cannot hold. */
export function encodeAckMessage(id: number, args: readonly unknown[]): string {
  return `{"ack":${id},"args":${encodeValue(args)}}`;
}

/**
 * Encodes the answer to a request about a room. A request with an id is answered with an acknowledgement. Throws like
 * `encodeValue`.
 */
export function encodeRoomAnswer(
  type: JsonMessage['type'],
  room: string,
  answer: object,
  id: number | undefined,
): string {
  return id === undefined ? encodeValue({ [type]: room, ...answer }) : encodeAckMessage(id, [answer]);
}

/**
 * Reads JSON that may contain bytes. Throws JSON_BAD_TEXT for invalid JSON, and JSON_TOO_DEEP beyond `depthMax` levels.
 */
export function decodeValue(text: string, depthMax = DEPTH_MAX): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('JSON_BAD_TEXT', 'the text is not valid JSON');
  }
  // A level takes two characters, so a short text cannot be too deep.
  if (text.length > 2 * depthMax && isDeeper(value, depthMax)) {
    throw new ProtocolError('JSON_TOO_DEEP', `data has more than ${depthMax} levels`);
  }
  // The dollar sign may also be escaped.
  return text.includes('$') || text.includes('\\u0024') ? unmarkBytes(value) : value;
}

/** Reads one message. Throws like `decodeValue`, and JSON_BAD_EVENT for JSON that is not a message. */
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
 * Reads a value as a message. Returns `undefined` when it has none of the members `event`, `ack`, `join`, `leave`,
 * `history` and `presence`, which tell the type. Throws JSON_BAD_EVENT when it has one of them but is otherwise
 * invalid.
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

/** Throws for an unknown member instead of ignoring it. */
function checkMembers(object: Record<string, unknown>, type: JsonMessage['type']): void {
  for (const name in object) {
    if (!MEMBERS[type].has(name))
      throw bad(`only ${[...MEMBERS[type]].join(', ')} are allowed; put the data of an event into "args"`);
  }
}

function readArgs({ args = [] }: Record<string, unknown>): unknown[] {
  if (!Array.isArray(args) || args.length > ARGUMENTS_MAX)
    throw bad(`"args" must be an array of up to ${ARGUMENTS_MAX}`);
  return args;
}

function readRoom(object: Record<string, unknown>, member: string): string | undefined {
  const room = object[member];
  if (room === undefined) return undefined;
  if (typeof room !== 'string') throw bad(`"${member}" must be a string`);
  return room;
}

function readId(object: Record<string, unknown>, member: string): number | undefined {
  const id = object[member];
  if (id === undefined) return undefined;
  if (!Number.isSafeInteger(id) || (id as number) < 0) throw bad(`"${member}" must be a whole number from 0 to 2^53-1`);
  return id as number;
}

function bad(message: string): ProtocolError {
  return new ProtocolError('JSON_BAD_EVENT', message);
}

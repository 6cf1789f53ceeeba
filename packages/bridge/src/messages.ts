/** The messages between the nodes of `@socket.io/redis-adapter`, and of `@socket.io/redis-emitter`. */
import { isObject, isRooms, readEvent, type SocketAction, type Target } from 'naru/bridge';

/** The kinds of requests, and of their responses. */
export const Kind = {
  SOCKETS: 0,
  ALL_ROOMS: 1,
  JOIN: 2,
  LEAVE: 3,
  DISCONNECT: 4,
  FETCH: 5,
  SERVER_SIDE_EMIT: 6,
  BROADCAST: 7,
  CLIENT_COUNT: 8,
  ACK: 9,
} as const;

/** The name of all emitters, which have none of their own. */
export const EMITTER = 'emitter';

/** The first characters of the names of Naru's nodes, by which they know each other. */
const NARU = 'naru-';

/** Returns the name of a node. */
export function nameOf(id: string): string {
  return `${NARU}${id}`;
}

/** Whether a message is of a node of Naru. */
export function isOfNaru(uid: string): boolean {
  return uid.startsWith(NARU);
}

/** An event on its way to the clients of other nodes. */
export interface EventMessage {
  readonly uid: string;
  readonly namespace: string;
  readonly target: Target;
  readonly data: readonly unknown[];
}

/** A request of another node, with its members as they came. */
export interface Request {
  readonly uid: string;
  readonly kind: unknown;
  readonly requestId: string | undefined;
  readonly given: Readonly<Record<string, unknown>>;
}

/** The most characters of the name of a namespace. */
const NAME_MAX = 500;
/** Whether a value can be the name of a namespace. */
export function isNamespace(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_MAX;
}

/** The types of packets with events. */
const EVENT = 2;
const BINARY_EVENT = 5;

/** Reads an event. Returns `undefined` for anything else, and throws for an event without a name of its own. */
export function readEventMessage(value: unknown): EventMessage | undefined {
  const [uid, packet, opts] = Array.isArray(value) ? value : [];
  if (typeof uid !== 'string' || !isObject(packet) || !isObject(opts)) return undefined;
  const { type, data, nsp = '/' } = packet;
  const target = readTarget(opts);
  const isEvent = type === EVENT || type === BINARY_EVENT;
  return isEvent && isNamespace(nsp) && target ? { uid, namespace: nsp, target, data: readEvent(data) } : undefined;
}

/** Returns the message with an event. */
export function eventMessage(uid: string, namespace: string, { rooms, except, flags }: Target, data: unknown): unknown {
  const { volatile, compress } = flags;
  return [uid, packetOf(namespace, data), { rooms: [...rooms], except: [...except], flags: { volatile, compress } }];
}

/** Returns the packet of an event. */
export function packetOf(namespace: string, data: unknown): object {
  return { type: EVENT, data, nsp: namespace };
}

/** Reads a request. Returns `undefined` for anything else. */
export function readRequest(value: unknown): Request | undefined {
  if (!isObject(value)) return undefined;
  const { uid = EMITTER, type, requestId } = value;
  const isRequest = typeof uid === 'string' && (requestId === undefined || typeof requestId === 'string');
  return isRequest ? { uid, kind: type, requestId, given: value } : undefined;
}

/** Reads the target in the `opts` of a message. */
export function readTarget(opts: unknown): Target | undefined {
  if (!isObject(opts)) return undefined;
  const { rooms = [], except = [], flags } = opts;
  if (!isRooms(rooms) || !isRooms(except)) return undefined;
  const { volatile, compress } = isObject(flags) ? flags : {};
  const known = { ...(volatile === true && { volatile }), ...(compress === false && { compress }) };
  return { rooms: new Set(rooms), except: new Set(except), flags: known };
}

/** Returns the milliseconds for which the node of a question waits, from the `opts` of its message. */
export function timeoutOf(opts: unknown): number | undefined {
  const { timeout } = isObject(opts) && isObject(opts.flags) ? opts.flags : {};
  return typeof timeout === 'number' ? timeout : undefined;
}

/** Reads the change of sockets in a request. */
export function readAction({ kind, given }: Request): SocketAction | undefined {
  if (kind === Kind.DISCONNECT) return ['disconnect', given.close === true];
  // An old way of the adapter names one room.
  const rooms = given.rooms ?? (given.room === undefined ? undefined : [given.room]);
  if ((kind !== Kind.JOIN && kind !== Kind.LEAVE) || !isRooms(rooms)) return undefined;
  return [kind === Kind.JOIN ? 'join' : 'leave', rooms];
}

/** The messages between the nodes of an adapter that builds on the `ClusterAdapter` of Socket.IO. */
import { isObject, isRooms, readEvent, type SocketAction, type Target } from 'naru/bridge';
import { isNamespace, packetOf, readTarget } from '../messages.js';

/** The kinds of messages. */
export const ClusterKind = {
  INITIAL_HEARTBEAT: 1,
  HEARTBEAT: 2,
  BROADCAST: 3,
  JOIN: 4,
  LEAVE: 5,
  DISCONNECT: 6,
  FETCH: 7,
  SOCKETS: 8,
  SERVER_SIDE_EMIT: 9,
  SERVER_SIDE_ANSWER: 10,
  CLIENT_COUNT: 11,
  ACK: 12,
  CLOSE: 13,
} as const;

/** A message, with its data as they came. */
export interface ClusterMessage {
  readonly uid: string;
  readonly namespace: string;
  readonly kind: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads a message. Returns `undefined` for anything else. */
export function readMessage(uid: unknown, nsp: unknown, kind: unknown, data: unknown = {}): ClusterMessage | undefined {
  return typeof uid === 'string' && isNamespace(nsp) && Number.isSafeInteger(kind) && isObject(data)
    ? { uid, namespace: nsp, kind: kind as number, data }
    : undefined;
}

/** Returns the channel of all nodes in a namespace, or that of one node or room. */
export function channelOf(key: string, namespace: string, what?: string): string {
  return `${key}#${namespace}#${what === undefined ? '' : `${what}#`}`;
}

const REQUESTS: readonly number[] = [ClusterKind.FETCH, ClusterKind.SERVER_SIDE_EMIT];
const RESPONSES: readonly number[] = [
  ClusterKind.SOCKETS,
  ClusterKind.SERVER_SIDE_ANSWER,
  ClusterKind.CLIENT_COUNT,
  ClusterKind.ACK,
];

/** Whether nodes answer a message, or keep it for nobody. */
export function isRequest({ kind, data }: Pick<ClusterMessage, 'kind' | 'data'>): boolean {
  return REQUESTS.includes(kind) || (kind === ClusterKind.BROADCAST && data.requestId !== undefined);
}

/** Whether a message answers a request. */
export function isResponse({ kind }: ClusterMessage): boolean {
  return RESPONSES.includes(kind);
}

/** Returns the target as messages have it. */
export function optsOf({ rooms, except, flags }: Target): object {
  const { volatile, compress, timeout } = flags;
  return { rooms: [...rooms], except: [...except], flags: { volatile, compress, timeout } };
}

/** Returns the data of a message with an event. */
export function eventOf(namespace: string, target: Target, data: readonly unknown[]): Record<string, unknown> {
  return { packet: packetOf(namespace, data), opts: optsOf(target) };
}

/** Returns the kind and the data of a change of sockets. */
export function changeOf(target: Target, [kind, what]: SocketAction): [kind: number, data: Record<string, unknown>] {
  const opts = optsOf(target);
  if (kind === 'disconnect') return [ClusterKind.DISCONNECT, { opts, close: what }];
  return [kind === 'join' ? ClusterKind.JOIN : ClusterKind.LEAVE, { opts, rooms: [...what] }];
}

/** Reads an event. Returns `undefined` for data that have none, and throws for an event without a name of its own. */
export function readBroadcast({
  packet,
  opts,
}: ClusterMessage['data']): { target: Target; data: readonly unknown[] } | undefined {
  const target = readTarget(opts);
  return target && isObject(packet) ? { target, data: readEvent(packet.data) } : undefined;
}

/** Reads a change of sockets. Returns `undefined` for any other message. */
export function readChange({ kind, data }: ClusterMessage): { target: Target; action: SocketAction } | undefined {
  const target = readTarget(data.opts);
  if (!target) return undefined;
  if (kind === ClusterKind.DISCONNECT) return { target, action: ['disconnect', data.close === true] };
  if ((kind !== ClusterKind.JOIN && kind !== ClusterKind.LEAVE) || !isRooms(data.rooms)) return undefined;
  return { target, action: [kind === ClusterKind.JOIN ? 'join' : 'leave', data.rooms] };
}

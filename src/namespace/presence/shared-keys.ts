/** How presence stands in a store: its keys, and what is behind them. */
import type { PresenceEntry } from './roster.js';

/** What a process says of itself: how often it has changed something, and the topics of its newest changes, in their order. */
export interface NodeSign {
  readonly changes: number;
  readonly topics: readonly string[];
}

/** What keys of processes begin with. */
export const NODE_PREFIX = 'presence-node ';

/** The key of a process. */
export function nodeKey(node: string): string {
  return `${NODE_PREFIX}${node}`;
}

/** The name of a room of a namespace. */
export function topicOf(namespace: string, room: string): string {
  return `${escapeSpaces(namespace)} ${escapeSpaces(room)}`;
}

/** What keys of connections that are present in a topic begin with. */
export function entryPrefix(topic: string): string {
  return `presence ${topic} `;
}

/** The key of a connection that is present. */
export function entryKey(topic: string, socketId: string): string {
  return `${entryPrefix(topic)}${socketId}`;
}

/** Reads a connection; `undefined` for what is none. */
export function decodeEntry(text: string | undefined, socketId: string): PresenceEntry | undefined {
  const { node, id, state, at, takenAt, since } = (read(text) ?? {}) as Record<string, unknown>;
  if (typeof node !== 'string' || typeof id !== 'string' || typeof state !== 'string') return undefined;
  if (typeof at !== 'number' || typeof takenAt !== 'number' || typeof since !== 'number') return undefined;
  return read(state) === undefined ? undefined : { socketId, node, id, state, at, takenAt, since };
}

/** Writes the sign of a process. */
export function encodeSign(sign: NodeSign): string {
  return JSON.stringify(sign);
}

/** Reads the sign of a process; `undefined` for what is none. */
export function decodeSign(text: string): NodeSign | undefined {
  const { changes, topics } = (read(text) ?? {}) as Record<string, unknown>;
  if (typeof changes !== 'number' || !Array.isArray(topics)) return undefined;
  return { changes, topics: topics.map(String) };
}

/** A space ends a name. */
function escapeSpaces(name: string): string {
  return name.replaceAll('%', '%25').replaceAll(' ', '%20');
}

function read(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Another version may have written it; what it means is not known.
    return undefined;
  }
}

/** The keys and values of presence in a store. */
import { readStoredObject } from '../../backplane/formats.js';
import type { PresenceEntry } from './roster.js';

/** The sign of life of a process: the number of its changes so far, and the topics of its newest changes in order. */
export interface NodeSign {
  readonly changes: number;
  readonly topics: readonly string[];
}

/** Prefix of the keys of processes. */
export const NODE_PREFIX = 'presence-node ';

/** Returns the key of a process. */
export function nodeKey(node: string): string {
  return `${NODE_PREFIX}${node}`;
}

/** Returns the topic for a room of a namespace. */
export function topicOf(namespace: string, room: string): string {
  return `${escapeSpaces(namespace)} ${escapeSpaces(room)}`;
}

/** Returns the prefix of the keys of a topic's present connections. */
export function entryPrefix(topic: string): string {
  return `presence ${topic} `;
}

/** Returns the key of a present connection. */
export function entryKey(topic: string, socketId: string): string {
  return `${entryPrefix(topic)}${socketId}`;
}

/** Returns a connection from its text, or `undefined` when the text is not one. */
export function decodeEntry(text: string | undefined, socketId: string): PresenceEntry | undefined {
  if (text === undefined) return undefined;
  const { node, id, state, at, takenAt, since } = readStoredObject(text, 'the presence of a client') ?? {};
  if (typeof node !== 'string' || typeof id !== 'string' || typeof state !== 'string') return undefined;
  if (typeof at !== 'number' || typeof takenAt !== 'number' || typeof since !== 'number') return undefined;
  return isJson(state) ? { socketId, node, id, state, at, takenAt, since } : undefined;
}

/** Returns the text of a sign. */
export function encodeSign(sign: NodeSign): string {
  return JSON.stringify(sign);
}

/** Returns a sign from its text, or `undefined` when the text is not one. */
export function decodeSign(text: string): NodeSign | undefined {
  const { changes, topics } = readStoredObject(text, 'the sign of a process') ?? {};
  if (typeof changes !== 'number' || !Array.isArray(topics)) return undefined;
  return { changes, topics: topics.map(String) };
}

/** Escapes spaces, because a space separates the parts of a key. */
function escapeSpaces(name: string): string {
  return name.replaceAll('%', '%25').replaceAll(' ', '%20');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Another program may have written this, and its meaning is unknown.
    return false;
  }
}

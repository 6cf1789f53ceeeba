/** The tables and values of presence in a store. */
import { readStoredObject } from '../../backplane/formats.js';
import type { PresenceEntry } from './roster.js';

/** The table of the processes that are alive. Its values are the numbers of their changes. */
export const NODES_TABLE = 'presence';

/** Returns the topic for a room of a namespace. */
export function topicOf(namespace: string, room: string): string {
  return `${escapeSpaces(namespace)} ${escapeSpaces(room)}`;
}

/** Returns the name of the table of a topic's present connections. */
export function tableOf(topic: string): string {
  return `${NODES_TABLE} ${topic}`;
}

/** Returns the text of a connection. Its key in the table names the socket. */
export function encodeEntry(entry: PresenceEntry): string {
  return JSON.stringify({ ...entry, socketId: undefined });
}

/** Returns a connection from its text, or `undefined` when the text is not one. */
export function decodeEntry(text: string | undefined, socketId: string): PresenceEntry | undefined {
  if (text === undefined) return undefined;
  const { node, id, state, at, takenAt, since } = readStoredObject(text, 'the presence of a client') ?? {};
  if (typeof node !== 'string' || typeof id !== 'string' || typeof state !== 'string') return undefined;
  if (typeof at !== 'number' || typeof takenAt !== 'number' || typeof since !== 'number') return undefined;
  return isJson(state) ? { socketId, node, id, state, at, takenAt, since } : undefined;
}

/** Escapes spaces, because a space separates the parts of a topic. Most names have none. */
function escapeSpaces(name: string): string {
  return /[ %]/.test(name) ? name.replaceAll('%', '%25').replaceAll(' ', '%20') : name;
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

/** An entry of a connection of this process, and when it was written for the last time. */
export interface OwnEntry {
  readonly topic: string;
  readonly entry: PresenceEntry;
  writtenAt: number;
}

/** Returns the key of a connection in a topic. */
export function ownKey(topic: string, socketId: string): string {
  return `${topic} ${socketId}`;
}

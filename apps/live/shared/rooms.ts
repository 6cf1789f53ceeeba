/** The names of Naru's rooms and namespaces. */
import type { Quality } from './protocol.js';

/** The room of all pages. */
export const PAGES = 'pages';
/** The room of the journal, in its namespace. */
export const AIR = 'air';
/** The namespace of the journal, which is for the server alone. */
export const JOURNAL = '/journal';
/** The namespace of the tapes. Nobody is in its rooms; pages read their history. */
export const TAPE = '/tape';

/** An offset before the first one of a tape. */
export const TAPE_START = '00000000000';

/**
 * The room of the viewers of one quality. It carries pictures and sound. In the namespace of the tapes, it keeps them.
 */
export function channelOf(id: string, quality: Quality): string {
  return `${quality}/${id}`;
}

/** The room of the chat of a broadcast: its viewers and its broadcaster. */
export function talkOf(id: string): string {
  return `talk/${id}`;
}

/** The room of those who have the key of a broadcast. */
export function deskOf(id: string): string {
  return `desk/${id}`;
}

/** The room in which the viewers of a broadcast are present. */
export function crowdOf(id: string): string {
  return `crowd/${id}`;
}

/** The broadcast of a room, or undefined for a room of another kind. */
export function broadcastIn(room: string, kind: Quality | 'talk' | 'desk'): string | undefined {
  return room.startsWith(`${kind}/`) ? room.slice(kind.length + 1) : undefined;
}

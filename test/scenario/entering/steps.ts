/** The notes of a client that enters rooms with history. */
import type { Page } from '../soak/entries.js';

/** A thing that a client has done or heard, and when. */
export type Step = { readonly at: number } & (
  | { readonly type: 'connect'; readonly socketId: string; readonly isRecovered: boolean }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly room: string;
      readonly limit: number;
      /** How many events of the room anybody had seen. */
      readonly known: number;
    }
  | { readonly type: 'page'; readonly id: number; readonly page: Page }
  | {
      readonly type: 'older';
      readonly room: string;
      readonly limit: number;
      readonly before: string;
      readonly page: Page;
    }
  | { readonly type: 'event'; readonly tag: string }
  | { readonly type: 'word'; readonly tag: string }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'refused'; readonly room: string; readonly code: string }
  | { readonly type: 'gap'; readonly gap: unknown }
);

/** The part of a socket that both clients have. */
export interface GuestSocket {
  readonly connected: boolean;
  readonly recovered: boolean;
  readonly id?: string | undefined;
  on(event: string, listener: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

/**
 * The events of a room that any client of a process knows, in the order of that. An event that a client has said has
 * the time at which it was confirmed, and others have `null`.
 */
export type Known = ReadonlyMap<string, number | null>;

/** The parts of the visits of one client. */
export interface VisitParts {
  readonly random: { integer(least: number, most: number): number; pick<Item>(items: readonly Item[]): Item };
  readonly rooms: readonly string[];
  /** The event with the words of servers. */
  readonly word: string;
  /** The known events of each room. */
  readonly known: ReadonlyMap<string, Map<string, number | null>>;
  /** The most milliseconds between two things that the client does. */
  readonly pauseMs: number;
  /** One of so many entries is followed by older pages. */
  readonly olderEvery: number;
  /** Called for each page. */
  onEntered?(): void;
  /** Has the client read nothing for some milliseconds. */
  stall(ms: number): void;
  /** Cuts the client off. With `isSilent` the server does not notice. */
  cut?(isSilent: boolean): void;
}

/** The form of a row in the table of promises. */

/** Something that carries events. `server` is a program that calls the server itself, without a wire. */
export type Wire =
  | 'polling'
  | 'sse'
  | 'websocket'
  | 'webtransport'
  | 'tcp'
  | 'udp'
  | 'lane'
  | 'lines'
  | 'stomp'
  | 'events'
  | 'links'
  | 'server';

/** The place of the log. `none` is a server without one. */
export type Home = 'none' | 'memory' | 'folder' | 'redis' | 'nats';

/** A test that would notice a broken promise. */
export interface TestCheck {
  /** The test file, without `.test.ts`. */
  readonly file: string;
  /** The names of its groups and its own, with spaces between them. An asterisk stands for each computed part. */
  readonly test: string;
}

/** Seeds of the simulated soak that would notice a broken promise. */
export interface SoakCheck {
  /** An operation of the soak, as test/scenario/soak/plan.ts names it. */
  readonly soak: string;
  /** Such as `1-4`. */
  readonly seeds: string;
  readonly minutes: number;
}

/** A deliberate defect, which the check has to notice. */
export interface Mutant {
  /** The file, without `packages/`. */
  readonly in: string;
  /** A text that stands once in the file. */
  readonly find: string;
  /** The text that replaces it. */
  readonly put: string;
}

/** A promise of the documents. */
export interface Promised {
  /** The id in the documents, as in `<!-- promise: history-page -->`. */
  readonly id: string;
  /**
   * The sentences by their document. They are written as there, with single spaces; cells of a table have ` | ` between
   * them.
   */
  readonly said: Readonly<Record<string, string>>;
  readonly wires: readonly Wire[];
  readonly homes: readonly Home[];
  readonly operations: readonly string[];
  readonly check: TestCheck | SoakCheck;
  readonly mutant: Mutant;
}

/** The wires of a session that is reliable and has an order. */
export const ORDERED: readonly Wire[] = ['polling', 'sse', 'websocket', 'webtransport', 'tcp'];

/** The wires with a language of their own. */
export const PLAIN: readonly Wire[] = ['lines', 'stomp', 'events'];

/** Each wire on which events are reliable. */
export const RELIABLE: readonly Wire[] = [...ORDERED, ...PLAIN];

/** Each wire on which a client connects. */
export const EVERY_WIRE: readonly Wire[] = [...RELIABLE, 'udp', 'lane'];

/** The homes that servers on several machines share. */
export const BROKERS: readonly Home[] = ['redis', 'nats'];

/** The homes that several processes share. */
export const SHARED: readonly Home[] = ['folder', ...BROKERS];

/** Each home of a log. */
export const LOGS: readonly Home[] = ['memory', ...SHARED];

/** Each way to run a server. */
export const EVERY_HOME: readonly Home[] = ['none', ...LOGS];

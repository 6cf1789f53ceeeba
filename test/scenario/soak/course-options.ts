/** The facts about a client that its course needs. */

/** Milliseconds for which a server has answers, joins and what else it says wait for the log. */
export const PATIENCE_MS = 1_000;

/** Facts about the client of a course. */
export interface CourseOptions {
  readonly name: string;
  readonly namespace: string;
  /** The rooms of the client from the start. */
  readonly rooms: readonly string[];
  /** Whether the client resumes after its last event, whatever happened to its socket, as plain events and STOMP do. */
  readonly isLog: boolean;
  /** Whether the client receives only the messages of its rooms, from the first one on, as STOMP does. */
  readonly isTopic: boolean;
  /** The time, in milliseconds since the Unix epoch. */
  now(): number;
  /** The id of the server that the client is led to. */
  node(): number;
  /** Whether a socket reads late by now. */
  isLate(socketId: string): boolean;
  /** Whether a socket read late when it left its server. */
  leftLate(socketId: string): boolean;
  /** Whether a server is there as it was. */
  isLiving(node: number): boolean;
  /** Whether a server could not reach the log at some time since `since`. */
  wasUnsure(node: number, since: number): boolean;
  /** Whether a server waited for the answer to an append for a second, at some time since `since`. */
  wasSlow(node: number, since: number): boolean;
  /** Whether the home refused the text of a session with a change that was made at `at`. */
  wasRefused(socketId: string, at: number): boolean;
  /** Whether a server has put a socket out. */
  wasPutOut(socketId: string): boolean;
  /** The oldest sequence in the log, or one more than the newest when the log is empty. */
  oldest(): number;
}

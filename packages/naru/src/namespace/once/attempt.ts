/** One try of an event that came with a key. */
import type { Answer } from '../../base/steps/answer.js';
import type { NotedNamespace } from '../explain/journal.js';
import type { Fences } from '../log/fences.js';
import type { NamespaceLog } from '../log/namespace-log.js';
import type { Member } from '../socket/socket.js';

/** The parts of a namespace that `Once` uses. */
export interface OnceNamespace extends NotedNamespace {
  readonly log: NamespaceLog | undefined;
  readonly fences: Fences | undefined;
  readonly recovery: { whenWritten(pid: string | undefined): Answer<boolean> } | undefined;
  /** Appends the events that wait for the end of the turn. */
  settle(): void;
  /** Carries out an operation after the events before it, or when the log has been silent for a second. */
  inOrder(operation: () => void): void;
  /** Answers a `naru:` event. Returns `false` when no such event exists. */
  answer(member: Member, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean;
}

/** Answers one try of an event. */
export type TryAnswer = (...args: unknown[]) => void;

/** A try, the socket that made it, and the event. */
export interface Attempt {
  readonly namespace: OnceNamespace;
  readonly member: Member;
  readonly key: string;
  /** Without its arguments once its listener has them. */
  readonly event: [name: string, ...args: unknown[]];
  readonly answer: TryAnswer;
  /** Bytes that its arguments count for while it waits. */
  bytes: number;
}

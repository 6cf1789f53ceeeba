/** One request of a node to a home on another machine, and how it ends. */

import { type Appended, type LogRecord, notUsed } from 'naru/backplane';
import { UnavailableError } from 'naru/base';
import type { HomeMethod, HomeRequest } from './home.js';

/** Requests that change something. */
export const WRITES: ReadonlySet<HomeMethod> = new Set([
  'append',
  'erase',
  'set',
  'delete',
  'swap',
  'tablePut',
  'tableRemove',
]);

/** A request that reads records of a log. */
export type ReadRequest = Extract<HomeRequest, { readonly method: 'read' | 'readBack' | 'readAt' }>;
const READS: ReadonlySet<HomeMethod> = new Set(['read', 'readBack', 'readAt']);

/** Whether a request reads records of a log. */
export function isRead(request: HomeRequest): request is ReadRequest {
  return READS.has(request.method);
}

/** Requests that belong to one uplink. The next uplink makes them anew. */
export const OF_UPLINK: ReadonlySet<HomeMethod> = new Set(['retain', 'follow', 'unfollow', 'ping']);

/** A request that is not answered yet. */
export interface Call {
  readonly method: HomeMethod;
  readonly args: readonly unknown[];
  readonly bytes: number;
  /** When it was made, and when it was last sent. */
  readonly madeAt: number;
  sentAt: number;
  /**
   * The number of the write. It gets one when it is first sent; from then on, only the home knows what became of it.
   */
  number: number | undefined;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/**
 * Whether a request waits for a home that cannot be used, or is slow. A write does for a minute. The question where a
 * log ends waits until it is answered, and so does the removal of old texts, which takes its time.
 */
export function isPatient(method: HomeMethod): boolean {
  return WRITES.has(method) || method === 'newest' || method === 'follow' || method === 'trim';
}

/**
 * Whether an append may overtake a request. A swap of a text of no namespace promises no order with what is made after
 * it.
 */
export function letsAppendsPass({ method, args }: Pick<Call, 'method' | 'args'>): boolean {
  return (method === 'swap' || method === 'get') && args[0] === undefined;
}

/** The tables in which the nodes find each other. */
const NODE_TABLES: ReadonlySet<unknown> = new Set(['talk', 'nodes']);

/** Whether a request is about the nodes. The others would take a node for lost if it waited for events. */
export function isAboutNodes({ method, args }: Pick<Call, 'method' | 'args'>): boolean {
  return method.startsWith('table') && args[0] === undefined && NODE_TABLES.has(args[1]);
}

/** The error of a call that has waited too long, or that nobody will answer. */
export function tooOld({ method }: Call, unusable: Error | undefined): UnavailableError {
  if (!WRITES.has(method))
    return unusable
      ? notUsed(unusable)
      : new UnavailableError('TIMEOUT', `The home of the log has not answered "${method}" for ten seconds.`);
  if (!unusable) return notKept('the home of the log could not be reached for a minute');
  return notKept(`the home of the log cannot be used: ${unusable.message}`, unusable);
}

/** The one error of all calls that are open when a node ends. */
export function unansweredError(calls: readonly Call[]): UnavailableError {
  const writes = calls.filter(({ method }) => WRITES.has(method)).length;
  return new UnavailableError(
    'CLOSED',
    `The backplane was closed before its home answered. Open requests: ${calls.length}. ${writes} of them are writes, which may be lost.`,
  );
}

/** The error of a write that changes nothing. */
export function notKept(why: string, cause?: unknown): UnavailableError {
  return new UnavailableError('NOT_KEPT', `Nothing was written, because ${why.replace(/\.$/, '')}.`, cause);
}

/** Gives each of the appends that went together its part of the answer. */
export function shareOut(parts: readonly Call[], { offsets, previous, told }: Appended): void {
  let from = 0;
  let before = previous;
  for (const { args, resolve } of parts) {
    const end = from + (args[1] as readonly LogRecord[]).length;
    const own = offsets.slice(from, end);
    // Nothing stands between the parts.
    resolve({ offsets: own, previous: before, told: before === previous ? told : undefined });
    before = own.at(-1) ?? before;
    from = end;
  }
}

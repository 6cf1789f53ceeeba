/** The `traceparent` among the arguments of an event, between a client and a server that have both agreed to it. */
import type { Context } from './opentelemetry.js';
import { contextOf } from './traceparent.js';

/**
 * The event by which a client says that it sends and takes a `traceparent`. A server that does so, too, answers with
 * the same event. Without that answer, a client adds nothing to its events.
 */
export const HELLO = 'naru:traces';

const KEY = 'naru:traceparent';

/** Returns the arguments with a `traceparent` after them, and before the function that takes the acknowledgement. */
export function withCarried(args: readonly unknown[], traceparent: string | undefined): unknown[] {
  if (traceparent === undefined) return [...args];
  const carried = { [KEY]: traceparent };
  return typeof args.at(-1) === 'function' ? [...args.slice(0, -1), carried, args.at(-1)] : [...args, carried];
}

/**
 * Removes the `traceparent` from a list that ends with the arguments of an event. Returns its context, or `undefined`
 * if there is none, or none that is valid. The other side may have sent anything.
 */
export function takeCarried(args: unknown[]): Context | undefined {
  let at = args.length - 1;
  if (typeof args[at] === 'function') at -= 1;
  // A server that recovers sessions adds the offset of the event, which Socket.IO's own client does not remove.
  if (typeof args[at] === 'string' && isCarried(args[at - 1])) at -= 1;
  const carried = args[at];
  if (!isCarried(carried)) return undefined;
  args.splice(at, 1);
  return contextOf(carried[KEY]);
}

function isCarried(value: unknown): value is { readonly [KEY]: unknown } {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, KEY)) return false;
  return Object.keys(value).length === 1;
}

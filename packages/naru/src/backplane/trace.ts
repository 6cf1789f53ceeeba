/** The place of an event in a trace, as a `traceparent` of W3C Trace Context. It travels with the event. */

const TRACE = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Returns a `traceparent` of version 00, or `undefined` for anything else. */
export function readTrace(value: unknown): string | undefined {
  return typeof value === 'string' && TRACE.test(value) ? value : undefined;
}

/** The `traceparent` of W3C Trace Context, as it travels with events. */
import { type Context, isSpanContextValid, ROOT_CONTEXT, type Span, trace } from './opentelemetry.js';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Returns the `traceparent` of a span, or `undefined` for a span without a trace, as without an SDK. */
export function traceparentOf(span: Span): string | undefined {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return undefined;
  const flags = (context.traceFlags & 0xff).toString(16).padStart(2, '0');
  return `00-${context.traceId}-${context.spanId}-${flags}`;
}

/** Returns the context of a `traceparent` of another process, or `undefined` for anything else. */
export function contextOf(traceparent: unknown): Context | undefined {
  // A client may send an object that cannot become text.
  const found = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : undefined;
  const [, traceId = '', spanId = '', flags = ''] = found ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? trace.setSpanContext(ROOT_CONTEXT, context) : undefined;
}

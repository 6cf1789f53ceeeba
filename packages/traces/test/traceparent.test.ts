import { INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { contextOf, traceparentOf } from '../src/traceparent.js';

const [traceId, spanId] = ['1'.repeat(32), '2'.repeat(16)];

it('is the text of a span, with its flags', () => {
  const textOf = (traceFlags: number) => traceparentOf(trace.wrapSpanContext({ traceId, spanId, traceFlags }));
  expect([textOf(1), textOf(0)]).toEqual([`00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-00`]);
  expect(traceparentOf(trace.wrapSpanContext(INVALID_SPAN_CONTEXT))).toBeUndefined();
});

it('is read as the context of a span elsewhere', () => {
  const context = contextOf(`00-${traceId}-${spanId}-01`);
  expect(context && trace.getSpanContext(context)).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true });
  for (const bad of [undefined, null, '', 7, {}, `01-${traceId}-${spanId}-01`, `00-${'0'.repeat(32)}-${spanId}-01`])
    expect(contextOf(bad)).toBeUndefined();
});

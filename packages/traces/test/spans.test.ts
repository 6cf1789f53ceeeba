import { context, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { contextIn, fail, Spans } from '../src/spans.js';
import { collect } from './collected-spans.js';

it('begins a span under a parent, or under the current span, perhaps at an earlier time', () => {
  const { tracer, exporter, spans } = collect();
  const own = new Spans(tracer, 'messaging');
  const parent = own.begin({ operation: 'send', namespace: '/', event: 'a' });
  context.with(contextIn(parent), () => own.begin({ operation: 'deliver', namespace: '/', event: 'a' }).end());
  own.begin({ operation: 'append', namespace: '/' }, contextIn(parent), new Date(1_000)).end();
  parent.end();
  const { spanId } = parent.spanContext();
  expect(spans().map(({ name, parent }) => [name, parent])).toEqual([
    ['deliver a', spanId],
    ['append /', spanId],
    ['send a', undefined],
  ]);
  expect(exporter.getFinishedSpans()[1]?.startTime).toEqual([1, 0]);
});

it('notes the type of what has failed, and no text', () => {
  const { tracer, exporter } = collect();
  const span = tracer.startSpan('x');
  fail(span, 'TypeError');
  span.end();
  const [{ status, attributes, events } = expect.fail('no span')] = exporter.getFinishedSpans();
  expect([status, attributes, events]).toEqual([{ code: 2 }, { 'error.type': 'TypeError' }, []]);
  expect(trace.getSpan(contextIn(span))).toBe(span);
});

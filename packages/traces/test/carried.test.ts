import { trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { takeCarried, withCarried } from '../src/carried.js';

const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const answer = (): void => undefined;

describe('a traceparent among arguments', () => {
  it.each([
    [[], []],
    [
      ['one', 2],
      ['one', 2],
    ],
    [
      ['one', answer],
      ['one', answer],
    ],
  ])('comes after %o and is taken out again', (args, rest) => {
    const sent = withCarried(args, traceparent);
    expect(sent).toHaveLength(args.length + 1);
    const context = takeCarried(sent);
    expect(sent).toEqual(rest);
    expect(context && trace.getSpanContext(context)).toEqual({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      traceFlags: 1,
      isRemote: true,
    });
  });

  it('may stand before an offset', () => {
    const sent = [...withCarried(['one'], traceparent), 'an offset'];
    expect([takeCarried(sent) !== undefined, sent]).toEqual([true, ['one', 'an offset']]);
  });

  it('is absent without a trace', () => expect(withCarried(['one'], undefined)).toEqual(['one']));

  const others: readonly unknown[] = [
    ...[null, 7, {}, [], [traceparent], { toString: 1, valueOf: 1 }, 'x'.repeat(1e6), `${traceparent}\n`],
    ...[traceparent.replaceAll('a', '0'), traceparent.toUpperCase()],
  ];
  it.each(others.map((bad) => ({ bad })))('is taken out and ignored if it is $bad', ({ bad }) => {
    const sent = ['one', { 'naru:traceparent': bad }];
    expect([takeCarried(sent), sent]).toEqual([undefined, ['one']]);
  });

  it.each([
    [{ 'naru:traceparent': traceparent, more: 1 }],
    [{}],
    [null],
    [Object.create({ 'naru:traceparent': traceparent })],
    ['naru:traceparent'],
  ])('is nothing but an object with this member alone, so that %o stays', (argument) => {
    const sent = ['one', argument];
    expect([takeCarried(sent), sent]).toEqual([undefined, ['one', argument]]);
  });
});

import { expect, it } from 'vitest';
import { readTrace } from '../../src/backplane/trace.js';

const trace = `00-${'0123456789abcdef'.repeat(2)}-${'f'.repeat(16)}-01`;

it('takes a traceparent of version 00 and nothing else', () => {
  expect(readTrace(trace)).toBe(trace);
  for (const bad of [
    undefined,
    null,
    7,
    '',
    `${trace}-more`,
    trace.toUpperCase(),
    trace.slice(1),
    `01${trace.slice(2)}`,
    [trace],
  ])
    expect(readTrace(bad)).toBeUndefined();
});

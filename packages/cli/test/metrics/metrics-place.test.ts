import { expect, it } from 'vitest';
import { readArguments } from '../../src/arguments.js';
import { readMetrics } from '../../src/metrics/metrics-place.js';

it.each([
  [':9400', undefined, 9400],
  ['9400', undefined, 9400],
  ['127.0.0.1:0', '127.0.0.1', 0],
  ['metrics.internal:9400', 'metrics.internal', 9400],
  ['[::1]:9400', '::1', 9400],
])('reads %s', (text, host, port) => expect(readMetrics(text, undefined)).toEqual({ host, port }));

it.each(['', ':', ':65536', 'x', '::1:9400', 'http://x:1', '[::1]9400', ':9400/metrics', ' :9400'])(
  'refuses %j',
  (text) => {
    expect(() => readMetrics(text, undefined)).toThrow(`--metrics is '${text}'; it must be a port`);
  },
);

it('takes the variable, which an option replaces', () => {
  const metrics = { host: undefined, port: 1 };
  expect(readArguments(['serve', 'app'], { NARU_METRICS: ':1' })).toMatchObject({ metrics });
  expect(readArguments(['serve', 'app', '--metrics', ':1'], { NARU_METRICS: ':2' })).toMatchObject({ metrics });
  expect(readArguments(['serve', 'app'], { NARU_METRICS: '' })).toMatchObject({ metrics: undefined });
  expect(() => readMetrics(undefined, 'x')).toThrow("NARU_METRICS is 'x'");
  expect(readArguments(['connect', 'ws://x', '--metrics', ':1'], {})).toMatchObject({
    message: "--metrics is an option of 'naru serve'",
  });
});

import { readOptions } from 'naru/base';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { type MetricsOptions, metricsTable } from '../src/options.js';

it('has a prefix by default, and nothing else', () =>
  expect(readOptions(metricsTable, {})).toEqual({ prefix: 'naru_' }));

it('takes a register of prom-client', () => {
  const register: MetricsOptions['register'] = new Registry();
  expect(readOptions(metricsTable, { register }).register).toBe(register);
});

it.each([
  [{ register: {} }, /"metrics.register" must be a Registry of prom-client/],
  [{ meter: 'x' }, /"metrics.meter" must be a Meter of @opentelemetry\/api/],
  [{ prefix: '0x' }, /"metrics.prefix" must be letters, digits/],
  [{ registry: new Registry() }, /use "metrics.register"/],
])('refuses %o', (given, message) => expect(() => readOptions(metricsTable, given)).toThrow(message));

import { readOptions } from 'naru/base';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { type MetricsOptions, metricsTable } from '../src/options.js';

describe('the options of metrics', () => walkOptions(metricsTable, (given) => readOptions(metricsTable, given)));

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

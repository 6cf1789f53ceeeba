import {
  acknowledgementIn,
  eventArguments,
  eventIn,
  eventOut,
  logAppended,
  logDelivered,
  slowDropped,
} from 'naru/taps';
import { expect, it } from 'vitest';
import { OTHER } from '../src/labels.js';
import { METRICS, TOPICS } from '../src/table.js';
import { record } from './fakes.js';

it('has each metric once', () => {
  expect(METRICS).toHaveLength(Object.values(TOPICS).flat().length);
  for (const field of ['name', 'otel'] as const)
    expect(new Set(METRICS.map((metric) => metric[field])).size).toBe(METRICS.length);
});

it.each(METRICS.map((metric) => [metric.name, metric] as const))('names %s by the rules of both', (name, metric) => {
  const { otel, unit, help, kind, buckets } = metric;
  expect(name).toMatch(/^naru(_[a-z]+)+$/);
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  expect(/_bytes(_total)?$/.test(name)).toBe(unit === 'By');
  expect(/_seconds$/.test(name)).toBe(unit === 's');
  expect(otel).toMatch(/^naru(\.[a-z_]+)+$/);
  expect(otel).not.toMatch(/total|bytes|seconds/);
  expect(unit).toMatch(/^(By|s|\{[a-z]+\})$/);
  expect(help).toMatch(/^[A-Z`].*\.$/);
  expect(buckets === undefined).toBe(kind !== 'histogram');
});

it('has labels with few values, none of which is that for all others', () => {
  for (const { labels } of METRICS) {
    const sizes = Object.values(labels).map(({ size }) => size + 1);
    expect(sizes.reduce((one, other) => one * other, 1)).toBeLessThan(100);
    for (const values of Object.values(labels)) expect(values.has(OTHER)).toBe(false);
  }
});

it('listens to no tap that tells something for each event', () => {
  record(METRICS);
  for (const tap of [eventIn, eventOut, eventArguments, acknowledgementIn, logAppended, logDelivered, slowDropped])
    expect([tap.name, tap.hasSubscribers]).toEqual([tap.name, false]);
});

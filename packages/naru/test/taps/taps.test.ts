import { describe, expect, it } from 'vitest';
import { listFiles, readText } from '../../../../test/tidy/source.js';
import type { Tap } from '../../src/taps/tap.js';
import * as TAPS from '../../src/taps/taps.js';

const taps = Object.entries(TAPS) as readonly object[] as readonly (readonly [string, Tap<object>])[];
const sources = listFiles().filter((path) => /^packages\/\w+\/src\/.*\.ts$/.test(path));
const texts = new Map(sources.map((path) => [path, readText(path)]));

describe('the taps', () => {
  it('have names that differ', () => {
    const names = taps.map(([, { name }]) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(taps)('%s has the name of an area and of what is told there', (constant, { name }) => {
    expect(name).toMatch(/^naru:[a-z]+\.[a-z]+(-[a-z]+)*$/);
    const words = name.slice('naru:'.length).split(/\W/);
    expect(constant.toLowerCase()).toBe(words.join(''));
  });

  it('have no listeners unless somebody wants them', () => {
    expect(taps.filter(([, { hasSubscribers }]) => hasSubscribers)).toEqual([]);
  });

  it.each(taps)('%s is told somewhere, after a look at whether anybody listens', (constant) => {
    const tellers = [...texts].filter(([, text]) => text.includes(`${constant}.publish(`));
    expect(tellers).not.toEqual([]);
    for (const [path, text] of tellers) expect(text, path).toContain(`${constant}.hasSubscribers`);
  });
});

import { describe, expect, it } from 'vitest';
import { decodeName, encodeName, Keys, listOf, numberOf, textOf } from '../src/script.js';

describe('keys', () => {
  it('have the prefix, the tag in braces, and the parts', () => {
    const keys = new Keys('naru');
    expect(keys.key('/chat', 'log')).toBe('naru:{%2Fchat}:log');
    expect(keys.key('texts', 's', 'a:b}')).toBe('naru:{texts}:s:a%3Ab%7D');
    expect(keys.key('/chat', 'log')).toBe('naru:{%2Fchat}:log');
  });

  it('are different for different names, and lead back to them', () => {
    const names = ['', 'a', 'a:b', 'a%3Ab', '{a}', 'é🚢', '\ud800', '%ud800', '\ud800\ud800x', '\udfff🚢'];
    const forms = names.map(encodeName);
    expect(new Set(forms).size).toBe(names.length);
    expect(forms.map(decodeName)).toEqual(names);
    for (const form of forms) expect(form).not.toMatch(/[:{}]/);
  });

  it('are the same after more names than are remembered', () => {
    const keys = new Keys('p');
    const all = Array.from({ length: 2_500 }, (_, n) => keys.key(`/${n}`, 'log'));
    expect(all.map((_, n) => keys.key(`/${n}`, 'log'))).toEqual(all);
  });
});

describe('replies', () => {
  it('are read with care', () => {
    expect([Buffer.from('é'), 'x', null, 7, []].map(textOf)).toEqual(['é', 'x', undefined, undefined, undefined]);
    expect([Buffer.from('12'), '7', 3, null, 'x', {}].map(numberOf)).toEqual([12, 7, 3, 0, 0, 0]);
    expect([[1], null, 'x'].map(listOf)).toEqual([[1], [], []]);
  });
});

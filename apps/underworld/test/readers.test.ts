import { describe, expect, it } from 'vitest';
import * as asks from '../server/commands/readers.js';
import { LIMITS } from '../shared/limits.js';

const junk: unknown[] = [
  undefined,
  null,
  0,
  Number.NaN,
  '',
  'text',
  [],
  {},
  new Map(),
  () => 1,
  new Uint8Array(4),
  { id: 1, place: [], key: {}, text: 5 },
  JSON.parse('{"__proto__":{"id":"x","place":"x","key":"k","text":"t"}}'),
  Object.create({ id: 'x', place: 'x', key: 'k', text: 'inherited', upload: 'u', at: 0, who: 'w', reason: 'spam' }),
  { id: '../../etc', place: 'a b', key: 'k'.repeat(41), upload: '', who: '<b>', reason: 'spam', at: -1 },
];

describe('readers', () => {
  it('reject junk', () => {
    // Any word is a token.
    const { readToken: _, ...readers } = asks;
    const strict = Object.entries(readers).filter(([name]) => name !== 'readAvoid');
    for (const [name, read] of strict) for (const raw of junk) expect([name, read(raw)]).toEqual([name, undefined]);
  });

  it('clean text, and reject empty or long text', () => {
    const say = (text: unknown) => asks.readSay({ place: 'central', key: 'k', text });
    expect(say('  hi\u202e there\u200b ')).toEqual({ place: 'central', key: 'k', text: 'hi there' });
    expect(say(' \n\u200b ')).toBeUndefined();
    expect(say('가'.repeat(LIMITS.textMax))).toBeDefined();
    expect(say('가'.repeat(LIMITS.textMax + 1))).toBeUndefined();
    expect(say('x'.repeat(1e6))).toBeUndefined();
  });

  it('take the message that another one answers by its sender and key, and nothing else with it', () => {
    const say = (to: unknown) => asks.readSay({ place: 'central', key: 'k', text: 'yes', to });
    expect(say({ from: 'bo', key: 'k1', text: 'words put into a mouth' })?.to).toEqual({ from: 'bo', key: 'k1' });
    for (const bad of [null, 'k1', {}, { from: 'bo' }, { from: 'bo', key: 5 }, { from: '', key: 'k1' }])
      expect(say(bad)).toBeUndefined();
  });

  it('limit the list of avoided people', () => {
    expect(asks.readAvoid({})).toEqual({ avoid: [] });
    expect(asks.readAvoid({ avoid: Array.from({ length: LIMITS.avoided }, () => 'x') })).toBeDefined();
    expect(asks.readAvoid({ avoid: Array.from({ length: LIMITS.avoided + 1 }, () => 'x') })).toBeUndefined();
    expect(asks.readAvoid({ avoid: ['ok', 5] })).toBeUndefined();
  });

  it('limit the claims of a picture', () => {
    const claim = { place: 'central', key: 'k', size: 100, width: 10, height: 10, alt: 'x' };
    expect(asks.readOffer(claim)).toEqual(claim);
    for (const bad of [
      { size: 0 },
      { width: 0 },
      { height: 1e9 },
      { width: 1.5 },
      { alt: 'x'.repeat(201) },
      { size: '9' },
    ]) {
      expect(asks.readOffer({ ...claim, ...bad })).toBeUndefined();
    }
  });

  it('find the text in every format of plain wires', () => {
    expect(asks.readText(['  hi\u202e '])).toBe('hi');
    expect(asks.readText([Buffer.from('안녕')])).toBe('안녕');
    expect(asks.readText([{ text: 'a form' }])).toBe('a form');
    expect(asks.readText([{ 'a bare form': '' }])).toBe('a bare form');
    const none = [
      [],
      [1],
      ['a', 'b'],
      [''],
      [Buffer.of(255)],
      [{ a: '', b: '' }],
      [{ a: 'b' }],
      [null],
      ['x'.repeat(5e5)],
    ];
    for (const args of none) expect([args, asks.readText(args)]).toEqual([args, undefined]);
  });

  it('accept any short word as a token', () => {
    expect(asks.readToken('river stone')).toBe('river stone');
    for (const raw of ['', 5, undefined, 'x'.repeat(201)]) expect(asks.readToken(raw)).toBeUndefined();
  });
});

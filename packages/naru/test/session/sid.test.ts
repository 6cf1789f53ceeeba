import { describe, expect, it } from 'vitest';
import { nodeOfSid, sidOf } from '../../src/session/sid.js';

const CODE = 'aB3_-xyZ';

describe('a sid', () => {
  it.each(['h7Wb0hOqpO7VAAAAAAAA', 'id', 'of.my.own', '.', 'é', '/a?b=c&d'])('names its node after the id %s', (id) => {
    expect(nodeOfSid(sidOf(id, CODE))).toBe(CODE);
  });

  it('is the id alone without a node, and names none then', () => {
    expect(sidOf('h7Wb0hOqpO7VAAAAAAAA', undefined)).toBe('h7Wb0hOqpO7VAAAAAAAA');
    expect(nodeOfSid('h7Wb0hOqpO7VAAAAAAAA')).toBeUndefined();
  });

  it('needs no escape in a URL', () => {
    const sid = sidOf('h7Wb0hOqpO7VAAAAAA-_', CODE);
    expect(encodeURIComponent(sid)).toBe(sid);
    expect(new URLSearchParams({ sid }).toString()).toBe(`sid=${sid}`);
  });

  it.each([
    undefined,
    null,
    7,
    ['id.aB3_-xyZ'],
    { length: 20 },
    '',
    '.',
    CODE,
    `.${CODE}`,
    `id.${CODE}x`,
    `id.${CODE.slice(1)}`,
    'id.aB3_-xy.',
    'id.aB3_-xy ',
    'id.aB3_-xy\n',
    'id.aB3_-xyé',
    'id.../../..',
    'id.%2e%2e%2f',
    'id.\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000',
    `${'x'.repeat(10_000_000)}.short`,
  ])('names no node in %j', (sid) => expect(nodeOfSid(sid)).toBeUndefined());

  it('takes what anybody has made up', () => {
    for (let n = 0; n < 20_000; n += 1) {
      const length = n % 40;
      const sid = Array.from({ length }, () => String.fromCharCode(Math.floor(Math.random() * 128))).join('');
      const code = nodeOfSid(sid);
      if (code !== undefined) expect(sid.endsWith(`.${code}`) && /^[A-Za-z0-9_-]{8}$/.test(code)).toBe(true);
    }
  });
});

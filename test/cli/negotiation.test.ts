import { describe, expect, it } from 'vitest';
import { acceptsEncoding, isFresh } from '../../src/cli/negotiation.js';

describe('acceptsEncoding', () => {
  it.each([
    ['gzip, deflate, br', true],
    ['BR', true],
    ['br;q=0.1', true],
    ['*', true],
    ['br;q=0', false],
    ['br; q=0.000', false],
    ['*, br;q=0', false],
    ['br;q=0, *', false],
    ['*;q=0', false],
    ['brotli', false],
    ['', false],
    [undefined, false],
  ])('reads %j', (header, accepted) => {
    expect(acceptsEncoding(header, 'br')).toBe(accepted);
  });
});

describe('isFresh', () => {
  const modifiedMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const date = new Date(modifiedMs).toUTCString();

  it('compares tags weakly, one or many', () => {
    for (const tags of ['"a"', 'W/"a"', '"x", "a"', ' * ']) {
      expect(isFresh({ 'if-none-match': tags }, '"a"', modifiedMs)).toBe(true);
    }
    for (const tags of ['"b"', 'a', '']) expect(isFresh({ 'if-none-match': tags }, '"a"', modifiedMs)).toBe(false);
  });

  it('compares dates by whole seconds', () => {
    expect(isFresh({ 'if-modified-since': date }, '"a"', modifiedMs)).toBe(true);
    expect(isFresh({ 'if-modified-since': date }, '"a"', modifiedMs + 1000)).toBe(false);
    expect(isFresh({ 'if-modified-since': 'soon' }, '"a"', modifiedMs)).toBe(false);
  });

  it('believes the tag where both are there', () => {
    expect(isFresh({ 'if-none-match': '"b"', 'if-modified-since': date }, '"a"', modifiedMs)).toBe(false);
  });
});

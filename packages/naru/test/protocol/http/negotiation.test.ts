import { describe, expect, it } from 'vitest';
import { acceptsEncoding, choosePreferred, isFresh } from '../../../src/protocol/http/negotiation.js';

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

  it('prefers the tag to the date', () => {
    expect(isFresh({ 'if-none-match': '"b"', 'if-modified-since': date }, '"a"', modifiedMs)).toBe(false);
  });
});

it.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['br', undefined],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['deflate', 'deflate'],
  ['deflate, gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'gzip'],
  ['gzip;q=0.2,deflate;q=0.9', 'deflate'],
  ['gzip; q=0, deflate', 'deflate'],
  ['gzip;q=0', undefined],
  ['gzip;q=0, *', 'deflate'],
  ['*', 'gzip'],
  ['*;q=0', undefined],
  ['*;q=0, deflate;q=0.1', 'deflate'],
  ['gzip;q=x', undefined],
  ['gzip;q=', undefined],
  [';;;,,,=', undefined],
  ['gzip;level=9;q=0.5', 'gzip'],
  ['*/*', undefined],
])('prefers, of gzip and deflate, for %j: %s', (header, encoding) => {
  expect(choosePreferred(header, ['gzip', 'deflate'])).toBe(encoding);
});

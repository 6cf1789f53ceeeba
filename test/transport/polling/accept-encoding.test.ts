import { describe, expect, it } from 'vitest';
import { chooseEncoding } from '../../../src/transport/polling/accept-encoding.js';

describe('the encoding of a response', () => {
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
  ])('for %j is %s', (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding);
  });
});

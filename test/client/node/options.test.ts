import { expect, test } from 'vitest';
import { tlsOptions } from '../../../src/client/node/options.js';

test('passes on what is set and nothing else', () => {
  expect(tlsOptions({ ca: 'x', rejectUnauthorized: false, key: undefined, hostname: 'h' })).toEqual({
    ca: 'x',
    rejectUnauthorized: false,
  });
});

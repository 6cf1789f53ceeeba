import { expect, test } from 'vitest';
import { tlsOptions } from '../../../src/client/node/options.js';

test('passes on only the options that are set', () => {
  expect(tlsOptions({ ca: 'x', rejectUnauthorized: false, key: undefined, hostname: 'h' })).toEqual({
    ca: 'x',
    rejectUnauthorized: false,
  });
});

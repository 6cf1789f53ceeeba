import { expect, test } from 'vitest';
import { applicationQuery } from '../../../src/client/node/query.js';

test('the parameters of the engine are left out, and those of the application are escaped', () => {
  const engine = { EIO: 4, transport: 'tcp', sid: 'a', sse: 1 };
  expect(applicationQuery({ ...engine, token: 'a b', once: 1 })).toBe('token=a+b&once=1');
  expect(applicationQuery(engine)).toBe('');
});

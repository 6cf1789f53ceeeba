import { expect, test } from 'vitest';
import { applicationQuery } from '../../../src/client/node/query.js';

test("leaves out the engine's parameters, and escapes the application's", () => {
  const engine = { EIO: 4, transport: 'tcp', sid: 'a', sse: 1 };
  expect(applicationQuery({ ...engine, token: 'a b', once: 1 })).toBe('token=a+b&once=1');
  expect(applicationQuery(engine)).toBe('');
});

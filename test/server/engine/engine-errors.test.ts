import { expect, it } from 'vitest';
import { REFUSALS, refuse } from '../../../src/server/engine/engine-errors.js';

it('refuse gives the code and text that clients of engine.io know', () => {
  expect(refuse('unknownSid', { sid: 'x' })).toEqual({
    code: 1,
    message: 'Session ID unknown',
    reply: 'Session ID unknown',
    status: 400,
    context: { sid: 'x' },
  });
  expect(refuse('forbidden', {}, 'go away')).toEqual({
    code: 4,
    message: 'Forbidden',
    reply: 'go away',
    status: 403,
    context: {},
  });
  expect(Object.values(REFUSALS).map(([code]) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

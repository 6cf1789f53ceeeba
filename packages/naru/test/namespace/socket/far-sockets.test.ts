import { expect, it } from 'vitest';
import { unanswered } from '../../../src/namespace/socket/far-sockets.js';

it('names the nodes that did not answer', () => {
  expect(unanswered(['a'], { responses: [1] })).toMatchObject({
    code: 'TIMEOUT',
    message: 'a node did not answer: a',
    missing: ['a'],
    responses: [1],
  });
  expect(unanswered(['a', 'b'], {}).message).toBe('2 nodes did not answer: a, b');
});

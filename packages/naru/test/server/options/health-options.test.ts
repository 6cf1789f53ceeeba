import { expect, it } from 'vitest';
import { DELAY_MAX_MS } from '../../../src/server/options/health-options.js';
import { readServerOptions } from '../../../src/server/options/options.js';

it('is off by default, and has the usual paths when it is on', () => {
  expect(readServerOptions({}).health).toBeUndefined();
  expect(readServerOptions({ health: true }).health).toEqual({
    live: '/healthz',
    ready: '/readyz',
    delayMax: DELAY_MAX_MS,
  });
  expect(readServerOptions({ health: { ready: '/ready' } }).health).toMatchObject({
    live: '/healthz',
    ready: '/ready',
  });
});

it.each(['readyz', '/', '/a?b', '/a#b'])('refuses the path "%s"', (ready) => {
  expect(() => readServerOptions({ health: { ready } })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});

import { describe, expect, it } from 'vitest';
import { engineTable, readEngineOptions } from '../../../src/server/options/engine-options.js';
import { walkOptions } from '../../base/options/walk.js';

describe('the options of the engine', () => {
  it('have defaults', () => {
    expect(readEngineOptions()).toMatchObject({ path: '/engine.io', httpCompression: { threshold: 1_024 } });
    expect(readEngineOptions({ cookie: true }).cookie).toEqual({
      name: 'io',
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
    });
    expect(readEngineOptions({ cookie: { sameSite: false } }).cookie).toMatchObject({ name: 'io', sameSite: false });
  });

  walkOptions(engineTable, (given) => readEngineOptions(given));
});

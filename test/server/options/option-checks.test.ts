import { describe, expect, it } from 'vitest';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import {
  checkBackplane,
  checkIdempotency,
  checkNumber,
  checkTransports,
} from '../../../src/server/options/option-checks.js';

const BAD = expect.objectContaining({ code: 'BAD_OPTION' });

describe('an option of the server', () => {
  it('that is a number is within its range, both ends included', () => {
    for (const value of [1, 2, 3]) checkNumber('some', value, [1, 3]);
    for (const value of [0, 4, '2', Number.NaN, null]) expect(() => checkNumber('some', value, [1, 3])).toThrow(BAD);
    expect(() => checkNumber('some', 0, [1, Number.POSITIVE_INFINITY])).toThrow(
      /"some" is 0; give a number of 1 or more/,
    );
  });

  it('that names transports has one at least, and only those that there are', () => {
    for (const good of [['polling'], ['websocket', 'sse'], ['webtransport']]) checkTransports(good);
    for (const bad of [[], ['ws'], 'polling', null]) expect(() => checkTransports(bad)).toThrow(BAD);
  });

  it('that is a backplane has a log and a store, and is not the folder of one', () => {
    for (const good of [undefined, null, memoryBackplane(systemClock, { ageMs: 1_000, bytes: 1_000 })])
      checkBackplane(good);
    for (const bad of ['./data', true, {}, () => undefined, { log: {}, store: undefined }])
      expect(() => checkBackplane(bad)).toThrow(BAD);
    expect(() => checkBackplane('./data')).toThrow(/"backplane" is ".\/data"; give .* local\("\.\/data"\)/);
  });

  it('for answers that are remembered is one that there is, and its scope a function', () => {
    for (const good of [{}, { ageMax: 5, scope: () => 'ann' }, { scope: undefined }]) checkIdempotency(good);
    expect(() => checkIdempotency({ maxAge: 5 })).toThrow(/no option "idempotency.maxAge"; there are ageMax/);
    expect(() => checkIdempotency({ scope: 'userId' })).toThrow(/"idempotency.scope" is "userId"; give a function/);
  });
});

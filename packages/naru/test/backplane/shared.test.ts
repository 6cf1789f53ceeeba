import { expect, it } from 'vitest';
import { memoryBackplane } from '../../src/backplane/memory.js';
import { isShared } from '../../src/backplane/shared.js';
import { systemClock } from '../../src/base/clock.js';

it('is shared if it outlives its process, or connects processes by talk', () => {
  const memory = memoryBackplane(systemClock, { ageMs: 1_000, bytes: 1_000 });
  const durable = { ...memory, store: { ...memory.store, isDurable: true } as typeof memory.store };
  expect([undefined, memory, durable, { ...memory, isCarrier: true }].map(isShared)).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

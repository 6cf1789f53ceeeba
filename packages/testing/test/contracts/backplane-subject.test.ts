import { expect, it } from 'vitest';
import { memoryBackplane } from '../../../naru/src/backplane/memory.js';
import { until } from '../../src/contracts/backplane-subject.js';
import { FakeClock } from '../../src/index.js';

function build() {
  const clock = new FakeClock();
  let passes = 0;
  const pass = async (ms: number): Promise<void> => {
    passes += 1;
    await clock.advance(ms);
  };
  const backplane = memoryBackplane(clock, { ageMs: 1_000, bytes: 1_000 });
  return { subject: { backplane, pass, now: () => clock.now(), patienceMs: 100 }, passes: () => passes };
}

it('waits until something has happened', async () => {
  const { subject, passes } = build();
  await until(subject, () => passes() === 3);
  expect(passes()).toBe(3);
});

it('gives up in the end', async () => {
  const { subject } = build();
  await expect(until(subject, () => false)).rejects.toThrow('the nodes did not hear each other');
});

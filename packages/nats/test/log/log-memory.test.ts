import { expect, it } from 'vitest';
import { LogMemory } from '../../src/log/log-memory.js';
import { groupOf, NatsNames } from '../../src/names.js';

it('has one group for all namespaces of a stream', () => {
  const memory = new LogMemory(new NatsNames('app'), { ageMs: 1_000, bytes: 1_000 });
  const group = memory.group('/');
  const namespaces = Array.from({ length: 200 }, (_, at) => `/${at}`);
  const [same = '', other = ''] = [true, false].map((isSame) =>
    namespaces.find((name) => (groupOf(name) === groupOf('/')) === isSame),
  );
  expect([memory.group('/'), memory.group(same)]).toEqual([group, group]);
  expect(memory.group(other).number).toBe(groupOf(other));
  expect(memory.group(other)).not.toBe(group);
});

import { expect, it } from 'vitest';
import { join, stage } from '../../../../../test/kit/servers/test-server.js';

it('sends for a client to a room with its author, and refuses the own room of another', async () => {
  const server = stage({ connectionStateRecovery: {} });
  server.io.allow({ subscribe: true, publish: true, author: () => 'ann' });
  const [one, other] = [await join(server), await join(server)];
  const [, id] = [...server.io.sockets.sockets.keys()];
  one.send('420["naru:subscribe","room"]', `421["naru:publish","${id}","said"]`);
  other.send('420["naru:publish","room","said",1]');
  await server.clock.settle();
  expect(one.texts.filter((text) => text.startsWith('42')).map((text) => text.slice(0, 12))).toEqual(['42["said",1,']);
  expect(one.texts.find((text) => text.startsWith('431'))).toContain('FORBIDDEN');
  expect(await server.io.erase({ by: 'ann' })).toBe(1);
});

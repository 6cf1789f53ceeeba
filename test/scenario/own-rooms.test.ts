import { expect, it } from 'vitest';
import { memoryBackplane } from '../../packages/naru/src/backplane/memory.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';

const allowed = { subscribe: () => true, publish: true, history: () => true, presence: () => true } as const;

interface Joined {
  readonly client: RawClient;
  readonly id: string;
  readonly pid: string;
}

async function join(server: TestServer, auth: object = {}): Promise<Joined> {
  const client = await RawClient.open(server, { answersPings: true });
  client.send(`40${JSON.stringify(auth)}`);
  await server.clock.settle();
  const { sid, pid } = JSON.parse(client.texts.find((text) => text.startsWith('40'))?.slice(2) ?? '{}');
  return { client, id: sid, pid };
}

/** The answers to a client that asks for everything about a room. */
async function tries(server: TestServer, { client }: Joined, room: string): Promise<unknown[]> {
  client.received.length = 0;
  const calls = [
    ['subscribe', room],
    ['history', room],
    ['presence', room],
    ['publish', room, 'say'],
  ];
  for (const [id, [name, ...args]] of calls.entries())
    client.send(`42${id}${JSON.stringify([`naru:${name}`, ...args])}`);
  await server.clock.settle();
  const answers = client.texts.filter((text) => text.startsWith('43'));
  return answers.map((text) => JSON.parse(text.slice(3))[0].error?.code ?? 'yes');
}

it('keeps every client out of the own room of a client that is away, whatever the rules', async () => {
  const server = new TestServer({ server: { connectionStateRecovery: {} } });
  server.io.allow(allowed);
  const owner = await join(server);
  const other = await join(server);
  owner.client.link?.cut();
  await server.clock.settle();
  expect(server.io.sockets.sockets.has(owner.id)).toBe(false);
  expect(await tries(server, other, owner.id)).toEqual(Array(4).fill('FORBIDDEN'));
  const back = await join(server, { pid: owner.pid });
  expect(back.id).toBe(owner.id);
  server.io.to(owner.id).emit('secret');
  await server.clock.settle();
  expect(back.client.texts.join()).toContain('"secret"');
  expect(other.client.texts.join()).not.toContain('"secret"');
  expect(await tries(server, back, owner.id)).toEqual(['yes', 'yes', 'yes', 'FORBIDDEN']);
  await server.close();
});

it('keeps every client out of the own room of a client of another process', async () => {
  const clock = new FakeClock();
  const backplane = memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 });
  const servers = [1, 2].map((seed) => new TestServer({ clock, seed, server: { backplane } }));
  const [here, there] = servers as [TestServer, TestServer];
  here.io.allow(allowed);
  const owner = await join(there);
  const other = await join(here);
  expect(await tries(here, other, owner.id)).toEqual(Array(4).fill('FORBIDDEN'));
  expect(await tries(here, other, 'lobby')).toEqual(Array(4).fill('yes'));
  for (const server of servers) await server.close();
});

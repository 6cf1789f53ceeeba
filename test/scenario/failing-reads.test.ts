/** Homes that cannot read for a while. Clients wait, or are sent away to try again, and are not told of a gap. */
import { expect, it } from 'vitest';
import type { Backplane, Log } from '../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../packages/naru/src/backplane/memory.js';
import { UnavailableError } from '../../packages/naru/src/base/errors.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';

const READINGS: ReadonlySet<keyof Log> = new Set(['read', 'readAt', 'readBack']);
const MISSED = Array.from({ length: 20 }, (_, at) => `e${at}`);

it('a client that comes back meanwhile gets its session when the home can read again within a second', async () => {
  const { server, home, client } = await build();
  client.link?.cut();
  await server.clock.settle();
  server.io.emit('missed');
  home.isBroken = true;
  const again = await comeBack(server, client);
  await server.clock.advance(100);
  expect(packetsOf(again)).toEqual([]);
  home.isBroken = false;
  await server.clock.advance(1_000);
  expect([pidOf(again), namesOf(again)]).toEqual([pidOf(client), ['missed']]);
  await server.close();
});

it('a client that comes back meanwhile is sent away after a second, and gets its session later', async () => {
  const { server, home, client } = await build();
  client.link?.cut();
  await server.clock.settle();
  server.io.emit('missed');
  home.isBroken = true;
  const again = await comeBack(server, client);
  await server.clock.advance(1_000);
  expect([packetsOf(again), again.ended !== undefined]).toEqual([[], true]);
  home.isBroken = false;
  const last = await comeBack(server, client);
  expect([pidOf(last), namesOf(last)]).toEqual([pidOf(client), ['missed']]);
  await server.close();
});

it('a client that reads late goes on when the home can read again within a second', async () => {
  const { server, home, client } = await build();
  home.isBroken = true;
  await beLate(server, client);
  client.link?.release();
  await server.clock.advance(100);
  expect(namesOf(client)).not.toContain(MISSED.at(-1));
  home.isBroken = false;
  await server.clock.advance(1_000);
  expect([namesOf(client), client.ended]).toEqual([['seen', ...MISSED], undefined]);
  await server.close();
});

it('a client that reads late loses its connection after a second, and gets its session with the rest later', async () => {
  const { server, home, client } = await build();
  home.isBroken = true;
  await beLate(server, client);
  client.link?.release();
  await server.clock.advance(1_000);
  const first = namesOf(client);
  expect([first.length < MISSED.length, first.includes('naru:gap'), client.ended !== undefined]).toEqual([
    true,
    false,
    true,
  ]);
  home.isBroken = false;
  const again = await comeBack(server, client);
  await server.clock.advance(100);
  expect([...first, ...namesOf(again)]).toEqual(['seen', ...MISSED]);
  await server.close();
});

/** A server whose home may be broken, and a client that has one event. */
async function build() {
  const clock = new FakeClock();
  const memory = memoryBackplane(clock, { ageMs: 600_000, bytes: 10_000_000 });
  const home = { isBroken: false };
  const log = new Proxy(memory.log, {
    get: (target, name: keyof Log) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (home.isBroken && READINGS.has(name))
          throw new UnavailableError('IO_FAILED', 'the disk failed: the log is being opened again');
        return value.apply(target, args);
      };
    },
  });
  const backplane: Backplane = { ...memory, log };
  const server = new TestServer({ clock, server: { backplane, connectionStateRecovery: {}, lateBytesMax: 2_000 } });
  const client = await RawClient.open(server, { answersPings: true });
  client.send('40');
  await clock.settle();
  server.io.emit('seen');
  await clock.settle();
  return { server, home, client };
}

/** More events wait for a client than its server keeps in memory. */
async function beLate(server: TestServer, client: RawClient): Promise<void> {
  client.link?.hold('down');
  for (const name of MISSED) {
    server.io.emit(name, 'x'.repeat(20_000));
    await server.clock.settle();
  }
}

async function comeBack(server: TestServer, last: RawClient): Promise<RawClient> {
  const offset = last.texts.findLast((text) => text.startsWith('42'))?.match(/"(\w{11})"\]$/)?.[1];
  const client = await RawClient.open(server, { answersPings: true });
  client.send(`40${JSON.stringify({ pid: pidOf(last), offset })}`);
  await server.clock.settle();
  return client;
}

function pidOf({ texts }: RawClient): string | undefined {
  return /"pid":"([^"]+)"/.exec(texts.join())?.[1];
}

function packetsOf({ texts }: RawClient): string[] {
  return texts.filter((text) => text.startsWith('4'));
}

function namesOf({ texts }: RawClient): string[] {
  return texts.flatMap((text) => /^42\["([^"]*)"/.exec(text)?.[1] ?? []);
}

import { expect, it } from 'vitest';
import type { Backplane } from '../../packages/naru/src/backplane/backplane.js';
import { memoryBackplane } from '../../packages/naru/src/backplane/memory.js';
import { FakeClock, TestServer } from '../../packages/testing/src/entry/index.js';
import { RawClient } from '../kit/clients/raw-client.js';

/** A log whose disk is full at times. */
function open(clock: FakeClock): { backplane: Backplane; setFull(isFull: boolean): void } {
  const known = memoryBackplane(clock, { ageMs: 60_000, bytes: 1_000_000 });
  const { log } = known;
  let isFull = false;
  const backplane: Backplane = {
    ...known,
    log: {
      append: (...args) => {
        if (isFull) throw new RangeError('the disk is full');
        return log.append(...args);
      },
      read: log.read.bind(log),
      readBack: log.readBack.bind(log),
      extent: log.extent.bind(log),
      erase: log.erase.bind(log),
      retain: log.retain.bind(log),
      follow: log.follow.bind(log),
    },
  };
  return { backplane, setFull: (value) => (isFull = value) };
}

it('tells a client that was away while events could not be stored that some are missing, and where', async () => {
  const clock = new FakeClock();
  const { backplane, setFull } = open(clock);
  const server = new TestServer({ clock, server: { backplane, connectionStateRecovery: {} } });
  const errors: unknown[] = [];
  server.io.engine.on('log_error', (error: unknown) => errors.push(error));
  const [here, away] = [await RawClient.open(server), await RawClient.open(server)];
  for (const client of [here, away]) client.send('40');
  await clock.settle();
  const pid = /"pid":"([^"]+)"/.exec(away.texts.join())?.[1];
  server.io.emit('n', 1);
  await clock.settle();
  away.link?.cut();
  await clock.settle();
  setFull(true);
  server.io.emit('n', 2);
  await clock.settle();
  expect(errors).toHaveLength(1);
  setFull(false);
  server.io.emit('n', 3);
  await clock.settle();
  const back = await RawClient.open(server);
  back.send(`40{"pid":"${pid}","offset":"00000000001"}`);
  await clock.settle();
  const events = ({ texts }: RawClient) => texts.filter((text) => text.startsWith('42')).map((text) => text.slice(2));
  const gap = '["naru:gap",{"after":"00000000001","before":null},"00000000002"]';
  expect(events(back)).toEqual([gap, '["n",3,"00000000003"]']);
  // The connected client has missed nothing, but the log cannot know whether it was connected.
  expect(events(here)).toEqual(['["n",1,"00000000001"]', '["n",2,"00000000001"]', gap, '["n",3,"00000000003"]']);
  await server.close();
});

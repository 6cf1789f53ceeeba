import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import type { Uplink } from '../src/home.js';
import { RemoteTalk } from '../src/remote-talk.js';
import { MUTE } from './mute-uplink.js';

it('the other processes learn of a node when its channel is heard, and not with one that joined before it', async () => {
  const clock = new FakeClock();
  const heard = new Map<string, () => void>();
  const hear = (channel: string) => new Promise<void>((resolve) => heard.set(channel, resolve));
  const uplink: Uplink = {
    ...MUTE,
    hear,
    expiresAt: undefined,
    call: async () => undefined,
    close: () => undefined,
  };
  /** The nodes that were entered into the table. */
  const entered: unknown[] = [];
  const call = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    if (method === 'tablePut') entered.push(args[2]);
    return method === 'tableList' ? { version: '', entries: [] } : undefined;
  };
  const calls = { uplink, call } as ConstructorParameters<typeof RemoteTalk>[0]['calls'];
  const onError = (error: unknown): never => expect.fail(String(error));
  const talk = new RemoteTalk({ clock, random: new SeededRandom(1), calls, run: 'one', hasTable: true, onError });
  talk.onUplink(uplink);
  const handler = { onMessage: () => undefined, onQuestion: () => undefined, onGone: () => undefined };
  const [one, two] = [talk.join(handler), talk.join(handler)];
  heard.get('all')?.();
  heard.get(`node:${one.node}`)?.();
  await clock.settle();
  expect(entered).toEqual([one.node]);
  await clock.advance(2_000);
  expect(entered).toEqual([one.node, one.node]);
  heard.get(`node:${two.node}`)?.();
  await clock.settle();
  expect(entered.slice(2)).toEqual([one.node, two.node]);
  talk.close();
});

import { expect, it } from 'vitest';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import type { Uplink } from '../src/home.js';
import { RemoteTalk } from '../src/remote-talk.js';
import { encodeSaid, type SaidHead } from '../src/said.js';
import { MUTE } from './mute-uplink.js';

it('an uplink takes the place of another one when that has brought what was said before', async () => {
  const clock = new FakeClock();
  let answer: (value?: unknown) => void = () => undefined;
  const uplink = (): Uplink => ({
    ...MUTE,
    expiresAt: undefined,
    call: ({ method }) =>
      new Promise((resolve) => {
        if (method === 'ping') answer = resolve;
      }),
    close: () => undefined,
  });
  const former = uplink();
  const calls: ConstructorParameters<typeof RemoteTalk>[0]['calls'] = {
    uplink: former,
    call: () => new Promise<never>(() => undefined),
  };
  const onError = (): void => undefined;
  const talk = new RemoteTalk({ clock, random: new SeededRandom(1), calls, run: 'one', hasTable: true, onError });
  const told: string[] = [];
  const { node } = talk.join({
    onMessage: (_from, _namespace, message) => void told.push(Buffer.from(message).toString()),
    onQuestion: (_from, _namespace, question) => question,
    onGone: () => undefined,
  });
  talk.onUplink(former);
  await clock.settle();
  let isPrepared = false;
  const preparing = talk.prepare(uplink()).then(() => {
    isPrepared = true;
  });
  await clock.settle();
  // The message was said before the next uplink heard the channel.
  expect(isPrepared).toBe(false);
  const envelope = { kind: 'say', from: 'abcdefgh', namespace: '/' } as const;
  const head: SaidHead = { kind: 'talk', to: node, envelope, pieces: 1 };
  talk.onSaid(
    `node:${node}`,
    encodeSaid({ run: 'two', uplink: 1, number: 1 }, head, Buffer.from('early')) as Uint8Array,
  );
  answer();
  await preparing;
  expect(told).toEqual(['early']);
  talk.close();
});

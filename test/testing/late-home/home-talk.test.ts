import { expect, it } from 'vitest';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { HomeTalk } from '../../../src/testing/late-home/home-talk.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';

/** Servers that talk. Each notes what it hears. */
function build(count: number) {
  const clock = new FakeClock();
  const talk = new HomeTalk(clock, new SeededRandom(1), [0, 50]);
  const servers = Array.from({ length: count }, (_, at) => {
    const line = talk.open(clock, new SeededRandom(at + 2));
    const heard: string[] = [];
    const member = line.exchange.join({
      onMessage: (from, _namespace, message) => void heard.push(`${from} ${message[0]}`),
      onQuestion: () => new Uint8Array(0),
      onGone: (node) => void heard.push(`${node} gone`),
    });
    return { line, member, heard };
  });
  return { clock, talk, servers };
}

it('keeps the order of the messages from one server to another', async () => {
  const { clock, servers } = build(2);
  const [one, two] = servers;
  for (let n = 0; n < 50; n += 1) one?.member.publish('/', Uint8Array.of(n));
  await clock.advance(100);
  expect(two?.heard).toEqual(Array.from({ length: 50 }, (_, n) => `${one?.member.node} ${n}`));
});

it('delivers what a server said before it died, and then its end', async () => {
  const { clock, talk, servers } = build(3);
  const [one, two, three] = servers;
  if (!one) throw new TypeError('three servers');
  one.member.publish('/', Uint8Array.of(1));
  talk.break(one.line);
  one.member.publish('/', Uint8Array.of(2));
  await clock.advance(100);
  for (const each of [two, three]) expect(each?.heard).toEqual([`${one.member.node} 1`, `${one.member.node} gone`]);
});

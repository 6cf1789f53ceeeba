import { describe, expect, it } from 'vitest';
import { NodeClock } from '../../../test/scenario/soak/node-clock.js';
import type { Replies, TalkMember } from '../../naru/src/backplane/talk/talk.js';
import { LateHome } from '../../testing/src/late-home/late-home.js';
import type { LateLine } from '../../testing/src/late-home/late-line.js';
import { SeededRandom } from '../../testing/src/seeded-random.js';
import type { RemoteBackplane } from '../src/remote-backplane.js';
import { encodeSaid, PIECE_BYTES_MAX, type SaidHead } from '../src/said.js';
import { TALK_LEASE_MS, TALK_RENEWAL_MS } from '../src/talk-members.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A server that takes part, and what it was told. */
interface Part {
  readonly member: TalkMember;
  readonly backplane: RemoteBackplane;
  readonly line: LateLine;
  readonly clock: NodeClock;
  readonly told: string[];
  kill(): void;
}

/** A home with servers that know each other. */
async function build(count: number, seed = 1) {
  const home = new LateHome({ seed });
  const { clock } = home;
  const open = (at: number): Part => {
    const own = new NodeClock(clock);
    const random = new SeededRandom(100 * seed + at);
    const part = home.part(own, random);
    const backplane = part.connect();
    const told: string[] = [];
    const member = backplane.talk.join({
      onMessage: (_from, namespace, message) => void told.push(`${namespace} ${Buffer.from(message).toString()}`),
      onQuestion: (_from, _namespace, question) => question,
      onGone: (node) => void told.push(`gone ${node}`),
    });
    const kill = (): void => {
      part.break();
      own.kill();
    };
    return { member, backplane, line: part.line, clock: own, told, kill };
  };
  const parts = Array.from({ length: count }, (_, at) => open(at));
  await clock.advance(200);
  /** Asks from the first server, and returns how that ended and how long it took. */
  const ask = async (timeoutMs = 5_000): Promise<{ missing: readonly string[]; ms: number }> => {
    let replies: Replies | undefined;
    const begunAt = clock.now();
    const asking = parts[0]?.member.ask('/', bytes('?'), timeoutMs).then((given) => {
      replies = given;
    });
    while (!replies) await clock.advance(10);
    await asking;
    return { missing: replies.missing, ms: clock.now() - begunAt };
  };
  const close = async (): Promise<void> => {
    home.start();
    const closed = parts.map(({ backplane }) => backplane.close());
    await clock.advance(30_000);
    await Promise.race([Promise.all(closed), clock.advance(0)]);
  };
  return { home, clock, parts: parts as [Part, Part, Part], open, ask, close };
}

const othersOf = (parts: readonly Part[]): number[] => parts.map(({ member }) => member.others.length);

describe('the nodes that talk over a home', () => {
  it('know each other at once, however their starts overlap', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { parts, close } = await build(4, seed);
      expect(othersOf(parts)).toEqual([3, 3, 3, 3]);
      await close();
    }
  });

  it('learn at once that a node leaves, and do not find it again', async () => {
    const { clock, parts, close } = await build(3);
    const [one, two, three] = parts;
    three.member.leave();
    await clock.advance(50);
    expect([one.told, two.told]).toEqual([[`gone ${three.member.node}`], [`gone ${three.member.node}`]]);
    await clock.advance(60_000);
    expect(othersOf([one, two])).toEqual([1, 1]);
    await close();
  });

  it('learn at once that a backplane is closed', async () => {
    const { clock, parts, close } = await build(3);
    const [one, two, three] = parts;
    void three.backplane.close();
    await clock.advance(50);
    expect([one.told, two.told]).toEqual([[`gone ${three.member.node}`], [`gone ${three.member.node}`]]);
    await close();
  });

  it('miss a killed node when its lease has ended, and not a node whose uplink breaks for a moment', async () => {
    const { clock, parts, close } = await build(3);
    const [one, two, three] = parts;
    await clock.advance(20_000);
    two.line.cut(TALK_RENEWAL_MS);
    three.kill();
    await clock.advance(1_000);
    expect(one.told).toEqual([]);
    await clock.advance(TALK_LEASE_MS + TALK_RENEWAL_MS);
    expect(one.told).toEqual([`gone ${three.member.node}`]);
    expect(othersOf([one, two])).toEqual([1, 1]);
    await close();
  });

  it('say when they hear a namespace, also if the home is away at first', async () => {
    const { clock, parts, close } = await build(2);
    const [one, two] = parts;
    const waitFor = async (namespace: string, waitMs: number): Promise<boolean> => {
      let isHeard = false;
      void two.member.whenHeard?.(namespace)?.then(() => {
        isHeard = true;
      });
      await clock.advance(waitMs);
      return isHeard;
    };
    two.member.hear('/a');
    expect(await waitFor('/a', 0)).toBe(false);
    expect(await waitFor('/a', 200)).toBe(true);
    one.member.broadcast('/a', bytes('first'));
    two.line.cut(3_000);
    two.member.hear('/b');
    expect(await waitFor('/b', 2_000)).toBe(false);
    expect(await waitFor('/b', 5_000)).toBe(true);
    one.member.broadcast('/a', bytes('second'));
    await clock.advance(200);
    expect(two.told).toContain('/a second');
    await close();
  });

  it('take messages from a process without nodes, which nobody waits for', async () => {
    const { home, clock, parts, ask, close } = await build(2);
    const [one, two] = parts;
    const own = home.part(clock, new SeededRandom(77));
    const { talk } = own.connect();
    two.member.hear('/chat');
    const said: string[] = [];
    const say = (text: string, isBroadcast: boolean): void =>
      void talk.publish('/chat', bytes(text), isBroadcast).then(
        () => said.push(text),
        ({ code }: { code: string }) => said.push(`${text} ${code}`),
      );
    say('first', false);
    await clock.advance(200);
    say('broadcast', true);
    await clock.advance(200);
    own.line.cut(20_000);
    say('lost', false);
    await clock.advance(21_000);
    say('last', false);
    await clock.advance(2_000);
    expect(said).toEqual(['first', 'broadcast', 'lost TIMEOUT', 'last']);
    expect(one.told).toEqual(['/chat first', '/chat last']);
    expect(two.told).toEqual(['/chat first', '/chat broadcast', '/chat last']);
    expect((await ask()).missing).toEqual([]);
    expect(othersOf(parts)).toEqual([1, 1]);
    await close();
  });

  it('hear each other in a process that has said something before', async () => {
    const { open, clock, close } = await build(1);
    const late = open(50);
    late.member.leave();
    await clock.advance(200);
    void late.backplane.talk.publish('/', bytes('before'), false);
    await clock.advance(200);
    const again = late.backplane.talk.join({ onMessage: () => undefined, onQuestion: () => undefined });
    await clock.advance(200);
    expect(again.others.length).toBe(1);
    await close();
  });

  it('ask a killed node in vain for one round trip only', async () => {
    const { parts, ask, close } = await build(3);
    parts[2].kill();
    const { missing, ms } = await ask();
    expect(missing).toEqual([parts[2].member.node]);
    expect(ms).toBeLessThan(100);
    await close();
  });

  it('find each other again after a partition that was longer than the lease', async () => {
    const { clock, parts, ask, close } = await build(3);
    const [one, two, three] = parts;
    await clock.advance(10_000);
    three.line.cut(30_000);
    await clock.advance(25_000);
    expect([one.told, two.told]).toEqual([[`gone ${three.member.node}`], [`gone ${three.member.node}`]]);
    await clock.advance(10_000);
    expect(othersOf(parts)).toEqual([2, 2, 2]);
    expect((await ask()).missing).toEqual([]);
    expect(three.told).toEqual([]);
    await close();
  });

  it('stay together when the home itself is away, or stands still, for longer than the lease', async () => {
    for (const fail of ['stop', 'pause'] as const) {
      const { home, clock, parts, ask, close } = await build(3);
      await clock.advance(10_000);
      if (fail === 'stop') home.stop();
      else home.pause(20_000);
      await clock.advance(20_000);
      home.start();
      await clock.advance(20_000);
      expect(parts.map(({ told }) => told)).toEqual([[], [], []]);
      expect((await ask()).missing).toEqual([]);
      await close();
    }
  });

  it('find a node again that stood still for longer than the lease', async () => {
    const { clock, parts, ask, close } = await build(3);
    const [one, , three] = parts;
    await clock.advance(10_000);
    three.clock.pause();
    await clock.advance(15_000);
    expect(one.told).toEqual([`gone ${three.member.node}`]);
    three.clock.resume();
    await clock.advance(10_000);
    expect(othersOf(parts)).toEqual([2, 2, 2]);
    expect(three.told).toEqual([]);
    expect((await ask()).missing).toEqual([]);
    await close();
  });

  it('are known once the home has named them, or not at all while it is away', async () => {
    const { home, clock, parts, open, close } = await build(2);
    expect(parts[0].member.whenKnown?.(1_000)).toBeUndefined();
    home.stop();
    const late = open(7);
    let known: unknown;
    void late.member.whenKnown?.(1_000)?.then((nodes) => {
      known = nodes;
    });
    await clock.advance(900);
    expect(known).toBeUndefined();
    await clock.advance(200);
    expect(known).toEqual(['unknown']);
    const again = late.member.whenKnown?.(60_000);
    home.start();
    await clock.advance(5_000);
    expect([await again, late.member.others.length, late.member.whenKnown?.(1_000)]).toEqual([[], 2, undefined]);
    const closed = late.backplane.close();
    await close();
    await closed;
  });
});

describe('messages over a home', () => {
  it('wait for an uplink, except broadcasts, and for five seconds at most', async () => {
    const { clock, parts, ask, close } = await build(2);
    const [one, two] = parts;
    two.member.hear('/a');
    await clock.advance(100);
    one.line.cut(2_000);
    await clock.advance(10);
    one.member.broadcast('/a', bytes('lost'));
    one.member.publish('/', bytes('kept'));
    const { missing, ms } = await ask();
    expect([missing, two.told]).toEqual([[], ['/ kept']]);
    expect(ms).toBeGreaterThan(1_500);
    one.line.cut(10_000);
    await clock.advance(10);
    one.member.publish('/', bytes('old'));
    expect(await ask()).toMatchObject({ missing: [two.member.node], ms: 5_000 });
    one.member.publish('/', bytes('late'));
    await clock.advance(20_000);
    one.member.broadcast('/a', bytes('new'));
    await clock.advance(100);
    expect(two.told.filter((text) => !text.startsWith('gone'))).toEqual(['/ kept', '/a new']);
    expect(one.backplane.talk.losses).toMatchObject({ unsaid: 4, incomplete: 0 });
    await close();
  });

  it('arrive in order and whole, however large they are', async () => {
    const { clock, parts, close } = await build(2);
    const [one, two] = parts;
    for (const { member } of parts) member.hear('/a');
    await clock.advance(100);
    const sizes = [0, 1, PIECE_BYTES_MAX, PIECE_BYTES_MAX + 1, 3 * PIECE_BYTES_MAX, 20 * PIECE_BYTES_MAX + 5, 10];
    for (const [at, size] of sizes.entries()) {
      const text = Buffer.alloc(size, `${at}`);
      one.member.publish('/', text, [two.member.node]);
      one.member.broadcast('/a', text);
    }
    await clock.advance(10_000);
    const expected = sizes.map((size, at) => [size, size > 0 ? `${at}` : '']);
    for (const namespace of ['/ ', '/a '])
      expect(
        two.told
          .filter((text) => text.startsWith(namespace))
          .map((text) => [text.length - namespace.length, text[namespace.length] ?? '']),
      ).toEqual(expected);
    // A process passes over its own broadcasts, which come back to it.
    expect([one.told, one.backplane.talk.losses]).toEqual([
      [],
      { unsaid: 0, unreadable: 0, later: 0, outdated: 0, incomplete: 0 },
    ]);
    await close();
  });

  it('are lost as a whole when the uplink breaks between their pieces', async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { clock, parts, close } = await build(2, seed);
      const [one, two] = parts;
      for (let at = 0; at < 5; at += 1) one.member.publish('/', Buffer.alloc(6 * PIECE_BYTES_MAX, `${at}`));
      await clock.advance(3 * seed);
      one.line.cut();
      await clock.advance(2_000);
      one.member.publish('/', bytes('next'));
      await clock.advance(2_000);
      for (const text of two.told.slice(0, -1))
        expect(text).toMatch(new RegExp(`^/ (\\d)\\1{${6 * PIECE_BYTES_MAX - 1}}$`));
      expect(two.told.length).toBeLessThanOrEqual(6);
      expect(two.told.at(-1)).toBe('/ next');
      await close();
    }
  });

  it('of strangers, of later versions and of earlier uplinks are dropped and counted', async () => {
    const { clock, parts, close } = await build(2);
    const [one, two] = parts;
    const { talk } = one.backplane;
    const from = two.member.node;
    const say = (channel: string, head: SaidHead, run = 'stranger', uplink = 1): void =>
      talk.onSaid(channel, encodeSaid({ run, uplink, number: 0 }, head, bytes('x')) as Uint8Array);
    const envelope = { kind: 'say', from, namespace: '/' } as const;
    const own = `node:${one.member.node}`;
    const drops = (act: () => void): unknown => {
      const before = talk.losses;
      act();
      const after = talk.losses;
      return Object.entries(after).flatMap(([name, count]) =>
        count > before[name as keyof typeof after] ? [name] : [],
      );
    };
    expect(drops(() => talk.onSaid(own, Buffer.of(1, 0, 0, 0, 9)))).toEqual(['unreadable']);
    expect(drops(() => talk.onSaid(own, Buffer.of(2, 0, 0, 0, 0)))).toEqual(['later']);
    // On a channel where it does not belong.
    expect(drops(() => say('all', { kind: 'talk', to: one.member.node, envelope, pieces: 1 }))).toEqual(['unreadable']);
    expect(drops(() => say('all', { kind: 'talk', envelope: { ...envelope, isBroadcast: true }, pieces: 1 }))).toEqual([
      'unreadable',
    ]);
    expect(drops(() => say('/', { kind: 'talk', envelope, pieces: 1 }))).toEqual(['unreadable']);
    // In the name of this node.
    expect(
      drops(() => say('all', { kind: 'talk', envelope: { ...envelope, from: one.member.node }, pieces: 1 })),
    ).toEqual(['outdated']);
    expect(drops(() => say('all', { kind: 'talk', envelope, pieces: 1 }, 'run', 3))).toEqual([]);
    expect(drops(() => say('all', { kind: 'talk', envelope, pieces: 1 }, 'run', 2))).toEqual(['outdated']);
    expect(drops(() => say('all', { kind: 'piece', index: 1 }))).toEqual(['incomplete']);
    expect(drops(() => say('all', { kind: 'talk', envelope, pieces: 1_000_000 }))).toEqual(['incomplete']);
    expect(one.told.splice(0)).toEqual(['/ x']);
    // After the node has left.
    say('all', { kind: 'gone', nodes: [from, one.member.node] }, 'run', 3);
    expect(one.told.splice(0)).toEqual([`gone ${from}`]);
    expect(drops(() => say('all', { kind: 'talk', envelope, pieces: 1 }, 'run', 3))).toEqual(['outdated']);
    say('all', { kind: 'here', nodes: [from] }, 'run', 3);
    await clock.advance(5_000);
    expect([one.told, one.member.others]).toEqual([[], []]);
    await close();
  });
});

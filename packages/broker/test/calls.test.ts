import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../naru/src/backplane/backplane.js';
import { ConfigError } from '../../naru/src/base/errors.js';
import { append, build, record } from './answered-home.js';

describe('HomeCalls', () => {
  it('tells why a try to connect has failed, and goes on trying', async () => {
    const { clock, world, reasons, states, breakUplink } = await build();
    world.isThere = false;
    breakUplink();
    await clock.advance(100);
    expect(reasons).not.toEqual([]);
    for (const reason of reasons) expect(reason).toMatchObject({ message: 'nobody there' });
    world.isThere = true;
    await clock.advance(3_000);
    expect(states.at(-1)).toBe('up');
  });

  it('sends a write again with its number when the uplink breaks before its answer', async () => {
    const world = await build();
    world.watch(world.calls.call('set', [undefined, 'a', '1']));
    world.watch(world.calls.call('get', [undefined, 'a']));
    world.breakUplink();
    await world.clock.advance(100);
    expect(world.methods()).toEqual(['set 1', 'get -', 'set 1', 'get -']);
    // The answer of a broken uplink is late.
    world.sent[0]?.answer('old');
    world.sent[2]?.answer('new');
    world.sent[3]?.answer('1');
    await world.clock.settle();
    expect(world.answers).toEqual(['new', '1']);
    await world.calls.close();
  });

  it('sends what sets up a new uplink first, and its writes after those of the earlier uplink', async () => {
    const world = await build();
    world.watch(world.calls.call('set', [undefined, 'a', '1']));
    world.world.onUplink = () => {
      world.watch(world.calls.call('set', [undefined, 'b', '1']));
      world.watch(world.calls.call('follow', ['/']));
    };
    world.breakUplink();
    await world.clock.advance(100);
    expect(world.methods()).toEqual(['set 1', 'follow -', 'set 1', 'set 2']);
    expect(world.sent.at(-1)?.request.write?.settled).toBe(0);
  });

  it('tells the home which answers it has', async () => {
    const world = await build();
    for (const key of ['a', 'b', 'c']) world.watch(world.calls.call('set', [undefined, key, '1']));
    world.sent[0]?.answer();
    await world.clock.settle();
    world.watch(world.calls.call('set', [undefined, 'd', '1']));
    expect(world.sent.map(({ request }) => request.write?.settled)).toEqual([0, 0, 0, 1]);
    for (const each of world.sent) each.answer();
    await world.clock.settle();
    await world.calls.close();
  });

  it('tells the home which answers it has, also while an erasure takes long', async () => {
    const world = await build();
    world.watch(world.calls.call('erase', ['/', { room: 'r' }]));
    for (const key of ['a', 'b']) world.watch(world.calls.call('set', [undefined, key, '1']));
    world.sent[1]?.answer();
    await world.clock.settle();
    world.watch(world.calls.call('set', [undefined, 'c', '1']));
    expect(world.sent.at(-1)?.request.write).toMatchObject({ number: 4, settled: 2 });
    for (const each of world.sent) each.answer();
    await world.clock.settle();
    await world.calls.close();
  });

  it('tells the home which answers to the appends of a namespace it has, whatever else takes long', async () => {
    const world = await build();
    world.watch(world.calls.call('set', [undefined, 'a', '1']));
    const record = { rooms: [], except: [], event: '["e"]', attachments: [], at: 0 };
    for (const name of ['/a', '/b', '/b']) world.watch(world.calls.call('append', [name, [record]]));
    world.sent[2]?.answer();
    await world.clock.settle();
    world.watch(world.calls.call('append', ['/b', [record]]));
    const settled = world.sent.map(({ request }) => [request.write?.number, request.write?.settled]);
    expect(settled.at(-1)).toEqual([5, 3]);
    for (const each of world.sent) each.answer();
    await world.clock.settle();
    await world.calls.close();
  });

  it('joins appends that wait behind four others, and shares the answer out', async () => {
    const world = await build();
    for (let n = 0; n < 7; n += 1) world.watch(append(world, n));
    expect(world.sent).toHaveLength(4);
    world.sent[0]?.answer({ offsets: [encodeOffset(1)], previous: encodeOffset(0) });
    await world.clock.settle();
    const joined = world.sent[4];
    expect([world.sent.length, joined?.request.args[1]]).toEqual([5, [record(4), record(5), record(6)]]);
    joined?.answer({ offsets: [7, 8, 9].map(encodeOffset), previous: encodeOffset(6) });
    await world.clock.settle();
    expect(world.answers.slice(1)).toEqual([
      { offsets: [encodeOffset(7)], previous: encodeOffset(6) },
      { offsets: [encodeOffset(8)], previous: encodeOffset(7) },
      { offsets: [encodeOffset(9)], previous: encodeOffset(8) },
    ]);
    await world.clock.advance(0);
  });

  it('joins appends past claims and answers of events with keys, and past nothing else', async () => {
    const world = await build();
    for (let n = 0; n < 4; n += 1) world.watch(append(world, n));
    const answer = (n: number): void =>
      world.watch(world.calls.call('swap', [undefined, `${n}`, 'claim', 'answer', 1, 'after-appends']));
    for (let n = 4; n < 7; n += 1) {
      world.watch(append(world, n));
      answer(n);
    }
    world.watch(world.calls.call('set', [undefined, 'a', '1']));
    world.watch(append(world, 7));
    world.sent[0]?.answer({ offsets: [encodeOffset(1)], previous: encodeOffset(0) });
    await world.clock.settle();
    expect(world.methods().slice(4)).toEqual(['append 5', 'swap 6', 'swap 7', 'swap 8', 'set 9']);
    expect(world.sent[4]?.request.args[1]).toEqual([record(4), record(5), record(6)]);
    world.sent[1]?.answer({ offsets: [encodeOffset(2)], previous: encodeOffset(1) });
    await world.clock.settle();
    expect(world.methods().slice(9)).toEqual(['append 10']);
  });

  it('does not put a call before an append that waits', async () => {
    const world = await build();
    for (let n = 0; n < 5; n += 1) world.watch(append(world, n));
    world.watch(world.calls.call('get', [undefined, 'a']));
    expect(world.methods()).toEqual(['append 1', 'append 2', 'append 3', 'append 4']);
  });

  it('sends requests about nodes before appends that wait', async () => {
    const world = await build();
    for (let n = 0; n < 6; n += 1) world.watch(append(world, n));
    world.watch(world.calls.call('tablePut', [undefined, 'presence', 'a', '1', 1]));
    world.watch(world.calls.call('tablePut', [undefined, 'talk', 'a', '1', 1]));
    world.watch(world.calls.call('tableList', [undefined, 'talk', 1]));
    const sent = ['append 1', 'append 2', 'append 3', 'append 4', 'tablePut 5', 'tableList -'];
    expect(world.methods()).toEqual(sent);
    world.breakUplink();
    await world.clock.advance(100);
    expect(world.methods().slice(6, 10)).toEqual(sent.slice(0, 4));
    world.watch(world.calls.call('tableList', [undefined, 'nodes', 1]));
    expect(world.methods().slice(10)).toEqual(['tablePut 5', 'tableList -', 'tableList -']);
  });

  it('refuses after a minute what was never sent, and waits on for what the home may have', async () => {
    const world = await build();
    world.watch(append(world, 1));
    world.world.isThere = false;
    world.breakUplink();
    world.watch(append(world, 2));
    world.watch(world.calls.call('read', ['/', encodeOffset(0), 1]));
    await world.clock.advance(12_000);
    expect(world.failures).toEqual(['TIMEOUT']);
    await world.clock.advance(120_000);
    expect(world.failures).toEqual(['TIMEOUT', 'NOT_KEPT']);
    world.world.isThere = true;
    await world.clock.advance(3_000);
    expect(world.methods()).toEqual(['append 1', 'append 1']);
    expect(world.world.uplinked).toBe(2);
  });

  it('refuses at once what goes beyond the bytes that may wait, and then has room again', async () => {
    const world = await build();
    world.world.isThere = false;
    world.breakUplink();
    const big = 12 * 1024 * 1024;
    world.watch(append(world, 1, big));
    world.watch(append(world, 2, big));
    await world.clock.settle();
    expect(world.failures).toEqual(['NOT_KEPT']);
    world.world.isThere = true;
    await world.clock.advance(1_000);
    world.sent[0]?.answer({ offsets: [encodeOffset(1)], previous: encodeOffset(0) });
    await world.clock.settle();
    world.watch(append(world, 3, big));
    await world.clock.settle();
    expect([world.failures.length, world.sent.length]).toEqual([1, 2]);
  });

  it('says how well the home can be reached', async () => {
    const world = await build();
    expect(world.calls.state).toBe('up');
    world.watch(append(world, 1));
    world.world.isThere = false;
    world.breakUplink();
    await world.clock.advance(4_000);
    expect(world.states).toEqual(['slow']);
    await world.clock.advance(3_000);
    world.world.isThere = true;
    await world.clock.advance(3_000);
    expect(world.states).toEqual(['slow', 'away', 'catching-up']);
    world.sent.at(-1)?.answer({ offsets: [encodeOffset(1)], previous: encodeOffset(0) });
    await world.clock.settle();
    expect(world.states).toEqual(['slow', 'away', 'catching-up', 'up']);
    await world.calls.close();
    expect(world.clock.timerCount).toBe(0);
  });

  it('gives up an uplink that does not answer, asks an idle one, and uses the next', async () => {
    const world = await build();
    await world.clock.advance(6_000);
    expect(world.methods()).toEqual(['ping -']);
    await world.clock.advance(7_000);
    expect(world.world).toMatchObject({ closed: 1, uplinked: 2 });
    await world.clock.advance(2_000);
    expect(world.methods()).toEqual(['ping -']);
  });

  it('keeps an uplink whose home is at work for long', async () => {
    const world = await build();
    world.watch(world.calls.call('erase', ['/', { all: true }]));
    for (let times = 0; times < 5; times += 1) {
      await world.clock.advance(4_000);
      world.uplinks.at(-1)?.onWork?.();
    }
    expect(world.world).toMatchObject({ closed: 0, uplinked: 1 });
    await world.clock.advance(7_000);
    expect(world.world).toMatchObject({ closed: 1, uplinked: 2 });
  });

  it('says to the home that nobody waits any more for a read that it has refused', async () => {
    const world = await build();
    world.watch(world.calls.call('read', ['/', encodeOffset(0), 1]));
    const [first] = world.sent;
    const wanted: unknown[] = [];
    for (let seconds = 0; seconds < 12; seconds += 4) {
      wanted.push(first?.request.isWanted?.());
      await world.clock.advance(4_000);
      world.uplinks.at(-1)?.onWork?.();
    }
    wanted.push(first?.request.isWanted?.());
    expect([wanted, world.failures]).toEqual([[true, true, true, false], ['TIMEOUT']]);
  });

  it('passes on the refusal of the home', async () => {
    const world = await build();
    world.watch(world.calls.call('set', [undefined, 'a', '1']));
    world.sent[0]?.refuse('full');
    await world.clock.settle();
    expect(world.failures).toEqual(['full']);
    await world.calls.close();
  });

  it('is not up before its home has answered, and away after five seconds without an answer', async () => {
    const world = await build(false);
    await world.clock.advance(4_900);
    expect([world.calls.state, world.states]).toEqual(['connecting', []]);
    await world.clock.advance(1_200);
    expect(world.states).toEqual(['away']);
    await world.calls.close();
  });

  it.each(['connecting', 'away', 'unusable'] as const)(
    'goes on when an uplink is lost before it was used, while it is %s',
    async (state) => {
      const world = await build(false);
      if (state === 'unusable') world.world.reason = new ConfigError('WRONG_STATE', 'wrong policy');
      await world.clock.advance(state === 'connecting' ? 100 : 6_000);
      expect(world.calls.state).toBe(state);
      Object.assign(world.world, { isThere: true, isLostAtOnce: true });
      await world.clock.advance(2_000);
      expect([world.calls.state, world.uplinks.length > 0, world.world.uplinked]).toEqual([state, true, 0]);
      world.world.isLostAtOnce = false;
      await world.clock.advance(3_000);
      expect(world.calls.state).toBe('up');
      await world.calls.close();
    },
  );

  it('refuses reads with the reason why its home cannot be used, keeps writes for a minute, and is taken up again', async () => {
    const world = await build(false);
    const reasons: unknown[] = [];
    const read = (): void =>
      void world.calls.call('read', ['/', encodeOffset(0), 1]).catch((error: Error) => reasons.push(error.cause));
    read();
    const reason = new ConfigError('WRONG_STATE', 'wrong policy');
    world.world.reason = reason;
    await world.clock.advance(1_000);
    expect([world.states, world.calls.unusable, reasons]).toEqual([['unusable'], reason, [reason]]);
    read();
    world.watch(append(world, 1));
    await world.clock.advance(50_000);
    expect([reasons.length, world.failures]).toEqual([2, []]);
    world.world.isThere = true;
    await world.clock.advance(3_000);
    expect([world.methods(), world.states]).toEqual([['append 1'], ['unusable', 'catching-up']]);
    expect(world.calls.unusable).toBeUndefined();
  });

  it('does not wait at its end for a home that cannot be used', async () => {
    const world = await build(false);
    world.world.reason = new ConfigError('WRONG_STATE', 'wrong policy');
    world.watch(append(world, 1));
    await world.clock.advance(1_000);
    await world.calls.close();
    expect([world.failures, world.clock.timerCount]).toEqual([['CLOSED'], 0]);
  });

  it('waits no longer at its end for a home that has not answered for five seconds', async () => {
    const world = await build();
    world.world.isThere = false;
    world.breakUplink();
    await world.clock.advance(3_000);
    world.watch(append(world, 1));
    let isClosed = false;
    void world.calls.close().then(() => {
      isClosed = true;
    });
    await world.clock.advance(1_900);
    expect(isClosed).toBe(false);
    await world.clock.advance(200);
    expect([isClosed, world.failures]).toEqual([true, ['CLOSED']]);

    const late = await build();
    late.world.isThere = false;
    late.breakUplink();
    await late.clock.advance(12_000);
    late.watch(append(late, 1));
    await late.calls.close();
    expect(late.failures).toEqual(['CLOSED']);
  });

  it('waits at its end for a home that is slow, as long as it answers, and for the requests that follow from its answers', async () => {
    const world = await build();
    for (let n = 1; n <= 6; n += 1) world.watch(append(world, n));
    world.watch(
      world.calls.call('set', [undefined, 'answer', '1']).then(() => world.calls.call('get', [undefined, 'a'])),
    );
    let isClosed = false;
    void world.calls.close().then(() => {
      isClosed = true;
    });
    for (let n = 0; n < 7; n += 1) {
      await world.clock.advance(3_000);
      expect(isClosed).toBe(false);
      world.sent[n]?.answer({ previous: encodeOffset(n), offsets: [encodeOffset(n + 1), encodeOffset(n + 2)] });
    }
    await world.clock.settle();
    expect([isClosed, world.methods().at(-1), world.answers.length, world.failures]).toEqual([true, 'get -', 7, []]);
    expect(world.clock.timerCount).toBe(0);
  });

  it('waits for answers when it is closed, for five seconds, and then tells of all by one error', async () => {
    const world = await build();
    world.watch(world.calls.call('set', [undefined, 'a', '1']));
    world.watch(world.calls.call('set', [undefined, 'b', '1']));
    let isClosed = false;
    void world.calls.close().then(() => {
      isClosed = true;
    });
    const other = world.calls.call('get', [undefined, 'a']).catch((error: unknown) => error);
    const last = world.calls.call('set', [undefined, 'c', '1']).catch((error: unknown) => error);
    world.sent[0]?.answer();
    await world.clock.advance(4_000);
    expect(isClosed).toBe(false);
    await world.clock.advance(1_500);
    expect([isClosed, world.failures, world.clock.timerCount]).toEqual([true, ['CLOSED'], 0]);
    expect(await other).toBe(await last);
    expect(await last).toMatchObject({ message: expect.stringContaining('Open requests: 3. 2 of them are writes') });
    world.watch(world.calls.call('get', [undefined, 'a']));
    await world.clock.settle();
    expect(world.failures).toEqual(['CLOSED', 'CLOSED']);
  });
});

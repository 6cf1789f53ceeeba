import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../naru/src/base/errors.js';
import { build } from './answered-home.js';

describe('the uplinks of a node', () => {
  it('replaces an uplink before the home ends it, and carries on over the other one', async () => {
    const world = await build(false);
    let end = (): void => undefined;
    world.world.ready = new Promise((resolve) => {
      end = resolve;
    });
    Object.assign(world.world, { isThere: true, expiresAt: world.clock.now() + 10_000 });
    await world.clock.advance(4_000);
    const { uplink } = world.calls;
    world.world.expiresAt = undefined;
    world.watch(world.calls.call('set', [undefined, 'a', '1']));
    world.watch(world.calls.call('ping', []));
    await world.clock.advance(3_400);
    expect(world.methods()).toEqual(['set 1', 'ping -']);
    expect(world.calls.uplink).toBe(uplink);
    await world.clock.advance(200);
    expect([world.world.prepared, world.calls.uplink === uplink]).toEqual([1, true]);
    end();
    await world.clock.settle();
    expect(world.calls.uplink).not.toBe(uplink);
    // A ping belongs to its uplink.
    expect(world.methods().slice(2)).toEqual(['set 1']);
    expect([world.world.uplinked, world.world.closed]).toEqual([2, 1]);
    // Nobody waits for the former one any more.
    world.uplinks[0]?.onClose();
    world.sent[0]?.answer('old');
    world.sent[2]?.answer('new');
    await world.clock.settle();
    expect([world.answers, world.world.uplinked, world.states]).toEqual([['new'], 2, ['up']]);
    await world.calls.close();
  });

  it('uses an uplink as long as it stays, if no other can take its place', async () => {
    const world = await build(false);
    Object.assign(world.world, { isThere: true, expiresAt: world.clock.now() + 10_000 });
    await world.clock.advance(100);
    Object.assign(world.world, { isThere: false, reason: new ConfigError('BAD_OPTION', 'no') });
    const { uplink } = world.calls;
    await world.clock.advance(9_000);
    expect([world.calls.uplink === uplink, world.states]).toEqual([true, ['up']]);
    world.breakUplink();
    await world.clock.advance(3_000);
    expect(world.states).toEqual(['up', 'slow', 'unusable']);
    Object.assign(world.world, { isThere: true, expiresAt: undefined });
    await world.clock.advance(3_000);
    expect([world.states.at(-1), world.world.uplinked]).toEqual(['up', 2]);
    await world.calls.close();
  });

  it('replaces an uplink after some seconds, although nothing prepares for that', async () => {
    const world = await build(false);
    world.world.ready = new Promise(() => undefined);
    Object.assign(world.world, { isThere: true, expiresAt: world.clock.now() + 500 });
    await world.clock.advance(100);
    world.world.expiresAt = undefined;
    await world.clock.advance(3_000);
    expect([world.world.prepared, world.world.uplinked]).toEqual([1, 1]);
    await world.clock.advance(3_000);
    expect([world.world.uplinked, world.world.closed]).toEqual([2, 1]);
  });

  it('opens another uplink if one breaks while it is about to replace the present one', async () => {
    const world = await build(false);
    world.world.ready = new Promise(() => undefined);
    Object.assign(world.world, { isThere: true, expiresAt: world.clock.now() + 500 });
    await world.clock.advance(100);
    const { uplink } = world.calls;
    await world.clock.advance(1_000);
    Object.assign(world.world, { ready: undefined, expiresAt: undefined });
    world.breakUplink();
    expect(world.calls.uplink).toBe(uplink);
    await world.clock.advance(1_000);
    expect([world.calls.uplink === uplink, world.world.prepared, world.states]).toEqual([false, 2, ['up']]);
  });

  it('opens another uplink later and later if each breaks at once, says why, and forgets it after some seconds', async () => {
    const { clock, uplinks, brief } = await build();
    const waits: number[] = [];
    const breakOne = async (reason?: unknown): Promise<void> => {
      const count = uplinks.length;
      uplinks.at(-1)?.onClose(reason);
      let waited = 0;
      for (; uplinks.length === count; waited += 10) await clock.advance(10);
      waits.push(waited);
    };
    const why = new TypeError('the home loads its data');
    for (let n = 0; n < 9; n += 1) await breakOne(n < 8 ? why : undefined);
    const bounds = [10, 60, 110, 210, 410, 810, 1_610, 2_010, 2_010];
    for (const [n, bound] of bounds.entries()) expect(waits[n]).toBeLessThanOrEqual(bound);
    expect(waits.slice(-2).every((waited) => waited >= 1_000)).toBe(true);
    const silent = { message: expect.stringContaining('each connection to it ends within 3 seconds') };
    expect(brief).toEqual([why, why, why, why, expect.objectContaining(silent)]);
    await clock.advance(3_000);
    await breakOne();
    expect([waits.at(-1), brief.length]).toEqual([10, 5]);
  });

  it('opens another uplink soon if one breaks that was of use, and still says why each breaks', async () => {
    const { clock, calls, sent, uplinks, brief } = await build();
    for (let n = 1; n <= 9; n += 1) {
      const writing = calls.call('set', [undefined, 'a', '1']);
      sent.at(-1)?.answer();
      await writing;
      uplinks.at(-1)?.onClose();
      await clock.advance(50);
      expect(uplinks).toHaveLength(n + 1);
    }
    expect(brief).toHaveLength(5);
  });
});

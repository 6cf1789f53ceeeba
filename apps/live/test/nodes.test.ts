import { describe, expect, it } from 'vitest';
import { decodeFrame, splitFrames } from '../shared/frame.js';
import { LIMITS } from '../shared/limits.js';
import type { TapeMark } from '../shared/protocol.js';
import { channelOf, talkOf } from '../shared/rooms.js';
import { picture, sound } from './frames.js';
import { ask, type Guest, goOnAir, secret, startAir, useNodes } from './live-node.js';

const start = useNodes();

function sendGroup({ page }: Guest, from: number): void {
  for (let index = 0; index < 5; index++) {
    page.emit('frame', picture(index === 0, from + index * 200));
    page.emit('frame', sound(from + index * 200));
  }
}

describe('two servers on one log', () => {
  it('share a broadcast, its viewers and its chat', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo] = [await one.page(1), await two.page(2)];
    const id = await goOnAir(ann, 9);
    await two.world.readOn();
    expect(two.world.onAir(id)).toMatchObject({ id, isLost: false });
    expect((await ask(bo, 'watch', { id, wish: 'high' })).ok).toBe(true);
    await ask(bo, 'say', { id, key: 'k1', text: 'from the other server' });
    await expect.poll(() => ann.events.some(([name]) => name === 'said')).toBe(true);
    await expect
      .poll(async () => {
        await one.world.tick();
        return ann.events.findLast(([name]) => name === 'desk')?.[2];
      })
      .toMatchObject({ viewers: 1 });
  });

  it('show the pictures and the sound of one to viewers of the other, from a key frame on', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo] = [await one.page(1), await two.page(2)];
    const id = await goOnAir(ann, 9);
    await two.world.readOn();
    await ask(bo, 'watch', { id, wish: 'high' });
    let from = 0;
    const framesOf = (type: 'video' | 'audio') =>
      bo.frames.flatMap((bytes) => {
        const frame = decodeFrame(bytes);
        return frame?.type === type ? [frame] : [];
      });
    // A process hears of a new member of a room a moment later, so the first groups may be missed.
    await expect
      .poll(() => {
        from += 1_000;
        sendGroup(ann, from);
        return framesOf('video').length;
      })
      .toBeGreaterThan(9);
    const [first, ...others] = framesOf('video');
    expect(first?.isKey).toBe(true);
    expect(others.slice(0, 5).map(({ isKey }) => isKey)).toEqual([false, false, false, false, true]);
    expect(framesOf('audio').length).toBeGreaterThan(4);
  });

  it('agree on the end, on removals and on who took over', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo, cy] = [await one.page(1), await two.page(2), await two.page(3)];
    const id = await goOnAir(ann, 9);
    await two.world.readOn();
    await ask(bo, 'watch', { id, wish: 'high' });
    await ask(ann, 'kick', { key: secret(9), who: bo.welcome.you.id });
    await two.world.readOn();
    await expect.poll(() => bo.events.some(([name]) => name === 'kicked')).toBe(true);
    await goOnAir(cy, 9);
    await one.world.readOn();
    await expect.poll(() => ann.events.find(([name]) => name === 'refused')).toEqual(['refused', 'taken']);
    // The key ends it on any server.
    expect(await ask(ann, 'air:stop', { key: secret(9) })).toEqual({ ok: true });
    await two.world.readOn();
    expect(two.world.onAir(id)).toBeUndefined();
  });

  it('both know at once that a broadcaster is away, so that a program may come back to either', async () => {
    const [one, two] = [await start(), await start()];
    const ann = await one.page(1);
    const id = await goOnAir(ann, 9);
    await two.world.readOn();
    ann.page.disconnect();
    await expect
      .poll(async () => {
        await two.world.readOn();
        return two.world.onAir(id)?.isLost;
      })
      .toBe(true);
  });

  it('leave nothing of a broadcast whose server was killed right after the end', async () => {
    const [one, two] = [await start(), await start()];
    const ann = await one.page(1);
    const id = await startAir(ann, 9);
    for (let from = 0; from < 3_000; from += 1_000) sendGroup(ann, from);
    await expect.poll(async () => (await two.server.of('/tape').history(id)).events.length).toBeGreaterThan(0);
    await two.world.readOn();
    one.world.journal.off(id, 'stopped');
    await one.stop();
    await two.world.tick();
    expect(two.world.onAir(id)).toBeUndefined();
    two.aheadMs = 55_000;
    await two.world.tick();
    for (const name of ['/tape', '/journal']) expect((await two.server.of(name).history(id)).events).toEqual([]);
  });

  it('leave nothing of a broadcast that one server ended while the other still carried it', async () => {
    const [one, two] = [await start(), await start()];
    const [ann, bo] = [await one.page(1), await two.page(2)];
    const id = await goOnAir(ann, 9);
    await two.world.readOn();
    // The other server reads that the broadcast has ended up to a second later. Until then it keeps what comes.
    expect(await ask(bo, 'air:stop', { key: secret(9) })).toEqual({ ok: true });
    for (let from = 0; from < 3_000; from += 1_000) sendGroup(ann, from);
    await ask(ann, 'say', { id, key: 'k1', text: 'still here' });
    await expect.poll(async () => (await one.server.of('/tape').history(id)).events.length).toBeGreaterThan(0);
    await one.world.tick();
    for (const node of [one, two]) {
      node.aheadMs = LIMITS.forgetMs + 1_000;
      await node.world.tick();
    }
    expect((await two.server.of('/tape').history(id)).events).toEqual([]);
    expect((await two.server.history(talkOf(id))).events).toEqual([]);
    expect((await two.server.of('/journal').history('air')).events).toEqual([]);
  });
});

describe('a restart', () => {
  it('keeps the tape and its marks, and the broadcaster goes on with the same broadcast', async () => {
    const one = await start();
    const ann = await one.page(1);
    const id = await startAir(ann, 9);
    for (let from = 0; from < 5_000; from += 1_000) sendGroup(ann, from);
    await expect.poll(async () => (await one.tape(1, channelOf(id, 'high'))).events?.length).toBe(4);
    await one.world.tick();
    const since = one.world.onAir(id)?.since;
    await one.stop();

    const two = await start();
    expect(two.world.onAir(id)?.since).toBe(since);
    const bo = await two.page(2);
    const marks = await ask<{ marks: TapeMark[] }>(bo, 'tape:marks', { id });
    expect(marks.ok && marks.marks.length).toBe(1);
    const past = await two.tape(2, channelOf(id, 'high'));
    const frames = (past.events ?? []).flatMap(({ args }) => splitFrames(new Uint8Array(args[1] as Uint8Array)));
    const pictures = frames.filter(({ type }) => type === 'video').map(({ timestamp }) => timestamp / 1_000);
    expect(pictures.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, index) => index * 200));
    const again = await two.page(1);
    expect(await goOnAir(again, 9)).toBe(id);
    expect(two.world.onAir(id)?.since).toBe(since);
  });

  it('finds a broadcast whose broadcaster never came back, and erases it', async () => {
    const one = await start();
    const ann = await one.page(1);
    const id = await startAir(ann, 9);
    for (let from = 0; from < 3_000; from += 1_000) sendGroup(ann, from);
    await expect.poll(async () => (await one.tape(1, channelOf(id, 'high'))).events?.length).toBe(2);
    await one.stop();

    const two = await start();
    two.aheadMs = LIMITS.graceMs + 1_000;
    await two.world.tick();
    expect(two.world.onAir(id)).toBeUndefined();
    expect((await two.server.of('/tape').history(id)).events).toEqual([]);
    two.aheadMs += LIMITS.forgetMs + 1_000;
    await two.world.tick();
    expect((await two.server.of('/journal').history('air')).events).toEqual([]);
  });
});

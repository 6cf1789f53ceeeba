import { describe, expect, it, vi } from 'vitest';
import { broadcastOf } from '../server/people/names.js';
import { decodeFrame } from '../shared/frame.js';
import { LIMITS } from '../shared/limits.js';
import { channelOf, deskOf, talkOf } from '../shared/rooms.js';
import { picture, sound } from './frames.js';
import { ask, type Guest, goOnAir, secret, startAir, useNodes } from './live-node.js';

const start = useNodes();

/**
 * Sends a second of a broadcast that began at `from` milliseconds: a key frame, four others, and sound, in both
 * qualities.
 */
function sendSecond({ page }: Guest, from: number): void {
  for (let index = 0; index < 5; index++) {
    const at = from + index * 200;
    page.emit('frame', picture(index === 0, at));
    page.emit('frame', picture(index === 0, at, { quality: 'low' }));
    page.emit('frame', sound(at));
  }
}

const timesOf = ({ frames }: Guest, type: 'video' | 'audio'): number[] =>
  frames.flatMap((bytes) => {
    const frame = decodeFrame(bytes);
    return frame?.type === type ? [frame.timestamp / 1_000] : [];
  });

const namesOf = ({ events }: Guest): string[] => events.map(([name]) => name);

describe('a broadcast', () => {
  it('is in the list, and reaches its viewers with the time of the server in each frame', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    await expect
      .poll(() => bo.events.some(([name, list]) => name === 'on-air' && JSON.stringify(list).includes(id)))
      .toBe(true);
    sendSecond(ann, 0);
    const answer = await ask(bo, 'watch', { id, wish: 'auto' });
    expect(answer).toMatchObject({ ok: true, viewers: 1, broadcast: { id, kind: 'camera', isLost: false } });
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
    // A viewer begins with a key frame.
    expect(decodeFrame(bo.frames[0] ?? new Uint8Array())?.isKey).toBe(true);
    sendSecond(ann, 1_000);
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(1_800);
    expect(timesOf(bo, 'audio').slice(-5)).toEqual([1_000, 1_200, 1_400, 1_600, 1_800]);
    const qualities = new Set(
      bo.frames
        .map((bytes) => decodeFrame(bytes))
        .filter((each) => each?.type === 'video')
        .map((each) => each?.quality),
    );
    expect([...qualities]).toEqual(['high']);
    expect(decodeFrame(bo.frames.at(-1) ?? new Uint8Array())?.at).toBeGreaterThan(Date.now() - 60_000);
  });

  it('goes on when its page ends that of a program', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    expect(await ask(ann, 'air:stop', { key: secret(8) })).toEqual({ ok: false, why: 'gone' });
    sendSecond(ann, 0);
    await ask(bo, 'watch', { id, wish: 'auto' });
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
  });

  it('has one of a few desks, whose number one connection cannot raise', async () => {
    const node = await start();
    const ann = await node.page(1);
    for (let key = 20; key < 40; key++) expect((await ask(ann, 'desk:open', { key: secret(key) })).ok).toBe(true);
    const [socket] = [...node.server.sockets.sockets.values()];
    const rooms = [...(socket?.rooms ?? [])];
    expect(rooms).toContain(deskOf(broadcastOf(secret(39))));
    expect(rooms.filter((room) => room.startsWith('desk/')).length).toBe(8);
    expect(rooms.filter((room) => room.startsWith('talk/')).length).toBe(8);
  });

  it('comes at once to a page that asks for it in its first packet', async () => {
    const node = await start();
    const ann = await node.page(1);
    const id = await goOnAir(ann, 9);
    sendSecond(ann, 0);
    const bo = await node.page(2, { id, wish: 'auto' });
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
    const answer = { ok: true, viewers: 1, broadcast: { id } };
    expect(bo.events.find(([name]) => name === 'watching')).toMatchObject(['watching', id, answer]);
    const cy = await node.page(3, { id: 'nothing', wish: 'auto' });
    await expect
      .poll(() => cy.events.find(([name]) => name === 'watching'))
      .toEqual(['watching', 'nothing', { ok: false, why: 'gone' }]);
  });

  it('is not disturbed by a first packet that asks for nonsense', async () => {
    const node = await start();
    const odd = [7, 'watch', null, [], {}, { id: 7 }, { id: 'x'.repeat(50), wish: 'auto' }];
    for (const [index, watch] of odd.entries()) {
      const page = await node.page(10 + index, watch);
      expect(await ask(page, 'watch', { id: 'nothing', wish: 'auto' })).toEqual({ ok: false, why: 'gone' });
      expect(namesOf(page)).not.toContain('watching');
    }
  });

  it('comes in the quality that a viewer wants, and not at all while it rewinds', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    sendSecond(ann, 0);
    await ask(bo, 'watch', { id, wish: 'low' });
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
    expect(
      bo.frames.every((bytes) => decodeFrame(bytes)?.type === 'audio' || decodeFrame(bytes)?.quality === 'low'),
    ).toBe(true);
    await ask(bo, 'quality', { wish: 'none' });
    const before = bo.frames.length;
    sendSecond(ann, 1_000);
    await ask(ann, 'desk:open', { key: secret(9) });
    await ask(bo, 'quality', { wish: 'none' });
    expect(bo.frames.length).toBe(before);
  });

  it('ends when its broadcaster stops it, and leaves nothing in the log', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    await ask(bo, 'watch', { id, wish: 'auto' });
    await ask(bo, 'say', { id, key: 'k1', text: 'hello' });
    sendSecond(ann, 0);
    sendSecond(ann, 1_000);
    await expect.poll(async () => (await node.tape(2, channelOf(id, 'high'))).events?.length ?? 0).toBeGreaterThan(0);
    expect(await ask(ann, 'air:stop', { key: secret(9) })).toEqual({ ok: true });
    await expect.poll(() => bo.events.find(([name]) => name === 'off')).toEqual(['off', id, 'stopped']);
    for (const room of [id, channelOf(id, 'high'), channelOf(id, 'low')]) {
      expect((await node.server.of('/tape').history(room)).events).toEqual([]);
    }
    expect((await node.server.history(talkOf(id))).events).toEqual([]);
    node.aheadMs = LIMITS.forgetMs + 1_000;
    await node.world.tick();
    expect((await node.server.of('/journal').history('air')).events).toEqual([]);
    expect((await ask(bo, 'watch', { id, wish: 'auto' })).ok).toBe(false);
  });

  it('waits for a broadcaster who lost the signal, and ends without one', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    await ask(bo, 'watch', { id, wish: 'auto' });
    ann.page.disconnect();
    await expect.poll(() => node.world.onAir(id)?.isLost).toBe(true);
    const again = await node.page(1);
    expect(await goOnAir(again, 9)).toBe(id);
    expect(node.world.onAir(id)?.isLost).toBe(false);
    again.page.disconnect();
    await expect.poll(() => node.world.onAir(id)?.isLost).toBe(true);
    node.aheadMs = LIMITS.graceMs + 5_000;
    await node.world.tick();
    await expect.poll(() => bo.events.find(([name]) => name === 'off')).toEqual(['off', id, 'lost']);
    expect(node.world.onAir(id)).toBeUndefined();
  });

  it('goes on from the newer of two broadcasters with one key, and the older one is told', async () => {
    const node = await start();
    const [ann, cy] = [await node.page(1), await node.page(3)];
    const id = await goOnAir(ann, 9);
    expect(await goOnAir(cy, 9)).toBe(id);
    await expect.poll(() => ann.events.find(([name]) => name === 'refused')).toEqual(['refused', 'taken']);
    sendSecond(cy, 0);
    const bo = await node.page(2);
    await ask(bo, 'watch', { id, wish: 'auto' });
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
  });
});

describe('a page that starts two broadcasts at once', () => {
  it('has the second one, and the first one waits', async () => {
    const node = await start();
    const ann = await node.page(1);
    for (const key of [7, 9]) await goOnAir(ann, key);
    const wishes = [7, 9].map((key) => ({ key: secret(key), kind: 'camera', qualities: ['high'], form: 'frames' }));
    const answers = await Promise.all(wishes.map((wish) => ask(ann, 'air:start', wish)));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
    const [first, second] = [7, 9].map((key) => node.world.onAir(broadcastOf(secret(key))));
    expect([first?.isLost, second?.isLost]).toEqual([true, false]);
  });
});

describe('viewers of a broadcast that goes on with other qualities', () => {
  const wishFor = (qualities: string[]) => ({ key: secret(9), kind: 'camera', qualities, form: 'frames' });

  it('get the only one, and the low one again when it comes back', async () => {
    const node = await start();
    const [ann, bo, cy] = [await node.page(1), await node.page(2), await node.page(3)];
    const id = await goOnAir(ann, 9);
    await ask(bo, 'watch', { id, wish: 'low' });
    sendSecond(ann, 0);
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
    await ask(cy, 'air:start', wishFor(['high']));
    for (const at of [1_000, 1_200]) cy.page.emit('frame', picture(at === 1_000, at));
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(1_200);
    await ask(ann, 'air:start', wishFor(['high', 'low']));
    sendSecond(ann, 2_000);
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(2_800);
    const last = decodeFrame(bo.frames.findLast((bytes) => decodeFrame(bytes)?.type === 'video') ?? new Uint8Array());
    expect(last?.quality).toBe('low');
  });
});

describe('a bad stream', () => {
  it('is told and closed, and nobody else notices', async () => {
    const node = await start();
    const [ann, bo, eve] = [await node.page(1), await node.page(2), await node.page(6)];
    const id = await goOnAir(ann, 9);
    const bad = await goOnAir(eve, 8);
    await ask(bo, 'watch', { id, wish: 'auto' });
    eve.page.emit('frame', new Uint8Array([1, 2, 3]));
    await expect.poll(() => eve.events.find(([name]) => name === 'refused')).toEqual(['refused', 'bytes']);
    await expect.poll(() => node.world.onAir(bad)).toBeUndefined();
    sendSecond(ann, 0);
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
    expect(eve.page.connected && ann.page.connected).toBe(true);
  });

  it.each([
    ['text in place of bytes', 'frame', 'hello', 'bytes'],
    ['nothing', 'frame', undefined, 'bytes'],
    ['a delta frame first', 'frame', picture(false, 0), 'key'],
  ])('with %s is refused', async (_name, event, what, why) => {
    const node = await start();
    const eve = await node.page(6);
    await startAir(eve, 8);
    (eve.page as unknown as { emit(event: string, what: unknown): void }).emit(event, what);
    await expect.poll(() => eve.events.find(([name]) => name === 'refused')).toEqual(['refused', why]);
  });

  it('that stalls is closed', async () => {
    const node = await start();
    const eve = await node.page(6);
    const id = await goOnAir(eve, 8);
    node.aheadMs = LIMITS.stalledMs + 1_000;
    await node.world.tick();
    await expect.poll(() => eve.events.find(([name]) => name === 'refused')).toEqual(['refused', 'stalled']);
    expect(node.world.onAir(id)).toBeUndefined();
  });

  it('in WebM that is not WebM is refused', async () => {
    const node = await start();
    const eve = await node.page(6);
    await ask(eve, 'air:start', { key: secret(8), kind: 'camera', qualities: ['high'], form: 'webm' });
    eve.page.emit('webm', new Uint8Array(100_000).fill(7));
    await expect.poll(() => eve.events.find(([name]) => name === 'refused')).toEqual(['refused', 'bytes']);
  });

  it('of a viewer that shows what it never got changes nothing', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    await ask(bo, 'watch', { id, wish: 'auto' });
    const untyped = bo.page as unknown as { emit(event: string, what: unknown): void };
    for (const at of ['x', Number.NaN, Date.now() + 1e9, -1, {}]) untyped.emit('seen', at);
    sendSecond(ann, 0);
    await expect.poll(() => timesOf(bo, 'video').at(-1)).toBe(800);
    expect(bo.page.connected).toBe(true);
  });
});

describe('people', () => {
  it('are told when a broadcast is full', async () => {
    const node = await start({ viewers: 1 });
    const [ann, bo, cy] = [await node.page(1), await node.page(2), await node.page(3)];
    const id = await goOnAir(ann, 9);
    expect((await ask(bo, 'watch', { id, wish: 'auto' })).ok).toBe(true);
    expect(await ask(cy, 'watch', { id, wish: 'auto' })).toEqual({ ok: false, why: 'full' });
    // A viewer who is in may ask again.
    expect((await ask(bo, 'watch', { id, wish: 'low' })).ok).toBe(true);
  });

  it('are told so, too, when many come at once', async () => {
    const node = await start({ viewers: 2 });
    const ann = await node.page(1);
    const id = await goOnAir(ann, 9);
    const guests = await Promise.all([2, 3, 4, 5, 6, 7].map((number) => node.page(number)));
    const answers = await Promise.all(guests.map((guest) => ask(guest, 'watch', { id, wish: 'auto' })));
    expect(answers.filter(({ ok }) => ok).length).toBe(2);
  });

  it('talk to each other, once they watch', async () => {
    const node = await start();
    const [ann, bo, cy] = [await node.page(1), await node.page(2), await node.page(3)];
    const id = await goOnAir(ann, 9);
    await ask(bo, 'watch', { id, wish: 'auto' });
    expect(await ask(cy, 'say', { id, key: 'k0', text: 'from outside' })).toEqual({ ok: false, why: 'gone' });
    expect((await ask(bo, 'say', { id, key: 'k1', text: '  hello\u202e ' })).ok).toBe(true);
    await expect.poll(() => namesOf(ann)).toContain('said');
    expect(ann.events.find(([name]) => name === 'said')?.[2]).toMatchObject({ text: 'hello', from: bo.welcome.you });
    expect(namesOf(cy)).not.toContain('said');
    expect(await ask(bo, 'say', { id, key: 'k2', text: 'x'.repeat(LIMITS.textMax + 1) })).toEqual({
      ok: false,
      why: 'bad',
    });
  });

  it('cannot come back to a broadcast from which they were removed', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    sendSecond(ann, 0);
    await ask(bo, 'watch', { id, wish: 'auto' });
    expect(await ask(bo, 'kick', { key: secret(7), who: ann.welcome.you.id })).toEqual({ ok: false, why: 'gone' });
    expect((await ask(ann, 'kick', { key: secret(9), who: bo.welcome.you.id })).ok).toBe(true);
    await expect.poll(() => namesOf(bo)).toContain('kicked');
    expect(await ask(bo, 'watch', { id, wish: 'auto' })).toEqual({ ok: false, why: 'kicked' });
    expect((await node.tape(2, channelOf(id, 'high'))).error?.code).toBe('FORBIDDEN');
  });

  it('do not come in if they are removed, or the broadcast ends, while the viewers are counted', async () => {
    const node = await start();
    const [ann, bo] = [await node.page(1), await node.page(2)];
    const id = await goOnAir(ann, 9);
    const presence = vi.spyOn(node.world.io, 'presence');
    const whileCounting = (action: () => Promise<unknown>): void => {
      const count = async (): Promise<number> => {
        await action();
        return 0;
      };
      presence.mockReturnValueOnce({ count } as unknown as ReturnType<typeof node.world.io.presence>);
    };
    whileCounting(() => ask(ann, 'kick', { key: secret(9), who: bo.welcome.you.id }));
    expect(await ask(bo, 'watch', { id, wish: 'auto' })).toEqual({ ok: false, why: 'kicked' });
    whileCounting(() => node.world.end(id, 'stopped'));
    expect(await ask(bo, 'watch', { id, wish: 'auto' })).toEqual({ ok: false, why: 'gone' });
    presence.mockRestore();
  });

  it('can neither write nor be on air after several reports', async () => {
    const node = await start();
    const [ann, bo, cy] = [await node.page(1), await node.page(2), await node.page(3)];
    const id = await goOnAir(ann, 9);
    for (const guest of [bo, cy]) {
      await ask(guest, 'watch', { id, wish: 'auto' });
      await ask(guest, 'report', { id, who: ann.welcome.you.id, reason: 'spam' });
    }
    await expect.poll(() => ann.events.find(([name]) => name === 'refused')).toEqual(['refused', 'muted']);
    await expect.poll(() => bo.events.find(([name]) => name === 'off')).toEqual(['off', id, 'muted']);
    const wish = { key: secret(5), kind: 'camera', qualities: ['high'], form: 'frames' };
    expect(await ask(ann, 'air:start', wish)).toMatchObject({ ok: false, why: 'muted' });
  });
});

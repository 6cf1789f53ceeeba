import { describe, expect, it, vi } from 'vitest';
import { en } from '../page/words/en.js';
import { ko } from '../page/words/ko.js';
import { LIMITS } from '../shared/limits.js';
import { QUALITIES } from '../shared/protocol.js';
import { picture, sound } from './frames.js';
import { ask, goOnAir, secret, startAir, useNodes } from './live-node.js';

const start = useNodes();

describe('a broadcast', () => {
  it('goes on while its broadcaster is there, however short it would wait for a lost one', async () => {
    const [one, two] = [await start({ graceMs: 500 }), await start({ graceMs: 500 })];
    const ann = await one.page(1);
    const id = await goOnAir(ann, 9);
    for (const node of [one, two]) {
      node.aheadMs = 4_000;
      await node.world.tick();
      expect(node.world.onAir(id)).toMatchObject({ isLost: false });
    }
    ann.page.disconnect();
    await expect.poll(() => one.world.onAir(id)?.isLost).toBe(true);
    // The first reads the newest sign of life.
    await one.world.tick();
    one.aheadMs += 501;
    await one.world.tick();
    expect(one.world.onAir(id)).toBeUndefined();
  });

  it('goes on when somebody sets the clock of the server', async () => {
    const node = await start();
    const ann = await node.page(1);
    const id = await goOnAir(ann, 9);
    for (const [index, setMs] of [300_000, -300_000].entries()) {
      node.setMs = setMs;
      for (const quality of QUALITIES) ann.page.emit('frame', picture(true, index, { quality }));
      await ask(ann, 'desk:open', { key: secret(9) });
      await node.world.tick();
      expect(node.world.onAir(id)).toBeDefined();
    }
    expect(ann.events.filter(([name]) => name === 'refused' || name === 'off')).toEqual([]);
  });

  it('with sound alone is stalled, because viewers wait for a picture', async () => {
    const node = await start();
    const eve = await node.page(6);
    const id = await startAir(eve, 8);
    for (let seconds = 0; seconds <= LIMITS.stalledMs / 1_000 + 2; seconds++) {
      node.aheadMs = seconds * 1_000;
      eve.page.emit('frame', sound(seconds * 1_000));
      await ask(eve, 'desk:open', { key: secret(8) });
      await node.world.tick();
    }
    await expect.poll(() => eve.events.find(([name]) => name === 'refused')).toEqual(['refused', 'stalled']);
    expect(node.world.onAir(id)).toBeUndefined();
  });

  it('does not take more connections than it may have viewers, even of one person', async () => {
    const node = await start({ viewers: 3 });
    const id = await goOnAir(await node.page(1), 9);
    const answers = [];
    for (let tab = 0; tab < 5; tab++) answers.push(await ask(await node.page(2), 'watch', { id, wish: 'auto' }));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, false, false]);
  });
});

describe('a crowd', () => {
  it('may be larger than presence counts, and the server goes on', async () => {
    const node = await start();
    const id = await goOnAir(await node.page(1), 9);
    const bo = await node.page(2);
    const presence = vi.spyOn(node.world.io, 'presence');
    const join = (): never => {
      throw Object.assign(new RangeError('too many connections are present'), { name: 'ConfigError' });
    };
    presence.mockReturnValue({ join, count: async () => 1 } as unknown as ReturnType<typeof node.world.io.presence>);
    expect((await ask(bo, 'watch', { id, wish: 'auto' })).ok).toBe(true);
    presence.mockRestore();
  });

  it('of any size is called full, because the operator sets its size', () => {
    for (const words of [en, ko]) expect(words.watchProblems.full).not.toMatch(/\d/);
  });
});

describe('a mute', () => {
  it('ends at its time, although a server that starts reads the reports again', async () => {
    const one = await start();
    const [ann, bo] = [await one.page(1), await one.page(2)];
    const id = await goOnAir(ann, 9);
    await ask(bo, 'watch', { id, wish: 'auto' });
    for (const guest of [ann, bo]) await ask(guest, 'report', { id, who: 'dee', reason: 'spam' });
    expect(one.world.reports.mutedFor('dee', Date.now())).toBeGreaterThan(0);
    const two = await start({}, LIMITS.muteMs + 1_000);
    expect(two.world.reports.mutedFor('dee', two.world.now())).toBe(0);
    const three = await start();
    expect(three.world.reports.mutedFor('dee', Date.now())).toBeGreaterThan(LIMITS.muteMs - 60_000);
  });
});

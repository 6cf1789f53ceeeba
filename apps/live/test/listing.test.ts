import { expect, it } from 'vitest';
import { LIMITS } from '../shared/limits.js';
import type { OnAir } from '../shared/protocol.js';
import { talkOf } from '../shared/rooms.js';
import { picture, sound } from './frames.js';
import { ask, type Guest, goOnAir, secret, startAir, useNodes } from './live-node.js';

const start = useNodes();

const listOf = ({ events }: Guest): readonly OnAir[] =>
  (events.findLast(([name]) => name === 'on-air')?.[1] ?? []) as readonly OnAir[];

it('lists a broadcast from its first picture on', async () => {
  const node = await start();
  const [ann, bo] = [await node.page(1), await node.page(2)];
  const id = await startAir(ann, 9);
  ann.page.emit('frame', sound(0));
  await ask(ann, 'desk:open', { key: secret(9) });
  expect(node.world.directory.count).toBe(0);
  expect((await node.server.of('/journal').history('air')).events).toEqual([]);
  ann.page.emit('frame', picture(true, 0));
  await expect.poll(() => listOf(bo).map((each) => each.id)).toEqual([id]);
  expect((await ask(bo, 'watch', { id, wish: 'auto' })).ok).toBe(true);
});

it('leaves room in the list, however many broadcasts have no picture', async () => {
  const node = await start();
  for (let key = 0; key <= LIMITS.broadcasts; key++) await startAir(await node.page(100 + key), 100 + key);
  const ann = await node.page(1);
  const id = await goOnAir(ann, 9);
  expect(node.world.directory.list.map((each) => each.id)).toEqual([id]);
});

it('refuses the first picture of a broadcast when the list is full', async () => {
  const node = await start();
  const late = await node.page(1);
  await startAir(late, 9);
  for (let key = 0; key < LIMITS.broadcasts; key++) await goOnAir(await node.page(100 + key), 100 + key);
  late.page.emit('frame', picture(true, 0));
  await expect.poll(() => late.events.find(([name]) => name === 'refused')).toEqual(['refused', 'full']);
  expect(node.world.directory.count).toBe(LIMITS.broadcasts);
});

it('says nothing about a broadcast that ends before its first picture', async () => {
  const node = await start();
  const ann = await node.page(1);
  await startAir(ann, 9);
  expect((await ask(ann, 'air:stop', { key: secret(9) })).ok).toBe(true);
  expect((await ask(ann, 'air:stop', { key: secret(9) })).ok).toBe(false);
  await startAir(ann, 9);
  ann.page.disconnect();
  await expect.poll(() => node.server.sockets.sockets.size).toBe(0);
  await node.world.tick();
  expect((await node.server.of('/journal').history('air')).events).toEqual([]);
});

it('shows the words of a broadcaster to everybody, on all servers, also after a restart', async () => {
  const [one, two] = [await start(), await start()];
  const [ann, bo] = [await one.page(1), await two.page(2)];
  const id = await goOnAir(ann, 9);
  const about = { title: '  Rain\u202e on\nthe window ', isDark: true };
  expect(await ask(bo, 'air:describe', { key: secret(8), ...about })).toEqual({ ok: false, why: 'gone' });
  expect((await ask(ann, 'air:describe', { key: secret(9), ...about })).ok).toBe(true);
  const shown = { id, title: 'Rain on the window', isDark: true };
  await two.world.readOn();
  await expect.poll(() => listOf(bo)[0]).toMatchObject(shown);
  // A sign of life carries them on.
  await one.world.tick();
  const three = await start();
  expect(three.world.onAir(id)).toMatchObject(shown);
  // Another connection of the broadcaster has a picture again, until it says something else.
  await goOnAir(await one.page(1), 9);
  expect(one.world.onAir(id)).toMatchObject({ title: 'Rain on the window', isDark: false });
});

it.each([
  ['a title that is too long', { title: 'x'.repeat(LIMITS.titleMax + 1), isDark: false }],
  ['a title that is no text', { title: 7, isDark: false }],
  ['no word about the picture', { title: 'x' }],
])('refuses %s', async (_name, about) => {
  const node = await start();
  const ann = await node.page(1);
  await goOnAir(ann, 9);
  expect(await ask(ann, 'air:describe', { key: secret(9), ...about })).toEqual({ ok: false, why: 'bad' });
});

it('tells all pages how many people watch', async () => {
  const [one, two] = [await start(), await start()];
  const [ann, bo] = [await one.page(1), await two.page(2)];
  const id = await goOnAir(ann, 9);
  await two.world.readOn();
  expect((await ask(bo, 'watch', { id, wish: 'auto' })).ok).toBe(true);
  const figures = async () => {
    await one.world.tick();
    return ann.events.findLast(([name]) => name === 'desk')?.[2];
  };
  await expect.poll(figures).toMatchObject({ viewers: 1 });
  one.aheadMs += LIMITS.renewMs;
  await one.world.tick();
  const crowds = async () => {
    await two.world.readOn();
    return bo.events.findLast(([name]) => name === 'crowds')?.[1];
  };
  await expect.poll(crowds).toEqual({ [id]: 1 });
  expect((await two.page(3)).welcome.onAir).toMatchObject([{ id, viewers: 1 }]);
});

it('shows a heart to all others, keeps none, and slows down a person who never stops', async () => {
  const node = await start();
  const [ann, bo, cy] = [await node.page(1), await node.page(2), await node.page(3)];
  const id = await goOnAir(ann, 9);
  expect(await ask(cy, 'heart', { id })).toEqual({ ok: false, why: 'gone' });
  for (const viewer of [bo, cy]) await ask(viewer, 'watch', { id, wish: 'auto' });
  expect((await ask(bo, 'heart', { id })).ok).toBe(true);
  const heartsOf = ({ events }: Guest) => events.filter(([name]) => name === 'heart');
  for (const other of [ann, cy]) await expect.poll(() => heartsOf(other)).toEqual([['heart', id]]);
  expect(heartsOf(bo)).toEqual([]);
  expect((await node.server.history(talkOf(id))).events).toEqual([]);
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(bo, 'heart', { id })));
  expect(answers.filter(({ ok }) => ok).length).toBeLessThan(20);
});

it('counts everybody who has watched, for the broadcaster', async () => {
  const node = await start();
  const ann = await node.page(1);
  const id = await goOnAir(ann, 9);
  for (const number of [2, 3, 3]) {
    const viewer = await node.page(number);
    await ask(viewer, 'watch', { id, wish: 'auto' });
    await ask(viewer, 'unwatch', {});
  }
  const figures = async () => {
    await node.world.tick();
    return ann.events.findLast(([name]) => name === 'desk')?.[2];
  };
  await expect.poll(figures).toMatchObject({ viewers: 0, watched: 2 });
});

import { expect, it } from 'vitest';
import { channelOf } from '../shared/rooms.js';
import { picture, vp8Key } from './frames.js';
import { ask, type Guest, type Node, secret, startAir, useNodes } from './live-node.js';

const start = useNodes();

const still = (node: Node, id: string, method = 'GET', headers = {}): Promise<Response> =>
  fetch(`${node.url}/still/${id}`, { method, headers });

/** The picture in a file of WebP whose headers are right. */
async function read(response: Response): Promise<Buffer> {
  const file = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('content-type')).toBe('image/webp');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(file.toString('latin1', 0, 4)).toBe('RIFF');
  expect(file.readUInt32LE(4)).toBe(file.length - 8);
  expect(file.toString('latin1', 8, 16)).toBe('WEBPVP8 ');
  const size = file.readUInt32LE(16);
  expect(file.length).toBe(20 + size + (size % 2));
  return file.subarray(20, 20 + size);
}

/** Sends one group in both qualities. The key frames of the low one have `lowBytes`. */
function sendGroup({ page }: Guest, at: number, lowBytes: number): void {
  for (const [quality, size] of [
    ['high', 400],
    ['low', lowBytes],
  ] as const) {
    page.emit('frame', picture(true, at, { quality, size }));
    page.emit('frame', picture(false, at + 40, { quality }));
  }
}

it('is the newest key frame of the low quality, as a file of WebP', async () => {
  const node = await start();
  const ann = await node.page(1);
  const id = await startAir(ann, 9);
  expect((await still(node, id)).status).toBe(204);
  for (const [at, size] of [
    [1_000, 200],
    [2_000, 201],
  ] as const) {
    sendGroup(ann, at, size);
    await expect
      .poll(async () => (await still(node, id)).headers.get('content-length'))
      .toBe(`${20 + size + (size % 2)}`);
  }
  expect(await read(await still(node, id))).toEqual(Buffer.from(vp8Key({ size: 201 })));
  expect(await read(await still(node, `${id}?fresh=1`))).toHaveLength(201);
  const head = await still(node, id, 'HEAD');
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '222', '']);
});

it('comes from the tape on another server, and when the broadcaster is away', async () => {
  const [one, two] = [await start(), await start()];
  const ann = await one.page(1);
  const id = await startAir(ann, 9);
  for (const [at, size] of [
    [1_000, 200],
    [2_000, 202],
    [3_000, 204],
  ] as const)
    sendGroup(ann, at, size);
  await expect.poll(() => one.world.onAir(id)).toBeDefined();
  await two.world.readOn();
  // A group is on the tape when the next one begins.
  await expect.poll(async () => (await one.tape(2, channelOf(id, 'low'))).events?.length).toBe(2);
  expect(await read(await still(two, id))).toEqual(Buffer.from(vp8Key({ size: 202 })));
  ann.page.disconnect();
  await expect.poll(() => one.world.studioOf(id)).toBeUndefined();
  expect(await read(await still(one, id))).toHaveLength(204);
});

it('is gone as soon as the broadcast ends', async () => {
  const node = await start();
  const ann = await node.page(1);
  const id = await startAir(ann, 9);
  sendGroup(ann, 1_000, 200);
  await expect.poll(async () => (await still(node, id)).status).toBe(200);
  expect((await ask(ann, 'air:stop', { key: '9'.padStart(32, '0') })).ok).toBe(true);
  expect((await still(node, id)).status).toBe(204);
});

it('is not for the ticket of a person who was removed from the broadcast', async () => {
  const node = await start();
  const [ann, bo] = [await node.page(1), await node.page(2)];
  const id = await startAir(ann, 9);
  sendGroup(ann, 1_000, 200);
  const statusFor = async (ticket: number): Promise<number> =>
    (await still(node, id, 'GET', { authorization: `Bearer ${secret(ticket)}` })).status;
  await expect.poll(() => statusFor(2)).toBe(200);
  expect((await ask(ann, 'kick', { key: secret(9), who: bo.welcome.you.id })).ok).toBe(true);
  expect([await statusFor(2), await statusFor(3)]).toEqual([204, 200]);
  expect((await still(node, id, 'GET', { authorization: 'Bearer nonsense' })).status).toBe(200);
});

it('is nothing for other ids, and refused with other methods', async () => {
  const node = await start();
  for (const id of ['', 'x', '%00', 'x'.repeat(5_000)]) expect((await still(node, id)).status).toBe(204);
  const refused = await still(node, 'x', 'POST');
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

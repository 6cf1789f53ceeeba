import { expect, it } from 'vitest';
import type { Entry } from '../server/broadcasts/directory.js';
import type { Tapes } from '../server/broadcasts/tape.js';
import { stillAt } from '../server/media/still.js';
import { decodeFrame, encodeFrame, joinFrames } from '../shared/frame.js';
import type { TapeMark } from '../shared/protocol.js';
import { channelOf } from '../shared/rooms.js';
import { picture, vp8Key } from './frames.js';
import { ask, type Guest, type Node, secret, startAir, useNodes } from './live-node.js';

const start = useNodes();

const still = (node: Node, id: string, method = 'GET', headers = {}): Promise<Response> =>
  fetch(`${node.url}/still/${id}`, { method, headers });

/** The picture in the answer to a request. */
async function read(response: Response): Promise<Buffer> {
  expect(response.headers.get('content-type')).toBe('image/webp');
  expect(response.headers.get('cache-control')).toBe('no-store');
  return pictureIn(Buffer.from(await response.arrayBuffer()));
}

/** The picture in a file of WebP whose headers are right. */
function pictureIn(file: Buffer): Buffer {
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

it('is one of an earlier moment, from the tape, for those who may watch', async () => {
  const node = await start();
  const [ann, bo] = [await node.page(1), await node.page(2)];
  const id = await startAir(ann, 9);
  const onTape = async (): Promise<number | undefined> => (await node.tape(2, channelOf(id, 'low'))).events?.length;
  for (const [at, size] of [
    [1_000, 200],
    [2_000, 202],
    [3_000, 204],
  ] as const)
    sendGroup(ann, at, size);
  await expect.poll(onTape).toBe(2);
  await node.world.tick();
  await node.world.readOn();
  sendGroup(ann, 4_000, 206);
  await expect.poll(onTape).toBe(3);
  const {
    marks: [mark],
  } = (await ask(bo, 'tape:marks', { id })) as unknown as { marks: TapeMark[] };
  const sizeAt = async (at: number): Promise<number> => {
    const answer = await ask<{ still: Uint8Array }>(bo, 'tape:still', { id, at });
    return answer.ok ? pictureIn(Buffer.from(answer.still)).byteLength : 0;
  };
  // Before the first mark, the tape begins. After a mark, it goes on with the next group.
  expect(await sizeAt((mark?.at ?? 0) - 1)).toBe(200);
  expect(await sizeAt(mark?.at ?? 0)).toBe(204);
  expect(await ask(bo, 'tape:still', { id, at: 'now' })).toEqual({ ok: false, why: 'bad' });
  expect(await ask(bo, 'tape:still', { id: 'x', at: 0 })).toEqual({ ok: false, why: 'gone' });
  expect((await ask(ann, 'kick', { key: secret(9), who: bo.welcome.you.id })).ok).toBe(true);
  expect(await ask(bo, 'tape:still', { id, at: 0 })).toEqual({ ok: false, why: 'gone' });
});

it('has a colour profile if its brightness uses the full range, which WebP does not know', async () => {
  const key = decodeFrame(picture(true, 0, { width: 320, height: 180, size: 201 }));
  const entry = { id: 'one', qualities: ['high'], marks: [] } as unknown as Entry;
  const group = async () => key && joinFrames([encodeFrame({ ...key, colours: 'bt601-full' })]);
  const file = (await stillAt({ group } as unknown as Tapes, entry, 0)) ?? Buffer.alloc(0);
  expect([file.toString('latin1', 0, 4), file.readUInt32LE(4), file.length % 2]).toEqual(['RIFF', file.length - 8, 0]);
  const chunks = new Map<string, Buffer>();
  for (let at = 12; at < file.length; ) {
    const size = file.readUInt32LE(at + 4);
    chunks.set(file.toString('latin1', at, at + 4), file.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  expect([...chunks.keys()]).toEqual(['VP8X', 'ICCP', 'VP8 ']);
  const [about, profile, still] = [...chunks.values()];
  expect([about?.[0], about?.readUIntLE(4, 3), about?.readUIntLE(7, 3)]).toEqual([0x20, 319, 179]);
  expect([profile?.readUInt32BE(0), profile?.toString('latin1', 36, 40)]).toEqual([profile?.length, 'acsp']);
  expect(still).toEqual(Buffer.from(vp8Key({ width: 320, height: 180, size: 201 })));
});

it('is nothing for a moment of a broadcast in VP9', async () => {
  const key = decodeFrame(picture(true, 0));
  const entry = { id: 'one', qualities: ['high'], marks: [] } as unknown as Entry;
  const tapeOf = (codec: 'vp8' | 'vp9') => {
    const group = async () => key && joinFrames([encodeFrame({ ...key, codec })]);
    return { group } as unknown as Tapes;
  };
  expect(await stillAt(tapeOf('vp8'), entry, 0)).toBeDefined();
  expect(await stillAt(tapeOf('vp9'), entry, 0)).toBeUndefined();
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { broadcastOf } from '../server/people/names.js';
import { commandFor } from '../shared/command.js';
import { decodeFrame } from '../shared/frame.js';
import { LIMITS } from '../shared/limits.js';
import { ask, Data, goOnAir, Node, secret } from './live-node.js';

const hasFfmpeg = existsSync('/usr/bin/ffmpeg') || process.env.NARU_REQUIRE_PEERS === '1';

let data: Data;
let node: Node;

beforeEach(async () => {
  data = new Data();
  node = await Node.start(data);
});

afterEach(async () => {
  await node.stop();
  data.remove();
});

const post = (path: string, body: BodyInit, method = 'POST'): Promise<Response> =>
  fetch(`${node.url}${path}`, { method, body, ...{ duplex: 'half' } });

/** Runs the command of the page with a picture and a tone that ffmpeg makes. Resolves with what it complains of. */
async function ffmpeg(key: number, changes: (command: string) => string = (command) => command): Promise<string> {
  const input = '-hide_banner -loglevel error -re -f lavfi -i testsrc2=size=320x180:rate=30 -f lavfi -i sine -t 4';
  const [file = '', ...args] = changes(commandFor(`${node.url}/publish/${secret(key)}`, input)).split(' ');
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [[code, signal], errors] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return code === 0 ? '' : `${errors}It ended with ${signal ?? code}.`;
}

describe.skipIf(!hasFfmpeg)('ffmpeg', () => {
  it('goes on air with the command of the page, and viewers get its pictures and its sound', async () => {
    const guest = await node.page(2);
    const id = broadcastOf(secret(9));
    const exit = ffmpeg(9);
    await expect
      .poll(() => node.world.onAir(id), { timeout: 20_000 })
      .toMatchObject({ kind: 'program', qualities: ['high'] });
    expect((await ask(guest, 'watch', { id, wish: 'auto' })).ok).toBe(true);
    await expect.poll(() => node.world.onAir(id), { timeout: 60_000 }).toBeUndefined();
    expect(await exit).toBe('');
    const frames = guest.frames.map((bytes) => decodeFrame(bytes));
    const keys = frames.filter((frame) => frame?.type === 'video' && frame.isKey);
    expect(keys.length).toBeGreaterThanOrEqual(2);
    expect(keys[0]).toMatchObject({ codec: 'vp8', width: 320, height: 180, colours: 'bt601' });
    expect(frames.filter((frame) => frame?.type === 'audio').length).toBeGreaterThan(20);
    expect(guest.events.find(([name]) => name === 'off')).toEqual(['off', id, 'stopped']);
  });

  it('goes on air with a film whose sound has six channels and whose colours are those of HD', async () => {
    const guest = await node.page(2);
    const id = broadcastOf(secret(9));
    const colours = '-vf setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709 -c:v';
    const exit = ffmpeg(9, (command) =>
      command.replace('-i sine', '-i aevalsrc=0|0|0|0|0|0:c=5.1').replace('-c:v', colours),
    );
    await expect.poll(() => node.world.onAir(id), { timeout: 20_000 }).toBeDefined();
    expect((await ask(guest, 'watch', { id, wish: 'auto' })).ok).toBe(true);
    await expect.poll(() => node.world.onAir(id), { timeout: 60_000 }).toBeUndefined();
    expect(await exit).toBe('');
    const frames = guest.frames.map((bytes) => decodeFrame(bytes));
    expect(frames.findLast((frame) => frame?.type === 'video')).toMatchObject({ codec: 'vp8', colours: 'bt709' });
    expect(frames.findLast((frame) => frame?.type === 'audio')).toMatchObject({ codec: 'opus', channels: 2 });
  });

  it('is refused without -re, because its clock runs away', async () => {
    await ffmpeg(9, (command) => command.replace('-re ', '').replace('320x180', '64x36').replace('-t 4', '-t 60'));
    await expect.poll(() => node.world.onAir(broadcastOf(secret(9)))).toBeUndefined();
  });

  it('is refused with a codec that is not carried', async () => {
    await ffmpeg(9, (command) => command.replace('libopus', 'libvorbis'));
    await expect.poll(() => node.world.onAir(broadcastOf(secret(9)))).toBeUndefined();
  });
});

describe('a request that publishes', () => {
  it('needs a key and a method that carries a body', async () => {
    expect((await post('/publish/river', 'x')).status).toBe(404);
    expect((await fetch(`${node.url}/publish/${secret(9)}`)).status).toBe(405);
  });

  it('is told when its body is not WebM', async () => {
    const answer = await post(`/publish/${secret(9)}`, new Uint8Array(50_000).fill(7));
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('not WebM');
    await expect.poll(() => node.world.onAir(broadcastOf(secret(9)))).toBeUndefined();
  });

  it('concerns nobody before its first frame', async () => {
    const guest = await node.page(2);
    for (let key = 20; key < 40; key++) await post(`/publish/${secret(key)}`, new Uint8Array(3_000).fill(7));
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x1a, 0x45, 0xdf])) });
    const idle = post(`/publish/${secret(41)}`, body);
    await expect.poll(() => node.world.waitingPrograms.size).toBe(1);
    await node.world.tick();
    expect(node.world.waitingPrograms.size).toBe(1);
    expect(node.world.directory.count).toBe(0);
    node.aheadMs = LIMITS.idleProgramMs + 1_000;
    await node.world.tick();
    expect(await (await idle).text()).toContain('Nothing arrived');
    await expect.poll(() => node.world.waitingPrograms.size).toBe(0);
    await ask(guest, 'unwatch', {});
    expect(guest.events.filter(([name]) => name === 'on-air')).toEqual([]);
    expect((await node.server.of('/journal').history('air')).events).toEqual([]);
  });

  it('that is refused tells the page of its owner why, because programs do not show the answer', async () => {
    const owner = await node.page(2);
    const { id } = (await ask<{ id: string }>(owner, 'desk:open', { key: secret(9) })) as { id: string };
    await post(`/publish/${secret(9)}`, new Uint8Array(50_000).fill(7));
    await expect.poll(() => owner.events.find(([name]) => name === 'off')).toEqual(['off', id, 'bytes']);
  });

  it('is told when it sends megabytes that are not WebM', async () => {
    for (const path of [`/publish/${secret(9)}`, '/publish/river']) {
      const body = new Uint8Array(16 * 1_048_576).fill(7);
      expect((await post(path, body)).status).toBe(path.endsWith('river') ? 404 : 400);
    }
  });

  it('is told that somebody is on air with its key', async () => {
    const guest = await node.page(1);
    await goOnAir(guest, 9);
    const answer = await post(`/publish/${secret(9)}`, new Uint8Array(10));
    expect(answer.status).toBe(409);
  });
});

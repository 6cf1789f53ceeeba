import { Buffer } from 'node:buffer';
import { afterEach, describe, expect, it } from 'vitest';
import { type OpenOptions, PollingBench } from './open-polling.js';

let bench: PollingBench;
const open = async (options: OpenOptions = {}) => {
  bench = await new PollingBench(options).listen();
  return bench;
};

afterEach(async () => {
  await bench.stop();
  expect(bench.clock.timerCount).toBe(0);
});

describe('protocol 3', () => {
  it('writes text payloads, and binary ones if they contain bytes', async () => {
    await open({ protocol: 3 });
    const [first] = await bench.poll();
    bench.send('4é', '3');
    expect(await first).toMatchObject({ text: '2:4é1:3', headers: { 'content-type': 'text/plain; charset=UTF-8' } });
    const [second] = await bench.poll();
    bench.send('4a', Uint8Array.of(9));
    const answer = await second;
    expect(answer?.headers['content-type']).toBe('application/octet-stream');
    expect([...(answer?.body ?? [])]).toEqual([0, 2, 255, 52, 97, 1, 2, 255, 4, 9]);
  });

  it('writes bytes as base64 for clients that cannot read them', async () => {
    await open({ protocol: 3, query: { b64: '1' } });
    const [poll] = await bench.poll();
    bench.send(Uint8Array.of(1, 2, 3));
    expect(await poll).toMatchObject({ text: '6:b4AQID', headers: { 'content-type': 'text/plain; charset=UTF-8' } });
  });

  it('reads text and binary payloads', async () => {
    await open({ protocol: 3 });
    expect((await bench.post('2:4é6:b4AQID1:2')).text).toBe('ok');
    const body = Buffer.from([0, 2, 255, 52, 97, 1, 2, 255, 4, 9]);
    expect((await bench.post(body, { 'Content-Type': 'application/octet-stream' })).text).toBe('ok');
    expect(bench.units).toEqual(['4é', [4, 1, 2, 3], '2', '4a', [4, 9]]);
  });

  it('refuses invalid payloads', async () => {
    await open({ protocol: 3 });
    expect((await bench.post('4:b4*A')).status).toBe(400);
    expect(bench.closeError).toMatchObject({ code: 'EIO_BAD_PAYLOAD' });
  });

  it('serves pages that poll by script tags', async () => {
    await open({ protocol: 3, query: { j: '7x' } });
    const [poll] = await bench.poll();
    bench.send('4"\n', Uint8Array.of(1, 2, 3));
    expect(await poll).toMatchObject({
      text: '___eio[7]("3:4\\"\\n6:b4AQID");',
      headers: { 'content-type': 'text/javascript; charset=UTF-8' },
    });
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await bench.post(`d=${encodeURIComponent('4:4a\\nb')}`, type)).text).toBe('ok');
    expect(bench.units).toEqual(['4a\nb']);
    expect((await bench.post('x=1', type)).status).toBe(400);
  });
});

describe('protocol 4', () => {
  it('writes no scripts, which pages of every origin could read', async () => {
    await open({ query: { j: '7' } });
    const [poll] = await bench.poll();
    bench.send('4a');
    expect(await poll).toMatchObject({ text: '4a', headers: { 'content-type': 'text/plain; charset=UTF-8' } });
    await bench.post('d=4b', { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect(bench.units).toEqual(['d=4b']);
  });
});

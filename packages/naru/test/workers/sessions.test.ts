import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as dial } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { build } from '../../../../test/kit/programs/naru.js';
import { listWorkers, open, openAt, serve } from './serving.js';

beforeAll(build);

describe('the session of another worker', () => {
  it('has the connections of its clients itself after their upgrades', async () => {
    const { url } = await serve(4);
    const sockets = Array.from({ length: 24 }, () => open(url));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.emit('where', resolve))));
    await expect.poll(() => sockets.every(({ io: { engine } }) => engine.transport.name === 'websocket')).toBe(true);
    const counts = async () => {
      const all = await Promise.all(sockets.map((socket) => socket.emitWithAck('count')));
      return [...new Map(all.map(([pid, connections, sessions]) => [pid, [connections, sessions]])).values()];
    };
    // Three of four upgrades come in at another worker. Without the hand-over, their connections would stay there, and
    // be piped.
    const piped = async () => (await counts()).reduce((sum, [held, sessions]) => sum + Math.max(0, held - sessions), 0);
    // The connections of the polls before the upgrades end soon after.
    await expect.poll(piped).toBe(0);
  }, 120_000);

  it('has a connection that carried a request before the upgrade, with the bytes that came after it', async () => {
    const { url } = await serve(2);
    const { port } = new URL(url);
    const everywhere = await Promise.all((await listWorkers(url, 2)).map((pid) => openAt(url, pid)));
    for (let session = 0; session < 4; session += 1) {
      const { sid } = JSON.parse((await ask(url, '')).text.slice(1)) as { sid: string };
      // Some of these come to the other worker.
      const socket = dial(Number(port), '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 404 /);
      const target = `/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
      const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
      // The frame is `2probe`, with a mask of zeroes.
      const frame = '\x81\x86\0\0\0\x002probe';
      const head = `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`;
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
      });
      socket.write(head + frame, 'latin1');
      await expect.poll(() => answer.slice(0, 13) + answer.slice(-8)).toBe('HTTP/1.1 101 \x81\x063probe');
    }
    const counts = await Promise.all(everywhere.map((socket) => socket.emitWithAck('count')));
    expect(counts.map(([, connections]) => connections)).toEqual(counts.map(([, , sessions]) => sessions));
  }, 120_000);

  /** Makes a request on a connection of its own, which leads to the next worker. */
  async function ask(url: string, query: string, options: { method?: string; body?: string } = {}) {
    const headers = { 'Naru-Client': '{"address":"6.6.6.6"}', Connection: 'close' };
    const { method = 'GET', body } = options;
    const request = httpRequest(`${url}socket.io/?EIO=4&transport=polling${query}`, { method, headers, agent: false });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, text, seen: response.headers['x-client'] };
  }

  it('is reached on every connection, and sees the address of the client, which nobody can forge', async () => {
    const { url } = await serve(4);
    const opened = await ask(url, '');
    const { sid } = JSON.parse(opened.text.slice(1)) as { sid: string };
    const answers = [opened];
    for (let round = 0; round < 6; round += 1) {
      answers.push(await ask(url, `&sid=${sid}`, { method: 'POST', body: round === 0 ? '40' : '42["where"]' }));
      if (round === 0) answers.push(await ask(url, `&sid=${sid}`));
    }
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(answers.map(({ seen }) => seen)).toEqual(Array(8).fill('127.0.0.1 undefined'));
  });

  it('is unknown when its worker has never been, or has died', async () => {
    const { url } = await serve(2);
    const unknown = { status: 400, text: '{"code":1,"message":"Session ID unknown"}' };
    for (let round = 0; round < 4; round += 1)
      expect(await ask(url, `&sid=${'a'.repeat(20)}.abcdefgh`)).toMatchObject(unknown);
    const socket = open(url, { transports: ['websocket'], reconnection: false });
    await once(socket as object as NodeJS.EventEmitter, 'connect');
    const sid = socket.io.engine.id;
    socket.emit('die');
    await once(socket as object as NodeJS.EventEmitter, 'disconnect');
    for (let round = 0; round < 4; round += 1) expect(await ask(url, `&sid=${sid}`)).toMatchObject(unknown);
  });
});

import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { listen } from '../../../../naru/src/entry/websocket.js';
import { go, openServer } from '../visits.js';

describe('plain events over a WebSocket', () => {
  it('open with the room and the namespace in the address', async () => {
    const { ws, io } = await openServer();
    const guest = go(`${ws}/events/chat/lobby`);
    expect(await guest.see(/./)).toBe('* connected: over websocket');
    io.of('/chat').to('lobby').emit('news', 1);
    await guest.see(/^#lobby news 1$/);
    guest.type('hello');
    await guest.see(/^echo "hello" "events"$/);
    guest.type('/ask time');
    await guest.see(/^= 1 "noon" "\/chat"$/);
    guest.type('quiz 1');
    await guest.see(/^\?1 question 6 7$/);
    guest.type('/ack 1 42');
    await guest.see(/^right 42$/);
    guest.type('/join news', '/rooms', '/to news say 1', '/leave news');
    await guest.see(/^\* joined news$/);
    await guest.see(/^\* rooms news$/);
    await guest.see(/^#news say 1$/);
    await guest.see(/^\* left news$/);
    guest.type('bytes {"$bytes":"AAEC"}');
    await guest.see(/^size 3 \{"\$bytes":"AAEC"\}$/);
    expect(await guest.end()).toBe(0);
  });

  it('report a refusal, and continue', async () => {
    const guest = go(`${(await openServer()).ws}/events/lobby`);
    guest.type('/join closed', '/to closed say 1', '/ask time');
    await guest.see(/^! .*\(FORBIDDEN\)$/);
    await guest.see(/^! .*\(FORBIDDEN\)$/);
    await guest.see(/^= 1 "noon"/);
  });

  it('report the status of a refused connection, and end with 1', async () => {
    const { ws } = await openServer();
    const closed = go(`${ws}/events/closed`);
    expect(await closed.see(/./)).toBe('! cannot connect: the server answered 403 Forbidden');
    expect(await closed.ended).toBe(1);
    const stranger = go(`${ws}/events/members/lobby`);
    expect(await stranger.see(/./)).toBe('! cannot connect: the server answered 401 Unauthorized');
    const member = go(`${ws}/events/members/lobby`, { auth: { token: 'right' } });
    await member.see(/^\* connected/);
  });

  it('report why nobody answers', async () => {
    const guest = go('ws://127.0.0.1:1/events/lobby');
    expect(await guest.see(/./)).toMatch(/^! cannot connect: .*ECONNREFUSED/);
    expect(await guest.ended).toBe(1);
  });

  it('trust the given certificate', async () => {
    const { wss } = await openServer();
    const guest = go(`${wss}/events/lobby`);
    expect(await guest.see(/./)).toMatch(/self-signed certificate; --ca /);
    await go(`${wss}/events/lobby`, { trust: { ca: Buffer.from(certificate.cert) } }).see(/^\* connected/);
  });

  it('show each message, including those of a server of another kind', async () => {
    const server = listen(0);
    onTestFinished(() => server.close());
    server.on('connection', (connection) => {
      connection.send('{"hello":"\u001b[2J"}');
      connection.send('no JSON');
      connection.send(Buffer.from([1, 2]));
      connection.on('message', () => connection.close(4_000, 'enough'));
    });
    await server.ready();
    const { port } = server.address() as { port: number };
    const guest = go(`ws://127.0.0.1:${port}/events/lobby`, { showsWire: true });
    await guest.see(/^ {2}< \{"hello":"\\u001b\[2J"\}$/);
    await guest.see(/^! \{"hello":"\\u001b\[2J"\}$/);
    await guest.see(/^ {2}< no JSON$/);
    await guest.see(/^ {2}< <2 bytes 0102>$/);
    await guest.see(/^message \{"\$bytes":"AQI="\}$/);
    guest.type('say 1');
    await guest.see(/^ {2}> \{"event":"say","args":\[1\]\}$/);
    await guest.see(/^\* disconnected: 4000 enough$/);
    expect(await guest.ended).toBe(1);
  });

  it('show events of a server with a log like others', async () => {
    const server = listen(0);
    onTestFinished(() => server.close());
    server.on('connection', (connection) => {
      connection.send('{"event":"say","args":[1],"room":"lobby","offset":"0000000001.a"}');
    });
    await server.ready();
    const { port } = server.address() as { port: number };
    const guest = go(`ws://127.0.0.1:${port}/events/lobby`);
    await guest.see(/^\* connected/);
    expect(await guest.see(/./)).toBe('#lobby say 1');
  });

  it('can be left at once while a server does not answer', async () => {
    const silent = createServer();
    silent.on('upgrade', () => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const guest = go(`ws://127.0.0.1:${(silent.address() as { port: number }).port}/events/lobby`);
    expect(await guest.signal()).toBe(1);
  });
});

import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { go, openServer } from '../visits.js';

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('plain events over a stream', () => {
  it('open with the room and the namespace in the address, and send typed lines by POST', async () => {
    const { http, io } = await openServer();
    const guest = go(`${http}/events/chat/lobby`);
    expect(await guest.see(/./)).toBe('* connected: over an event stream');
    io.of('/chat').to('lobby').emit('error', 1);
    await guest.see(/^#lobby error 1$/);
    io.of('/chat').emit('message', 'to all');
    await guest.see(/^message "to all"$/);
    guest.type('say "hi" {"a":1}', '/to lobby say {"$bytes":"AAEC"}', 'a text');
    await guest.see(/^#lobby say "hi" \{"a":1\}$/);
    await guest.see(/^#lobby say \{"\$bytes":"AAEC"\}$/);
    await guest.see(/^#lobby message "a text"$/);
    expect(await guest.end()).toBe(0);
  });

  it('have several rooms in their address', async () => {
    const { http, io } = await openServer();
    const guest = go(`${http}/events/lobby,news?room=more`);
    await guest.see(/^\* connected/);
    for (const room of ['lobby', 'news', 'more']) io.to(room).emit('said', room);
    await guest.see(/^#lobby said "lobby"$/);
    await guest.see(/^#news said "news"$/);
    await guest.see(/^#more said "more"$/);
  });

  it('send lines in the order of typing, and no line waits for another', async () => {
    const guest = go(`${(await openServer()).http}/events/lobby`);
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    guest.type(...numbers.map((number) => `count ${number}`));
    for (const number of numbers) expect(await guest.see(/^#lobby/)).toBe(`#lobby count ${number}`);
  });

  it('report invalid and refused lines', async () => {
    const guest = go(`${(await openServer()).http}/events/lobby`);
    guest.type('/join news', '/ask time', '/to closed say 1');
    await guest.see(/^! an event stream has only the rooms in its address; name others there$/);
    await guest.see(/^! an event stream has no acknowledgements$/);
    await guest.see(/^! the server answered 403 Forbidden: .* \(FORBIDDEN\)$/);
  });

  it('report why they are refused as a whole, and end with 1', async () => {
    const { http } = await openServer();
    const closed = go(`${http}/events/closed`);
    expect(await closed.see(/./)).toMatch(/^! cannot connect: the server answered 403 Forbidden: .* \(FORBIDDEN\)$/);
    expect(await closed.ended).toBe(1);
    const stranger = go(`${http}/events/members/lobby`);
    expect(await stranger.see(/./)).toMatch(
      /^! cannot connect: the server answered 401 .*members only \(REFUSED\) \{"fee":5\}$/,
    );
    const member = go(`${http}/events/members/lobby`, { auth: { token: 'right' } });
    await member.see(/^\* connected/);
    member.type('say 1');
    await member.see(/^#lobby say 1$/);
  });

  it('trust the given certificate', async () => {
    const { https } = await openServer();
    expect(await go(`${https}/events/lobby`).see(/./)).toMatch(/self-signed certificate; --ca /);
    const guest = go(`${https}/events/lobby`, { trust: { ca: Buffer.from(certificate.cert) } });
    guest.type('say 1');
    await guest.see(/^#lobby say 1$/);
  });

  it('report that the server ended them', async () => {
    const { http, io } = await openServer();
    const guest = go(`${http}/events/lobby`);
    await guest.see(/^\* connected/);
    io.disconnectSockets(true);
    await guest.see(/^\* disconnected: the stream has ended$/);
    expect(await guest.ended).toBe(1);
  });

  it('show the frames of the wire, on separate and harmless lines', async () => {
    const guest = go(`${(await openServer()).http}/events/lobby`, { showsWire: true });
    guest.type('say "\\u009b2J"');
    await guest.see(/^ {2}> GET \/events\/lobby$/);
    await guest.see(/^#lobby say/);
    expect(guest.lines).toEqual(
      expect.arrayContaining([
        '  < : naru',
        '    retry: 3000',
        '  > POST /events/lobby {"event":"say","args":["\\u009b2J"]}',
        '  < data: {"event":"say","args":["\\u009b2J"],"room":"lobby"}',
      ]),
    );
    await guest.end();
    expect(guest.lines).toContain('  < 202 {"published":1}');
    expect(guest.lines.filter((line) => line.trim() === '')).toEqual([]);
  });

  it('are also read from servers of other kinds', async () => {
    const url = await serve((request, response) => {
      if (request.url?.startsWith('/events/elsewhere')) response.writeHead(302, { location: '/login' }).end();
      else if (request.url?.startsWith('/events/huge')) response.writeHead(500).end('x'.repeat(1_000_000));
      else {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(
          'data: plain\ndata: text \u001b[2J\n\nevent: tick\ndata: 5\n\ndata: null\n\ndata: {"event":"x","odd":1}\n\n',
        );
      }
    });
    const guest = go(`${url}/events/room`);
    await guest.see(/^message "plain\\ntext \\u001b\[2J"$/);
    await guest.see(/^tick 5$/);
    await guest.see(/^message null$/);
    await guest.see(/^message \{"event":"x","odd":1\}$/);
    const moved = go(`${url}/events/elsewhere`);
    expect(await moved.see(/./)).toBe('! cannot connect: the server answered 302 Found: /login');
    const huge = go(`${url}/events/huge`);
    expect((await huge.see(/./)).length).toBeLessThan(5_000);
  });

  it('can be left at once while a server does not answer', async () => {
    const guest = go(`${await serve(() => undefined)}/events/lobby`);
    expect(await guest.signal()).toBe(1);
  });
});

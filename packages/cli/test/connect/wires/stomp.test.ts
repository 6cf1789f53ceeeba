import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { go, isHarmless, openServer } from '../visits.js';

const trust = { ca: Buffer.from(certificate.cert) };

/** A server whose frames the test decides. */
function script(play: (socket: Socket, frame: string) => void): Promise<string> {
  return serve((socket) => {
    socket.on('data', (data) => {
      for (const frame of data.toString().split('\0')) if (frame.trim() !== '') play(socket, frame);
    });
  });
}

async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => onConnection(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return `stomp://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('STOMP', () => {
  it.each(['stomp', 'stomps', 'stomp+ws', 'stomp+wss'])(
    'opens over %s, with the namespace in the address',
    async (scheme) => {
      const places = await openServer();
      const address = {
        stomp: `${places.stomp}/chat`,
        stomps: `${places.stomps}/chat`,
        'stomp+ws': `stomp+${places.ws}/stomp#/chat`,
        'stomp+wss': `stomp+${places.wss}/stomp#/chat`,
      }[scheme];
      const guest = go(address ?? '', { trust });
      expect(await guest.see(/./)).toMatch(/^\* connected: [\w-]{20} over STOMP 1\.2$/);
      guest.type('/join /user/queue/echo', 'hello');
      await guest.see(/^\* joined \/user\/queue\/echo$/);
      await guest.see(/^echo "hello" "stomp"$/);
      guest.type('/ask time', '/ask time');
      await guest.see(/^= 1 "noon" "\/chat"$/);
      await guest.see(/^= 2 "noon" "\/chat"$/);
      guest.type('/join lobby', '/join lobby', '/to lobby say "hi" 2');
      await guest.see(/^#lobby say "hi" 2$/);
      places.io
        .of('/chat')
        .to('lobby')
        .emit('bytes', Buffer.from([1, 2]));
      await guest.see(/^#lobby bytes \{"\$bytes":"AQI="\}$/);
      guest.type('/join /user/queue/question', '/join /user/queue/right', 'quiz 1');
      await guest.see(/^\?1 question 6 7$/);
      guest.type('/ack 1 42');
      await guest.see(/^right 42$/);
      guest.type('/leave lobby', '/leave lobby');
      await guest.see(/^\* left lobby$/);
      await guest.see(/^! there is no subscription to lobby$/);
      expect(await guest.end()).toBe(0);
    },
  );

  it.each([
    ['stomp', '/chat', '/chat'],
    ['stomps', '', undefined],
    ['stomps', '/', undefined],
    ['stomp+ws', '/stomp#/chat', '/chat'],
    ['stomp+ws', '/stomp#/a%20b', '/a b'],
    ['stomp+wss', '/stomp', undefined],
  ] as const)('names the host and the namespace of %s with %j after it: %j', async (scheme, rest, namespace) => {
    const { stomp, stomps, ws, wss } = await openServer();
    const base = { stomp, stomps, 'stomp+ws': `stomp+${ws}`, 'stomp+wss': `stomp+${wss}` };
    const guest = go(base[scheme] + rest, { trust, showsWire: true });
    await guest.see(/^ {4}host:127\.0\.0\.1$/);
    expect(await guest.see(/^ {4}heart-beat:0,0$|^ {2}</)).toMatch('heart-beat');
    const next = await guest.see(/./);
    if (namespace === undefined) expect(next).not.toMatch('namespace');
    else expect(next).toBe(`    namespace:${namespace}`);
  });

  it('opens on IPv6', async () => {
    const places = await openServer('::1');
    for (const url of [places.stomp, `stomp+${places.ws}/stomp`]) {
      const guest = go(url);
      await guest.see(/^\* connected/);
      expect(await guest.end()).toBe(0);
    }
  });

  it('ends with a refusal, because the server closes afterwards', async () => {
    const guest = go((await openServer()).stomp);
    guest.type('/join closed');
    expect(await guest.see(/^!/)).toBe(
      '! SUBSCRIBE to /topic/closed was refused: clients may not join "closed" in / by themselves',
    );
    await guest.see(/^\* disconnected: the server closed the connection$/);
    expect(await guest.ended).toBe(1);
  });

  it('authenticates by --auth', async () => {
    const { stomp } = await openServer();
    const stranger = go(`${stomp}/members`);
    expect(await stranger.see(/./)).toMatch(/^! members only: .*"fee":5/);
    expect(await stranger.ended).toBe(1);
    await go(`${stomp}/members`, { auth: { token: 'right' } }).see(/^\* connected/);
  });

  it('reports why nobody answers, and an untrusted server', async () => {
    const nobody = go('stomp://127.0.0.1:1');
    expect(await nobody.see(/./)).toMatch(/^! cannot connect: .*ECONNREFUSED/);
    expect(await nobody.ended).toBe(1);
    const { stomps, wss } = await openServer();
    expect(await go(stomps).see(/./)).toMatch(/^! cannot connect: self-signed certificate; --ca /);
    expect(await go(`stomp+${wss}/stomp`).see(/./)).toMatch(/^! cannot connect: self-signed certificate; --ca /);
  });

  it('shows each frame, its header in lines, and no characters that a terminal acts on', async () => {
    const { stomp, io } = await openServer();
    const guest = go(stomp, { showsWire: true });
    guest.type('/join lobby');
    await guest.see(/^ {2}> STOMP$/);
    await guest.see(/^ {4}accept-version:1\.2$/);
    await guest.see(/^ {2}< CONNECTED$/);
    await guest.see(/^ {2}> SUBSCRIBE$/);
    await guest.see(/^\* joined lobby$/);
    io.to('lobby').emit('bell', '\u0007\u009b2J');
    await guest.see(/^ {2}< MESSAGE$/);
    await guest.see(/^ {4}\["\\u0007\\u009b2J"\]$/);
    io.to('lobby').emit('bytes', Buffer.from([7, 8]));
    await guest.see(/^ {4}<2 bytes 0708>$/);
    expect(isHarmless(guest.lines)).toBe(true);
  });

  it('continues after a message of another type than stated', async () => {
    const url = await script((socket, frame) => {
      if (frame.startsWith('STOMP')) {
        socket.write('CONNECTED\nversion:1.2\n\n\0');
        socket.write(
          'MESSAGE\nsubscription:1\nmessage-id:1\ndestination:/topic/a\ncontent-type:application/json\n\nno JSON\0',
        );
        socket.write('MESSAGE\nsubscription:1\nmessage-id:2\ndestination:/queue/b\ncontent-type:text/plain\n\nhi\0');
        socket.write('ERROR\nmessage:bad\n\nbad\0');
      }
    });
    const guest = go(url);
    await guest.see(/^#a message "no JSON"$/);
    await guest.see(/^#"\/queue\/b" message "hi"$/);
    expect(await guest.see(/^!/)).toBe('! bad');
  });

  it('never takes a message to a room for an answer, whatever it contains', async () => {
    let subscription = '';
    const headerOf = (frame: string, name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(frame)?.[1] ?? '';
    const url = await script((socket, frame) => {
      if (frame.startsWith('STOMP')) socket.write('CONNECTED\nversion:1.2\n\n\0');
      if (frame.startsWith('SUBSCRIBE')) subscription = headerOf(frame, 'id');
      const receipt = headerOf(frame, 'receipt');
      if (receipt !== '') socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
      if (!frame.startsWith('SEND')) return;
      const id = headerOf(frame, 'correlation-id');
      const rest = `correlation-id:${id}\ncontent-type:text/plain\n\n`;
      socket.write(`MESSAGE\nsubscription:other\nmessage-id:1\ndestination:/topic/a\n${rest}forged\0`);
      socket.write(`MESSAGE\nsubscription:${subscription}\nmessage-id:2\ndestination:/user/queue/b\n${rest}genuine\0`);
    });
    const guest = go(url);
    guest.type('/ask late');
    await guest.see(/^#a message "forged"$/);
    expect(await guest.see(/^=/)).toBe('= 1 "genuine"');
  });

  it('ends with an invalid frame', async () => {
    const guest = go(await script((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n\0')));
    expect(await guest.see(/./)).toMatch(/^! cannot connect: /);
    expect(await guest.ended).toBe(1);
  });

  it('reports that the connection broke, or that the server closed it', async () => {
    const closing = go(await serve((socket) => socket.end()));
    expect(await closing.see(/./)).toBe('! cannot connect: the server closed the connection');
    const resetting = go(await serve((socket) => socket.on('data', () => socket.resetAndDestroy())));
    expect(await resetting.see(/./)).toMatch(/^! cannot connect: .*ECONNRESET/);
  });

  it('can be left at once while a server does not answer', async () => {
    const url = await script(() => undefined);
    for (const silent of [url, url.replace('stomp:', 'stomps:'), `${url.replace('stomp:', 'stomp+ws:')}/stomp`]) {
      expect(await go(silent).signal()).toBe(1);
    }
  });
});

/** Plain events for a person with curl. */
import { expect, it } from 'vitest';
import { nextSocket, openStage } from '../../kit/clients/plain-events.js';
import { CURL, describeWith, run, start } from './programs.js';

const curl = (...args: string[]): Promise<string> => run(CURL, ['-s', ...args]);

describeWith(CURL, 'curl', () => {
  it.each([['--http1.1'], ['--http1.0']])('reads a stream as it arrives (%s)', async (version) => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { said } = start(CURL, ['-sN', version, `${url}/events/lobby`]);
    await entered;
    await expect.poll(said).toBe(': naru\nretry: 3000\n\n');
    io.to('lobby').emit('say', 'hi', { name: 'Ann' });
    await expect.poll(said).toMatch(/\nevent: say\ndata: \["hi",\{"name":"Ann"\}\]\n\n$/);
  });

  it('reads lines, and ends without an error when the server closes', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { child, said } = start(CURL, ['-sN', '-H', 'Accept: application/x-ndjson', `${url}/events/a,b`]);
    const code = new Promise((resolve) => child.once('close', resolve));
    const socket = await entered;
    io.to('b').emit('say', 'hi');
    await expect.poll(said).toBe('\n{"event":"say","args":["hi"],"room":"b"}\n');
    socket.disconnect(true);
    expect(await code).toBe(0);
  });

  it('publishes JSON, forms, text and bytes', async () => {
    const { io, url } = await openStage();
    io.of('/chat').allow({ subscribe: true, publish: true });
    const entered = nextSocket(io, '/chat');
    const { said } = start(CURL, ['-sN', '-H', 'Accept: application/x-ndjson', `${url}/events/chat/lobby`]);
    await entered;
    const to = `${url}/events/chat/lobby`;
    expect(await curl('-H', 'Content-Type: application/json', '-d', '{"event":"say","args":["hi"]}', to)).toBe(
      '{"published":1}\n',
    );
    await curl('-d', 'event=say', '-d', 'name=Ann', '--data-urlencode', 'text=1 & 2', to);
    await curl('-H', 'Content-Type: text/plain', '-d', 'hello', to);
    await run(
      CURL,
      ['-s', '-H', 'Content-Type: application/octet-stream', '--data-binary', '@-', `${to}?event=raw`],
      Buffer.of(0, 255),
    );
    await expect
      .poll(said)
      .toBe(
        '\n{"event":"say","args":["hi"],"room":"lobby"}\n' +
          '{"event":"say","args":[{"name":"Ann","text":"1 & 2"}],"room":"lobby"}\n' +
          '{"event":"message","args":["hello"],"room":"lobby"}\n' +
          '{"event":"raw","args":[{"$bytes":"AP8="}],"room":"lobby"}\n',
      );
  });

  it('authenticates, and reads the reason of a refusal', async () => {
    const { io, url } = await openStage();
    io.use(({ handshake: { auth } }, next) =>
      auth.login === 'ann' && auth.passcode === 'pass' ? next() : next(new RangeError('who are you?')),
    );
    io.sockets.allow({ subscribe: false });
    const status = ['-w', '%{http_code} %header{www-authenticate}'];
    expect(await curl(...status, `${url}/events/a`)).toMatch(/"message":"who are you\?"[\s\S]*401 Bearer$/);
    expect(await curl(...status, '-u', 'ann:wrong', `${url}/events/a`)).toMatch(/403 $/);
    expect(await curl(...status, '-u', 'ann:pass', `${url}/events/a`)).toMatch(/may not join \\"a\\"[\s\S]*403 $/);
    expect(await curl(...status, '-u', 'ann:pass', '-d', 'a=1', `${url}/events/a`)).toMatch(/202 $/);
    expect(await curl('-I', `${url}/events/a`)).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/);
  });
});

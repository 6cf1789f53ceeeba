/**
 * A reverse proxy in the default configuration of its package: it buffers responses, speaks HTTP/1.0 to the server and
 * sends its own host name.
 */
import { expect, it } from 'vitest';
import { nextSocket, openStage, openStream, openTexts, post, said } from '../../kit/clients/plain-events.js';
import { describeWith, NGINX } from './programs.js';
import { proxy } from './proxy.js';

describeWith(NGINX, 'nginx in front', () => {
  it('passes a stream on as it arrives, in spite of its buffers', async () => {
    const { io, port } = await openStage();
    const url = await proxy(port);
    const entered = nextSocket(io);
    const stream = await openStream(`${url}/events/lobby`);
    const socket = await entered;
    expect(stream.response.status).toBe(200);
    await expect.poll(stream.text).toBe(': naru\nretry: 3000\n\n');
    for (let count = 1; count <= 3; count += 1) {
      io.to('lobby').emit('say', count);
      expect((await stream.events.until(count)).map(said).at(-1)).toEqual(['say', [count]]);
    }
    expect(await post(`${url}/events/lobby`, '{"event":"say","args":[4]}')).toMatchObject({ status: 202 });
    expect((await stream.events.until(4)).map(said).at(-1)).toEqual(['say', [4]]);
    const gone = new Promise((resolve) => socket.on('disconnect', resolve));
    stream.close();
    expect(await gone).toBe('transport close');
  });

  it('passes WebSockets on when configured to', async () => {
    const { io, port } = await openStage();
    const headers =
      'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
    const url = await proxy(port, `${headers} proxy_set_header X-Forwarded-Host $http_host;`);
    const entered = nextSocket(io);
    const page = await openTexts(`${url}/events/lobby`, { origin: url });
    (await entered).emit('say', 1);
    expect(await page.inbox.until(1)).toEqual([{ event: 'say', args: [1] }]);
    await expect(openTexts(`${url}/events/lobby`, { origin: 'http://elsewhere.example' })).rejects.toThrow(/^403/);
  });
});

import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TestNetwork } from '../src/network/network.js';
import { PortlessServer } from '../src/portless-server.js';

describe('PortlessServer', () => {
  it('answers requests over a network in memory', async () => {
    const network = new TestNetwork({ splitsMax: 20, seed: 4 });
    const server = new PortlessServer((incoming, response) => {
      incoming.on('data', (chunk) => response.write(chunk));
      incoming.on('end', () => response.end(`, said ${incoming.socket.remoteAddress}`));
    });
    network.serve(server);
    let text = '';
    const outgoing = request('http://anywhere:1234/echo', { agent: network.agent, method: 'POST' }, (response) => {
      response.on('data', (chunk) => {
        text += chunk;
      });
    });
    outgoing.end('hello');
    await network.clock.settle();
    expect(text).toBe('hello, said 10.0.0.2');
    expect(network.dialledCount).toBe(1);
  });

  it('closes once, and reports it', async () => {
    const server = new PortlessServer();
    expect(server.listening).toBe(true);
    let closes = 0;
    server.on('close', () => {
      closes += 1;
    });
    await new Promise<void>((resolve) => server.close(() => resolve()));
    server.close();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect([closes, server.listening]).toEqual([1, false]);
  });
});

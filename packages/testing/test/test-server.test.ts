import { io as stockIo } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { readOptions } from '../../naru/src/base/options/table.js';
import { io } from '../../naru/src/client/index.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { TestServer, testServerTable } from '../src/test-server.js';

const NOTHING = { sessions: 0, sockets: 0, rooms: 0, links: 0, timers: 0, deferred: 0 };

describe('TestServer', () => {
  it('runs the real server and the real client together without a port', async () => {
    interface Events {
      greet: (name: string, answer: (text: string) => void) => void;
    }
    const server = new TestServer<Events>({ seed: 5, splitsMax: 9, delayMs: [1, 20] });
    server.io.on('connection', (socket) => socket.on('greet', (name, answer) => answer(`hello ${name}`)));
    const client = io(server.url, { ...server.clientOptions, transports: ['polling'] });
    const answers: string[] = [];
    client.emit('greet', 'world', (text: string) => answers.push(text));
    await server.clock.advance(1_000);
    expect(answers).toEqual(['hello world']);
    expect(server.leftovers()).toMatchObject({ sessions: 1, sockets: 1, rooms: 1 });
    client.disconnect();
    await server.clock.advance(1_000);
    expect(server.leftovers()).toMatchObject({ sessions: 0, sockets: 0, rooms: 0 });
    await server.close();
    expect(server.leftovers()).toEqual(NOTHING);
  });

  it("reconnects a client after the network was down, at the client's time", async () => {
    const server = new TestServer({ server: { pingInterval: 1_000, pingTimeout: 500 } });
    const client = io(server.url, {
      ...server.clientOptions,
      transports: ['polling'],
      reconnectionDelay: 1_000,
      randomizationFactor: 0,
    });
    const course: string[] = [];
    client.on('connect', () => course.push(`connect ${server.clock.elapsed}`));
    client.on('disconnect', (reason) => course.push(`${reason} ${server.clock.elapsed}`));
    await server.clock.advance(100);
    server.network.refuse().cutAll();
    await server.clock.advance(500);
    server.network.restore();
    await server.clock.advance(10_000);
    expect(course).toEqual(['connect 0', 'transport error 100', 'connect 1100']);
    client.disconnect();
    await server.close();
    expect(server.leftovers()).toEqual(NOTHING);
  });

  it('takes a stock client through its agent', async () => {
    const server = new TestServer();
    const client = stockIo(server.url, {
      agent: server.network.agent as never,
      transports: ['polling'],
      forceNew: true,
    });
    const connected = new Promise<void>((resolve) => client.on('connect', resolve));
    await connected;
    expect(server.leftovers().sockets).toBe(1);
    client.disconnect();
    await server.clock.settle();
    expect(server.leftovers().sockets).toBe(0);
    await server.close();
    expect(server.leftovers()).toEqual(NOTHING);
  });

  it('lets a test write bytes that no client would send', async () => {
    const server = new TestServer();
    const stream = server.dial();
    let answer = '';
    stream.on('data', (chunk) => {
      answer += chunk;
    });
    stream.write('NONSENSE\r\n\r\n');
    await server.clock.settle();
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    await server.close();
    expect(server.leftovers()).toEqual(NOTHING);
  });
});

describe('the options of a TestServer', () =>
  walkOptions(testServerTable, (given) => readOptions(testServerTable, given)));

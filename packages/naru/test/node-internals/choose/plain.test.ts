import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PLAIN } from '../../../src/node-internals/choose.js';

describe('the plain way', () => {
  it('knows whether an earlier request of a connection waits for its answer', async () => {
    const responses: ServerResponse[] = [];
    const server = createServer((request, response) => {
      PLAIN.noteRequest(request, response);
      responses.push(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    const isAnswered = async (): Promise<boolean> =>
      new Promise((resolve) => client.once('data', () => setImmediate(resolve, true)));
    client.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => responses.length).toBe(2);
    const [first, second] = responses as [ServerResponse, ServerResponse];
    const socket = first.req.socket;
    expect(PLAIN.hasUnanswered(socket)).toBe(true);
    first.end('a');
    await isAnswered();
    expect(PLAIN.hasUnanswered(socket)).toBe(true);
    second.end('b');
    await isAnswered();
    expect(PLAIN.hasUnanswered(socket)).toBe(false);
    expect(PLAIN.hasUnanswered(new PassThrough())).toBe(false);
  });

  it('accepts requests without a connection', () => {
    expect(() => PLAIN.noteRequest({} as never, {} as never)).not.toThrow();
  });

  it('leaves everything to the documented way', () => {
    const [server, nothing] = [createServer(), undefined as never];
    const before = server.rawListeners('connection');
    PLAIN.addUpgradeTaker(server, nothing)();
    PLAIN.declineUpgrades(server);
    expect(server.rawListeners('connection')).toEqual(before);
    expect(PLAIN.ignoreUpgrade(server, nothing, nothing, nothing)).toBe(false);
    expect(PLAIN.writeDirectly(new PassThrough(), Buffer.from('a'), () => undefined)).toBe('declined');
    expect([PLAIN.detachSocket(nothing, nothing), PLAIN.detachBegunSocket(nothing, nothing)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(PLAIN.socketOf(nothing)).toBeUndefined();
  });
});

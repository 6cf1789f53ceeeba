import { once } from 'node:events';
import { createServer, connect as dial } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseEndpoint } from '../../../src/base/endpoint.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { StreamDoor } from '../../../src/server/doors/stream-door.js';

const at = (port: number) => parseEndpoint(`tcp://127.0.0.1:${port}`, { schemes: ['tcp'] });

describe('StreamDoor', () => {
  it('hands on what it accepts, and lets its port go when it closes', async () => {
    const peers: (string | undefined)[] = [];
    let closed = 0;
    const door = new StreamDoor(at(0), {
      tls: undefined,
      take: (stream) => {
        peers.push(stream.remoteAddress);
        stream.end('hi');
      },
      onClose: () => {
        closed += 1;
      },
    });
    await door.ready;
    const { port } = door.address as { port: number };
    const client = dial(port, '127.0.0.1');
    const [said] = (await once(client, 'data')) as [Buffer];
    expect([String(said), peers]).toEqual(['hi', ['127.0.0.1']]);
    client.destroy();
    await door.close();
    expect([closed, door.address]).toEqual([1, null]);
  });

  it('says which endpoint is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      other.close();
    });
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const door = new StreamDoor(at(port), { tls: undefined, take: () => undefined });
    await expect(door.ready).rejects.toThrow(UnavailableError);
    await expect(door.ready).rejects.toThrow(`tcp://127.0.0.1:${port} is in use by another program`);
  });
});

import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../src/base/errors.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { MemoryTransport } from '../../src/testing/memory-transport.js';
import { TestNetwork } from '../../src/testing/network.js';
import { PortlessServer } from '../../src/testing/portless-server.js';
import { type ContractPeer, type OpenSubject, transportContract } from '../../src/testing/transport-contract.js';
import { acceptUpgrade } from '../../src/transport/websocket/accept.js';
import { dialWebSocket } from '../../src/transport/websocket/dial.js';
import { webSocketSettings } from '../../src/transport/websocket/settings.js';
import { WEBSOCKET_HANDLER, WebSocketTransport } from '../../src/transport/websocket-transport.js';

const openMemory: OpenSubject = async (handler) => {
  const clock = new FakeClock();
  const transport = new MemoryTransport(clock, handler);
  const { peer } = transport;
  const contractPeer: ContractPeer = {
    received: peer.received,
    get isEnded() {
      return peer.ended !== undefined;
    },
    send: (unit) => peer.send(unit),
    pause: () => peer.pause(),
    resume: () => peer.resume(),
    close: () => peer.close(),
    vanish: () => peer.close(new UnavailableError('DISCONNECTED', 'the cable was cut')),
  };
  return { transport, peer: contractPeer, settle: () => clock.settle() };
};

/** A WebSocket over a link that cuts everything into pieces. */
const openWebSocket: OpenSubject = async (handler) => {
  const network = new TestNetwork({ seed: 3, splitsMax: 5 });
  const { clock } = network;
  const settings = webSocketSettings({ clock, random: network.random.fork(), messageBytesMax: 1_000_000 });
  const server = new PortlessServer();
  const accepted = new Promise<WebSocketTransport>((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      const connection = acceptUpgrade(request, socket, head, settings, WEBSOCKET_HANDLER);
      if (connection) resolve(new WebSocketTransport(connection, 4, handler));
    });
  });
  network.serve(server);
  const received: (string | Buffer)[] = [];
  let isEnded = false;
  const client = await dialWebSocket('ws://naru.test/', { agent: network.agent }, settings, {
    onText: (_connection, text) => received.push(text),
    onBinary: (_connection, data) => received.push(data),
    onWritable: () => undefined,
    onClose: () => {
      isEnded = true;
    },
  });
  const peer: ContractPeer = {
    received,
    get isEnded() {
      return isEnded;
    },
    send: (unit) => (typeof unit === 'string' ? client.sendText(unit) : client.sendBinary(unit)),
    pause: () => client.pause(),
    resume: () => client.resume(),
    close: () => client.close(1000),
    vanish: () => network.cutAll(),
  };
  return { transport: await accepted, peer, settle: () => clock.settle() };
};

describe('the contract of transports', () => {
  describe('is kept in memory', () => {
    for (const { name, run } of transportContract(openMemory)) it(name, run);
  });

  describe('is kept by a WebSocket', () => {
    for (const { name, run } of transportContract(openWebSocket)) it(name, run);
  });

  describe('is noticed when it is broken', () => {
    /** Breaks one promise of a transport that keeps them all. */
    const broken = (spoil: (transport: MemoryTransport) => void): OpenSubject => {
      return async (handler) => {
        const subject = await openMemory(handler);
        spoil(subject.transport as MemoryTransport);
        return subject;
      };
    };
    const failures = async (open: OpenSubject): Promise<string[]> => {
      const names: string[] = [];
      for (const { name, run } of transportContract(open)) await run().catch(() => names.push(name));
      return names;
    };

    it('by losing a unit', async () => {
      const open = broken((transport) => {
        const take = transport.peer.take.bind(transport.peer);
        let count = 0;
        transport.peer.take = (unit) => {
          count += 1;
          if (count !== 2) take(unit);
        };
      });
      expect(await failures(open)).toContain('sends a batch whole and in order');
    });

    it('by not saying that it can send again', async () => {
      const open = broken((transport) => {
        const { handler } = transport;
        transport.handler = {
          onData: (from, unit) => handler.onData(from, unit),
          onClose: (from, error) => handler.onClose(from, error),
          onWritable: () => undefined,
        };
      });
      expect(await failures(open)).toContain('is not writable when its peer does not read, and says when it is again');
    });

    it('by ending twice', async () => {
      const open = broken((transport) => {
        const { handler } = transport;
        transport.handler = {
          onData: (from, unit) => handler.onData(from, unit),
          onWritable: (from) => handler.onWritable(from),
          onClose: (from, error) => {
            handler.onClose(from, error);
            handler.onClose(from, error);
          },
        };
      });
      expect(await failures(open)).toContain('calls onClose once, however often it is ended');
    });
  });
});

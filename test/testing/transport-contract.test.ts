import { describe, expect, it } from 'vitest';
import type { MemoryTransport } from '../../src/testing/memory-transport.js';
import { type OpenSubject, transportContract } from '../../src/testing/transport-contract.js';
import { openMemory, openPolling, openWebSocket } from './subjects.js';

describe('the contract of transports', () => {
  describe.each([
    ['a transport in memory', openMemory],
    ['a WebSocket', openWebSocket],
    ['long-polling', openPolling],
  ])('is kept by %s', (_name, open) => {
    for (const { name, run } of transportContract(open)) it(name, run);
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

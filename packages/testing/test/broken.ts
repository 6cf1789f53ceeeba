/** Transports in memory that break one promise each. */

import type { TransportHandler } from '../../naru/src/transport/transport.js';
import { type OpenSubject, transportContract } from '../src/contracts/transport-contract.js';
import type { MemoryTransport } from '../src/memory-transport.js';
import { openMemory } from './subjects.js';

/** Makes a transport that keeps all promises except one. */
export function broken(spoil: (transport: MemoryTransport) => void): OpenSubject {
  return async (handler) => {
    const subject = await openMemory(handler);
    spoil(subject.transport as MemoryTransport);
    return subject;
  };
}

/** Makes a transport whose handler receives false events. */
export function brokenHandler(spoil: (handler: TransportHandler) => Partial<TransportHandler>): OpenSubject {
  return broken((transport) => {
    const { handler } = transport;
    transport.handler = {
      onData: (from, unit) => handler.onData(from, unit),
      onWritable: (from) => handler.onWritable(from),
      onClose: (from, error) => handler.onClose(from, error),
      ...spoil(handler),
    };
  });
}

/** Returns the names of the cases that a transport fails. */
export async function failures(open: OpenSubject): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of transportContract(open)) await run().catch(() => names.push(name));
  return names;
}

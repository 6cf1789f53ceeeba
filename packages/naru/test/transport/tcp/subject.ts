/** Opens streams, each with a peer, over a link that cuts all data into pieces. */
import type { Duplex } from 'node:stream';
import type { ContractPeer, OpenSubject } from '../../../../testing/src/contracts/transport-contract.js';
import type { FakeClock } from '../../../../testing/src/fake-clock.js';
import { TestNetwork } from '../../../../testing/src/network/network.js';
import { PortlessServer } from '../../../../testing/src/portless-server.js';
import { RecordDecoder } from '../../../src/protocol/record/decoder.js';
import { encodeRecord } from '../../../src/protocol/record/encode.js';
import type { Unit } from '../../../src/transport/encoded-packet.js';
import { RecordTransport } from '../../../src/transport/tcp/record-transport.js';

/** Returns a network, and the two ends of a connection in it. */
export function openLink(
  seed: number,
  splitsMax = 5,
  clock?: FakeClock,
): { network: TestNetwork; near: Duplex; far: Duplex } {
  const network = new TestNetwork({ seed, splitsMax, clock });
  const server = new PortlessServer();
  let near: Duplex | undefined;
  server.removeAllListeners('connection').on('connection', (socket) => {
    near = socket;
  });
  network.serve(server);
  const far = network.dial();
  if (!near) throw new Error('nobody was connected');
  return { network, near, far };
}

/** Opens a record stream whose peer reads records. */
export const openRecords: OpenSubject = async (handler) => {
  const { network, near, far } = openLink(7);
  const { clock } = network;
  const settings = { clock, closeTimeoutMs: 1_000, recordBytesMax: 1_000_000 };
  const transport = new RecordTransport(near, settings, handler);
  const received: Unit[] = [];
  let isEnded = false;
  let reason: string | undefined;
  const decoder = new RecordDecoder(1_000_000);
  const sink = {
    onUnit(_context: undefined, unit: Unit) {
      if (typeof unit === 'string' && unit.startsWith('1')) reason = unit.slice(1);
      else received.push(unit);
    },
    onViolation: (_context: undefined, error: Error) => far.destroy(error),
  };
  far.on('data', (chunk: Buffer) => decoder.decode(chunk, 0, sink, undefined));
  far.on('close', () => {
    isEnded = true;
  });
  far.on('error', () => undefined);
  const peer: ContractPeer = {
    received,
    get isEnded() {
      return isEnded;
    },
    get end() {
      return isEnded ? { reason } : undefined;
    },
    send: (unit) => far.write(encodeRecord(unit)),
    pause: () => far.pause(),
    resume: () => far.resume(),
    close: () => far.end(),
    closeHalf: () => far.end(),
    vanish: () => network.cutAll(),
  };
  return { transport, peer, unitBytesMax: 1_000_000, settle: () => clock.settle() };
};

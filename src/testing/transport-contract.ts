/** What every transport promises, as cases that any test runner can run. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { ProtocolError, UnavailableError } from '../base/errors.js';
import { Batch } from '../transport/batch.js';
import { EncodedPacket, type Unit } from '../transport/encoded-packet.js';
import type { Transport, TransportHandler } from '../transport/transport.js';

/** The other end of the transport under test: a client that speaks its wire. */
export interface ContractPeer {
  /** The units that it read, oldest first. */
  readonly received: readonly Unit[];
  /** Whether it saw the connection end. */
  readonly isEnded: boolean;
  /** Sends a unit. */
  send(unit: Unit): void;
  /** Stops reading, so that what is sent has to wait. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Ends the connection as its protocol asks for. */
  close(): void;
  /** Is gone without a word, as if its cable were cut. */
  vanish(): void;
}

/** A transport that was just opened, and its peer. */
export interface ContractSubject {
  readonly transport: Transport;
  readonly peer: ContractPeer;
  /** Resolves when everything that was set going has come to rest. */
  settle(): Promise<void>;
}

/** One promise of the contract. */
export interface ContractCase {
  /** The claim; the name for a test. */
  readonly name: string;
  /** Rejects when the transport breaks the promise. */
  run(): Promise<void>;
}

/** Opens a transport for one case; `handler` is its first. */
export type OpenSubject = (handler: TransportHandler) => Promise<ContractSubject>;

class Witness implements TransportHandler {
  readonly units: Unit[] = [];
  readonly closes: (ProtocolError | UnavailableError | undefined)[] = [];
  writableCount = 0;

  onData(_transport: Transport, unit: Unit): void {
    strictEqual(this.closes.length, 0, 'a unit was delivered after onClose');
    this.units.push(unit);
  }

  onWritable(transport: Transport): void {
    ok(transport.writable, 'onWritable was called while writable is false');
    this.writableCount += 1;
  }

  onClose(_transport: Transport, error: ProtocolError | UnavailableError | undefined): void {
    this.closes.push(error);
  }
}

interface Trial extends ContractSubject {
  readonly witness: Witness;
}

type Case = (trial: Trial) => Promise<void>;

const UNITS: readonly Unit[] = [
  '4hello',
  '4',
  '4안녕 🚢',
  Uint8Array.of(0, 127, 128, 255),
  `4${'x'.repeat(70_000)}`,
  '4last',
];
const PIECE_BYTES = 50_000;
const PIECES_MAX = 2_000;

/** The cases, each of which opens a transport of its own. Run every one of them, by its name, in any order. */
export function transportContract(open: OpenSubject): ContractCase[] {
  return Object.entries({ ...DELIVERY, ...PRESSURE, ...ENDING }).map(([name, run]) => ({
    name,
    async run() {
      const witness = new Witness();
      const subject = await open(witness);
      await subject.settle();
      await run({ ...subject, witness });
      subject.transport.abort();
      await subject.settle();
      ok(witness.closes.length <= 1, 'onClose was called more than once');
    },
  }));
}

const DELIVERY: Record<string, Case> = {
  'delivers the units of its peer whole and in order': async ({ transport, peer, settle, witness }) => {
    const units = UNITS.filter((unit) => transport.carries.binary || typeof unit === 'string');
    for (const unit of units) peer.send(unit);
    await settle();
    deepStrictEqual(witness.units.map(plain), units.map(plain));
  },
  'sends a batch whole and in order': async ({ transport, peer, settle }) => {
    const units = UNITS.filter((unit) => transport.carries.binary || typeof unit === 'string');
    transport.send(batchOf(units));
    await settle();
    deepStrictEqual(peer.received.map(plain), units.map(plain));
  },
  'sends batch after batch, while it is writable': async ({ transport, peer, settle }) => {
    const sent: Unit[] = [];
    for (let count = 0; count < 20; count += 1) {
      ok(transport.writable, `is not writable after ${count} small batches were read`);
      const units = [`4${count}`, `4${count}, again`];
      sent.push(...units);
      transport.send(batchOf(units));
      await settle();
    }
    deepStrictEqual(peer.received, sent);
  },
  'gives binary units that are the receiver’s to keep': async ({ transport, peer, settle, witness }) => {
    if (!transport.carries.binary) return;
    for (let count = 0; count < 50; count += 1) {
      peer.send(new Uint8Array(100).fill(count));
      await settle();
    }
    for (const [index, unit] of witness.units.entries()) strictEqual(unit[50], index);
  },
  'tells only the handler that it has now': async ({ transport, peer, settle, witness }) => {
    const next = new Witness();
    transport.handler = next;
    peer.send('4for the next');
    await settle();
    peer.close();
    await settle();
    deepStrictEqual([witness.units, witness.closes.length], [[], 0]);
    deepStrictEqual([next.units, next.closes.length], [['4for the next'], 1]);
  },
};

const PRESSURE: Record<string, Case> = {
  'is not writable when its peer does not read, and says when it is again': async ({
    transport,
    peer,
    settle,
    witness,
  }) => {
    peer.pause();
    const before = witness.writableCount;
    let count = 0;
    while (transport.writable && count < PIECES_MAX) {
      transport.send(Batch.of(new EncodedPacket(`4${String(count).padEnd(PIECE_BYTES, '.')}`)));
      count += 1;
      await settle();
    }
    ok(count < PIECES_MAX, `took ${count * PIECE_BYTES} bytes for a peer that does not read`);
    strictEqual(witness.writableCount, before, 'onWritable was called although nothing was read');
    peer.resume();
    await settle();
    ok(transport.writable, 'is not writable although its peer read everything');
    ok(witness.writableCount > before, 'onWritable was not called');
    deepStrictEqual(
      peer.received.map((unit) => Number.parseInt(String(unit).slice(1), 10)),
      Array.from({ length: count }, (_, index) => index),
    );
    strictEqual(transport.bufferedBytes, 0);
  },
};

const ENDING: Record<string, Case> = {
  'closes after what was sent, and calls onClose once without an error': async ({
    transport,
    peer,
    settle,
    witness,
  }) => {
    transport.send(batchOf(['4last words']));
    transport.close();
    await settle();
    deepStrictEqual([peer.received, peer.isEnded, witness.closes], [['4last words'], true, [undefined]]);
  },
  'delivers nothing after it was closed': async ({ transport, peer, settle, witness }) => {
    transport.close();
    peer.send('4too late');
    await settle();
    deepStrictEqual([witness.units, witness.closes.length], [[], 1]);
  },
  'calls onClose once, however often it is ended': async ({ transport, settle, witness }) => {
    transport.close();
    transport.close();
    transport.abort();
    await settle();
    transport.abort();
    transport.close();
    await settle();
    strictEqual(witness.closes.length, 1);
  },
  'calls onClose once without an error when its peer closes': async ({ peer, settle, witness }) => {
    peer.send('4before');
    peer.close();
    await settle();
    deepStrictEqual([witness.units, witness.closes], [['4before'], [undefined]]);
  },
  'calls onClose once when its peer vanishes': async ({ transport, peer, settle, witness }) => {
    peer.vanish();
    await settle();
    strictEqual(witness.closes.length, 1);
    ok(!transport.writable, 'is writable after its end');
  },
  'ends at once and without a word when it is aborted': async ({ transport, peer, settle, witness }) => {
    transport.abort();
    await settle();
    deepStrictEqual([witness.closes.length, peer.isEnded, transport.writable], [1, true, false]);
  },
  'lets the connection go when it is retired': async ({ transport, peer, settle }) => {
    transport.handler = new Witness();
    transport.retire();
    await settle();
    ok(peer.isEnded, 'the connection of a retired transport is still there');
  },
};

function batchOf(units: readonly Unit[]): Batch {
  let batch: Batch | undefined;
  for (const unit of units) batch = batch ? batch.append(new EncodedPacket(unit)) : Batch.of(new EncodedPacket(unit));
  ok(batch, 'a batch of nothing');
  return batch;
}

/** Bytes as an array, so that a Buffer equals a Uint8Array. */
function plain(unit: Unit): string | number[] {
  return typeof unit === 'string' ? unit : [...unit];
}

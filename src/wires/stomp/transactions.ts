/** The open transactions of one connection: frames that wait for their COMMIT. STOMP 1.2, "BEGIN". */
import { ProtocolError } from '../../base/errors.js';
import type { StompFrame } from '../../protocol/stomp/frame.js';
import { badRequest } from './destination.js';
import type { StompSettings } from './options.js';

interface Transaction {
  readonly frames: StompFrame[];
  bytes: number;
}

// A frame, its headers and its body are objects of their own.
const FRAME_COST = 200;

/** Invariant: `#frames` and `#bytes` are those of all open transactions. */
export class Transactions {
  readonly #limits: StompSettings;
  readonly #open = new Map<string, Transaction>();
  #frames = 0;
  #bytes = 0;

  constructor(limits: StompSettings) {
    this.#limits = limits;
  }

  /** Transactions that are open. */
  get count(): number {
    return this.#open.size;
  }

  /** Opens a transaction. */
  begin(name: string): void {
    if (this.#open.has(name)) throw badRequest(`the transaction "${name.slice(0, 100)}" was begun already`);
    const { transactionsMax } = this.#limits;
    if (this.#open.size >= transactionsMax) throw tooMuch(`more than ${transactionsMax} transactions are open`);
    this.#open.set(name, { frames: [], bytes: 0 });
  }

  /** Keeps a frame until its transaction ends. */
  add(name: string, frame: StompFrame): void {
    const transaction = this.#require(name);
    const bytes = FRAME_COST + sizeOf(frame);
    const { transactionFramesMax, transactionBytesMax } = this.#limits;
    if (this.#frames >= transactionFramesMax)
      throw tooMuch(`more than ${transactionFramesMax} frames are in transactions`);
    if (this.#bytes + bytes > transactionBytesMax)
      throw tooMuch(`more than ${transactionBytesMax} bytes are in transactions`);
    transaction.frames.push(frame);
    transaction.bytes += bytes;
    this.#frames += 1;
    this.#bytes += bytes;
  }

  /** Ends a transaction, and gives its frames. */
  end(name: string): readonly StompFrame[] {
    const transaction = this.#require(name);
    this.#open.delete(name);
    this.#frames -= transaction.frames.length;
    this.#bytes -= transaction.bytes;
    return transaction.frames;
  }

  #require(name: string): Transaction {
    const transaction = this.#open.get(name);
    if (!transaction) throw badRequest(`the transaction "${name.slice(0, 100)}" was not begun`);
    return transaction;
  }
}

function sizeOf({ headers, body }: StompFrame): number {
  let size = body.byteLength;
  for (const [name, value] of headers) size += name.length + value.length;
  return size;
}

function tooMuch(message: string): ProtocolError {
  return new ProtocolError('STOMP_TOO_BIG', message);
}

/** The open transactions of one connection: frames that wait for their COMMIT. STOMP 1.2, "BEGIN". */
import { ProtocolError } from 'naru/base';
import { badRequest } from './destination.js';
import type { StompSettings } from './options.js';
import type { StompFrame } from './protocol/frame.js';

interface Transaction {
  readonly frames: StompFrame[];
  bytes: number;
}

// The memory in bytes of a frame besides its texts: the objects of the frame, its headers and its body.
const FRAME_COST = 200;

/** The open transactions of a connection. Invariant: `#frames` and `#bytes` are the totals of all open transactions. */
export class Transactions {
  readonly #limits: StompSettings;
  readonly #open = new Map<string, Transaction>();
  #frames = 0;
  #bytes = 0;

  constructor(limits: StompSettings) {
    this.#limits = limits;
  }

  /** The number of open transactions. */
  get count(): number {
    return this.#open.size;
  }

  /** Opens a transaction. */
  begin(name: string): void {
    if (this.#open.has(name)) throw badRequest(`the transaction "${name.slice(0, 100)}" has already begun`);
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

  /** Ends a transaction and returns its frames. */
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

/** The receipt that a frame asks for. STOMP 1.2, "RECEIPT". */
import type { NamespaceCore } from 'naru/wire';
import { EncodedPacket, ONCE } from 'naru/wire';
import type { ErrorDetails } from './error-frame.js';
import { encodeFrame, type StompFrame } from './protocol/frame.js';
import type { StompVersion } from './protocol/version.js';
import type { Reply } from './stomp-client.js';

const UNCONFIRMED = 'UNCONFIRMED';

/** The part of a namespace that receipts use. */
type ReceiptNamespace = Pick<NamespaceCore, 'fences' | 'settle'>;

type KeyedError = { readonly code?: unknown; readonly message?: unknown; readonly retryAfter?: unknown };

/** The error among the answers to an event with a key after which a receipt may not be sent. */
type KeyedAnswer = { readonly error?: KeyedError } | null | undefined;

/**
 * A receipt that has to be sent when its frame has taken effect. An event with a key takes effect with its answer:
 * until then, its sender has to send it again.
 */
export class Receipt {
  /** The header `receipt` of the frame. */
  readonly id: string;
  readonly #namespace: ReceiptNamespace | undefined;
  /** The newest flight before the frame. */
  readonly #since: number;
  /** Events with a key whose answers are outstanding. */
  #awaited = 0;
  #refusal: ErrorDetails | undefined;
  #onAnswered: (() => void) | undefined;

  private constructor(id: string, namespace: ReceiptNamespace | undefined) {
    this.id = id;
    this.#namespace = namespace;
    this.#since = namespace?.fences?.confirmations.newest ?? 0;
  }

  /** Returns the receipt that a frame asks for. `namespace` is that of its client, if it has joined one. */
  static of({ headers }: StompFrame, namespace: ReceiptNamespace | undefined): Receipt | undefined {
    const id = headers.get('receipt');
    return id === undefined ? undefined : new Receipt(id, namespace);
  }

  /** The frame carries an event. Returns the reply to wait for: `reply`, and with a key the receipt too. */
  await(name: string, reply: Reply | undefined): Reply | undefined {
    if (name !== ONCE) return reply;
    this.#awaited += 1;
    return { headers: [], ...reply, receipt: this };
  }

  /** An event with a key is answered. */
  onAnswer([answer]: readonly unknown[]): void {
    const { code, message, retryAfter } = (answer as KeyedAnswer)?.error ?? {};
    if (code === UNCONFIRMED) this.#refusal = this.#refuse(String(message));
    // These leave the key free, too. The server remembers an answer LIMITED without a time, as any other answer.
    if (code === 'LISTENER_FAILED' || (code === 'LIMITED' && retryAfter !== undefined))
      this.#refusal = this.#refuse(String(message), code);
    this.#awaited -= 1;
    if (this.#awaited === 0) this.#onAnswered?.();
  }

  /**
   * Calls back when the receipt may be sent. A log on another machine has the frame's events first, as
   * `Fences.acknowledge` says. `refuse` is called if the receipt may never be sent, because events were refused.
   */
  whenDue(send: () => void, refuse: (details: ErrorDetails) => void): void {
    if (this.#awaited > 0) {
      this.#onAnswered = () => this.whenDue(send, refuse);
      return;
    }
    const { fences } = this.#namespace ?? {};
    if (this.#refusal) refuse(this.#refusal);
    else if (!fences || !(fences.confirmations.isLate || fences.confirmations.isPatient)) send();
    else {
      this.#namespace?.settle();
      fences.acknowledge(this.#since, send, () => refuse(this.#refuse('the log has not taken the events')));
    }
  }

  /** Returns the RECEIPT. */
  encode(version: StompVersion): EncodedPacket {
    return new EncodedPacket(encodeFrame('RECEIPT', [['receipt-id', this.id]], version));
  }

  #refuse(message: string, code = UNCONFIRMED): ErrorDetails {
    return { message, code, receipt: this.id };
  }
}

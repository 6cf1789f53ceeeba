/** The client's side of a datagram session: the handshake and the underlying socket. docs/udp.md, "Handshake". */
import { Buffer } from 'node:buffer';
import { isIPv6 } from 'node:net';
import type { Bytes, Random, Timers } from 'naru/base';
import { isNaruError, type ProtocolError, transitionOf, UnavailableError } from 'naru/base';
import { decodeRecords, encodeRecords } from 'naru/protocol';
import type { Unit } from 'naru/wire';
import {
  decodeAccept,
  decodeChallenge,
  decodeRefuse,
  encodeConnect,
  encodeHello,
} from '../protocol/datagram/handshake.js';
import {
  DATAGRAM_BYTES_MAX,
  HEADER_BYTES,
  KEY_BYTES,
  Kind,
  NONCE_BYTES,
  PATH_TOKEN_BYTES,
  readId,
  TAG_BYTES,
} from '../protocol/datagram/layout.js';
import { type Association, AssociationContext, type AssociationPlace } from './association.js';
import { verify } from './authentication/authenticator.js';
import {
  type Agreement,
  agree,
  createAgreement,
  deriveKeys,
  KeyTable,
  placeKey,
  tagOfConnect,
} from './authentication/keys.js';
import type { PortOpener, PortReceiver } from './port.js';
import { Repetition } from './repeats.js';
import { DIAL, type DialEvent, type DialState } from './states.js';

/** The settings of a dial. */
export interface DialSettings {
  readonly port: number;
  /** The IP address of the server. */
  readonly address: string;
  /** The first records: for a session, its query, followed by any packets. */
  readonly records: readonly Unit[];
  readonly secret?: Bytes | undefined;
  readonly token?: Bytes | undefined;
  /** Whether to agree on a key by a key exchange, so that an eavesdropper cannot know it. */
  readonly agrees: boolean;
  readonly controlBytesMax: number;
  readonly timers: Timers;
  readonly random: Random;
  readonly openPort: PortOpener;
}

/** Receives the outcome of a dial. */
export interface DialReceiver {
  /** Creates the association. Called when the server has accepted. */
  createAssociation(context: AssociationContext, place: AssociationPlace): Association;
  /** Called when the association is open, with the units that came in the server's answer. */
  onOpen(units: Unit[]): void;
  /** Called when the dial has failed. It is called at most once, and never after `onOpen`. */
  onFail(error: ProtocolError | UnavailableError): void;
}

/** After this many repetitions of a CONNECT, its cookie is too old, and the dial starts again. */
const CONNECT_REPEATS_MAX = 5;
/** An open association fails after this many port errors without a valid datagram in between. */
const REFUSALS_MAX = 3;

/** One dial and the socket of its association. */
export class UdpDial extends AssociationContext implements PortReceiver {
  readonly isServer = false;
  readonly #settings: DialSettings;
  readonly #receiver: DialReceiver;
  readonly #asking = new Repetition(() => this.#askAgain());
  #state: DialState = 'idle';
  /** The address of the server as the system writes it. */
  #heard = '';
  #nonce = Buffer.alloc(0);
  #cookie: Bytes = new Uint8Array(0);
  #agreement: Agreement | undefined;
  #question: Buffer = Buffer.alloc(0);
  #association: Association | undefined;
  #refusalCount = 0;
  #isUnref = false;
  #isRebinding = false;
  #isClosed = false;

  constructor(settings: DialSettings, receiver: DialReceiver) {
    super(settings.timers, settings.controlBytesMax, new KeyTable(1));
    this.#settings = settings;
    this.#receiver = receiver;
  }

  /** Opens a socket and starts the handshake. Never rejects: failures go to the receiver. */
  async start(): Promise<void> {
    this.#prepareHello();
    try {
      await this.rebind();
    } catch (error) {
      this.#fail(error as UnavailableError);
      return;
    }
    if (this.#state === 'over') return;
    this.#on('begin');
    this.repeats.start(this.#asking);
    this.#ask();
  }

  /**
   * Opens a new socket, for example after a change of the network. The server follows when the client has proven its
   * new address.
   */
  async rebind(): Promise<void> {
    const { port, address, openPort } = this.#settings;
    const isIpv6 = isIPv6(address);
    const opened = await openPort({ host: isIpv6 ? '::' : '0.0.0.0', port: 0, isIpv6, peer: { port, address } }, this);
    if (this.#isUnref) opened.unref();
    // `this.port` is read only now, because another call may have replaced it while this port was being opened.
    const former = this.#isClosed ? opened : this.port;
    if (!this.#isClosed) this.port = opened;
    await former?.close();
  }

  /** Lets the program end while the socket is open. */
  unref(): void {
    this.#isUnref = true;
    this.port?.unref();
  }

  /** Gives up the dial, or closes its association. The association still repeats its last datagrams for a moment. */
  stop(): void {
    const wasOpen = this.#state === 'open';
    this.#on('stop');
    this.repeats.stop(this.#asking);
    if (this.#association && wasOpen) this.#association.close();
    else this.#closePort();
  }

  onDatagram(bytes: Buffer, port: number, address: string): void {
    this.counts.received += 1;
    const kind = bytes[0] ?? 0;
    const isServers = port === this.#settings.port && this.#isServer(address);
    if (bytes.byteLength > DATAGRAM_BYTES_MAX || !isServers) this.counts.malformed += 1;
    else if (kind === Kind.CHALLENGE) this.#onChallenge(bytes);
    else if (kind === Kind.ACCEPT) this.#onAccept(bytes);
    else if (kind === Kind.REFUSE) this.#onRefuse(bytes);
    else if (
      this.#association &&
      bytes.byteLength >= HEADER_BYTES + TAG_BYTES &&
      readId(bytes) === this.#association.id
    ) {
      const { forged } = this.counts;
      this.#association.receive(bytes, port, address);
      if (this.counts.forged === forged) this.#refusalCount = 0;
    } else this.counts.unknown += 1;
  }

  onPortError(error: UnavailableError): void {
    if (this.#state === 'over') return;
    this.#refusalCount += 1;
    if (this.#state !== 'open') {
      const { port, address } = this.#settings;
      const message = `no server listens on UDP port ${port} of ${address}: ${error.message}`;
      this.#fail(new UnavailableError('CONNECT_FAILED', message, error.cause));
    } else if (this.#refusalCount >= REFUSALS_MAX) this.#association?.fail(error);
  }

  onPortStranded(): void {
    if (this.#isRebinding || this.#state === 'over' || this.#state === 'idle') return;
    this.#isRebinding = true;
    const allowRebind = (): void => {
      this.#isRebinding = false;
    };
    this.rebind()
      .catch(() => {
        // The network is still down, so a later send fails too. That failure starts another attempt.
      })
      .then(() => this.#settings.timers.setTimeout(allowRebind, REBIND_EVERY_MS, undefined));
  }

  onPath(association: Association, kind: number, token: Bytes, port: number, address: string): void {
    if (kind === Kind.PATH_CHALLENGE && token.byteLength === PATH_TOKEN_BYTES)
      association.sendPath(Kind.PATH_RESPONSE, token.slice(), port, address);
  }

  onReleased(): void {
    this.#on('stop');
    // The socket stays open while the last CLOSE is repeated.
    this.#settings.timers.setTimeout((dial: UdpDial) => dial.#closePort(), GOODBYE_MS, this);
  }

  /** Whether an address is that of the server. IPv6 addresses can be written in several ways. */
  #isServer(address: string): boolean {
    if (address === this.#heard) return true;
    if (canonical(address) !== canonical(this.#settings.address)) return false;
    this.#heard = address;
    return true;
  }

  #askAgain(): void {
    if (this.#state === 'connect' && this.#asking.repeatCount > CONNECT_REPEATS_MAX) {
      this.#prepareHello();
      this.#on('again');
    }
    this.#ask();
  }

  #prepareHello(): void {
    this.#nonce = Buffer.from(this.#settings.random.bytes(NONCE_BYTES));
    this.#question = Buffer.from(encodeHello(this.#nonce));
  }

  #ask(): void {
    const { port, address } = this.#settings;
    this.transmit(this.#question, port, address);
  }

  #onChallenge(bytes: Buffer): void {
    const challenge = decodeChallenge(bytes);
    if (this.#state !== 'hello' || !challenge || !this.#nonce.equals(challenge.nonce)) return;
    const { secret, token, agrees, records } = this.#settings;
    this.#cookie = challenge.cookie;
    if (agrees) this.#agreement ??= createAgreement();
    const connect = encodeConnect({
      nonce: this.#nonce,
      cookie: this.#cookie,
      publicKey: this.#agreement?.publicKey,
      token,
      records: encodeRecords(records),
    });
    if (connect.byteLength > DATAGRAM_BYTES_MAX) {
      const message = `the query of the URL is too long: CONNECT takes ${connect.byteLength} of ${DATAGRAM_BYTES_MAX} bytes`;
      this.#fail(new UnavailableError('CONNECT_FAILED', message));
      return;
    }
    const head = connect.subarray(0, connect.byteLength - TAG_BYTES);
    connect.set(tagOfConnect(head, secret), head.byteLength);
    this.#question = Buffer.from(connect);
    this.#on('challenge');
    this.repeats.start(this.#asking);
    this.#ask();
  }

  #onAccept(bytes: Buffer): void {
    const accept = decodeAccept(bytes);
    if (this.#state !== 'connect' || !accept || !this.#nonce.equals(accept.nonce)) return;
    const agreed = this.#agreement !== undefined;
    const shared = this.#agreement && accept.publicKey && agree(this.#agreement, accept.publicKey);
    const pair = deriveKeys({ nonce: this.#nonce, cookie: this.#cookie, shared, secret: this.#settings.secret });
    if (agreed !== (shared !== undefined) || !verify(bytes, placeKey(pair.subarray(KEY_BYTES)))) {
      this.counts.forged += 1;
      return;
    }
    const units = decodeRecords(bytes, accept.start, accept.end);
    if (isNaruError(units, 'ProtocolError')) {
      this.#fail(units);
      return;
    }
    this.repeats.stop(this.#asking);
    this.#on('accept');
    const { port, address } = this.#settings;
    this.#association = this.#receiver.createAssociation(this, {
      id: accept.id,
      slot: this.keys.add(pair),
      port,
      address,
    });
    this.#receiver.onOpen(units);
  }

  #onRefuse(bytes: Buffer): void {
    const refuse = decodeRefuse(bytes);
    if (this.#state !== 'connect' || !refuse || !this.#nonce.equals(refuse.nonce)) return;
    this.#fail(new UnavailableError('CONNECT_FAILED', refuse.message));
  }

  #fail(error: ProtocolError | UnavailableError): void {
    if (this.#state === 'over' || this.#state === 'open') return;
    this.stop();
    this.#receiver.onFail(error);
  }

  #on(event: DialEvent): void {
    this.#state = transitionOf(DIAL, this.#state, event).to;
  }

  #closePort(): void {
    this.#isClosed = true;
    this.repeats.close();
    void this.port?.close();
    this.port = undefined;
  }
}

/** Milliseconds for the repetitions of the last CLOSE. */
const GOODBYE_MS = 1_000;
/** Milliseconds before a dial may open another socket after it lost its way to the server. */
const REBIND_EVERY_MS = 1_000;

/** Returns an IP address in the one form that URLs give it, without its zone. */
function canonical(address: string): string {
  const [bare = ''] = address.split('%');
  return isIPv6(bare) ? new URL(`http://[${bare}]`).hostname : bare;
}

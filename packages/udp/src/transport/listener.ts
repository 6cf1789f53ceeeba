/**
 * The server's side of one datagram socket. It verifies addresses, opens sessions, and finds the association of each
 * datagram.
 */
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import type { Bytes, Random } from 'naru/base';
import { UnavailableError } from 'naru/base';
import { decodeRecords } from 'naru/protocol';
import { NOBODY } from 'naru/wire';
import {
  type Connect,
  decodeConnect,
  decodeHello,
  encodeAccept,
  encodeChallenge,
  encodeRefuse,
  RefusalCode,
} from '../protocol/datagram/handshake.js';
import {
  DATAGRAM_BYTES_MAX,
  HEADER_BYTES,
  Kind,
  PATH_TOKEN_BYTES,
  readId,
  TAG_BYTES,
} from '../protocol/datagram/layout.js';
import { type AdmissionBounds, Admissions, type Admitted } from './admissions.js';
import { type Association, AssociationContext, type AssociationPlace } from './association.js';
import { AssociationTable } from './association-table.js';
import { AddressProof, COOKIE_LIFE_MS } from './authentication/address-proof.js';
import { BLOCK_BYTES, createArea, sign } from './authentication/authenticator.js';
import { type Agreement, agree, createAgreement, deriveKeys, tagOfConnect } from './authentication/keys.js';
import { type LaneReceiver, UdpLane } from './lane.js';
import { Packer } from './packing.js';
import type { PortReceiver } from './port.js';
import { UdpTransport, type UdpTransportContext } from './transport.js';

/** The settings of a listener. */
export interface UdpListenerSettings extends AdmissionBounds {
  readonly random: Random;
  /** The secret that clients have to know, if any. */
  readonly secret: Bytes | undefined;
  /** Whether a client has to agree on a key by a key exchange if `secret` is not set. */
  readonly requiresAgreement: boolean;
  readonly controlBytesMax: number;
}

/** A lane that a client may open with a token. */
export interface LaneGrant {
  readonly key: Bytes;
  readonly receiver: LaneReceiver;
  /** Called when the lane is open. */
  open(lane: UdpLane): void;
}

/** Opens the sessions of a listener, and receives its events. */
export interface UdpHost {
  /** Opens a session for a client on the transport. Returns whether it opened one. */
  onSession(transport: UdpTransport, query: string): boolean;
  /** Takes the grant of a token, which is valid for one lane. Returns `undefined` if the token is unknown. */
  takeGrant(token: Bytes): LaneGrant | undefined;
  /** Called when a client that wants a session is refused without a call of `onSession`. */
  onRefused?(code: number, address: string): void;
  /** Called when messages to a session were not sent because no datagram can carry them. */
  onOversize(transport: UdpTransport, count: number): void;
  /** Called when the socket has failed. */
  onPortError(error: UnavailableError): void;
}

/** Milliseconds between the last datagrams of a listener that closes. */
const GOODBYE_EVERY_MS = 75;

const area = createArea();

/** The sessions of one socket. Invariant: an association is in the table until it is released, and no longer. */
export class UdpListener extends AssociationContext implements UdpTransportContext, PortReceiver {
  readonly isServer = true;
  readonly packer = new Packer();
  readonly #settings: UdpListenerSettings;
  readonly #host: UdpHost;
  readonly #proof: AddressProof;
  readonly #admissions: Admissions;
  readonly #associations: AssociationTable;
  #agreement: Agreement | undefined;
  #agreementUntil = 0;
  /**
   * The CONNECT that is being answered. Set while its session is opened, because the first packets go into the ACCEPT.
   */
  #accepting: { connect: Connect; publicKey: Bytes | undefined; slot: number; admitted: Admitted } | undefined;
  #isClosed = false;

  constructor(settings: UdpListenerSettings, host: UdpHost) {
    super(settings.clock, settings.controlBytesMax);
    this.#settings = settings;
    this.#host = host;
    this.#proof = new AddressProof(settings.clock, settings.random);
    this.#admissions = new Admissions(settings, COOKIE_LIFE_MS);
    this.#associations = new AssociationTable(settings.random);
  }

  /** The number of sessions and lanes, including those that are still closing. */
  get associationCount(): number {
    return this.#associations.count;
  }

  /** Refuses new clients. Existing associations continue until they are closed. */
  refuseAll(): void {
    this.#isClosed = true;
    this.#admissions.close();
  }

  /** Ends all remaining associations. Resolves when their peers were told three times, because datagrams are lost. */
  async close(): Promise<void> {
    const { clock } = this.#settings;
    this.refuseAll();
    const error = new UnavailableError('CLOSED', 'the datagram socket of the session was closed');
    for (const association of this.#associations.list()) association.fail(error);
    while (!this.repeats.isIdle) {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, GOODBYE_EVERY_MS, undefined));
      this.repeats.hurry();
    }
  }

  onPortError(error: UnavailableError): void {
    this.#host.onPortError(error);
  }

  onDatagram(bytes: Buffer, port: number, address: string): void {
    this.counts.received += 1;
    const kind = bytes[0] ?? 0;
    if (bytes.byteLength > DATAGRAM_BYTES_MAX) this.counts.malformed += 1;
    else if (kind >= Kind.DATA && kind <= Kind.CLOSE && bytes.byteLength >= HEADER_BYTES + TAG_BYTES) {
      const association = this.#associations.find(readId(bytes));
      if (association) association.receive(bytes, port, address);
      else this.counts.unknown += 1;
    } else if (kind === Kind.HELLO) this.#onHello(bytes, port, address);
    else if (kind === Kind.CONNECT) this.#onConnect(bytes, port, address);
    else this.counts.malformed += 1;
  }

  onOversize(transport: UdpTransport, count: number): void {
    this.#host.onOversize(transport, count);
  }

  override onMoved(association: Association, port: number, address: string, size: number): void {
    // A challenge is never longer than the datagram it answers, so that a spoofed address receives no more than was
    // sent.
    if (size < HEADER_BYTES + PATH_TOKEN_BYTES + TAG_BYTES) return;
    association.sendPath(Kind.PATH_CHALLENGE, this.#proof.issue(address, port, association.id), port, address);
  }

  onPath(association: Association, kind: number, token: Bytes, port: number, address: string): void {
    const isProof =
      kind === Kind.PATH_RESPONSE &&
      token.byteLength === PATH_TOKEN_BYTES &&
      this.#proof.isProof(token, address, port, association.id);
    if (!isProof) {
      this.counts.unproven += 1;
      return;
    }
    if (association.port === port && association.address === address) return;
    this.#admissions.move(association.address, address);
    association.port = port;
    association.address = address;
    this.counts.moved += 1;
  }

  onReleased(association: Association): void {
    this.#associations.remove(association);
    this.#admissions.leave(association.address);
  }

  #onHello(bytes: Buffer, port: number, address: string): void {
    const nonce = decodeHello(bytes);
    if (!nonce) {
      this.counts.malformed += 1;
      return;
    }
    this.#answer(encodeChallenge(nonce, this.#proof.issue(address, port, nonce)), port, address);
  }

  #onConnect(bytes: Buffer, port: number, address: string): void {
    const connect = decodeConnect(bytes);
    if (!connect) {
      this.counts.malformed += 1;
      return;
    }
    if (!this.#proof.isProof(connect.cookie, address, port, connect.nonce)) {
      this.counts.unproven += 1;
      return;
    }
    const known = this.#admissions.find(connect);
    if (known) {
      // The answer may have been lost, or the CONNECT is replayed. Both get the same answer and nothing else.
      const isOver = known.association?.isOpen === false;
      if (known.answer && !isOver) this.#answer(Buffer.from(known.answer, 'latin1'), port, address);
      return;
    }
    const refusal = this.#isClosed ? RefusalCode.CLOSED : this.#admissions.check(address);
    if (refusal !== undefined && !connect.token)
      this.#host.onRefused?.(refusal === 'silence' ? RefusalCode.FULL : refusal, address);
    if (refusal === 'silence') this.counts.refused += 1;
    else if (refusal !== undefined) this.#refuse(connect, refusal, port, address);
    else if (connect.token) this.#openLane(bytes, connect, connect.token, port, address);
    else this.#openSession(bytes, connect, port, address);
  }

  #openSession(bytes: Buffer, connect: Connect, port: number, address: string): void {
    const { secret, requiresAgreement } = this.#settings;
    if (!isTagged(bytes, connect, secret) || (requiresAgreement && !secret && !connect.publicKey)) {
      this.#host.onRefused?.(RefusalCode.KEY, address);
      this.#refuse(connect, RefusalCode.KEY, port, address);
      return;
    }
    const units = decodeRecords(bytes, connect.start, connect.end);
    const association = Array.isArray(units) && this.#prepare(connect, secret, port, address);
    if (!association) {
      this.counts.malformed += 1;
      return;
    }
    const [query, ...packets] = units;
    const transport = new UdpTransport(this, NOBODY, association);
    this.#associations.add(transport);
    const isOpen = this.#host.onSession(transport, typeof query === 'string' ? query : '');
    this.#accepting = undefined;
    if (isOpen) {
      transport.onUnits(packets);
      return;
    }
    transport.abortAssociation();
    this.#refuse(connect, RefusalCode.FULL, port, address);
  }

  #openLane(bytes: Buffer, connect: Connect, token: Bytes, port: number, address: string): void {
    const grant = this.#host.takeGrant(token);
    if (!grant || !isTagged(bytes, connect, grant.key)) {
      this.#refuse(connect, RefusalCode.TOKEN, port, address);
      return;
    }
    const association = this.#prepare(connect, grant.key, port, address);
    if (!association) {
      this.counts.malformed += 1;
      return;
    }
    const lane = new UdpLane(this, grant.receiver, association, this.#settings.clock);
    this.#associations.add(lane);
    this.accept(lane, new Uint8Array(0));
    grant.open(lane);
  }

  /** Agrees on keys and finds a slot for the session. This is the most expensive step, so it comes after all checks. */
  #prepare(connect: Connect, secret: Bytes | undefined, port: number, address: string): AssociationPlace | undefined {
    const agreement = connect.publicKey && this.#currentAgreement();
    const shared = agreement && connect.publicKey && agree(agreement, connect.publicKey);
    if (agreement && !shared) return undefined;
    const { nonce, cookie } = connect;
    const pair = deriveKeys({ nonce, cookie, shared, secret });
    const admitted = this.#admissions.enter(connect, address);
    const slot = this.keys.add(pair);
    this.#accepting = { connect, publicKey: agreement?.publicKey, slot, admitted };
    return { id: this.#associations.createId(slot), slot, port, address: admitted.address };
  }

  accept(association: Association, records: Uint8Array): void {
    const accepting = this.#accepting;
    if (!accepting) return;
    this.#accepting = undefined;
    const { connect, publicKey, slot, admitted } = accepting;
    const answer = encodeAccept({ nonce: connect.nonce, id: association.id, publicKey, records });
    const size = answer.byteLength - TAG_BYTES;
    area.set(answer, BLOCK_BYTES);
    sign(area, size, this.keys.placeOf(slot, true));
    admitted.answer = area.toString('latin1', BLOCK_BYTES, BLOCK_BYTES + answer.byteLength);
    admitted.association = association;
    this.#answer(area.subarray(BLOCK_BYTES, BLOCK_BYTES + answer.byteLength), association.port, association.address);
  }

  #refuse(connect: Connect, code: number, port: number, address: string): void {
    this.counts.refused += 1;
    const answer = encodeRefuse({ nonce: connect.nonce, code, message: REASONS[code] ?? '' });
    this.#admissions.find(connect)?.refuse(answer);
    this.#answer(answer, port, address);
  }

  #answer(datagram: Bytes, port: number, address: string): void {
    this.transmit(Buffer.from(datagram), port, address);
  }

  /** Returns the current key pair. It serves many agreements, and is replaced after a few seconds. */
  #currentAgreement(): Agreement {
    const now = this.#settings.clock.now();
    if (!this.#agreement || now >= this.#agreementUntil || now < this.#agreementUntil - COOKIE_LIFE_MS) {
      this.#agreement = createAgreement();
      this.#agreementUntil = now + COOKIE_LIFE_MS;
    }
    return this.#agreement;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  [RefusalCode.FULL]: 'Server is at capacity',
  [RefusalCode.KEY]: 'Wrong key: this server requires a secret (psk) or a key exchange',
  [RefusalCode.TOKEN]: 'Unknown token',
  [RefusalCode.CLOSED]: 'Server is closing',
};

/** Whether the sender of the CONNECT knows the secret. Without a secret: whether the CONNECT arrived undamaged. */
function isTagged(bytes: Buffer, { end }: Connect, secret: Bytes | undefined): boolean {
  return timingSafeEqual(bytes.subarray(end), tagOfConnect(bytes.subarray(0, end), secret));
}

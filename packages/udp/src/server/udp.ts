/** The UDP endpoint: sessions on datagrams alone, and lanes of sessions on other wires. docs/udp.md. */
import type { Timer, UnavailableError } from 'naru/base';
import { attempt, type Endpoint, formatEndpoint, isIpv6, readOptions } from 'naru/base';
import type { EndpointContext, EndpointLock, ServerEndpoint, Session, Wire } from 'naru/wire';
import { HandshakeRequest, tellTurnedAway, toPrefix } from 'naru/wire';
import { RefusalCode } from '../protocol/datagram/handshake.js';
import { readSecret } from '../transport/authentication/secret.js';
import type { UdpCounts } from '../transport/counts.js';
import { type LaneGrant, type UdpHost, UdpListener } from '../transport/listener.js';
import { type DatagramPort, openSystemPort, type PortOpener } from '../transport/port.js';
import type { UdpTransport } from '../transport/transport.js';
import { LaneCall, type LaneEndpoint } from './lane-call.js';
import { LaneGrants } from './lane-grants.js';
import { type UdpOptions, type UdpSettings, udpTable } from './udp-options.js';

/** The event that a client sends to ask for a lane. */
const LANE_CALL = new LaneCall('naru:lane');

/** Milliseconds until an endpoint that this process took over is opened again, if another program has its port. */
const AGAIN_MS = 1_000;

/** A UDP endpoint. `io.listen('udp://...')` makes it. */
export class UdpEndpoint implements ServerEndpoint, UdpHost, LaneEndpoint {
  readonly url: string;
  readonly ready: Promise<void>;
  readonly #context: EndpointContext;
  readonly #settings: UdpSettings;
  readonly #listener: UdpListener;
  readonly #grants: LaneGrants;
  /** The request target of sessions without a query, which are most of them. */
  readonly #plainTarget: string;
  /** Only one worker has the port. The others wait until it ends. */
  #lock: EndpointLock | undefined;
  #again: Timer | undefined;
  #endWait: () => void = () => undefined;
  #port: DatagramPort | undefined;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    endpoint: Endpoint,
    context: EndpointContext,
    settings: UdpSettings,
    openPort: PortOpener = openSystemPort,
  ) {
    const { clock, random, path } = context.settings;
    this.url = formatEndpoint(endpoint);
    this.#context = context;
    this.#settings = settings;
    this.#grants = new LaneGrants(clock, random, settings.laneGrantsMax);
    this.#plainTarget = `${toPrefix(path, true)}?EIO=4&transport=udp`;
    this.#listener = new UdpListener(
      { clock, random, ...settings, secret: readSecret(settings.psk), requiresAgreement: settings.requireKeyExchange },
      this,
    );
    this.ready = this.#openWithLock(endpoint, openPort);
    LANE_CALL.add(context.namespaces.context.calls, this);
  }

  get address(): unknown {
    return this.#port?.address;
  }

  /** Counts of dropped datagrams by reason. */
  get counts(): Readonly<UdpCounts> {
    return this.#listener.counts;
  }

  /** Sessions and lanes that are open. */
  get associationCount(): number {
    return this.#listener.associationCount;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  onSession(transport: UdpTransport, query: string): boolean {
    // The query becomes part of a request target. A query with characters that are not allowed there is ignored.
    const url = query === '' || !TARGET.test(query) ? this.#plainTarget : `${this.#plainTarget}&${query}`;
    const { admission } = this.#context.engine;
    // A client without a permit asks again by itself, so the server keeps no state for it.
    if (!admission.pace.tryBegin()) {
      tellTurnedAway('crowded', 'udp', { remoteAddress: transport.address });
      return false;
    }
    const details = { url, remoteAddress: transport.address, isSecure: false };
    return this.#context.engine.openSession(transport, HandshakeRequest.of(details)) !== undefined;
  }

  onRefused(code: number, remoteAddress: string): void {
    const told = TOLD[code];
    if (told) tellTurnedAway(told[0], 'udp', { remoteAddress }, told[1]);
  }

  takeGrant(token: Uint8Array): LaneGrant | undefined {
    return this.#grants.take(token);
  }

  onOversize(transport: UdpTransport, count: number): void {
    const session = transport.handler as Session;
    attempt((name) => session.emit(name, count), 'oversize');
    attempt((name) => this.#context.engine.emit(name, session, count), 'oversize');
  }

  onPortError(error: UnavailableError): void {
    attempt((name) => this.#context.engine.emit(name, this, error), 'endpoint_error');
  }

  offerLane(session: Session): object {
    const bound = this.#port?.address;
    if (!bound || session.readyState !== 'open')
      return { error: { code: 'NO_LANE', message: 'The server cannot open a lane for this session now' } };
    // The client already knows the host that it connected to, so only the port is given.
    const endpoint = this.#settings.publicEndpoint ?? `udp://:${bound.port}`;
    return { endpoint, ...this.#grants.offer(session) };
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    LANE_CALL.remove(this.#context.namespaces.context.calls, this);
    this.#grants.close();
    if (this.#again !== undefined) this.#context.settings.clock.clearTimeout(this.#again);
    await this.#listener.close();
    await this.#port?.close();
    this.#port = undefined;
    this.#lock?.release();
    this.#endWait();
  }

  /**
   * Opens the port in this process or waits until it can. Resolves in both cases, and rejects if the port cannot be
   * opened at once.
   */
  #openWithLock(endpoint: Endpoint, openPort: PortOpener): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#endWait = resolve;
      let hasWaited = false;
      const open = (at: Endpoint): void => {
        this.#open(at, openPort).then(resolve, (error: UnavailableError) => {
          if (!hasWaited) {
            this.#lock?.release();
            reject(error);
            return;
          }
          this.onPortError(error);
          if (!this.#isClosed) this.#again = this.#context.settings.clock.setTimeout(open, AGAIN_MS, at);
        });
      };
      this.#lock = this.#context.askForLock(this.url, {
        onLock: (port = endpoint.port) => open({ ...endpoint, port }),
        onWait: () => {
          hasWaited = true;
          resolve();
        },
      });
    });
  }

  /**
   * Opens the port. Without a host it is bound to all addresses of IPv6 and IPv4, or of IPv4 alone on a machine without
   * IPv6.
   */
  async #open({ host, port: asked }: Endpoint, openPort: PortOpener): Promise<void> {
    const { receiveBufferBytes, sendBufferBytes } = this.#settings;
    const isAny = host === '';
    const at = { host: host || '::', port: asked, isIpv6: isAny || isIpv6(host), receiveBufferBytes, sendBufferBytes };
    const port = await openPort(at, this.#listener).catch((error: unknown) => {
      if (!isAny || !isWithoutIpv6(error)) throw error;
      return openPort({ ...at, host: '0.0.0.0', isIpv6: false }, this.#listener);
    });
    if (this.#isClosed) return port.close();
    this.#port = port;
    this.#listener.port = port;
    this.#lock?.opened(port.address?.port ?? asked);
  }
}

/**
 * UDP as a wire of a server: `new Server({ wires: [udp()] })`, then `io.listen('udp://:4001')`. docs/udp.md has the
 * options. Throws ConfigError for invalid ones.
 */
export function udp(options: UdpOptions = {}): Wire {
  const settings = readOptions(udpTable, options);
  return {
    schemes: { udp: undefined },
    open: (endpoint, context) => new UdpEndpoint(endpoint, context, settings),
  };
}

/** The reasons in taps by the codes of refusals. */
const TOLD: Readonly<Record<number, readonly [name: 'overloaded' | 'forbidden' | 'closed', detail: string]>> = {
  [RefusalCode.FULL]: ['overloaded', 'FULL'],
  [RefusalCode.KEY]: ['forbidden', 'WRONG_KEY'],
  [RefusalCode.CLOSED]: ['closed', 'CLOSED'],
};

const TARGET = /^[\x21\x22\x24-\x7e]*$/;

/** Whether a port could not be opened because this machine has no IPv6. */
function isWithoutIpv6(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL' || code === 'EINVAL';
}

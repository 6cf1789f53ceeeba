/**
 * The endpoint of lanes in browsers. It opens no sessions: a page asks for a lane over the session that it has.
 * docs/lanes.md.
 */
import { ConfigError, type Endpoint, formatEndpoint, isAnyHost, isNaruError, readOptions } from 'naru/base';
import type { EndpointContext, ServerEndpoint, Session, Wire } from 'naru/wire';
import { type ChannelPort, type ChannelPortOpener, openChannelPort } from '../data-channel/driver.js';
import { type ChannelEndReason, ChannelLane, ChannelLaneContext } from '../data-channel/lane.js';
import { NetworkBounds } from '../network-bounds.js';
import { type LaneDescription, readDescription } from '../protocol/lane/description.js';
import { LaneCall, type LaneEndpoint } from './lane-call.js';
import { LAST_PORT, type WebRtcOptions, type WebRtcSettings, webrtcTable } from './webrtc-options.js';

/** The event that a client sends to ask for a lane. */
const CHANNEL_CALL = new LaneCall('naru:channel');

/** A session gets at most one new lane in this many milliseconds. Naru's client waits longer. */
export const CHANNEL_PACE_MS = 2_000;

/** Counts of the lanes that opened, of those that ended by reason, and of the requests that were refused. */
export type ChannelCounts = Record<'opened' | 'refused' | 'malformed' | ChannelEndReason, number>;

/** An endpoint for lanes in browsers. `io.listen('webrtc://...')` makes it. */
export class WebRtcEndpoint implements ServerEndpoint, LaneEndpoint {
  readonly url: string;
  readonly ready: Promise<void>;
  /** Counts since the start. */
  readonly counts: ChannelCounts = {
    opened: 0,
    refused: 0,
    malformed: 0,
    closed: 0,
    unopened: 0,
    silent: 0,
    flooded: 0,
    misused: 0,
  };
  readonly #endpoint: Endpoint;
  readonly #context: EndpointContext;
  readonly #settings: WebRtcSettings;
  readonly #lanes: ChannelLaneContext;
  readonly #bounds: NetworkBounds;
  /** The newest lane of each session, opening or open. */
  readonly #bySession = new Map<Session, ChannelLane>();
  /** All lanes, also those that serve while a newer one opens. */
  readonly #all = new Set<ChannelLane>();
  readonly #askedAt = new WeakMap<Session, number>();
  #port: ChannelPort | undefined;
  #isClosed = false;

  constructor(
    endpoint: Endpoint,
    context: EndpointContext,
    settings: WebRtcSettings,
    openPort: ChannelPortOpener = openChannelPort,
  ) {
    const { clock } = context.settings;
    checkPorts(endpoint.port, settings);
    this.url = formatEndpoint(endpoint);
    this.#endpoint = endpoint;
    this.#context = context;
    this.#settings = settings;
    this.#lanes = new ChannelLaneContext(clock, settings.messagesPerSecondMax);
    this.#bounds = new NetworkBounds(() => clock.now(), {
      totalMax: settings.lanesMax,
      perNetworkMax: settings.lanesPerAddressMax,
      perSecondMax: settings.opensPerSecond,
    });
    this.ready = this.#open(openPort);
    CHANNEL_CALL.add(context.namespaces.context.calls, this);
  }

  get address(): unknown {
    return this.#port && { address: this.#endpoint.host || '0.0.0.0', port: this.#port.port };
  }

  /** Lanes that are open or opening. */
  get laneCount(): number {
    return this.#bounds.count;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    CHANNEL_CALL.remove(this.#context.namespaces.context.calls, this);
    for (const lane of [...this.#all]) lane.close();
    this.#port?.close();
    this.#port = undefined;
  }

  /** A bad request affects only that client's session. */
  offerLane(session: Session, asked: unknown): object {
    const description = readDescription(asked);
    if (!description) {
      this.counts.malformed += 1;
      return refusal('BAD_DESCRIPTION', 'The description of the channel has an unknown form');
    }
    const now = this.#context.settings.clock.now();
    const sinceLast = Math.abs(now - (this.#askedAt.get(session) ?? Number.NEGATIVE_INFINITY));
    const isOpen = this.#port !== undefined && session.readyState === 'open';
    if (!isOpen || sinceLast < CHANNEL_PACE_MS) return this.#refuse();
    this.#askedAt.set(session, now);
    // A session has one lane. One that is still opening makes room first, and an open one serves until the new one is
    // open.
    const former = this.#bySession.get(session);
    if (former && session.lane !== former) former.close();
    if (this.#bounds.check(session.remoteAddress)) return this.#refuse();
    return this.#prepare(this.#port as ChannelPort, session, description);
  }

  /** Opens the first port of the range that is free. */
  async #open(openPort: ChannelPortOpener): Promise<void> {
    const { host, port } = this.#endpoint;
    const { portLast = port } = this.#settings;
    let opened: ChannelPort | undefined;
    for (let next = port; !opened; next += 1) {
      try {
        opened = await openPort(host, next);
      } catch (error) {
        const isTaken = isNaruError(error, 'UnavailableError') && error.code === 'ADDRESS_IN_USE';
        if (!isTaken || next >= portLast) throw error;
      }
    }
    if (this.#isClosed) opened.close();
    else this.#port = opened;
  }

  #prepare(port: ChannelPort, session: Session, description: LaneDescription): object {
    const address = this.#bounds.enter(session.remoteAddress);
    const lane = new ChannelLane(this.#lanes, {
      onOpen: () => this.#attach(session, lane),
      onVolatile: (_lane, units) => session.onVolatile(lane, units),
      onEnd: (_lane, reason) => {
        this.counts[reason] += 1;
        this.#bounds.leave(address);
        this.#all.delete(lane);
        if (this.#bySession.get(session) === lane) this.#bySession.delete(session);
        if (session.lane === lane) session.lane = undefined;
      },
    });
    this.#bySession.set(session, lane);
    this.#all.add(lane);
    try {
      const peer = port.open(description, lane);
      lane.start(peer);
      const { host } = this.#endpoint;
      const { publicHosts = isAnyHost(host) ? [] : [host] } = this.#settings;
      return { ...peer.description, hosts: publicHosts, port: this.#publicPortOf(port) };
    } catch (error) {
      if (!isNaruError(error, 'UnavailableError')) throw error;
      lane.close();
      return this.#refuse();
    }
  }

  /** Returns the port at which browsers reach a port of the range. */
  #publicPortOf({ port }: ChannelPort): number {
    const { publicPort } = this.#settings;
    const first = this.#endpoint.port || port;
    return publicPort === undefined ? port : publicPort + port - first;
  }

  #attach(session: Session, lane: ChannelLane): void {
    if (session.readyState !== 'open') {
      lane.close();
      return;
    }
    this.counts.opened += 1;
    const former = session.lane;
    session.lane = lane;
    former?.close();
  }

  #refuse(): object {
    this.counts.refused += 1;
    return refusal('NO_LANE', 'The server cannot open a lane for this session now');
  }
}

/**
 * Lanes in browsers as a wire of a server: `new Server({ wires: [webrtc()] })`, then `io.listen('webrtc://:4002')`.
 * docs/lanes.md has the options. Throws ConfigError for invalid ones.
 */
export function webrtc(options: WebRtcOptions = {}): Wire {
  const settings = readOptions(webrtcTable, options);
  return {
    schemes: { webrtc: undefined },
    open: (endpoint, context) => new WebRtcEndpoint(endpoint, context, settings),
  };
}

/**
 * Throws ConfigError if the range of ports ends before it begins, or if browsers would need a port that does not exist.
 */
function checkPorts(port: number, { portLast = port, publicPort = 1 }: WebRtcOptions): void {
  if (port === 0) return;
  if (portLast < port)
    throw new ConfigError(
      'BAD_OPTION',
      `Option "webrtc.portLast" must be at least the endpoint's port, ${port}, got ${portLast}.`,
    );
  const further = portLast - port;
  if (publicPort + further > LAST_PORT)
    throw new ConfigError(
      'BAD_OPTION',
      `Option "webrtc.publicPort" must be at most ${LAST_PORT - further}, because the range has ${further} further ports, got ${publicPort}.`,
    );
}

function refusal(code: string, message: string): object {
  return { error: { code, message } };
}

/** The server of the package: the only file that lists the optional wires. */

import type { DefaultEventsMap, EventsMap, Untyped } from '../../base/event-map.js';
import type { OptionsOf } from '../../base/options/table.js';
import type { WebTransportSession } from '../../transport/webtransport/w3c.js';
import { stompWire } from '../optional-wires/stomp.js';
import type { StompServerSettings, stompServerTable } from '../optional-wires/stomp-options.js';
import { udpWire } from '../optional-wires/udp.js';
import type { UdpServerSettings, udpServerTable } from '../optional-wires/udp-options.js';
import { webrtcWire } from '../optional-wires/webrtc.js';
import type { WebRtcServerSettings, webrtcServerTable } from '../optional-wires/webrtc-options.js';
import type { WebTransportRequest } from '../optional-wires/webtransport.js';
import { WebTransportEngine } from '../optional-wires/webtransport-engine.js';
import type { BaseServerOptions } from '../options/options.js';
import { BaseServer, type NodeServer, type ServerParts } from './base-server.js';

export type { DroppedMessage, StompOptions } from '../../wires/stomp/options.js';
export type { WebTransportRequest, WebTransportSession };

declare module '../../namespace/namespace.js' {
  interface NamespaceServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
    extends Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {}
}

/** Options of the server. */
export interface ServerOptions
  extends BaseServerOptions,
    OptionsOf<typeof udpServerTable>,
    OptionsOf<typeof webrtcServerTable>,
    OptionsOf<typeof stompServerTable> {}

/** The server's options with all defaults in place. */
export interface ServerSettings extends UdpServerSettings, WebRtcServerSettings, StompServerSettings {}

/** The optional wires, in the order in which messages list their schemes. @internal */
export const OPTIONAL_WIRES = [udpWire, webrtcWire, stompWire] as const;

const PARTS: ServerParts<WebTransportEngine> = {
  wires: OPTIONAL_WIRES,
  createEngine: (settings, host) => new WebTransportEngine({}, settings, host),
};

/**
 * A server. It listens at once when it is given an HTTP server or a port, and otherwise after `attach` or `listen`.
 * `ListenEvents` come from the clients, `EmitEvents` go to them, `ServerSideEvents` travel between nodes, and
 * `SocketData` is the type of `socket.data`. Throws ConfigError for invalid options, with the fix.
 */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = Untyped,
> extends BaseServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData, WebTransportEngine> {
  constructor(input?: NodeServer | number | string | Partial<ServerOptions>, options: Partial<ServerOptions> = {}) {
    super(PARTS, input, options);
  }

  override get opts(): ServerSettings {
    return super.opts as ServerSettings;
  }

  override attach(input: NodeServer | number | string, options: Partial<ServerOptions> = {}): this {
    return super.attach(input, options);
  }

  override listen(input: NodeServer | number | string, options: Partial<ServerOptions> = {}): this {
    return this.attach(input, options);
  }

  /** Takes a W3C WebTransport session for a new session or an upgrade. Resolves when that has succeeded or failed. */
  acceptWebTransport(session: WebTransportSession, about?: WebTransportRequest): Promise<void> {
    return this.engine.onWebTransportSession(session, about);
  }
}

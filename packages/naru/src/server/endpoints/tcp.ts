/** The endpoints of byte streams: `tcp://`, `tls://` and `unix:`. Each serves programs and people on one address. */
import type { Endpoint } from '../../base/node/endpoint.js';
import type { EndpointContext, ServerEndpoint, Wire } from './endpoint.js';
import { StreamAcceptor } from './stream-acceptor.js';
import { StreamEndpoint, tlsOf } from './stream-endpoint.js';

/** Opens an endpoint at an address. Throws ConfigError for `tls://` without the option `tcp.tls`. */
export function openTcpEndpoint(endpoint: Endpoint, context: EndpointContext): ServerEndpoint {
  const acceptor = new StreamAcceptor(context);
  const { handshakeTimeout, tcp } = context.settings;
  return new StreamEndpoint(endpoint, {
    tls: endpoint.scheme === 'tls' ? tlsOf('tls', 'tcp.tls', tcp.tls, handshakeTimeout) : undefined,
    pace: context.engine.admission.pace,
    take: (stream) => acceptor.take(stream),
    refuse: (stream) => acceptor.refuse(stream),
    onClose: () => acceptor.close(),
  });
}

/** Byte streams as a wire of the server. */
export const tcpWire: Wire = { schemes: { tcp: undefined, tls: undefined, unix: undefined }, open: openTcpEndpoint };

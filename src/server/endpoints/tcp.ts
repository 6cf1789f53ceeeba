/** The endpoints of byte streams: `tcp://`, `tls://` and `unix:` endpoints, each for programs and people on one port. */
import type { Endpoint } from '../../base/endpoint.js';
import type { TcpOptions } from '../options/tcp-options.js';
import type { EndpointContext, ServerEndpoint } from './endpoint.js';
import { StreamAcceptor } from './stream-acceptor.js';
import { StreamEndpoint, tlsOf } from './stream-endpoint.js';

/** Opens an endpoint at an address. Throws ConfigError for `tls://` without a key. */
export function openTcpEndpoint(
  endpoint: Endpoint,
  options: TcpOptions | undefined,
  context: EndpointContext,
): ServerEndpoint {
  const acceptor = new StreamAcceptor(context);
  return new StreamEndpoint(endpoint, {
    tls:
      endpoint.scheme === 'tls' ? tlsOf('tls', 'tcp.tls', options?.tls, context.settings.handshakeTimeout) : undefined,
    pace: context.engine.admission.pace,
    take: (stream) => acceptor.take(stream),
    refuse: (stream) => acceptor.refuse(stream),
    onClose: () => acceptor.close(),
  });
}

/** The endpoints of byte streams: `tcp://`, `tls://` and `unix:` endpoints, each for programs and people on one port. */
import type { Endpoint } from '../../base/endpoint.js';
import { ConfigError } from '../../base/errors.js';
import type { TcpOptions } from '../options/tcp-options.js';
import type { EndpointContext, ServerEndpoint } from './endpoint.js';
import { StreamAcceptor } from './stream-acceptor.js';
import { StreamEndpoint } from './stream-endpoint.js';

/** Opens an endpoint at an address. Throws ConfigError for `tls://` without a key. */
export function openTcpEndpoint(
  endpoint: Endpoint,
  options: TcpOptions | undefined,
  context: EndpointContext,
): ServerEndpoint {
  const acceptor = new StreamAcceptor(context);
  return new StreamEndpoint(endpoint, {
    tls:
      endpoint.scheme === 'tls'
        ? { handshakeTimeout: context.settings.handshakeTimeout, ...tlsOf(options) }
        : undefined,
    pace: context.engine.admission.pace,
    take: (stream) => acceptor.take(stream),
    refuse: (stream) => acceptor.refuse(stream),
    onClose: () => acceptor.close(),
  });
}

function tlsOf(options: TcpOptions | undefined): NonNullable<TcpOptions['tls']> {
  if (options?.tls) return options.tls;
  throw new ConfigError(
    'BAD_OPTION',
    'the option "tcp.tls" is not set, and "tls://" needs it; give { key, cert } as node:tls takes them',
  );
}

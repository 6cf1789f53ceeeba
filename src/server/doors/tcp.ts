/** The doors of byte streams: `tcp://`, `tls://` and `unix:` endpoints, each for programs and people on one port. */
import type { Endpoint } from '../../base/endpoint.js';
import { ConfigError } from '../../base/errors.js';
import type { Door, DoorContext } from './door.js';
import { StreamAcceptor } from './stream-acceptor.js';
import { StreamDoor } from './stream-door.js';
import type { TcpOptions } from './tcp-options.js';

/** Opens a door at an endpoint. Throws ConfigError for `tls://` without a key. */
export function openTcpDoor(endpoint: Endpoint, options: TcpOptions | undefined, context: DoorContext): Door {
  const acceptor = new StreamAcceptor(context);
  return new StreamDoor(endpoint, {
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

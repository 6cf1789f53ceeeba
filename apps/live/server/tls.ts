/**
 * Serves the application over TLS as well, with a certificate that the operator gives. Cameras and encoders need it on
 * other machines.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server as TlsServer } from 'node:tls';

/** The port of TLS, unless `LIVE_TLS_PORT` names another. */
export const TLS_PORT = 3443;

/**
 * Opens the port of TLS if the environment names a certificate and its key as files in PEM: `LIVE_CERT` and `LIVE_KEY`.
 * Its connections become connections of the HTTP server. Rejects if a file cannot be read, or the port is in use.
 */
export async function openTls(
  http: HttpServer,
  env: Readonly<Record<string, string | undefined>>,
): Promise<TlsServer | undefined> {
  const { LIVE_CERT: cert, LIVE_KEY: key, LIVE_TLS_PORT: port = String(TLS_PORT), HOST: host } = env;
  if (!cert || !key) return undefined;
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
  server.on('secureConnection', (socket) => http.emit('connection', socket));
  // A client that breaks off the handshake, or does not trust the certificate, concerns nobody else.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.listen({ port: Number(port), host });
  await once(server, 'listening');
  return server;
}

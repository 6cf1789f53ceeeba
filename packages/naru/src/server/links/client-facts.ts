/** Carries what a node knows of a client's connection to the node of its session, beside the headers of the request. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/**
 * The header with the facts. Only a link carries it. A node drops what a client sends under this name, and nobody but
 * other nodes can write to a link.
 */
export const FACTS_HEADER = 'naru-client';

const FACTS_LINE = new RegExp(`\\n${FACTS_HEADER}[ \\t]*:`, 'i');

/** Returns the facts of a connection as the value of the header. It may be one of a network, and may be encrypted. */
export function encodeFacts(connection: Duplex): string {
  const {
    remoteAddress: address,
    remotePort: port,
    remoteFamily: family,
    encrypted,
  } = connection as Partial<TLSSocket>;
  return JSON.stringify({ address, port, family, isSecure: encrypted === true });
}

/**
 * Makes a request on a link look as it did to the node that took it: its connection has the client's address, and the
 * header is gone. A link carries one request at a time, so the connection shows the client of the current one. Returns
 * `false` for a request without facts.
 */
export function restoreFacts(request: IncomingMessage): boolean {
  const facts = parse(request.headers[FACTS_HEADER]);
  if (!facts) return false;
  dropFacts(request);
  const { address, port, family, isSecure } = facts;
  const shown = { remoteAddress: address, remotePort: port, remoteFamily: family, encrypted: isSecure };
  for (const [name, value] of Object.entries(shown))
    Object.defineProperty(request.socket, name, { value, configurable: true, enumerable: true });
  return true;
}

/** Removes the facts from a request. A client that sends them has made them up. */
export function dropFacts(request: IncomingMessage): void {
  if (request.headers[FACTS_HEADER] === undefined) return;
  delete request.headers[FACTS_HEADER];
  request.rawHeaders = withoutFacts(request.rawHeaders);
}

/** Whether the text of a head has facts. */
export function hasFacts(head: string): boolean {
  return FACTS_LINE.test(head);
}

/** Returns raw headers, in which names and values alternate, without any facts. */
export function withoutFacts(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => rawHeaders[at - (at % 2)]?.toLowerCase() !== FACTS_HEADER);
}

function parse(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const facts: unknown = JSON.parse(value);
    return typeof facts === 'object' && facts !== null ? { ...facts } : undefined;
  } catch {
    // Another program has connected to the link.
    return undefined;
  }
}

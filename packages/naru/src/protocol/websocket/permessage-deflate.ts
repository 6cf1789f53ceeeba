/** Negotiates permessage-deflate and its four parameters, for both sides. RFC 7692, section 7.1. */
import { ProtocolError } from '../../base/errors.js';
import type { Extension } from './extensions.js';

/** The name of the extension. */
const PERMESSAGE_DEFLATE = 'permessage-deflate';

/** The parameters that both sides agreed on. */
export interface DeflateParams {
  /** The server compresses each message independently. */
  readonly serverNoContextTakeover: boolean;
  /** The client compresses each message independently. */
  readonly clientNoContextTakeover: boolean;
  /** The base-two logarithm of the server's window, 8 to 15. */
  readonly serverMaxWindowBits: number;
  /** The base-two logarithm of the client's window, 8 to 15. */
  readonly clientMaxWindowBits: number;
}

const WINDOW_BITS_MAX = 15;

interface ReadParams {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  /** `true` if it was named without a value, which is allowed only in an offer. */
  clientMaxWindowBits: number | true | undefined;
}

/**
 * Chooses the first acceptable offer for a server. Returns the agreed parameters and the extension for the answer.
 * `wish` bounds what this server uses. Offers with unknown, repeated or out-of-range parameters are skipped.
 */
export function acceptDeflate(
  offers: readonly Extension[],
  wish: DeflateParams,
): { params: DeflateParams; answer: Extension } | undefined {
  for (const offer of offers) {
    if (offer.name !== PERMESSAGE_DEFLATE) continue;
    const offered = readParams(offer);
    if (offered === undefined) continue;
    const client = offered.clientMaxWindowBits;
    const params: DeflateParams = {
      serverNoContextTakeover: offered.serverNoContextTakeover || wish.serverNoContextTakeover,
      clientNoContextTakeover: offered.clientNoContextTakeover || wish.clientNoContextTakeover,
      serverMaxWindowBits: Math.min(offered.serverMaxWindowBits ?? WINDOW_BITS_MAX, wish.serverMaxWindowBits),
      // The server may limit the window only of a client that names the parameter. RFC 7692, section 7.1.2.2.
      clientMaxWindowBits:
        client === undefined
          ? WINDOW_BITS_MAX
          : Math.min(client === true ? WINDOW_BITS_MAX : client, wish.clientMaxWindowBits),
    };
    return { params, answer: { name: PERMESSAGE_DEFLATE, params: formatParams(params) } };
  }
  return undefined;
}

/** Builds the offer of a client. It always says that the client can limit its own window. */
export function offerDeflate(wish: DeflateParams): Extension {
  const params = formatParams({ ...wish, clientMaxWindowBits: WINDOW_BITS_MAX });
  const clientBits = wish.clientMaxWindowBits < WINDOW_BITS_MAX ? `${wish.clientMaxWindowBits}` : true;
  return { name: PERMESSAGE_DEFLATE, params: [...params, ['client_max_window_bits', clientBits]] };
}

/**
 * Checks the server's answer for a client. Returns the agreed parameters, `undefined` if the server chose no extension,
 * or the rule that the answer breaks. `wish` is the client's offer, if it made one.
 */
export function checkDeflateAnswer(
  answer: readonly Extension[],
  wish: DeflateParams | undefined,
): DeflateParams | undefined | ProtocolError {
  const [first] = answer;
  if (first === undefined) return undefined;
  if (answer.length > 1 || first.name !== PERMESSAGE_DEFLATE || wish === undefined) {
    return bad('the server chose an extension that was not offered');
  }
  const read = readParams(first);
  if (read === undefined || read.clientMaxWindowBits === true) {
    return bad('the server answered permessage-deflate with bad parameters');
  }
  const serverBits = read.serverMaxWindowBits ?? WINDOW_BITS_MAX;
  const clientBits = read.clientMaxWindowBits ?? WINDOW_BITS_MAX;
  if (wish.serverNoContextTakeover && !read.serverNoContextTakeover) {
    return bad('the server ignores server_no_context_takeover');
  }
  if (serverBits > wish.serverMaxWindowBits) return bad('the server ignores server_max_window_bits');
  return {
    serverNoContextTakeover: read.serverNoContextTakeover,
    clientNoContextTakeover: read.clientNoContextTakeover || wish.clientNoContextTakeover,
    serverMaxWindowBits: serverBits,
    clientMaxWindowBits: Math.min(clientBits, wish.clientMaxWindowBits),
  };
}

function formatParams(params: DeflateParams): [string, string | true][] {
  const list: [string, string | true][] = [];
  if (params.serverNoContextTakeover) list.push(['server_no_context_takeover', true]);
  if (params.clientNoContextTakeover) list.push(['client_no_context_takeover', true]);
  if (params.serverMaxWindowBits < WINDOW_BITS_MAX) {
    list.push(['server_max_window_bits', `${params.serverMaxWindowBits}`]);
  }
  if (params.clientMaxWindowBits < WINDOW_BITS_MAX) {
    list.push(['client_max_window_bits', `${params.clientMaxWindowBits}`]);
  }
  return list;
}

function readParams(extension: Extension): ReadParams | undefined {
  const read: ReadParams = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of extension.params) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    if (name === 'server_no_context_takeover' && value === true) read.serverNoContextTakeover = true;
    else if (name === 'client_no_context_takeover' && value === true) read.clientNoContextTakeover = true;
    else if (name === 'server_max_window_bits' && value !== true && isBits(value)) read.serverMaxWindowBits = +value;
    else if (name === 'client_max_window_bits' && value === true) read.clientMaxWindowBits = true;
    else if (name === 'client_max_window_bits' && value !== true && isBits(value)) read.clientMaxWindowBits = +value;
    else return undefined;
  }
  return read;
}

// Decimal without leading zeros. RFC 7692, section 7.1.2.
function isBits(value: string): boolean {
  return /^(?:8|9|1[0-5])$/.test(value);
}

function bad(message: string): ProtocolError {
  return new ProtocolError('WS_BAD_HANDSHAKE', message);
}

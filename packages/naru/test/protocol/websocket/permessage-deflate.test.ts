import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/base/errors.js';
import { formatExtensions, parseExtensions } from '../../../src/protocol/websocket/extensions.js';
import {
  acceptDeflate,
  checkDeflateAnswer,
  type DeflateParams,
  offerDeflate,
} from '../../../src/protocol/websocket/permessage-deflate.js';

const ALL: DeflateParams = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const LEAN: DeflateParams = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 10,
  clientMaxWindowBits: 9,
};

function answerTo(offer: string, wish = ALL): string | undefined {
  const accepted = acceptDeflate(parseExtensions(offer) ?? [], wish);
  return accepted === undefined ? undefined : formatExtensions([accepted.answer]);
}

const PMD = 'permessage-deflate';

describe('acceptDeflate', () => {
  it.each([
    [PMD, PMD],
    [`${PMD}; client_max_window_bits`, PMD],
    [`${PMD}; client_max_window_bits=10`, `${PMD}; client_max_window_bits=10`],
    [`${PMD}; server_max_window_bits=9`, `${PMD}; server_max_window_bits=9`],
    [`${PMD}; server_no_context_takeover`, `${PMD}; server_no_context_takeover`],
    [`${PMD}; client_no_context_takeover`, `${PMD}; client_no_context_takeover`],
    [
      `x-other, ${PMD}; server_max_window_bits=8; server_no_context_takeover`,
      `${PMD}; server_no_context_takeover; server_max_window_bits=8`,
    ],
  ])('agrees to %s', (offer, answer) => {
    expect(answerTo(offer)).toBe(answer);
  });

  it.each([
    'x-webkit-deflate-frame',
    `${PMD}; unknown`,
    `${PMD}; server_max_window_bits`,
    `${PMD}; server_max_window_bits=7`,
    `${PMD}; server_max_window_bits=16`,
    `${PMD}; server_max_window_bits=08`,
    `${PMD}; client_max_window_bits=x`,
    `${PMD}; server_no_context_takeover=1`,
    `${PMD}; server_no_context_takeover; server_no_context_takeover`,
  ])('skips %s', (offer) => {
    expect(answerTo(offer)).toBeUndefined();
    expect(answerTo(`${offer}, ${PMD}`)).toBe(PMD);
  });

  it("requests the server's settings, and limits the client only if allowed", () => {
    expect(answerTo(`${PMD}; client_max_window_bits`, LEAN)).toBe(
      `${PMD}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9`,
    );
    const accepted = acceptDeflate(parseExtensions(PMD) ?? [], LEAN);
    expect(accepted?.params.clientMaxWindowBits).toBe(15);
    expect(formatExtensions([accepted?.answer ?? { name: '', params: [] }])).not.toContain('client_max_window_bits');
  });
});

describe('offerDeflate and checkDeflateAnswer', () => {
  it("offers the client's settings", () => {
    expect(formatExtensions([offerDeflate(ALL)])).toBe(`${PMD}; client_max_window_bits`);
    expect(formatExtensions([offerDeflate(LEAN)])).toBe(
      `${PMD}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9`,
    );
  });

  it('agrees with the answer of acceptDeflate', () => {
    for (const wish of [ALL, LEAN]) {
      for (const own of [ALL, LEAN]) {
        const accepted = acceptDeflate([offerDeflate(wish)], own);
        expect(accepted).toBeDefined();
        expect(checkDeflateAnswer(accepted ? [accepted.answer] : [], wish)).toEqual(accepted?.params);
      }
    }
  });

  it('works without compression if the server chose none', () => {
    expect(checkDeflateAnswer([], ALL)).toBeUndefined();
    expect(checkDeflateAnswer([], undefined)).toBeUndefined();
  });

  it.each([
    ['x-other', ALL],
    [PMD, undefined],
    [`${PMD}, ${PMD}`, ALL],
    [`${PMD}; client_max_window_bits`, ALL],
    [`${PMD}; server_max_window_bits=99`, ALL],
    [PMD, LEAN],
    [`${PMD}; server_no_context_takeover`, LEAN],
  ])('refuses the answer %s', (answer, wish) => {
    expect(checkDeflateAnswer(parseExtensions(answer) ?? [], wish)).toBeInstanceOf(ProtocolError);
  });
});

import { describe, expect, it } from 'vitest';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';
import { PacketList } from '../../../src/transport/packet-list.js';
import { encodeList, Piece, pieceOf } from '../../../src/transport/sse/piece.js';

describe('Piece', () => {
  it('is a chunk of HTTP/1.1 and a text, with sizes in bytes', () => {
    const piece = new Piece('data: 4é\n\n');
    expect(piece.chunk.toString()).toBe('b\r\ndata: 4é\n\n\r\n');
    expect(piece.text.toString()).toBe('data: 4é\n\n');
    expect(piece.isLast).toBe(false);
  });
});

describe('pieceOf', () => {
  it('makes an event of each unit', () => {
    expect(pieceOf(['4a', Uint8Array.of(1), '4b\n']).text.toString()).toBe(
      'data: 4a\n\ndata: bAQ==\n\ndata: "4b\\n"\n\n',
    );
  });

  it('puts a noop after all others and marks it as the last', () => {
    const piece = pieceOf(['4a', '6', '4b', '6']);
    expect(piece.text.toString()).toBe('data: 4a\n\ndata: 4b\n\ndata: 6\n\n');
    expect(piece.isLast).toBe(true);
  });
});

describe('encodeList', () => {
  it('is encoded once for all sessions with the same list', () => {
    const list = PacketList.of(new EncodedPacket('4a'));
    list.isShared = true;
    const piece = list.formFor(Piece, encodeList);
    expect(list.formFor(Piece, encodeList)).toBe(piece);
    expect(piece.text.toString()).toBe('data: 4a\n\n');
  });

  it('has all packets in order', () => {
    const list = PacketList.of(new EncodedPacket('4a')).append(new EncodedPacket(Uint8Array.of(2)));
    expect(encodeList(list).text.toString()).toBe('data: 4a\n\ndata: bAg==\n\n');
  });
});

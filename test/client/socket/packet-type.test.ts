import { expect, it } from 'vitest';
import * as types from '../../../src/client/socket/packet-type.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';

it('has the packet types of Socket.IO', () => {
  expect({ ...types }).toEqual(PacketType);
});

import { expect, it } from 'vitest';
import * as types from '../../../src/protocol/socket-io/packet-type.js';

it('has the packet types of Socket.IO', () => {
  const names = ['CONNECT', 'DISCONNECT', 'EVENT', 'ACK', 'CONNECT_ERROR', 'BINARY_EVENT', 'BINARY_ACK'];
  expect({ ...types }).toEqual(Object.fromEntries(names.map((name, type) => [name, type])));
});

/** All claims about a pair of server and client. */
import { describe } from 'vitest';
import type { Pair } from '../harness.js';
import { acks } from './acks.js';
import { binary } from './binary.js';
import { connecting } from './connecting.js';
import { events } from './events.js';
import { http } from './http.js';
import { leaving } from './leaving.js';
import { middleware } from './middleware.js';
import { namespaces } from './namespaces.js';
import { parsers } from './parsers.js';
import { returning } from './returning.js';
import { rooms } from './rooms.js';

const SUITES = [connecting, events, binary, acks, rooms, namespaces, middleware, leaving, returning, http, parsers];

/** Runs every suite with one pair. */
export function claims(pair: Pair): void {
  describe(pair.name, () => {
    for (const suite of SUITES) suite(pair);
  });
}

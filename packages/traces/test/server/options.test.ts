import { readOptions } from 'naru/base';
import { describe, expect, it } from 'vitest';
import { walkOptions } from '../../../naru/test/base/options/walk.js';
import { tracesTable } from '../../src/server/options.js';

describe('the options of trace', () => walkOptions(tracesTable, (given) => readOptions(tracesTable, given)));

it('has the names of the conventions, and no clients, by default', () =>
  expect(readOptions(tracesTable, {})).toEqual({ attributes: 'messaging', clients: false }));

it.each([
  [{ tracer: {} }, /"trace.tracer" must be a Tracer/],
  [{ tracerProvider: 'x' }, /"trace.tracerProvider" must be a TracerProvider/],
  [{ attributes: 'socketio' }, /"trace.attributes" must be "messaging" or "socket.io"/],
  [{ clients: 1 }, /"trace.clients" must be/],
])('refuses %o', (given, message) => expect(() => readOptions(tracesTable, given)).toThrow(message));

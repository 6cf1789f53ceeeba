import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { Server } from 'naru';
import { expect, it, onTestFinished } from 'vitest';
import { collect, startClient, startTraces, treeOf, until } from './collected-spans.js';

const require = createRequire(import.meta.url);

it('goes on with the trace of an HTTP request in a handler of Express', async () => {
  const collected = collect();
  const { provider: tracerProvider } = collected;
  const forExpress = new ExpressInstrumentation();
  const instrumentations = [new HttpInstrumentation({ ignoreOutgoingRequestHook: () => true }), forExpress];
  onTestFinished(registerInstrumentations({ instrumentations, tracerProvider }));
  // The instrumentation changes modules that are required after it.
  const http = require('node:http') as typeof import('node:http');
  const express = require('express-5') as typeof import('express');
  // Here the module has another name than that by which the instrumentation finds it.
  for (const definition of forExpress.getModuleDefinitions()) definition.patch?.(express, '5.3.0');
  const app = express();
  const server = http.createServer(app);
  const io = new Server(server);
  onTestFinished(() => io.close());
  startTraces(io, collected);
  app.post('/orders', async (_request, response) => {
    const [answer] = await io.timeout(2_000).emitWithAck('order', 'a secret');
    response.json({ answer });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await startClient(url);
  client.on('order', (_text: string, answer: (text: string) => void) => answer('fine'));
  collected.exporter.reset();
  const response = await fetch(`${url}/orders`, { method: 'POST' });
  expect(await response.json()).toEqual({ answer: 'fine' });
  await until(() => collected.spans().some(({ name }) => name.startsWith('POST')));
  expect(treeOf(collected.spans())).toEqual([
    'POST /orders',
    ' request handler',
    '  send order',
    '   acknowledge order',
  ]);
});

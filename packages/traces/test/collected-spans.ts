/** Servers and clients whose spans are kept, and what tests ask about the spans. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace as api, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { Server, type ServerOptions } from 'naru';
import { type Socket as Client, io as connect } from 'naru/client';
import { expect, onTestFinished } from 'vitest';
import type { TracesOptions } from '../src/server/options.js';
import { trace } from '../src/traces.js';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** The parts of a span that tests compare. */
export interface Shown {
  readonly name: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly trace: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Returns the parts of a span that tests compare. */
export function show(span: ReadableSpan): Shown {
  const { spanId, traceId } = span.spanContext();
  const { name, attributes, parentSpanContext } = span;
  return { name, id: spanId, parent: parentSpanContext?.spanId, trace: traceId, attributes };
}

/** Keeps spans in memory. */
export function collect(sampler?: Sampler) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler && { sampler }),
  });
  const spans = (): Shown[] => exporter.getFinishedSpans().map(show);
  return { provider, tracer: provider.getTracer('test'), exporter, spans };
}

export type Collected = ReturnType<typeof collect>;

/** Starts a server on a free port. */
export async function startServer(options: Partial<ServerOptions> = {}) {
  const http = createServer();
  const io = new Server(http, options as ServerOptions);
  await once(http.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => io.close());
  return { io, http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** Traces servers until the test is over. */
export function startTraces(io: Parameters<typeof trace>[0], { provider }: Collected, options: TracesOptions = {}) {
  const traces = trace(io, { tracerProvider: provider, ...options });
  onTestFinished(() => traces.close());
  return traces;
}

/** Connects a client. */
export async function startClient(url: string, options: object = {}): Promise<Client> {
  const client = connect(url, { forceNew: true, transports: ['websocket'], ...options });
  onTestFinished(() => void client.disconnect());
  await new Promise<void>((resolve) => client.on('connect', resolve));
  return client;
}

/** Runs a function inside a span of its own, the root of a trace. */
export function inRoot<Result>({ tracer }: Collected, run: () => Result): Result {
  const root = tracer.startSpan('root');
  try {
    return context.with(api.setSpan(context.active(), root), run);
  } finally {
    root.end();
  }
}

/** Expects that the spans are one tree, and returns it as lines: each name, after as many spaces as it is deep. */
export function treeOf(spans: readonly Shown[]): string[] {
  const ids = new Set(spans.map(({ id }) => id));
  const roots = spans.filter(({ parent }) => parent === undefined || !ids.has(parent));
  expect(roots.map(({ name }) => name)).toHaveLength(1);
  expect(new Set(spans.map(({ trace }) => trace)).size).toBe(1);
  const lines = ({ id, name }: Shown, depth: number): string[] => [
    `${' '.repeat(depth)}${name}`,
    ...spans
      .filter(({ parent }) => parent === id)
      .flatMap((child) => [lines(child, depth + 1)])
      .sort()
      .flat(),
  ];
  return roots.flatMap((root) => lines(root, 0));
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 500) throw new Error('waited for too long');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

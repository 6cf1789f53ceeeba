/** Serves the numbers of an app at `/metrics`, on a port of its own, with a package that is optional. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MeasuredServer, MetricsRegister } from '@naru/metrics';
import { badArgument, type Place } from '../failure.js';

/** The numbers that are served. */
type Numbers = Pick<MetricsRegister, 'contentType' | 'metrics'>;

/** The source of the numbers: one server, or the workers of this process. */
export interface Measuring {
  /** Counts from now on. Called with the server before it listens. */
  measure(io: MeasuredServer): void;
  /** Opens the endpoint. In a worker, the primary does that, and this does nothing. */
  open(place: Place, report: (error: unknown) => void): Promise<AddressInfo | undefined>;
}

/** Loads the package. Throws ConfigError with the command that installs it, or `prom-client`, if it is missing. */
async function load(): Promise<typeof import('@naru/metrics')> {
  try {
    return await import('@naru/metrics');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'@naru/metrics'")) throw error;
    throw badArgument(
      '--metrics needs the packages @naru/metrics and prom-client, which are not installed; run: npm install @naru/metrics prom-client',
    );
  }
}

/** Measures the server of this process. */
export async function measureServer(): Promise<Measuring> {
  const { metrics } = await load();
  let numbers: Numbers | undefined;
  return {
    measure(io) {
      numbers = metrics(io).register;
    },
    open: async (place, report) => (numbers ? serveNumbers(numbers, place, report) : undefined),
  };
}

/** Measures the workers of this process, or this worker for its primary. */
export async function measureWorkers(): Promise<Measuring> {
  const { gatherMetrics, metrics, shareMetrics } = await load();
  const { default: cluster } = await import('node:cluster');
  const numbers = cluster.isPrimary ? gatherMetrics(cluster) : undefined;
  return {
    measure(io) {
      shareMetrics(metrics(io).register);
    },
    open: async (place, report) => (numbers ? serveNumbers(numbers, place, report) : undefined),
  };
}

/** Serves numbers. Rejects with ConfigError if nothing can listen there. */
export async function serveNumbers(
  numbers: Numbers,
  { host, port }: Place,
  report: (error: unknown) => void,
): Promise<AddressInfo> {
  const http = createServer((request, response) => {
    answer(numbers, request, response).catch((error: unknown) => {
      report(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end('The numbers could not be read\n');
    });
  });
  // The program ends when its app has closed.
  http.unref();
  try {
    await once(http.listen({ host, port }), 'listening');
  } catch (error) {
    throw badArgument(`--metrics cannot listen on port ${port}: ${(error as Error).message}`);
  }
  http.on('error', report);
  return http.address() as AddressInfo;
}

async function answer(
  numbers: Numbers,
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  else if (url.split('?', 1)[0] !== '/metrics') response.writeHead(404).end('The numbers are at /metrics\n');
  else {
    const text = await numbers.metrics();
    response.writeHead(200, { 'Content-Type': numbers.contentType }).end(text);
  }
}

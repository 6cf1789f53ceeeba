/** Three NATS servers that keep three copies of everything. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../packages/naru/src/base/clock.js';
import { NatsConnection } from '../../../packages/nats/src/connection.js';
import { connectNats, type NatsSocket } from '../../../packages/nats/src/driver.js';
import { readSettings } from '../../../packages/nats/src/options.js';
import { fixedPort } from '../ports.mjs';
import { Broker } from './broker.mjs';

const ANSWER_MS = 500;
const NAMES = ['one', 'two', 'three'] as const;

/** A cluster. Its servers keep their ports and folders when they start again. */
export class NatsCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  #servers: Broker[] = [];

  /** Starts the servers. Resolves when JetStream has a leader. */
  async start(): Promise<void> {
    const ports: number[] = [];
    for (const _ of NAMES) ports.push(await fixedPort());
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(',');
    this.#servers = NAMES.map((name, at) => {
      const cluster = ['--cluster_name', 'naru', '--cluster', `nats://127.0.0.1:${ports[at]}`, '--routes', routes];
      return new Broker('nats', join(this.#folder, name), ['-n', name, ...cluster]);
    });
    await Promise.all(this.#servers.map((server) => server.start()));
    await this.#ask(async (connection) => {
      const { error } = await connection.api('INFO');
      return error ? undefined : true;
    });
  }

  /** The addresses of the servers. */
  get urls(): string[] {
    return this.#servers.map(({ url }) => url);
  }

  /** Returns the server that leads a stream. */
  async leaderOf(stream: string): Promise<Broker> {
    const leader = await this.#ask(async (connection) => {
      const { cluster } = await connection.api<{ cluster: { leader?: string } }>(`STREAM.INFO.${stream}`);
      return cluster?.leader;
    });
    return this.#servers[NAMES.indexOf(leader as 'one')] as Broker;
  }

  /** Ends the servers, and removes their folders. */
  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Asks the cluster until it knows an answer. */
  async #ask<T>(question: (connection: NatsConnection) => Promise<T | undefined>): Promise<T> {
    for (;;) {
      let socket: NatsSocket;
      try {
        socket = await connectNats(readSettings(this.urls, {}));
      } catch {
        // Servers that start again refuse connections for a while.
        continue;
      }
      const answer = await new Promise<T | undefined>((resolve) => {
        const connection = new NatsConnection(socket, () => resolve(undefined));
        question(connection).then(resolve, () => resolve(undefined));
        // Without a leader, nobody answers.
        systemClock.setTimeout(resolve, ANSWER_MS, undefined);
      });
      socket.close();
      if (answer !== undefined) return answer;
    }
  }
}

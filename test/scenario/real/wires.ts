/** A server with an endpoint for each wire that is killed and started again at the same place. */
import { fixedPort } from '../../kit/ports.mjs';
import { folder, type ServerChild, startServer } from './server-child.js';

export interface Ports {
  readonly http: number;
  readonly tcp: number;
  readonly udp: number;
  readonly stomp: number;
}

/** Invariant: every process has the same folder and the same ports. */
export class Phoenix {
  readonly folder: string;
  #server: ServerChild;
  readonly ports: Ports;
  readonly #options: object;

  private constructor(server: ServerChild, path: string, ports: Ports, options: object) {
    this.#options = options;
    this.#server = server;
    this.folder = path;
    this.ports = ports;
  }

  /** Starts one. `options` come besides its endpoints and its log. */
  static async start(options: object = {}): Promise<Phoenix> {
    const path = folder();
    const ports = { http: await fixedPort(), tcp: await fixedPort(), udp: await fixedPort(), stomp: await fixedPort() };
    const server = await startServer({ program: 'wires-server.mjs', folder: path, options: { ...options, ports } });
    return new Phoenix(server, path, ports, options);
  }

  /** Kills it with SIGKILL and starts a new one. During `meanwhile` no process has the folder. */
  async killAndRestart(meanwhile: () => void = () => undefined): Promise<void> {
    await this.#server.kill();
    meanwhile();
    const options = { ...this.#options, ports: this.ports };
    this.#server = await startServer({ program: 'wires-server.mjs', folder: this.folder, options });
  }

  /** Sends numbers to the room `lobby`. */
  async count(from: number, to: number): Promise<void> {
    await this.#server.call('count', { from, to });
  }

  /** Returns the number of members of the room. */
  async members(): Promise<number> {
    return (await this.#server.call('members')) as number;
  }

  /** Sends all clients away. */
  drain(options: object): Promise<unknown> {
    return this.#server.call('drain', options);
  }
}

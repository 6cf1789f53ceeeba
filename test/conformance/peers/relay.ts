/** A TCP relay that can cut its connections or let them go silent, to stand in for a bad network. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export class Relay {
  readonly #server: Server;
  readonly #target: number;
  readonly #links = new Set<Socket>();
  #isSilent = false;
  #isCut = false;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#link(near));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): void {
    for (const link of this.#links) link.destroy();
    this.#server.close();
  }

  /** Ends every connection at once, without a goodbye, and refuses new ones until mended. */
  cut(): void {
    this.#isCut = true;
    for (const link of this.#links) link.resetAndDestroy();
  }

  /** Lets new connections through again. */
  mend(): void {
    this.#isCut = false;
  }

  /** Stops carrying bytes, on the connections of now, which stay open, and on all that follow. */
  silence(): void {
    this.#isSilent = true;
    for (const link of this.#links) {
      link.unpipe();
      link.pause();
    }
  }

  #link(near: Socket): void {
    if (this.#isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#target, '127.0.0.1');
    this.#tie(near, far);
    this.#tie(far, near);
    if (!this.#isSilent) near.pipe(far).pipe(near);
  }

  #tie(one: Socket, other: Socket): void {
    this.#links.add(one);
    one.on('error', () => other.destroy());
    one.on('close', () => {
      this.#links.delete(one);
      other.destroy();
    });
  }
}

/** Starts a relay to a port of this machine; it closes when the test is over. */
export async function relay(port: number): Promise<Relay> {
  const made = new Relay(port);
  onTestFinished(() => made.close());
  await made.listen();
  return made;
}

// The home of the soak's log: a folder, or a broker with a relay before it for each server.
import { join } from 'node:path';
import { Broker, whyNoBroker } from '../../kit/brokers/broker.mjs';
import { startRelay } from '../../kit/relay/relay.mjs';

/** Milliseconds after which a connection that one side lost is closed for the other as well. */
const FORGOTTEN_MS = 6_000;

/** Returns why a home cannot be used here; `undefined` when it can. */
export const whyNoHome = (kind) => (kind === 'folder' ? undefined : whyNoBroker(kind));

/** Opens the home of a soak. The caller ends it. */
export async function openHome({ home = 'folder', promote = false, fsync = 'everysec', servers }, folder) {
  const opened = home === 'folder' ? new FolderHome(folder) : new BrokerHome(home, folder, promote, fsync);
  await opened.start?.(servers);
  return opened;
}

/** A folder of this machine. It has no faults. */
class FolderHome {
  kind = 'folder';
  #folder;

  constructor(folder) {
    this.#folder = join(folder, 'log');
  }

  /** How a server of a place reaches its home. */
  of() {
    return this.logs[0];
  }

  /** The logs that the soak leaves: what the home has, and what it had before it lost records. */
  get logs() {
    return [{ kind: this.kind, folder: this.#folder }];
  }

  end() {}
}

/** A broker, and the link of each server to it. With `promote` a replica stands ready to take its place. */
class BrokerHome {
  kind;
  /** When a replica without the newest records took over, in milliseconds since the Unix epoch. */
  forgottenAt = undefined;
  /** The links, one for each place of a server. */
  links = [];
  #broker;
  /** The replica, or the former broker once the replica was promoted. */
  #other;
  #replication;

  constructor(kind, folder, promote, fsync) {
    this.kind = kind;
    this.#broker = new Broker(kind, join(folder, kind), kind === 'redis' ? ['--appendfsync', fsync] : []);
    if (promote) this.#other = folder;
  }

  async start(places) {
    await this.#broker.start();
    for (let place = 0; place < places; place += 1) {
      const link = await startRelay(() => ({ port: this.#broker.port }), FORGOTTEN_MS);
      this.links.push(link);
    }
    if (this.#other === undefined) return;
    this.#replication = await startRelay(this.#broker.port);
    const source = ['--replicaof', `127.0.0.1 ${this.#replication.port}`, '--repl-timeout', '5'];
    this.#other = new Broker(this.kind, join(this.#other, 'replica'), source);
    await this.#other.start();
  }

  of(place) {
    return { kind: this.kind, url: `${this.kind}://127.0.0.1:${this.links[place].port}` };
  }

  /** Whether a replica can take over. */
  get isReplicated() {
    return this.#other !== undefined;
  }

  get logs() {
    return [this.#broker, ...(this.forgottenAt === undefined ? [] : [this.#other])].map(({ url }) => ({
      kind: this.kind,
      url,
    }));
  }

  /** Ends the broker as a crash does, and starts it again. */
  async crash(awayMs) {
    await this.#broker.kill();
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    await this.#broker.start();
  }

  /** Makes the broker stand still. */
  async stall(ms) {
    this.#broker.stall();
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#broker.goOn();
  }

  /** Lets the replica fall behind, and puts it in the place of the broker. */
  async promote(behindMs) {
    this.#replication.refuse();
    await new Promise((resolve) => setTimeout(resolve, behindMs));
    this.forgottenAt = Date.now();
    await this.#broker.kill();
    [this.#broker, this.#other] = [this.#other, this.#broker];
    await this.#broker.say('REPLICAOF NO ONE');
    for (const link of this.links) link.keepOnly(this.#broker.port);
  }

  /**
   * Makes the logs readable once no server is there any more: without faults, and with the broker that was replaced.
   */
  async open() {
    if (this.forgottenAt !== undefined) await this.#other.start();
  }

  end() {
    for (const relay of [...this.links, ...(this.#replication ? [this.#replication] : [])]) relay.close();
    void this.#broker.kill();
    if (this.#other instanceof Broker) void this.#other.kill();
  }
}
